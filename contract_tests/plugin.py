"""The pytest plugin: it adds one test for each clause to a team's own tests, all from the result of one run.

`pytest --leadlists` adds the suite, and so does `--leadlists-url URL`, which names the server. Instead of the option, a
session fixture `leadlists_url` of the team can return the URL, for example of a live-server fixture; or
`--leadlists-app MODULE:NAME` serves an ASGI or WSGI app.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from contract_tests.composition.run import open_run
from contract_tests.composition.suites import RUN_OPTIONS, gather
from contract_tests.contract.loading import load_specification
from contract_tests.contract.specification import Specification, SpecificationError
from contract_tests.engine import hypothesis_files
from contract_tests.report.summary import readings_line
from contract_tests.results.record import FILE_NAME, RecordError, new_folder
from contract_tests.results.record_reading import read_result
from contract_tests.results.result import RunResult
from contract_tests.settings.secrets import printable
from contract_tests.settings.sources import PLACEHOLDER_URL
from contract_tests.settings.values import Settings, UsageError

SUITE = Path(__file__).parent / "suite"
MODULE = SUITE / "test_clauses.py"
NODE_ID = "contract_tests/suite/test_clauses.py"  # wherever the kit is installed, for JUnit, --lf and --deselect
CLAIM = "claim"  # the file by which one process of pytest-xdist claims the run for all
POLL_S = 0.5
STALE_S = 120.0  # a run writes to its record far more often, however slow the server


@dataclass
class Asked:
    """The run of a pytest session and its result. folder: the same for every process of the session."""

    settings: Settings
    specification: Specification
    folder: Path
    result: RunResult | None = None


ASKED = pytest.StashKey[Asked]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("leadlists", "contract tests of the lead list endpoint")
    group.addoption("--leadlists", action="store_true", help="add one test for each clause of the contract")
    for option in RUN_OPTIONS:
        group.addoption(
            option.pytest_flag,
            dest=f"leadlists_{option.name}",
            metavar=option.metavar,
            help=option.help + (" (adds the suite, as --leadlists does)" if option.name == "url" else ""),
            action="append" if option.many else "store",
            default=None,
        )
    group.addoption(
        "--leadlists-config", dest="leadlists_config", metavar="FILE", help="file to read instead of leadlists.toml"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.args = [_located(arg) for arg in config.args]
    named = any(Path(arg.partition("::")[0]).resolve().is_relative_to(SUITE) for arg in config.args)
    if not (config.getoption("leadlists") or config.getoption("leadlists_url") or named):
        return
    flags = {option.name: config.getoption(f"leadlists_{option.name}") for option in RUN_OPTIONS}
    if not flags["app"]:
        flags["url"] = flags["url"] or os.environ.get("LEADLISTS_URL") or PLACEHOLDER_URL
    path = config.getoption("leadlists_config")
    try:
        settings = gather(flags, config=Path(path) if path else None)
        specification = load_specification(settings.spec_folder)
        specification.pin(settings.readings)
        specification.select(settings.clauses)
    except (UsageError, SpecificationError) as error:
        raise pytest.UsageError(str(error)) from None
    worker: dict[str, Any] = getattr(config, "workerinput", {})
    folder = Path(worker["leadlists_folder"]) if worker else settings.run_folder or new_folder()
    if not worker and (folder / FILE_NAME).exists():
        raise pytest.UsageError(f"--leadlists-run-folder: {folder} holds the record of another run; name a new folder")
    config.stash[ASKED] = Asked(settings, specification, folder)
    if not named:
        config.args = [*config.args, str(MODULE)]


def _located(argument: str) -> str:
    """Return the argument, with the path of our module if it is a node ID of one of our tests."""
    path, separator, test = argument.partition("::")
    return f"{MODULE}{separator}{test}" if path == NODE_ID and not Path(path).exists() else argument


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Give our module its fixed node ID; pytest would derive one from where the kit is installed."""
    return pytest.Module.from_parent(parent, path=module_path, nodeid=NODE_ID) if module_path == MODULE else None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Collect our module with --lf too, which skips a file if no file of its node ID exists and another test failed."""
    report = yield
    if collector.nodeid == NODE_ID and report.passed and not report.result:
        report.result = list(collector.collect())
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Keep the files of Hypothesis in our folder, after its own hook: before that, it warns of access to its files."""
    if session.config.stash.get(ASKED, None):
        hypothesis_files.keep_in()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Pass the folder of the run to each process of pytest-xdist."""
    if asked := node.config.stash.get(ASKED, None):
        node.workerinput["leadlists_folder"] = str(asked.folder)


def pytest_report_header(config: pytest.Config) -> str | None:
    if asked := config.stash.get(ASKED, None):
        chosen = asked.specification.select(asked.settings.clauses)
        count = sum(clause.id in chosen for clause in asked.specification.judged_clauses)
        return f"leadlists: {count} clauses added to the tests"
    if os.environ.get("LEADLISTS_URL"):
        return "leadlists: LEADLISTS_URL is set, but the suite is added only by --leadlists"
    return None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "leadlists_clause" in metafunc.fixturenames and (asked := metafunc.config.stash.get(ASKED, None)):
        chosen = asked.specification.select(asked.settings.clauses)
        ids = [clause.id for clause in asked.specification.judged_clauses if clause.id in chosen]
        metafunc.parametrize("leadlists_clause", ids)


@pytest.fixture(scope="session")
def leadlists_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of the server to judge. Override this fixture to start your own server, in one process only."""
    asked = request.config.stash.get(ASKED, None)
    if asked is None or asked.settings.url == PLACEHOLDER_URL:
        raise pytest.UsageError(
            "no target: give --leadlists-url URL, --leadlists-app MODULE:NAME, or a session fixture `leadlists_url` in "
            f"{request.config.rootpath / 'conftest.py'}"
        )
    return asked.settings.url


@pytest.fixture(scope="session")
def leadlists_result(request: pytest.FixtureRequest) -> RunResult:
    """Return the result of the run against the target; the first test that uses this fixture starts the run."""
    asked = request.config.stash[ASKED]
    if asked.result is None:
        asked.result = _run(asked, request) if _claim(asked.folder) else _wait(asked.folder)
    code = asked.result.exit_code()
    if code not in {0, 1, 4}:
        if hasattr(request.config, "workerinput"):  # pytest-xdist takes a process that exits for a crash
            pytest.skip("the run could not judge the server")
        pytest.exit(_why(asked.result), returncode=code)
    return asked.result


def _why(result: RunResult) -> str:
    """Return why a run could not judge the server."""
    return printable(result.why or result.ending)


def _run(asked: Asked, request: pytest.FixtureRequest) -> RunResult:
    settings = asked.settings
    if settings.app is None:
        settings = replace(settings, url=request.getfixturevalue("leadlists_url"))
    try:
        with open_run(settings, specification=asked.specification, folder=asked.folder) as run:
            return run.conduct(lambda event: None)
    except UsageError as error:
        raise pytest.UsageError(printable(str(error))) from None


def _claim(folder: Path) -> bool:
    """Return whether this process carries out the run; with pytest-xdist there are several."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        (folder / CLAIM).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _wait(folder: Path) -> RunResult:
    """Wait for the result of a run in another process."""
    record, begun_s = folder / FILE_NAME, time.time()
    changed_s = read_s = begun_s
    while True:
        time.sleep(POLL_S)
        before_s = changed_s
        with suppress(RecordError, OSError):  # not started yet
            changed_s = record.stat().st_mtime
            if changed_s == before_s != read_s:  # a whole record takes long to read
                read_s = changed_s
                result = read_result(folder)
                if not result.is_cut_off:
                    return result
        if time.time() - changed_s > STALE_S:
            raise pytest.UsageError(f"the process that carries out the run has stopped; see {record}")


def _known_result(asked: Asked) -> RunResult | None:
    """Return the result, also if another process of pytest-xdist carried out the run."""
    if asked.result is None and (asked.folder / FILE_NAME).exists():
        asked.result = read_result(asked.folder)
    return asked.result


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    asked = session.config.stash.get(ASKED, None)
    result = _known_result(asked) if asked else None
    code = result.exit_code() if result else 0
    if code == 0 or (code == 1 and result and result.is_judged):  # then the tests tell
        return
    if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = code


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the readings that the server follows, and where the record is."""
    asked = config.stash.get(ASKED, None)
    if asked is not None and (result := _known_result(asked)):
        terminalreporter.section("lead list contract")
        if result.exit_code() not in {0, 1, 4}:
            terminalreporter.write_line(_why(result))
        terminalreporter.write_line(printable(readings_line(result)))
        terminalreporter.write_line(f"record: {asked.folder / FILE_NAME}")
