"""The pytest plugin: the options of a run, the run itself as a fixture, and one test for each clause."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract_tests.composition import open_run
from contract_tests.contract.specification import Specification, SpecificationError, load_specification
from contract_tests.engine.record import FILE_NAME, new_folder
from contract_tests.engine.result import RunResult
from contract_tests.report.summary import readings_line
from contract_tests.settings.options import RUN_OPTIONS
from contract_tests.settings.secrets import printable
from contract_tests.settings.sources import gather
from contract_tests.settings.values import Settings, UsageError

SUITE = Path(__file__).parent / "suite"


@dataclass
class Judged:
    """What a pytest session is to judge, and what came of it."""

    settings: Settings
    specification: Specification
    folder: Path
    result: RunResult | None = None


JUDGED = pytest.StashKey[Judged]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("leadlists", "contract tests of the lead list endpoint")
    for option in RUN_OPTIONS:
        group.addoption(
            option.pytest_flag,
            dest=f"leadlists_{option.name}",
            metavar=option.metavar,
            help=option.help,
            action="append" if option.many else "store",
            default=None,
        )
    group.addoption("--leadlists-config", dest="leadlists_config", metavar="FILE", help="another leadlists.toml")


def pytest_configure(config: pytest.Config) -> None:
    flags = {option.name: config.getoption(f"leadlists_{option.name}") for option in RUN_OPTIONS}
    path = config.getoption("leadlists_config")
    given = flags["url"] or os.environ.get("LEADLISTS_URL")
    named = any(Path(arg.partition("::")[0]).resolve().is_relative_to(SUITE) for arg in config.args)
    if not given and not named:
        return  # the plugin is loaded, but nothing asks for the suite
    try:
        settings = gather(flags, config=Path(path) if path else None)
        specification = load_specification(settings.spec_folder)
        specification.pin(settings.readings)
        specification.select(settings.clauses)
    except (UsageError, SpecificationError) as error:
        raise pytest.UsageError(str(error)) from None
    folder = settings.run_folder or new_folder()
    if (folder / FILE_NAME).exists():
        raise pytest.UsageError(f"--leadlists-run-folder: {folder} holds the record of another run; name a new folder")
    config.stash[JUDGED] = Judged(settings, specification, folder)
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(Path.cwd() / ".leadlists" / "hypothesis"))
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = [str(path) for path in sorted(SUITE.glob("test_*.py"))]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "leadlists_clause" in metafunc.fixturenames and (judged := metafunc.config.stash.get(JUDGED, None)):
        specification = judged.specification
        chosen = specification.select(judged.settings.clauses)
        ids = [clause.id for clause in specification.judged_clauses if clause.id in chosen]
        metafunc.parametrize("leadlists_clause", ids)


@pytest.fixture(scope="session")
def leadlists_result(request: pytest.FixtureRequest) -> RunResult:
    """What the run against the target found; it is carried out when the first test asks for it."""
    judged = request.config.stash.get(JUDGED, None)
    if judged is None:
        raise pytest.UsageError("no target: name it with --leadlists-url URL")
    with open_run(judged.settings, specification=judged.specification, folder=judged.folder) as run:
        judged.result = run.conduct(lambda event: None)
    code = judged.result.exit_code()
    if code not in {0, 1, 4}:
        pytest.exit(printable(judged.result.why or judged.result.ending), returncode=code)
    return judged.result


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    judged = session.config.stash.get(JUDGED, None)
    if judged is None or judged.result is None:
        return
    if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) and not judged.result.is_judged:
        session.exitstatus = judged.result.exit_code()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the readings that the server follows, and where the record is."""
    judged = config.stash.get(JUDGED, None)
    if judged is not None and judged.result is not None:
        terminalreporter.section("lead list contract")
        terminalreporter.write_line(printable(readings_line(judged.result)))
        terminalreporter.write_line(f"record: {judged.folder / FILE_NAME}")
