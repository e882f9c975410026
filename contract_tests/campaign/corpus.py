"""What a campaign follows of its events: new ways in which the server behaves, findings, created objects."""

from __future__ import annotations

from random import Random

import orjson

from contract_tests.campaign.findings import Findings
from contract_tests.campaign.novelty import Novelty, Way
from contract_tests.engine.event_log import EventLog
from contract_tests.engine.events import Event, ExchangeSeen
from contract_tests.engine.record import Record
from contract_tests.engine.views import ExchangeView
from contract_tests.target.exchange import Request

KEPT_REQUESTS = 500  # of one cell, to be mutated


class CampaignLog(EventLog):
    """The events of a campaign, and what they amount to beyond the result of a run."""

    def __init__(self, record: Record | None = None) -> None:
        super().__init__(record)
        self.findings = Findings()
        self.created = 0
        self.novelty = Novelty()
        self.newest_label = ""  # of the last request that made the server behave in a new way
        self.newest: list[ExchangeSeen] = []  # those since `take` was called last

    def emit(self, event: Event) -> None:
        """Take one event."""
        super().emit(event)
        self.findings.add(event)
        if isinstance(event, ExchangeSeen):
            self.created += created_id(event.exchange) is not None
            self.newest.append(event)

    def note(self, way: Way, label: str) -> None:
        """Take into account how the server behaved. label: of the request."""
        if self.novelty.is_new(way):
            self.newest_label = label

    def take(self) -> list[ExchangeSeen]:
        """Return the exchanges since the last call, in the order of sending."""
        taken, self.newest = sorted(self.newest, key=lambda seen: seen.exchange.number), []
        return taken


class Corpus:
    """Requests that made the server behave in a new way, for a cell to mutate; bounded."""

    def __init__(self, entries: dict[Way, Request] | None = None) -> None:
        self._entries = dict(entries or {})
        self._novelty = Novelty(self._entries)

    def add(self, way: Way, request: Request) -> bool:
        """Keep a request if the server's behaviour is new; returns whether it is."""
        if not self._novelty.is_new(way):
            return False
        self._entries[way] = request
        if len(self._entries) > KEPT_REQUESTS:
            del self._entries[next(iter(self._entries))]
        return True

    def pick(self, random: Random) -> Request:
        """One of the requests, the newer the likelier."""
        found = list(self._entries.values())
        return found[int(random.triangular(0, len(found), len(found)) - 1e-9)]

    def copy(self) -> Corpus:
        """A corpus that starts from this one and leaves it as it is."""
        return Corpus(self._entries)

    @property
    def requests(self) -> list[Request]:
        """The requests, the newest last."""
        return list(self._entries.values())


def created_id(exchange: ExchangeView) -> str | None:
    """The id of the object that an exchange created, as the server wrote it; None if it created none."""
    response = exchange.response
    if response is None or not 200 <= response.status < 300 or exchange.request.method != "POST":
        return None
    try:
        body = orjson.loads(response.body.data)
    except orjson.JSONDecodeError:
        return None
    found = body.get("id") if isinstance(body, dict) else None
    return str(found) if isinstance(found, str | int) else None
