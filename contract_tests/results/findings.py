"""The findings of a campaign: the breaches that one mistake of the server explains."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.results.causes import cause_of
from contract_tests.results.events import (
    Breaches,
    Event,
    ExchangesCounted,
    FailureRepeated,
    Stage,
    StageStarted,
    VerdictGiven,
)
from contract_tests.results.grouping import Key, groups
from contract_tests.results.numbers import NUMBERS_OF_A_CELL
from contract_tests.results.views import BodyView, VerdictView

KEPT_KINDS = 500  # of breaches; a server with more breaks the same clause with an ever other text


@dataclass(frozen=True, slots=True)
class Found:
    """Breaches of one clause at one place with one cause. first_s, last_s: in seconds of the Unix epoch.

    count: how many. times: how often they were sent again; same: how often they broke the clause again. every: at which
    regular distance in requests; 0 if at none.
    """

    key: Key
    count: int
    first_s: float
    last_s: float
    smallest: VerdictView
    same: int = 0
    times: int = 0
    every: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """The breaches that one mistake of the server explains. main: those that say most. others: the same otherwise."""

    main: Found
    others: tuple[Found, ...] = ()

    @property
    def all(self) -> tuple[Found, ...]:
        """All its breaches, by clause, place and cause."""
        return self.main, *self.others

    @property
    def count(self) -> int:
        """The breaches of all of them; an exchange that shows several counts for each."""
        return sum(found.count for found in self.all)

    @property
    def first_s(self) -> float:
        """When the first breach was sent, in seconds of the Unix epoch."""
        return min(found.first_s for found in self.all)

    @property
    def last_s(self) -> float:
        """When the last breach was sent, in seconds of the Unix epoch."""
        return max(found.last_s for found in self.all)


class Findings:
    """Collects and groups the breaches among the events of a campaign; safe to read at any moment."""

    def __init__(self) -> None:
        self._found: dict[Key, Found] = {}
        self._groups: list[list[Key]] = []
        self._grouped = 0  # how many kinds of breaches the groups have
        self._is_confirming = False
        self.has_changed = False  # whether the last event changed more than a count

    def add(self, event: Event) -> bool:
        """Take one event into account; returns whether it breaks a clause in a new way."""
        self.has_changed = False
        match event:
            case ExchangesCounted():
                for each in event.breaches:
                    self._count(each)
            case StageStarted():
                self._is_confirming = event.kind is Stage.CONFIRMING
            case VerdictGiven() if event.verdict.outcome is Outcome.BROKEN and event.verdict.exchanges:
                return self._breach(event)
            case FailureRepeated() if event.exchange:
                self._repeat(event)
        return False

    def __iter__(self) -> Iterator[Found]:
        return iter(sorted(self._found.values(), key=lambda found: (found.first_s, found.key.clause)))

    def __len__(self) -> int:
        return len(self._found)

    @property
    def groups(self) -> list[list[Key]]:
        """The kinds of breaches, by the mistake that explains them."""
        if self._grouped != len(self._found):
            self._groups, self._grouped = groups(self._found), len(self._found)
        return self._groups

    def grouped(self) -> list[Finding]:
        """Return the findings, in the order in which they were first seen."""
        found = [Finding(self._found[main], tuple(self._found[key] for key in more)) for main, *more in self.groups]
        return sorted(found, key=lambda finding: (finding.first_s, finding.main.key.clause))

    def get(self, key: Key) -> Found | None:
        """Return the breaches of this key as they are now; None if there are none."""
        return self._found.get(key)

    def found(self, key: Key) -> Found:
        """Return the breaches of this key as they are now. Raises KeyError."""
        return self._found[key]

    @property
    def digest(self) -> str:
        """A fingerprint of the breaches without counts, times and values: equal however the cells were spread."""
        lines = sorted("\t".join((key.clause, key.place, key.cause)) for key in self._found)
        return hashlib.sha256("\n".join(lines).encode("utf-8", "backslashreplace")).hexdigest()[:16]

    def _breach(self, event: VerdictGiven) -> bool:
        verdict = event.verdict
        key, sent_s = key_of(verdict), verdict.exchanges[-1].sent_at_s
        found = self._found.get(key)
        if found is None:
            # What is sent to confirm depends on what other cells have found, so it must not count.
            if self._is_confirming or len(self._found) >= KEPT_KINDS:
                return False
            self._found[key] = Found(key, 1, sent_s, sent_s, verdict)
            self.has_changed = True
            return True
        if self._is_better(verdict, found):
            self.has_changed = True
            found = replace(found, smallest=verdict, same=0, times=0, every=0)
        self._found[key] = replace(
            found,
            count=found.count + (not self._is_confirming),
            first_s=min(found.first_s, sent_s),
            last_s=max(found.last_s, sent_s),
        )
        return False

    def _count(self, breaches: Breaches) -> None:
        key = Key(breaches.clause, breaches.place, breaches.cause)
        if (found := self._found.get(key)) is not None:
            more = 0 if self._is_confirming else breaches.count
            last_s = max(found.last_s, breaches.last_s)
            self._found[key] = replace(found, count=found.count + more, last_s=last_s)

    def _is_better(self, verdict: VerdictView, found: Found) -> bool:
        """Return whether the verdict shows the breach in a smaller way, or in one that can still be confirmed.

        What was confirmed stays: a smaller way that is not sent again would be a weaker report.
        """
        if found.same and not self._is_confirming:
            return False
        if found.times and not found.same:
            return True  # larger, but broken again; or of a later cell, which can try to confirm it
        if not found.times and _cell(verdict) != _cell(found.smallest):
            return True  # only the cell that has sent a request can send it again
        return _size(verdict) < _size(found.smallest)

    def _repeat(self, event: FailureRepeated) -> None:
        for key, found in self._found.items():
            if key.clause == event.clause and found.smallest.exchanges[-1].number == event.exchange:
                self._found[key] = replace(found, same=event.same, times=event.times, every=event.every)
                return


def key_of(verdict: VerdictView | Verdict) -> Key:
    """Return what the breach has in common with others that one mistake of the server explains."""
    last = verdict.exchanges[-1]
    status = str(last.response.status) if last.response else "no response"
    body = last.request.body
    sent = body.data if isinstance(body, BodyView) else body
    cause = cause_of(verdict.expected, verdict.actual, verdict.hint, sent)
    return Key(verdict.clause, f"{last.request.method}, {status}", cause)


def _size(verdict: VerdictView) -> tuple[int, int]:
    return len(verdict.exchanges), sum(exchange.request.body.size_bytes for exchange in verdict.exchanges)


def _cell(verdict: VerdictView) -> int:
    return verdict.exchanges[-1].number // NUMBERS_OF_A_CELL
