"""Compare correct servers with a mock that follows the readings which a run has observed on them.

`python -m contract_tests.tests.mimicry [NAME…]` judges each server, starts the mock with what `--write-readings`
writes, judges the mock in the same way, and prints a table. The exit code is 1 if the mock differs in another reading
than those whose `limit` in the contract data says so.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from contract_tests.report.observed import readings_file
from contract_tests.results.result import RunResult
from contract_tests.settings.values import Depth, Session, Settings
from contract_tests.tests.conftest import MOCK_FIRST, MOCK_SECOND, judged, mock_process
from contract_tests.tests.servers.known_servers import USERS
from contract_tests.tests.servers.right_servers import RIGHT_SERVERS

FRAMEWORKS = ("like-express", "like-django", "like-rails", "like-java", "like-dotnet")


@dataclass(frozen=True, slots=True)
class Mimicry:
    """The readings that a server and the mock follow: reading -> options. limited: those with a limit of the mock."""

    name: str
    server: Mapping[str, frozenset[str]]
    mock: Mapping[str, frozenset[str]]
    limited: frozenset[str]

    @property
    def differing(self) -> list[str]:
        """The readings that both runs have observed, with different options."""
        return [each for each in self.server if self.mock.get(each, self.server[each]) != self.server[each]]

    @property
    def unexpected(self) -> list[str]:
        """Those that the mock should follow: the server follows one option, and the mock has no limit in it."""
        return [each for each in self.differing if each not in self.limited and len(self.server[each]) == 1]

    def said(self, reading: str) -> str:
        """Return what both do, in one line."""
        return f"{reading}: {'|'.join(sorted(self.server[reading]))}, mock {'|'.join(sorted(self.mock[reading]))}"


def observed(result: RunResult) -> dict[str, frozenset[str]]:
    return {each.reading.id: frozenset(each.seen) for each in result.readings}


def mimic(name: str, settings: Settings, folder: Path, start_mock: Callable[..., str]) -> Mimicry:
    """Judge a server, and the mock with what the first run wrote. The mock gets the logins that the server accepts."""
    server = judged(replace(settings, depth=Depth.QUICK))
    file = folder / f"{name}.toml"
    file.write_text(readings_file(server), encoding="utf-8")
    url, carriers = start_mock("--config", str(file)), settings.first.carriers
    first, second = signed_in(MOCK_FIRST, carriers), signed_in(MOCK_SECOND, carriers)
    mock = Settings(url, first, second, expired_bearer=settings.expired_bearer and "expired", depth=Depth.QUICK)
    limited = frozenset(each.reading.id for each in server.readings if each.reading.limit)
    return Mimicry(name, observed(server), observed(judged(mock)), limited)


def signed_in(session: Session, carriers: Collection[str]) -> Session:
    """Return the session with the carriers of a token that the server accepts."""
    kept = {name: getattr(session, name) for name in ("bearer", "cookie") if name in carriers}
    return replace(session, **{"bearer": None, "cookie": None} | kept)


@contextmanager
def known_server(name: str) -> Iterator[Settings]:
    """Serve one of the correct servers in a process of its own; yield the settings to judge it with."""
    command = [sys.executable, "-m", "contract_tests.tests.servers.known_servers", name, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            url = json.loads(process.stdout.readline())["url"]
            carriers = next(server.carriers for server in RIGHT_SERVERS if server.name == name)
            (one, first), (two, second) = USERS.items()
            yield Settings(
                url,
                signed_in(Session("first", one, ("__session", one), first), carriers),
                signed_in(Session("second", two, ("__session", two), second), carriers),
                expired_bearer="expired" if "bearer" in carriers else None,
            )
        finally:
            process.terminate()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=FRAMEWORKS, help="correct servers (default: five)")
    wrong = False
    print(f"{'server':<22}{'readings':>9}{'same':>6}  differing")
    for name in parser.parse_args(arguments).names:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            settings = stack.enter_context(known_server(name))
            found = mimic(name, settings, folder, lambda *flags: stack.enter_context(mock_process(*flags)))
        shared = [reading for reading in found.server if reading in found.mock]
        said = [found.said(each) + (" (unexpected)" if each in found.unexpected else "") for each in found.differing]
        print(f"{name:<22}{len(shared):>9}{len(shared) - len(found.differing):>6}  {'; '.join(said)}", flush=True)
        wrong = wrong or bool(found.unexpected)
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
