"""Send each new breach again, and make it smaller, before it is reported."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace

from contract_tests.campaign.corpus import CampaignLog
from contract_tests.campaign.steps_before import break_now_and_then, break_with_steps_before
from contract_tests.engine.budget import Budget
from contract_tests.engine.reducing import shrink_one
from contract_tests.engine.repeating import kept, repeat
from contract_tests.engine.traffic import Traffic
from contract_tests.results.events import FailureRepeated
from contract_tests.results.findings import key_of
from contract_tests.results.grouping import Key
from contract_tests.target.exchange import Exchange


class Confirming:
    """Repeats the breaches that are new in some traffic, then shrinks them one by one while the budget lasts.

    It sends a breach that does not occur again with the requests before it, then many times in a row.
    """

    def __init__(
        self,
        traffic: Traffic,
        log: CampaignLog,
        budget: Budget,
        *,
        chosen: frozenset[str],
        seed: int,
        known: frozenset[Key] = frozenset(),
    ) -> None:
        """chosen: the clauses that are judged. known: breaches that were sent again elsewhere."""
        self._traffic = traffic
        self._log = log
        self._budget = budget
        self._chosen = chosen
        self._seed = seed
        new = [found for found in log.findings if not found.times and kept(traffic, found.smallest)]
        self.new = [found.key for found in new if found.key not in known]

    def steps(self) -> Iterator[None]:
        """Repeat and shrink, the main breach of each finding first; each yield lets the events so far out."""
        mains = {main for main, *_ in self._log.findings.groups}
        for keys in ([key for key in self.new if key in mains], [key for key in self.new if key not in mains]):
            for key in keys:
                yield from self._repeat(key)
                yield
            for key in keys:
                is_shown = key in mains and (yield from self._send_steps_before(key))
                if self._budget.allows_more and not is_shown and (yield from self._shrink(key)):
                    yield from self._repeat(key)
                yield

    def _shrink(self, key: Key) -> Generator[None, None, bool]:
        """Look for a smaller request that breaks the same; return whether there is one."""
        replaced = yield from shrink_one(
            self._traffic,
            self._budget,
            key.clause,
            self._exchanges(key),
            settled=self._chosen - {key.clause},
            seed=self._seed,
            is_same=lambda verdict: key_of(verdict) == key,
        )
        return bool(replaced)

    def _repeat(self, key: Key) -> Iterator[None]:
        """Send what shows a breach again, and count how often it breaks the clause again."""
        same, times = yield from repeat(self._traffic, key.clause, self._exchanges(key), self._budget)
        if times:
            number = self._log.findings.found(key).smallest.exchanges[-1].number
            self._log.emit(FailureRepeated(key.clause, same, times, number))

    def _send_steps_before(self, key: Key) -> Generator[None, None, bool]:
        """Show a breach that did not occur again with the requests before it, or now and then.

        Return whether it occurs again.
        """
        found = self._log.findings.found(key)
        if found.same or not found.times or not self._budget.allows_more or not self._exchanges(key):
            return False
        shown = self._exchanges(key)
        verdict, same, times = yield from break_with_steps_before(self._traffic, self._budget, key, shown)
        repeated = FailureRepeated(key.clause, same, times)
        if same < times or verdict is None:
            once, *counts = break_now_and_then(self._traffic, self._budget, key, shown[-1])
            yield
            if once is not None:
                verdict, repeated = once, FailureRepeated(key.clause, counts[0], counts[1], every=counts[2])
        if verdict is not None:
            self._traffic.log_verdict(verdict, smallest=True)
            self._log.emit(replace(repeated, exchange=verdict.exchanges[-1].number))
        return verdict is not None

    def _exchanges(self, key: Key) -> list[Exchange]:
        """Return the exchanges that show a breach, if they belong to this traffic and are still kept."""
        return kept(self._traffic, self._log.findings.found(key).smallest)
