"""Print a run on a terminal: live progress, each broken clause at once, and the table at the end."""

from __future__ import annotations

import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from contract_tests.judging.verdict import Outcome
from contract_tests.report import discovered
from contract_tests.report.failure import describe, on_one_line
from contract_tests.report.summary import every_reading, readings_line, summary_line
from contract_tests.results.events import Event, ExchangeSeen, RunStarted, StageStarted, VerdictGiven
from contract_tests.results.record import FILE_NAME
from contract_tests.results.result import RunResult
from contract_tests.settings.secrets import printable

if TYPE_CHECKING:
    from rich.progress import Progress

_STYLES = {Outcome.HELD: "green", Outcome.WARNED: "yellow", Outcome.BROKEN: "bold red", None: "dim"}
_REFRESH_S = 0.1


class ConsoleReport:
    """Shows the progress of a run, and prints its result."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = _progress(console) if console.is_terminal else None
        self._statements: dict[str, str] = {}
        self._broken: set[str] = set()
        self._stage = ""
        self._requests = 0
        self._refreshed_at_s = 0.0

    def listen(self, event: Event) -> None:
        """Show one event of the run."""
        match event:
            case RunStarted():
                self._statements = {clause.id: clause.statement for clause in event.clauses}
                self._say(f"Judging {event.url} as {', '.join(event.users)}")
                if self._progress is not None:
                    self._progress.start()
            case StageStarted():
                self._stage = event.name
            case ExchangeSeen():
                self._requests += 1
                self._refresh()
            case VerdictGiven() if event.verdict.outcome is Outcome.BROKEN and event.verdict.clause not in self._broken:
                self._broken.add(event.verdict.clause)
                self._say(f"broken: {event.verdict.clause}: {self._statements[event.verdict.clause]}", "red")

    def conclude(self, result: RunResult, folder: Path | None = None, *, explains_readings: bool = False) -> None:
        """Print the result. folder: of the record. explains_readings: print all readings with their meaning."""
        self.stop()
        for headline, more in discovered.lines(result, folder):
            self._console.print()
            self._say(f"✗ {headline}", "red", first_line_only=True)
            for line in more:
                self._say(f"  {line}")
        if result.discovered:
            self._console.print()
        ascii_only = not self._console.encoding.lower().startswith("utf")
        lines = every_reading(result) if explains_readings else [readings_line(result)]
        for line in lines:
            self._console.print(Text(printable(line)), soft_wrap=False)
        self._console.print()
        self._console.print(_table(result))
        for found in result.failing:
            self._console.print()
            self._say("✗ " + describe(result, found, folder, ascii_only=ascii_only), "red", first_line_only=True)
        for found in result.broken:
            if deviation := result.deviation(found.clause.id):
                until = f"until {deviation.expires} by {deviation.owner}"
                self._say(f"accepted {until}: {deviation.clause} is broken: {deviation.reason}", "yellow")
        for deviation in result.expired:
            self._say(f"the deviation of {deviation.clause} expired on {deviation.expires}", "red")
        for deviation in result.stale:
            self._say(f"the deviation of {deviation.clause} no longer occurs: remove its entry", "red")
        for found in result.warned:
            if verdict := found.worst:
                about = f" (reading {verdict.reading})" if verdict.reading else ""
                says = f"expected {on_one_line(verdict.expected)}; got {on_one_line(verdict.actual)}; "
                says += f"request: {verdict.exchanges[-1].label}"
                self._say(f"warning: {verdict.clause}{about}: {says}", "yellow")
        self._console.print()
        self._say(summary_line(result))
        if result.why:  # on a line of its own, because the one before can be long
            self._say(result.why, "yellow")
        if folder is not None:
            self._say(f"Record: {folder / FILE_NAME}")
            if result.failing:
                self._say(f"For these failures as pytest tests: leadlists-contract report {folder} --report pytest")
        if result.discovered:
            self._say(discovered.sum_of(result.discovered))

    def stop(self) -> None:
        """End the live progress."""
        if self._progress is not None:
            self._progress.stop()

    def _refresh(self) -> None:
        now_s = time.monotonic()
        if self._progress is not None and now_s - self._refreshed_at_s >= _REFRESH_S:
            self._refreshed_at_s = now_s
            self._progress.update(self._progress.task_ids[0], description=f"{self._stage}: {self.counts}")

    @property
    def counts(self) -> str:
        """What was sent and found so far."""
        return f"{self._requests} requests, {len(self._broken)} clauses broken"

    def _say(self, text: str, style: str = "", first_line_only: bool = False) -> None:
        safe = Text(printable(text))
        if style:
            safe.stylize(style, 0, text.find("\n") if first_line_only and "\n" in text else None)
        self._console.print(safe, soft_wrap=True)


def _progress(console: Console) -> Progress:
    """Return the live progress of a run, with one task."""
    from rich.progress import Progress, SpinnerColumn, TextColumn  # takes long to import; only terminals need it

    progress = Progress(SpinnerColumn(), TextColumn("{task.description}"), console=console, transient=True)
    progress.add_task("checking the target")
    return progress


def _table(result: RunResult) -> Table:
    """Return a table of clauses by group and outcome."""
    groups: dict[str, dict[Outcome | None, int]] = defaultdict(lambda: defaultdict(int))
    for found in result.clauses:
        groups[found.clause.group][found.outcome] += 1
    table = Table(box=None, pad_edge=False)
    table.add_column("clauses")
    for outcome, style in _STYLES.items():
        table.add_column(outcome or "not judged", justify="right", style=style)
    for group, outcomes in groups.items():
        table.add_row(group, *(str(outcomes[outcome]) if outcomes[outcome] else "·" for outcome in _STYLES))
    return table
