"""What a campaign follows of its events: new ways in which the server behaves, findings, created objects."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from random import Random

from contract_tests.results.event_log import EventLog
from contract_tests.results.events import Event, ExchangeSeen
from contract_tests.results.findings import Findings, key_of
from contract_tests.results.novelty import Behaviour, Novelty
from contract_tests.results.record import Record
from contract_tests.results.views import VerdictView
from contract_tests.target.exchange import Request

KEPT_REQUESTS = 500  # of one cell, to be mutated


class CampaignLog(EventLog):
    """The events of a campaign, and what they amount to beyond the result of a run."""

    def __init__(self, record: Record | None = None) -> None:
        super().__init__(record)
        self.newest: list[ExchangeSeen] = []  # those since `take` was called last

    def emit(self, event: Event) -> None:
        """Take one event."""
        super().emit(event)
        if isinstance(event, ExchangeSeen):
            self.newest.append(event)

    def shown(self, verdict: VerdictView) -> tuple[Hashable, VerdictView | None]:
        """Return what reports call a breach, and the verdict that they show for it so far."""
        found = self.findings.get(key := key_of(verdict))
        return key, found.smallest if found else None

    @property
    def findings(self) -> Findings:
        """The findings so far."""
        return self.summing.discoveries.findings

    @property
    def created(self) -> int:
        """How many objects the campaign has created."""
        return self.summing.discoveries.created

    @property
    def behaviours(self) -> int:
        """In how many ways the server has behaved."""
        return len(self.summing.discoveries.behaviours)

    def emit_recorded(self) -> Iterator[tuple[int, int]]:
        """Emit the recorded events of each complete cell; yield its index and the number of its requests."""
        yield from ()

    def take_over(self, events: Iterable[Event], files: Mapping[str, bytes]) -> None:
        """Emit the events of a cell that another process has carried out. files: name -> what is too long to print."""
        for name, sent in files.items():
            if self.record is not None:
                self.record.write_long(name, sent)
        for event in events:
            self.emit(event)
        self.newest.clear()

    def take(self) -> list[ExchangeSeen]:
        """Return the exchanges since the last call, in the order of sending."""
        taken, self.newest = sorted(self.newest, key=lambda seen: seen.exchange.number), []
        return taken


class Corpus:
    """Requests that made the server behave in a new way, for a cell to mutate; bounded."""

    def __init__(self, entries: dict[Behaviour, Request] | None = None) -> None:
        self._entries = dict(entries or {})
        self._novelty = Novelty(self._entries)

    def add(self, behaviour: Behaviour, request: Request) -> bool:
        """Keep a request if the server's behaviour is new; returns whether it is."""
        if not self._novelty.is_new(behaviour):
            return False
        self._entries[behaviour] = request
        if len(self._entries) > KEPT_REQUESTS:
            del self._entries[next(iter(self._entries))]
        return True

    def pick(self, random: Random) -> Request:
        """One of the requests, the newer the likelier."""
        found = list(self._entries.values())
        return found[int(random.triangular(0, len(found), len(found)) - 1e-9)]

    def copy(self) -> Corpus:
        """Return a corpus that starts from this one and leaves it as it is."""
        return Corpus(self._entries)

    @property
    def requests(self) -> list[Request]:
        """The requests, the newest last."""
        return list(self._entries.values())
