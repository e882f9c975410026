"""Sends what was found again, and makes it smaller, before it is reported."""

from __future__ import annotations

from collections.abc import Iterator

from contract_tests.campaign.corpus import CampaignLog
from contract_tests.engine.budget import Budget
from contract_tests.engine.conduct import REPEATS
from contract_tests.engine.events import FailureRepeated
from contract_tests.engine.exploration import Exploration
from contract_tests.engine.findings import Found, key_of
from contract_tests.engine.grouping import Key
from contract_tests.engine.shrinking import REQUESTS, requests_between
from contract_tests.engine.traffic import Traffic
from contract_tests.judging.verdict import Verdict
from contract_tests.requests.plan import Step
from contract_tests.target.exchange import Exchange, Request


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
        new = [found for found in followed.findings if not found.times and self._exchanges(found)]
        self.new = [found.key for found in new if found.key not in known]

    def steps(self) -> Iterator[None]:
        """Repeat and shrink; each yield lets the events so far out."""
        for key in self.new:
            self._repeat(key)
            yield
        for key in self.new:
            if self._budget.allows_more and self._shrink(key):
                self._repeat(key)
            yield

    def _exchanges(self, found: Found) -> list[Exchange]:
        """The exchanges that show it, if they all belong to this traffic and are still kept."""
        kept = [self._traffic.history.exchange(view.number) for view in found.smallest.exchanges]
        exchanges = [exchange for exchange in kept if exchange is not None]
        return exchanges if len(exchanges) == len(kept) else []

    def _shrink(self, key: Key) -> bool:
        """Look for a smaller request that breaks the same; returns whether there is one."""
        exchanges = self._exchanges(self._followed.findings.found(key))
        plain = self._traffic.plain.request
        between = requests_between(plain, exchanges[0].request) if len(exchanges) == 1 else None
        if between is None:
            return False
        label = exchanges[0].label.removesuffix(", made smaller") + ", made smaller"

        def probe(request: Request) -> list[Verdict]:
            broken = self._traffic.probe(Step(label, request), again=key.clause)
            return [verdict for verdict in broken if key_of(verdict) == key]

        exploration = Exploration(
            probe,
            lambda: self._budget.allows_more,
            settled=self._chosen - {key.clause},
            requests=REQUESTS,
        )
        exploration.search(between, examples=REQUESTS, seed=self._seed, shrinks_several=False)
        for verdict in exploration.found.values():
            self._traffic.give(verdict, smallest=True)
        return bool(exploration.found)

    def _repeat(self, key: Key) -> None:
        """Send what shows a breach again, and count how often it breaks the clause again."""
        found = self._followed.findings.found(key)
        exchanges = self._exchanges(found)
        same = times = 0
        while exchanges and times < REPEATS and self._budget.allows_more:
            same += self._traffic.is_broken_again(key.clause, exchanges)
            times += 1
        if times:
            number = found.smallest.exchanges[-1].number
            self._followed.emit(FailureRepeated(key.clause, same, times, number))
