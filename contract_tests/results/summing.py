"""Sum up the events of a run to its result."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from contract_tests.contract.specification import Clause
from contract_tests.judging.verdict import Outcome
from contract_tests.results.events import (
    Ending,
    Event,
    ExchangesCounted,
    ExchangeSeen,
    FailureRepeated,
    ReadingObserved,
    RunEnded,
    RunStarted,
    VerdictGiven,
)
from contract_tests.results.result import ClauseResult, ReadingResult, RunResult
from contract_tests.results.views import VerdictView

if TYPE_CHECKING:
    from contract_tests.results.discoveries import Discoveries

TIME_STEP = math.log(1.1)  # times are counted in classes that differ by a tenth
NAMED_REQUESTS = 12  # of those that judged a clause; more would not help a reader


@dataclass
class _Seen:
    """The result for one clause so far."""

    counts: Counter[Outcome] = field(default_factory=Counter)
    worst: VerdictView | None = None
    is_smallest: bool = False
    requests: dict[int, str] = field(default_factory=dict)
    last: int = 0  # of these
    same: int = 0
    times: int = 0

    def name(self, number: int, label: str) -> bool:
        """Keep the first requests, independent of the order of their responses; return whether this is one of them."""
        if len(self.requests) == NAMED_REQUESTS and number > self.last:
            return False
        self.requests[number] = label
        if len(self.requests) > NAMED_REQUESTS:
            del self.requests[self.last]
        self.last = max(self.requests)
        return number in self.requests


class Summing:
    """Sums up the events of a run, in any order between the first and the last."""

    def __init__(self) -> None:
        self._started: RunStarted | None = None
        self._ended: RunEnded | None = None
        self._seen: dict[str, _Seen] = {}
        self._observed: dict[str, Counter[str]] = {}
        self._requests = 0
        self._times: Counter[int] = Counter()  # classes of the times from a request to its response
        self._last_s = self._first_s = 0.0

    @cached_property
    def discoveries(self) -> Discoveries:
        """What a campaign has found so far."""
        from contract_tests.results.discoveries import Discoveries  # only campaigns need it

        return Discoveries()

    def add(self, event: Event) -> bool:
        """Add one event; return whether it changes more than counts, so that a full record must keep it."""
        is_news = False
        if self._started is not None and self._started.part:
            is_news = self.discoveries.add(event)
        match event:
            case ExchangeSeen() if event.is_counted:
                pass
            case ExchangesCounted():
                self._count(event)
            case ReadingObserved():
                self._observe(event.reading, event.option)
            case ExchangeSeen():
                return self._exchange(event) or is_news
            case VerdictGiven() if seen := self._seen.get(event.verdict.clause):
                return self._verdict(seen, event) or is_news
            case VerdictGiven():
                return is_news
            case RunStarted():
                self._started = event
                self._seen = {clause.id: _Seen() for clause in event.clauses}
            case FailureRepeated() if seen := self._seen.get(event.clause):
                seen.same, seen.times = event.same, event.times
            case RunEnded():
                self._ended = event
            case _:
                pass
        return not isinstance(event, ReadingObserved)

    def outcome(self, clause_id: str) -> Outcome | None:
        """Return the worst outcome of a clause so far."""
        counts = self._seen[clause_id].counts if clause_id in self._seen else Counter()
        return next((o for o in (Outcome.BROKEN, Outcome.WARNED, Outcome.HELD) if counts[o]), None)

    def worst(self, clause_id: str) -> VerdictView | None:
        """Return the worst verdict on a clause so far; None if there is none."""
        return self._seen[clause_id].worst if clause_id in self._seen else None

    @property
    def broken(self) -> list[str]:
        """The broken clauses so far, in the order of the contract."""
        return [clause for clause in self._seen if self.outcome(clause) is Outcome.BROKEN]

    def result(self) -> RunResult:
        """Return the result; it needs the first event, and without the last one the run counts as interrupted."""
        if self._started is None:
            raise LookupError("a run has no result before it has begun")
        ended = self._ended or RunEnded(
            "", Ending.INTERRUPTED, "The record stops before the end of the run.", self._requests, self._duration_s
        )
        return RunResult(
            self._started,
            tuple(_clause_result(clause, self._seen[clause.id]) for clause in self._started.clauses),
            tuple(
                ReadingResult(reading, dict(sorted(self._observed[reading.id].items())))
                for reading in self._started.readings
                if reading.id in self._observed
            ),
            ended.requests,
            ended.duration_s,
            ended.ending,
            ended.why,
            self._ended is None,
            self.discoveries.view() if self._started.part else None,
            self._median_s,
        )

    @property
    def _duration_s(self) -> float:
        return round(self._last_s - self._first_s, 3)

    @property
    def _median_s(self) -> float:
        half = self._times.total() / 2
        counted = 0
        for step, count in sorted(self._times.items()):
            counted += count
            if counted >= half:
                return math.exp(step * TIME_STEP)
        return 0.0

    def _count(self, event: ExchangesCounted) -> None:
        self._requests += event.requests
        self._last_s = max(self._last_s, event.sent_at_s)
        for clause, count in event.held:
            if seen := self._seen.get(clause):
                seen.counts[Outcome.HELD] += count
        for clause, outcome, count in event.outcomes:
            if seen := self._seen.get(clause):
                seen.counts[Outcome(outcome)] += count
        for reading, option, count in event.observed:
            self._observe(reading, option, count)
        self._times.update(dict(event.times))

    def _exchange(self, event: ExchangeSeen) -> bool:
        is_named = False
        exchange = event.exchange
        self._requests += 1
        self._times[time_class(exchange.elapsed_s)] += 1
        self._first_s = min(self._first_s or exchange.sent_at_s, exchange.sent_at_s)
        self._last_s = max(self._last_s, exchange.sent_at_s + exchange.elapsed_s)
        for clause in event.held:
            if seen := self._seen.get(clause):
                seen.counts[Outcome.HELD] += 1
                is_named |= seen.name(exchange.number, exchange.label)
        for reading, option in event.observed:
            self._observe(reading, option)
        return is_named

    def _observe(self, reading: str, option: str, count: int = 1) -> None:
        self._observed.setdefault(reading, Counter())[option] += count

    def _verdict(self, seen: _Seen, event: VerdictGiven) -> bool:
        verdict = event.verdict
        named = [seen.name(exchange.number, exchange.label) for exchange in verdict.exchanges]
        is_named = any(named)
        if event.smallest:
            seen.worst, seen.is_smallest = verdict, True
            return True
        seen.counts[verdict.outcome] += 1
        if verdict.outcome is Outcome.HELD or seen.is_smallest:
            return is_named
        if seen.worst is None or _rank(verdict) < _rank(seen.worst):
            seen.worst = verdict
            return True
        return is_named


def time_class(elapsed_s: float) -> int:
    """Return the class of a time from a request to its response; those of one class differ by at most a tenth."""
    return round(math.log(max(elapsed_s, 1e-6)) / TIME_STEP)


def _rank(verdict: VerdictView) -> tuple[object, ...]:
    """Sort key: broken before warned, then the smallest request; of equal ones the first, which is the plainest."""
    size_bytes = sum(exchange.request.body.size_bytes for exchange in verdict.exchanges)
    numbers = tuple(exchange.number for exchange in verdict.exchanges)
    return verdict.outcome is not Outcome.BROKEN, len(numbers), size_bytes // 256, numbers


def _clause_result(clause: Clause, seen: _Seen) -> ClauseResult:
    return ClauseResult(
        clause,
        seen.counts[Outcome.HELD],
        seen.counts[Outcome.WARNED],
        seen.counts[Outcome.BROKEN],
        seen.worst,
        tuple(sorted(seen.requests.items())),
        seen.same,
        seen.times,
    )


def sum_up(events: Iterable[Event]) -> RunResult:
    """Return the result of a run from all its events."""
    summing = Summing()
    for event in events:
        summing.add(event)
    return summing.result()
