"""What a campaign has found, as a function of its events: findings, behaviours of the server, created objects."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from contract_tests.engine.events import CreatedView, Event, ExchangesCounted, ExchangeSeen
from contract_tests.engine.findings import Finding, Findings
from contract_tests.engine.novelty import Novelty, way_of
from contract_tests.engine.views import ExchangeView

KEPT_POINTS = 400  # of the curve: more than a report is wide; every second one is dropped where there would be more
LONGEST_GAP_S = 90.0  # between two requests; a longer one is the time between two processes of a campaign


@dataclass(frozen=True, slots=True)
class Point:
    """A moment of a campaign. at_s: seconds of sending, without the time between two processes."""

    at_s: float
    requests: int
    behaviours: int
    findings: int


@dataclass(frozen=True, slots=True)
class Discovered:
    """What a campaign has found. curve: how the numbers grew; its last point is the end."""

    findings: tuple[Finding, ...]
    digest: str
    behaviours: int
    created: int
    curve: tuple[Point, ...]


class Discoveries:
    """Collects what the events of a campaign show; bounded."""

    def __init__(self) -> None:
        self.findings = Findings()
        self.ways = Novelty()
        self.created = 0
        self.sending_s = 0.0
        self._requests = 0
        self._last_sent_s = 0.0
        self._curve: list[Point] = []

    def add(self, event: Event) -> bool:
        """Take one event into account; return whether it is news: a new behaviour, or a new or a smaller breach."""
        is_new = self.findings.add(event)
        if isinstance(event, ExchangeSeen) and not event.is_counted:
            self._pass(event.exchange.sent_at_s, 1)
            self.created += created_id(event.exchange) is not None
            is_new = self.ways.is_new(way_of(event))
        if isinstance(event, ExchangesCounted):
            if event.requests:
                self._pass(event.sent_at_s, event.requests)
            self.created += len(event.created)
        if is_new:
            self._curve.append(self._point())
            if len(self._curve) > KEPT_POINTS:
                del self._curve[1::2]
        return is_new or self.findings.has_changed

    def _pass(self, sent_s: float, requests: int) -> None:
        if self._last_sent_s:
            self.sending_s += min(max(sent_s - self._last_sent_s, 0.0), LONGEST_GAP_S)
        self._last_sent_s = sent_s
        self._requests += requests

    def view(self) -> Discovered:
        """Return what was found so far."""
        found = tuple(self.findings.grouped())
        return Discovered(found, self.findings.digest, len(self.ways), self.created, (*self._curve, self._point()))

    def _point(self) -> Point:
        return Point(round(self.sending_s, 3), self._requests, len(self.ways), len(self.findings.groups))


def created_view(exchange: ExchangeView) -> CreatedView | None:
    """Return the object that an exchange created; None if it created none."""
    found = created_id(exchange)
    if found is None:
        return None
    login = " ".join(v for n, v in exchange.request.headers if n.lower() in {"authorization", "cookie"})
    return CreatedView(found, exchange.sent_at_s, exchange.number, login)


def created_id(exchange: ExchangeView) -> str | None:
    """Return the id of the object that an exchange created, as the server wrote it; None if it created none."""
    response = exchange.response
    if response is None or not 200 <= response.status < 300 or exchange.request.method != "POST":
        return None
    try:
        body = orjson.loads(response.body.data)
    except orjson.JSONDecodeError:
        return None
    found = body.get("id") if isinstance(body, dict) else None
    return str(found) if isinstance(found, str | int) else None
