"""A campaign on a terminal: progress that shows when to stop, then the findings; and the file of findings."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from rich.console import Console

from contract_tests.campaign.allowance import Allowance
from contract_tests.campaign.cells import cells
from contract_tests.campaign.conduct import CONNECTED
from contract_tests.campaign.corpus import CampaignLog
from contract_tests.campaign.findings import Found
from contract_tests.campaign.permit import Permit
from contract_tests.engine.events import Event, ExchangeSeen, RunStarted, StageStarted
from contract_tests.engine.result import RunResult
from contract_tests.report.console import ConsoleReport
from contract_tests.report.failure import command, on_one_line
from contract_tests.settings.manners import Shard

FILE_NAME = "findings.json"
SHOWN_CELLS = 12
LINE_EVERY_S = 30.0  # where there is no terminal to show live progress on


class CampaignReport(ConsoleReport):
    """Listens to the events of a campaign, then prints what it found."""

    def __init__(self, console: Console, followed: CampaignLog, allowance: Allowance) -> None:
        """followed: what the campaign amounts to so far."""
        super().__init__(console)
        self._followed = followed
        self._allowance = allowance
        self._started_s = self._line_at_s = self._new_at_s = time.monotonic()
        self._ways = 0

    def listen(self, event: Event) -> None:
        """Take one event of the campaign."""
        super().listen(event)
        if isinstance(event, RunStarted):
            self._started_s = self._line_at_s = self._new_at_s = time.monotonic()
        if isinstance(event, StageStarted) and event.name.startswith(CONNECTED):
            self._say(event.name.capitalize())
        if isinstance(event, ExchangeSeen):
            now_s = time.monotonic()
            if len(self._followed.novelty) > self._ways:
                self._ways, self._new_at_s = len(self._followed.novelty), now_s
            if not self._console.is_terminal and now_s - self._line_at_s >= LINE_EVERY_S:
                self._line_at_s = now_s
                self._say(f"{self._stage}: {self.counts}")

    @property
    def counts(self) -> str:
        """What was sent, spent and found so far, and how long ago the server behaved in a new way."""
        now_s = time.monotonic()
        elapsed_s = max(now_s - self._started_s, 0.001)
        if self._allowance.requests is not None:
            spent = self._requests / self._allowance.requests
        else:
            spent = elapsed_s / (self._allowance.time_s or elapsed_s)
        return (
            f"{self._requests} requests, {self._requests / elapsed_s:.0f}/s, {min(spent, 1):.0%} of the budget; "
            f"{self._ways} behaviours, the last new one {now_s - self._new_at_s:.0f} s ago; "
            f"{len(self._followed.findings)} findings"
        )

    def conclude(self, result: RunResult, folder: Path | None = None, *, explains_readings: bool = False) -> None:
        """Print the findings, then what a run prints."""
        self.stop()
        findings = list(self._followed.findings)
        for found in findings:
            self._console.print()
            self._say(f"✗ {headline(found)}", "red", first_line_only=True)
            self._say(f"  {_times(found)}")
            for exchange in found.smallest.exchanges:
                self._say(f"  repeat  {command(result, exchange, folder)}")
        self._console.print()
        super().conclude(result, folder, explains_readings=explains_readings)
        self._say(
            f"{len(findings)} findings, digest {self._followed.findings.digest}; {len(self._followed.novelty)} "
            f"behaviours of the server, {self._followed.created} objects created."
        )


def dry_run(allowance: Allowance, seed: int, permit: Permit, shard: Shard) -> str:
    """What a campaign, or one shard of it, would send, in words."""
    lines = [str(permit), f"A campaign of {allowance} with seed {seed}, shard {shard}: the covering set, then"]
    own = (cell for cell in cells(seed) if shard.has(cell.index))
    lines += [f"  {cell.name}, seed {cell.seed}" for cell in islice(own, SHOWN_CELLS)]
    return "\n".join([*lines, "  and so on, until the budget is used up"])


def headline(found: Found) -> str:
    """The finding on one line, without the values of one case."""
    return on_one_line(f"{found.key.clause}: {found.key.cause} ({found.key.place})")


def findings_file(followed: CampaignLog, result: RunResult, folder: Path | None) -> str:
    """The findings as JSON, for programs. folder: with the record of the campaign."""
    findings = [
        {
            "clause": found.key.clause,
            "place": found.key.place,
            "cause": found.key.cause,
            "count": found.count,
            "first_seen": _moment(found.first_s),
            "last_seen": _moment(found.last_s),
            "sent_again": found.times,
            "broken_again": found.same,
            "expected": found.smallest.expected,
            "actual": found.smallest.actual,
            "repeat": [command(result, exchange, folder) for exchange in found.smallest.exchanges],
        }
        for found in followed.findings
    ]
    return json.dumps({"digest": followed.findings.digest, "findings": findings}, indent=2) + "\n"


def _times(found: Found) -> str:
    again = f"sent again {found.times} times, {found.same} the same" if found.times else "not sent again"
    return f"{found.count} times, from {_moment(found.first_s)} to {_moment(found.last_s)}; {again}"


def _moment(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds")
