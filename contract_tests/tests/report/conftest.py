"""Two recorded runs that all tests of the reports share: against a hostile server, and against a right one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from contract_tests.report.formats import FORMATS
from contract_tests.tests.servers.hostile import CANARY, SECOND_CANARY, Hostile
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.starting import finished
from contract_tests.tests.test_cli import LOGIN, environment


@dataclass(frozen=True)
class Recorded:
    """A run that has ended. folder: of its record, with a report in every format. handed_out: secrets of the server."""

    folder: Path
    printed: str
    exit_code: int
    handed_out: tuple[str, ...] = ()

    def report(self, name: str) -> str:
        """The text of the report in a format."""
        return (self.folder / FORMATS[name].file_name).read_text(encoding="utf-8")

    @property
    def files(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file()]


def record(url: str, folder: Path, *login: str, **variables: str) -> Recorded:
    """Run the command with every report."""
    reports = [f"--report={name}" for name in FORMATS]
    done = finished(
        "contract_tests", "run", url, "--depth=quick", f"--run-folder={folder}", *login, *reports,
        cwd=folder.parent,
        env=environment(**variables, GITHUB_STEP_SUMMARY=str(folder / "summary.md")),
    )  # fmt: skip
    printed = done.stdout + done.stderr
    (folder / "printed.txt").write_text(printed, encoding="utf-8")
    return Recorded(folder, printed, done.returncode)


@pytest.fixture(scope="session")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    server = Hostile()
    variables = {"LEADLISTS_BEARER": CANARY, "LEADLISTS_SECOND_BEARER": SECOND_CANARY}
    with serve(server) as url:
        done = record(url, tmp_path_factory.mktemp("failing") / "run", "--user-id=user_1", **variables)
    return Recorded(done.folder, done.printed, done.exit_code, tuple(server.handed_out))


@pytest.fixture(scope="session")
def unreached(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record("http://127.0.0.1:1", tmp_path_factory.mktemp("unreached") / "run", *LOGIN)


@pytest.fixture(scope="session")
def passing(right_url: str, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record(right_url, tmp_path_factory.mktemp("passing") / "run", *LOGIN)
