"""Replace the failures of a run by the smallest requests that still break their clauses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from contract_tests.engine.budget import Budget
from contract_tests.engine.event_log import EventLog
from contract_tests.engine.exploration import Exploration
from contract_tests.engine.searches import Search
from contract_tests.engine.shrinking import CLAUSES, REQUESTS, requests_between
from contract_tests.engine.traffic import Traffic
from contract_tests.judging.verdict import Verdict
from contract_tests.requests.plan import Step
from contract_tests.target.exchange import Exchange, Request


class Reducer:
    """Looks for smaller requests, one after the other. seed: of the run."""

    def __init__(self, traffic: Traffic, log: EventLog, budget: Budget, *, seed: int) -> None:
        self._traffic = traffic
        self._log = log
        self._budget = budget
        self._seed = seed
        self._reduced: set[str] = set()

    def search(self, search: Search, breaks: Mapping[Request, list[Verdict]], settled: Set[str]) -> None:
        """Look for smaller requests of a search than those that broke a clause.

        breaks: what each request of the search breaks. settled: the clauses that were broken before.
        """
        if search.strategy is None:
            return
        exploration = Exploration(
            lambda request: self._traffic.probe(Step(search.label, request)),
            lambda: self._budget.allows_more,
            settled=settled,
            known=dict(breaks),
        )
        exploration.search(search.strategy, examples=search.examples, seed=search.seed)
        self._replace(exploration)

    def shrink(self, plain: Request) -> Iterator[None]:
        """Replace each other failure of a single request by the smallest one between it and the plain request."""
        for clause in [c for c in self._log.summing.broken if c not in self._reduced][:CLAUSES]:
            exchange = self._only_exchange(clause)
            between = requests_between(plain, exchange.request) if exchange else None
            if exchange is not None and between is not None:
                exploration = self._exploration(clause, f"{exchange.label}, made smaller")
                exploration.search(between, examples=REQUESTS, seed=self._seed, shrinks_several=False)
                self._replace(exploration)
            yield

    def _exploration(self, clause: str, label: str) -> Exploration:
        """Return a search for smaller requests that break this clause."""
        return Exploration(
            lambda request: self._traffic.probe(Step(label, request), again=clause),
            lambda: self._budget.allows_more,
            settled=set(self._log.summing.broken) - {clause},
            requests=REQUESTS,
        )

    def _replace(self, exploration: Exploration) -> None:
        for clause, verdict in exploration.found.items():
            self._reduced.add(clause)
            self._traffic.give(verdict, smallest=True)

    def _only_exchange(self, clause: str) -> Exchange | None:
        worst = self._log.summing.worst(clause)
        return (
            self._traffic.history.exchange(worst.exchanges[0].number) if worst and len(worst.exchanges) == 1 else None
        )
