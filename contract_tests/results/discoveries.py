"""What a campaign has found, as a function of its events: findings, behaviours of the server, created objects."""

from __future__ import annotations

from dataclasses import dataclass

from contract_tests.results.created import created_id
from contract_tests.results.events import Event, ExchangesCounted, ExchangeSeen
from contract_tests.results.findings import Finding, Findings
from contract_tests.results.novelty import Novelty, behaviour_of

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
        self.behaviours = Novelty()
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
            is_new = self.behaviours.is_new(behaviour_of(event))
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
        return Discovered(
            found, self.findings.digest, len(self.behaviours), self.created, (*self._curve, self._point())
        )

    def _point(self) -> Point:
        return Point(round(self.sending_s, 3), self._requests, len(self.behaviours), len(self.findings.groups))
