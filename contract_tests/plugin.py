"""The pytest plugin: options, the run behind all tests, one test for each clause, and what the end says."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contract_tests.contract.specification import SpecificationError, load_specification
from contract_tests.engine.record import Record, new_folder
from contract_tests.engine.run import Run, TargetError
from contract_tests.engine.shrinking import shrink
from contract_tests.judging.expectation import Terms
from contract_tests.judging.judge import Judge
from contract_tests.lead_lists.plans import make_plan
from contract_tests.report.summary import readings_line
from contract_tests.requests.plan import Plan
from contract_tests.settings.options import RUN_OPTIONS
from contract_tests.settings.secrets import Masker, printable
from contract_tests.settings.sources import gather
from contract_tests.settings.values import UsageError
from contract_tests.target.client import Target

SUITE = Path(__file__).parent / "suite"
EXIT_TARGET = 3
EXIT_NOTHING_JUDGED = 4


@dataclass
class Session:
    """What a pytest session judges, and how far it has come."""

    terms: Terms
    clauses: frozenset[str]
    run: Run | None = None
    open: ExitStack = field(default_factory=ExitStack)

    def start(self) -> Run:
        """Meet the target and send the covering set; once for the whole session."""
        settings = self.terms.settings
        folder = settings.run_folder or new_folder()
        if (folder / "run.ndjson").exists():
            raise pytest.UsageError(f"--run-folder: {folder} holds the record of another run; name a new folder")
        record = Record(folder, Masker(settings.secrets))
        self.open.callback(record.close)
        target = self.open.enter_context(Target(timeout_s=settings.timeout_s, connections=settings.connections))
        deadline = None if settings.max_time_s is None else time.monotonic() + settings.max_time_s
        self.run = Run(target, Judge(self.terms), record, self.clauses, deadline)
        record.event("run", url=settings.url, seed=settings.seed, clauses=sorted(self.clauses))
        return self.run

    def carry_out(self, run: Run) -> None:
        """Discover the target, then send every operation's plan."""
        plans: list[Plan] = [
            make_plan(self.terms, operation, f"seed {self.terms.settings.seed}") for operation in run.operations
        ]
        run.discover(plans[0])
        for plan in plans[1:]:
            run.probe(plan.first.request, plan.first.label)
        for plan in plans:
            run.carry_out(plan)
        for plan in plans:
            shrink(run, plan.first.request)
        run.repeat_failures()


SESSION = pytest.StashKey[Session]()


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
        return  # the plugin is loaded, but nobody asked for the suite
    try:
        settings = gather(flags, config=Path(path) if path else None)
        terms = Terms.of(load_specification(settings.spec_folder), settings)
        config.stash[SESSION] = Session(terms, terms.specification.select(settings.clauses))
    except (UsageError, SpecificationError) as error:
        raise pytest.UsageError(str(error)) from None
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(Path.cwd() / ".leadlists" / "hypothesis"))
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = [str(path) for path in sorted(SUITE.glob("test_*.py"))]


def pytest_unconfigure(config: pytest.Config) -> None:
    if session := config.stash.get(SESSION, None):
        session.open.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "leadlists_clause" in metafunc.fixturenames and (session := metafunc.config.stash.get(SESSION, None)):
        chosen = [c for c in session.terms.specification.judged_clauses if c.id in session.clauses]
        metafunc.parametrize("leadlists_clause", chosen, ids=[clause.id for clause in chosen])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """At depth quick there are no searches, so that none seems to have been made."""
    session = config.stash.get(SESSION, None)
    if session is not None and not session.terms.settings.depth.examples:
        items[:] = [item for item in items if "leadlists_examples" not in getattr(item, "fixturenames", ())]


@pytest.fixture(scope="session")
def leadlists_examples(request: pytest.FixtureRequest) -> int:
    """How many examples a search draws at the depth that was asked for."""
    session = request.config.stash.get(SESSION, None)
    return session.terms.settings.depth.examples if session else 0


@pytest.fixture(scope="session")
def leadlists_run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """The run against the target, its covering set already judged."""
    session = request.config.stash.get(SESSION, None)
    if session is None:
        raise pytest.UsageError("no target: name it with --leadlists-url URL")
    run = session.start()
    request.config.pluginmanager.hook.pytest_leadlists_started(run=run)
    try:
        session.carry_out(run)
    except TargetError as error:
        # The text holds what the server sent: a redirect may repeat the token, or steer the terminal.
        masked = Masker(session.terms.settings.secrets).mask(str(error))
        pytest.exit(printable(masked), returncode=EXIT_TARGET)
    yield run
    run.repeat_failures()


class Hooks:
    """What a console may listen to."""

    @staticmethod
    @pytest.hookspec
    def pytest_leadlists_started(run: Run) -> None:
        """A run begins; nothing has been sent yet."""


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(Hooks)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    ours = session.config.stash.get(SESSION, None)
    if ours is None or ours.run is None:
        return
    judged = sum(evidence.judged for evidence in ours.run.evidence.values())
    if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) and not judged:
        session.exitstatus = EXIT_NOTHING_JUDGED
    if ours.run.gone and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = EXIT_TARGET
    interrupted = session.exitstatus == pytest.ExitCode.INTERRUPTED  # pytest's 2, which is 130 here
    ours.run.record.event(
        "end",
        exit_code=130 if interrupted else int(session.exitstatus),
        requests=ours.run.target.requests_sent,
        judged=judged,
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """For people who live in pytest: the readings that the server follows, and where the record is."""
    session = config.stash.get(SESSION, None)
    if session is not None and session.run is not None:
        terminalreporter.section("lead list contract")
        terminalreporter.write_line(readings_line(session.run))
        terminalreporter.write_line(f"record: {session.run.record.path}")
