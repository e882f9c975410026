"""Sends what was found again, and makes it smaller, before it is reported."""

from __future__ import annotations

from collections.abc import Iterator

from contract_tests.campaign.corpus import CampaignLog
from contract_tests.engine.budget import Budget
from contract_tests.engine.events import FailureRepeated
from contract_tests.engine.findings import key_of
from contract_tests.engine.grouping import Key
from contract_tests.engine.reducing import shrink_one
from contract_tests.engine.repeating import kept, repeat
from contract_tests.engine.traffic import Traffic
from contract_tests.target.exchange import Exchange


class Confirming:
    """The breaches that show first in some traffic: all are repeated, then shrunk one by one while the budget lasts."""

    def __init__(
        self,
        traffic: Traffic,
        followed: CampaignLog,
        budget: Budget,
        *,
        chosen: frozenset[str],
        seed: int,
        known: frozenset[Key] = frozenset(),
    ) -> None:
        """chosen: the clauses that are judged. known: breaches that were sent again elsewhere."""
        self._traffic = traffic
        self._followed = followed
        self._budget = budget
        self._chosen = chosen
        self._seed = seed
        new = [found for found in followed.findings if not found.times and kept(traffic, found.smallest)]
        self.new = [found.key for found in new if found.key not in known]

    def steps(self) -> Iterator[None]:
        """Repeat and shrink; each yield lets the events so far out."""
        for key in self.new:
            yield from self._repeat(key)
            yield
        for key in self.new:
            if self._budget.allows_more and self._shrink(key):
                yield from self._repeat(key)
            yield

    def _shrink(self, key: Key) -> bool:
        """Look for a smaller request that breaks the same; return whether there is one."""
        return bool(
            shrink_one(
                self._traffic,
                self._budget,
                key.clause,
                self._exchanges(key),
                plain=self._traffic.plain.request,
                settled=self._chosen - {key.clause},
                seed=self._seed,
                is_same=lambda verdict: key_of(verdict) == key,
            )
        )

    def _repeat(self, key: Key) -> Iterator[None]:
        """Send what shows a breach again, and count how often it breaks the clause again."""
        same, times = yield from repeat(self._traffic, key.clause, self._exchanges(key), self._budget)
        if times:
            number = self._followed.findings.found(key).smallest.exchanges[-1].number
            self._followed.emit(FailureRepeated(key.clause, same, times, number))

    def _exchanges(self, key: Key) -> list[Exchange]:
        """Return the exchanges that show a breach, if they belong to this traffic and are still kept."""
        return kept(self._traffic, self._followed.findings.found(key).smallest)
