"""Measure what a campaign finds next to `schemathesis run`: python -m contract_tests.tests.peers.

Each server has one known defect: half of them are hard ones of the mock's catalogue, half come from the foreign sets.
Both programs get the same time and the same login, one after the other, and are stopped as soon as they have found the
defect. A campaign has found it if it reports a clause that the defect breaks. Schemathesis has found it if it reports
any failure that it does not report for the correct servers, so it is judged more mildly. Both find it at the moment of
the response that shows it.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from contract_tests.contract.loading import load_specification
from contract_tests.judging.verdict import Outcome
from contract_tests.results.record import FILE_NAME
from contract_tests.selfcheck.serving import serve
from contract_tests.selfcheck.subjects import FOREIGN, RIGHT, Subject, known_servers
from contract_tests.tests.conftest import ROOT
from contract_tests.tests.test_cli import environment

Failure = tuple[str, int]  # the code of Schemathesis, and the status of the response
LOOK_EVERY_S = 0.5  # at the record of a program
LATE_S = 30.0  # after its budget a program has ended, or it is stopped


def sample(servers: int, seed: int) -> dict[str, list[Subject]]:
    """Choose as many servers of each kind."""
    known = known_servers(load_specification(), {})
    chance = random.Random(seed)
    pools = {
        "hard": [each for each in known if each.difficulty == "hard" and each.command[1] == "mock_server"],
        FOREIGN: [each for each in known if each.kind == FOREIGN],
    }
    return {kind: chance.sample([each for each in pool if each.clause], servers) for kind, pool in pools.items()}


def correct_servers() -> list[Subject]:
    """The mock, and the first correct one of the small servers."""
    known = [each for each in known_servers(load_specification(), {}) if each.kind == RIGHT]
    return [known[0], next(each for each in known if each.command[1] != "mock_server")]


def login_of(subject: Subject, ready: dict[str, Any]) -> tuple[str, str]:
    """The header, name and value, with the login of the first user."""
    token = ready["users"][0]["token"]
    return ("Authorization", f"Bearer {token}") if "bearer" in subject.carriers else ("Cookie", f"__session={token}")


def found_by_campaign(subject: Subject, budget_s: int, folder: Path) -> float | None:
    """Return after how many seconds a campaign reports the clause of the defect; None if it does not."""
    clauses = {subject.clause, *subject.also}
    arrived_s: dict[int, float] = {}  # number of an exchange -> when its response arrived

    def find(line: dict[str, Any]) -> float | None:
        if line["event"] == "exchange":
            exchange = line["exchange"]
            arrived_s[exchange["number"]] = exchange["sent_at_s"] + exchange["elapsed_s"]
        verdict = line.get("verdict", {})
        if verdict.get("outcome") == Outcome.BROKEN and verdict["clause"] in clauses:
            return arrived_s[verdict["exchanges"][-1]]
        return None

    with serve(subject) as ready:
        _, value = login_of(subject, ready)
        login = f"--bearer={value[7:]}" if value.startswith("Bearer ") else f"--cookie={value}"
        command = ["contract_tests", "fuzz", ready["url"], login, f"--budget={budget_s}s", f"--run-folder={folder}"]
        return time_until(command, folder / FILE_NAME, find, budget_s)


def found_by_schemathesis(subject: Subject, budget_s: int, folder: Path, known: set[Failure]) -> float | None:
    """Return after how many seconds Schemathesis finds a failure that is not known; None if it does not."""
    record = folder / "events.ndjson"

    def find(line: dict[str, Any]) -> float | None:
        return min((at_s for failure, at_s in failures(line) if failure not in known), default=None)

    with serve(subject) as ready:
        return time_until(_schemathesis(subject, ready, budget_s, record), record, find, budget_s)


def failures_of_correct(subject: Subject, budget_s: int, folder: Path) -> set[Failure]:
    """Return what Schemathesis reports for a correct server."""
    record = folder / "events.ndjson"
    with serve(subject) as ready:
        time_until(_schemathesis(subject, ready, budget_s, record), record, lambda line: None, budget_s)
    return {failure for line in record.read_bytes().splitlines() for failure, _ in failures(json.loads(line))}


def failures(line: dict[str, Any]) -> Iterator[tuple[Failure, float]]:
    """Yield the failures in one event of Schemathesis, and when the request that shows it was recorded."""
    recorder = (line.get("ScenarioFinished") or {}).get("recorder") or {}
    for case, checks in recorder.get("checks", {}).items():
        interaction = recorder["interactions"].get(case) or {}
        status = (interaction.get("response") or {}).get("status_code", 0)
        for check in checks:
            if check["status"] == "failure":
                yield (check["failure_info"]["failure"]["code"], status), interaction.get("timestamp", time.time())


def _schemathesis(subject: Subject, ready: dict[str, Any], budget_s: int, record: Path) -> list[str]:
    name, value = login_of(subject, ready)
    command = ["schemathesis.cli", "run", str(ROOT / "spec" / "openapi.yaml"), "--url", ready["url"]]
    command += ["-H", f"{name}: {value}", f"--max-time={budget_s}", "--seed=0", "--continue-on-failure"]
    return [*command, "--report=ndjson", f"--report-ndjson-path={record}"]


def time_until(
    command: list[str], record: Path, find: Callable[[dict[str, Any]], float | None], budget_s: int
) -> float | None:
    """Run a module until a line of its record shows the defect; return after how many seconds that was.

    find: returns the time, in the Unix epoch, at which a line shows it. None if the program ends before.
    """
    started_s = time.time()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([sys.executable, "-m", *command], env=environment(), stdout=quiet, stderr=quiet)
    read_bytes = 0
    try:
        while True:
            is_over = process.poll() is not None or time.time() > started_s + budget_s + LATE_S
            if record.exists():
                with record.open("rb") as file:
                    file.seek(read_bytes)
                    new = file.read()
                lines = new[: new.rfind(b"\n") + 1]
                read_bytes += len(lines)
                for line in lines.splitlines():
                    if (at_s := find(json.loads(line))) is not None:
                        return at_s - started_s
            if is_over:
                return None
            time.sleep(LOOK_EVERY_S)
    finally:
        process.kill()
        process.wait()


def main() -> None:
    """Print a row for each server, then the table; Ctrl-C prints the table of the rows so far."""
    parser = argparse.ArgumentParser(prog="python -m contract_tests.tests.peers")
    parser.add_argument("--servers", type=int, default=40, help="of each kind (default 40)")
    parser.add_argument("--budget", type=int, default=60, help="seconds for each program and server (default 60)")
    parser.add_argument("--seed", type=int, default=0, help="chooses the servers (default 0)")
    options = parser.parse_args()
    times: dict[tuple[str, str], list[float | None]] = {}
    with tempfile.TemporaryDirectory() as name, suppress(KeyboardInterrupt):
        folders = (Path(name) / str(number) for number in count())
        known: set[Failure] = set()
        for subject in correct_servers():
            known |= failures_of_correct(subject, options.budget, _made(next(folders)))
        print(f"Schemathesis reports for correct servers: {sorted(known) or 'nothing'}", flush=True)
        # In turn, so that a part of the servers has as many of each kind.
        for kind, subject in in_turn(sample(options.servers, options.seed)):
            ours = found_by_campaign(subject, options.budget, next(folders))
            theirs = found_by_schemathesis(subject, options.budget, _made(next(folders)), known)
            times.setdefault((kind, "campaign"), []).append(ours)
            times.setdefault((kind, "schemathesis"), []).append(theirs)
            print(f"{subject.id:<44} campaign {_seconds(ours):>8}  schemathesis {_seconds(theirs):>8}", flush=True)
    print(f"\n{'servers':<10}{'program':<16}{'found':>8}{'median time':>14}")
    for (kind, program), each in times.items():
        found = [one for one in each if one is not None]
        median = _seconds(statistics.median(found)) if found else "-"
        print(f"{kind:<10}{program:<16}{f'{len(found)}/{len(each)}':>8}{median:>14}")


def in_turn(samples: dict[str, list[Subject]]) -> Iterator[tuple[str, Subject]]:
    """Yield the first server of each kind, then the second ones."""
    for several in zip(*samples.values(), strict=True):
        yield from zip(samples, several, strict=True)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


if __name__ == "__main__":
    main()
