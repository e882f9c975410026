"""What another process needs to carry out a cell of a campaign, and what it gives back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from contract_tests.campaign.bounds import CampaignBudget
from contract_tests.campaign.cells import Cell
from contract_tests.campaign.corpus import CampaignLog, Corpus
from contract_tests.campaign.ledger import WorkerLedger
from contract_tests.campaign.permit import Permit
from contract_tests.judging.meaning import Variation
from contract_tests.requests.plan import Plan, Step
from contract_tests.results.created import created_view
from contract_tests.results.events import CreatedByWorker, CreatedView, Ending, Event, ExchangeSeen, RunStarted
from contract_tests.results.grouping import Key
from contract_tests.results.record import Record
from contract_tests.settings.values import Settings


@dataclass(frozen=True, slots=True)
class Opening:
    """What the planned requests have shown, for every cell to start from.

    started: the first event of the campaign. plans: without their requests. plain: the request that the server accepts.
    denied: the permitted variations of which one is why it refuses the usual request.
    """

    started: RunStarted
    corpus: Corpus
    plans: tuple[Plan, ...]
    plain: Step
    denied: frozenset[Variation]


@dataclass(frozen=True, slots=True)
class CellOrder:
    """One cell for another process. permit: this cell's part of what is allowed. time_s: None for no limit.

    known: breaches that were already sent again. signal: the name of what tells the process to stop. folder: of the
    campaign, as the command names it.
    """

    cell: Cell
    opening: Opening
    settings: Settings
    permit: Permit
    time_s: float | None
    known: frozenset[Key]
    signal: str
    folder: Path


@dataclass(frozen=True, slots=True)
class CellDone:
    """What a cell has shown.

    files: name -> what is too long to print. over: how and why the campaign must end. is_cut_off: whether the
    process got a signal to stop before the end of the cell. lost: what processes created that did not complete it.
    """

    cell: Cell
    events: tuple[Event, ...]
    files: Mapping[str, bytes]
    over: tuple[Ending, str] | None = None
    is_cut_off: bool = False
    lost: tuple[CreatedView, ...] = ()

    @property
    def requests(self) -> int:
        """How many exchanges the cell had."""
        return sum(isinstance(event, ExchangeSeen) for event in self.events)


class Crew(Protocol):
    """Processes that carry out cells."""

    def carry_out(
        self, cells: Iterator[Cell], opening: Opening, log: CampaignLog, limits: CampaignBudget
    ) -> Iterator[CellDone | CreatedByWorker | str | None]:
        """Yield what each cell creates, news as text, and the cell when it is complete; None while nothing is new."""


class Gathered(Record):
    """Keeps the events and files of a cell in memory instead of in a folder, but writes what it creates to a ledger."""

    def __init__(self, ledger: WorkerLedger) -> None:
        self.problem = ""
        self.unwritten = {}
        self._ledger = ledger
        self.events: list[Event] = []
        self.files: dict[str, bytes] = {}

    def write(self, event: Event, *, is_news: bool = True) -> None:
        """Keep one event."""
        self.events.append(event)
        if isinstance(event, ExchangeSeen) and (view := created_view(event.exchange)):
            self._ledger.add(view)

    def write_long(self, name: str, sent: bytes) -> None:
        """Keep the content of a file."""
        self.files[name] = sent

    def close(self) -> None:
        """Do nothing: there is no file."""
