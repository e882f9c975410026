"""Show the progress of a campaign on a terminal, so that one sees when to stop; and print what it would send."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

from rich.console import Console

from contract_tests.campaign.allowance import Allowance
from contract_tests.campaign.cells import Cell
from contract_tests.campaign.corpus import CampaignLog
from contract_tests.campaign.permit import Permit
from contract_tests.report.console import ConsoleReport
from contract_tests.results.events import Event, ExchangeSeen, RunStarted, Stage, StageStarted
from contract_tests.settings.manners import Shard

SHOWN_CELLS = 12
LABEL_CHARACTERS = 50  # of a request's label on the progress line
LINE_EVERY_S = 30.0  # where there is no terminal to show live progress on


class CampaignReport(ConsoleReport):
    """Listens to the events of a campaign, then prints what it found."""

    def __init__(self, console: Console, log: CampaignLog, allowance: Allowance) -> None:
        """log: the events of the campaign so far."""
        super().__init__(console)
        self._log = log
        self._allowance = allowance
        self._started_s = self._line_at_s = self._new_at_s = time.monotonic()
        self._ways = 0
        self._newest = "none"

    def listen(self, event: Event) -> None:
        """Take one event of the campaign."""
        super().listen(event)
        if isinstance(event, RunStarted):
            self._started_s = self._line_at_s = self._new_at_s = time.monotonic()
            self._say(f"Names of created lists end with {event.run_id!r}, except where a request is about its name")
        if isinstance(event, StageStarted) and event.kind is Stage.NOTICE:
            self._say(event.name[0].upper() + event.name[1:])
        if isinstance(event, ExchangeSeen):
            now_s = time.monotonic()
            if self._log.behaviours > self._ways:
                self._ways, self._new_at_s = self._log.behaviours, now_s
                response = event.exchange.response
                self._newest = (
                    f"{response.status if response else 'no response'} to {event.exchange.label[:LABEL_CHARACTERS]}"
                )
            if not self._console.is_terminal and now_s - self._line_at_s >= LINE_EVERY_S:
                self._line_at_s = now_s
                self._say(f"{self._stage}: {self.counts}")

    @property
    def counts(self) -> str:
        """What was sent, spent and found so far, and when and on what the server last behaved in a new way."""
        now_s = time.monotonic()
        elapsed_s = max(now_s - self._started_s, 0.001)
        if self._allowance.requests is not None:
            spent = self._requests / self._allowance.requests
        else:
            spent = elapsed_s / (self._allowance.time_s or elapsed_s)
        return (
            f"{self._requests} requests, {self._requests / elapsed_s:.0f}/s, {min(spent, 1):.0%} of the budget; "
            f"{self._ways} behaviours, the last new one {now_s - self._new_at_s:.0f} s ago "
            f"({self._newest}); "
            f"{len(self._log.findings.groups)} findings"
        )


def dry_run(allowance: Allowance, seed: int, permit: Permit, shard: Shard, cells: Iterator[Cell]) -> str:
    """Describe what a campaign, or one shard of it, would send. cells: those that it would carry out."""
    lines = [str(permit), f"A campaign of {allowance} with seed {seed}, shard {shard}: the planned requests, then"]
    lines += [f"  {cell.name}, seed {cell.seed}" for cell in islice(cells, SHOWN_CELLS)]
    if next(cells, None) is not None:
        lines.append("  and so on, until the budget is used up")
    return "\n".join(lines)
