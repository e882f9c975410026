"""The run on a terminal: live progress, each broken clause as soon as it shows, and the table at the end."""

from __future__ import annotations

import threading
import time
from collections import defaultdict

import pytest
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table
from rich.text import Text

from contract_tests.engine.run import Run
from contract_tests.judging.verdict import Outcome
from contract_tests.plugin import EXIT_TARGET
from contract_tests.report.failure import describe
from contract_tests.report.summary import readings_line, summary_line
from contract_tests.settings.secrets import Masker, printable
from contract_tests.target.exchange import Exchange

_STYLES = {Outcome.HELD: "green", Outcome.WARNED: "yellow", Outcome.BROKEN: "bold red", None: "dim"}
_REFRESH_S = 0.1


class ConsoleReporter:
    """A pytest plugin that takes the place of pytest's own terminal output."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("meeting the target")
        self._shown: set[str] = set()
        self._stage = "the covering set"
        self._lock = threading.Lock()
        self._refreshed_at = 0.0
        self._run: Run | None = None
        self._started_at = time.monotonic()
        self.target_error: str | None = None
        self.internal_error: str | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        if reporter := config.pluginmanager.get_plugin("terminalreporter"):
            config.pluginmanager.unregister(reporter)

    def pytest_leadlists_started(self, run: Run) -> None:
        settings = run.judge.terms.settings
        logins = [
            f"{s.user_id or s.name + ' user'} ({' and '.join(s.carriers) or 'no login'})" for s in settings.sessions
        ]
        self._say(f"Judging {settings.url} as {', '.join(logins)}")
        run.progress = self._moved
        self._run = run
        self._progress.start()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        if "test_exploration" in nodeid:
            self._stage = "searching: " + nodeid.partition("::")[2].removeprefix("test_").replace("_", " ")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.failed:
            return
        if self._run is not None:
            self._announce(self._run)
        if report.when != "call" or self._run is None or not self._run.broken:
            self.internal_error = str(report.longrepr)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.internal_error = str(report.longrepr)

    def pytest_internalerror(self, excrepr: object) -> None:
        self.internal_error = str(excrepr)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        if isinstance(excinfo.value, pytest.exit.Exception):
            self.target_error = str(excinfo.value.msg)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        self._progress.stop()
        if self._run is not None and self.target_error is None:
            self._conclude(self._run)

    # -- while it runs ------------------------------------------------------------------------------------------------

    def _moved(self, exchange: Exchange) -> None:
        run = self._run
        with self._lock:
            now = time.monotonic()
            if run is None or now - self._refreshed_at < _REFRESH_S:
                return
            self._refreshed_at = now
        self._announce(run)
        counts = f"{run.target.requests_sent} requests, {len(run.evidence)} clauses judged, {len(self._shown)} broken"
        self._progress.update(self._task, description=f"{self._stage}: {counts}")

    def _announce(self, run: Run) -> None:
        """Name each broken clause once, as soon as it shows."""
        with self._lock:
            for verdict in run.broken:
                if verdict.clause not in self._shown:
                    self._shown.add(verdict.clause)
                    self._say(
                        f"broken: {verdict.clause}: {run.judge.terms.specification.clauses[verdict.clause].statement}",
                        "red",
                    )

    # -- at the end ---------------------------------------------------------------------------------------------------

    def _conclude(self, run: Run) -> None:
        self._console.print(Text(printable(readings_line(run))), soft_wrap=False)
        self._console.print()
        self._console.print(_table(run))
        for verdict in run.broken:
            self._console.print()
            self._say("✗ " + describe(run, verdict), "red", first_line_only=True)
        for verdict in run.warned:
            about = f" (reading {verdict.reading})" if verdict.reading else ""
            asked = verdict.exchanges[-1].label
            told = f"expected {verdict.expected}; got {verdict.actual}"
            self._say(f"warning: {verdict.clause}{about}: {told}; request: {asked}", "yellow")
        self._console.print()
        self._say(summary_line(run, time.monotonic() - self._started_at))
        self._say(f"Record: {run.record.path}")

    def safe(self, text: str) -> str:
        """The text without a secret, and without what could steer the terminal."""
        if self._run is not None:
            text = Masker(self._run.judge.terms.settings.secrets).mask(text)
        return printable(text)

    def _say(self, text: str, style: str = "", first_line_only: bool = False) -> None:
        safe = Text(self.safe(text))
        if style:
            safe.stylize(style, 0, text.find("\n") if first_line_only and "\n" in text else None)
        self._console.print(safe, soft_wrap=True)


def _table(run: Run) -> Table:
    """The clauses by group with their verdicts."""
    groups: dict[str, dict[Outcome | None, list[str]]] = defaultdict(lambda: defaultdict(list))
    for clause in run.judge.terms.specification.judged_clauses:
        if clause.id in run.clauses:
            evidence = run.evidence.get(clause.id)
            groups[clause.group][evidence.outcome if evidence else None].append(clause.id)
    table = Table(box=None, pad_edge=False)
    table.add_column("clauses")
    for outcome, style in _STYLES.items():
        table.add_column(outcome or "not judged", justify="right", style=style)
    for group, outcomes in groups.items():
        cells = [str(len(outcomes[outcome])) if outcomes[outcome] else "·" for outcome in _STYLES]
        table.add_row(group, *cells)
    return table


def exit_code(status: int, reporter: ConsoleReporter) -> int:
    """The command's exit code for what pytest came to."""
    if reporter.target_error is not None:
        return EXIT_TARGET
    if status == pytest.ExitCode.INTERRUPTED:
        return 130
    if reporter.internal_error is not None or status == pytest.ExitCode.NO_TESTS_COLLECTED:
        return 2
    return status
