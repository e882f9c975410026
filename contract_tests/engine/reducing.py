"""Replace the failures of a run by the smallest requests that still break their clauses."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence, Set

from contract_tests.engine.budget import Budget
from contract_tests.engine.exploration import Exploration
from contract_tests.engine.repeating import kept
from contract_tests.engine.searches import Search
from contract_tests.engine.shrinking import CLAUSES, REQUESTS, plain_like, requests_between
from contract_tests.engine.traffic import Traffic
from contract_tests.judging.verdict import Verdict
from contract_tests.requests.plan import Step
from contract_tests.results.event_log import EventLog
from contract_tests.target.exchange import Exchange, Request

SILENCES = 4  # of one search; each takes as long as a request may wait
SHRUNK = ", made smaller"  # ends the label of a request of the search


class Reducer:
    """Looks for smaller requests, one after the other. seed: of the run."""

    def __init__(self, traffic: Traffic, log: EventLog, budget: Budget, *, seed: int) -> None:
        self._traffic = traffic
        self._log = log
        self._budget = budget
        self._seed = seed
        self._reduced: set[str] = set()

    def search(self, search: Search, breaks: Mapping[Request, list[Verdict]], settled: Set[str]) -> Iterator[None]:
        """Look for smaller requests of a search than those that broke a clause. Yield now and then.

        breaks: what each request of the search breaks. settled: the clauses that were broken before.
        """
        if search.strategy is None:
            return
        exploration = Exploration(
            lambda request: self._traffic.probe(Step(search.label, request)),
            _patience(self._traffic, self._budget),
            settled=settled,
            known=dict(breaks),
        )
        yield from exploration.search(search.strategy, examples=search.examples, seed=search.seed)
        self._reduced |= _replaced(exploration, self._traffic)

    def shrink(self) -> Iterator[None]:
        """Replace each other failure of a single request by the smallest one between it and the plain request."""
        for clause in [c for c in self._log.summing.broken if c not in self._reduced][:CLAUSES]:
            exchanges = kept(self._traffic, self._log.summing.worst(clause))
            settled = set(self._log.summing.broken) - {clause}
            self._reduced |= yield from shrink_one(
                self._traffic, self._budget, clause, exchanges, settled=settled, seed=self._seed
            )
            yield


def shrink_one(
    traffic: Traffic,
    budget: Budget,
    clause: str,
    exchanges: Sequence[Exchange],
    *,
    settled: Set[str],
    seed: int,
    is_same: Callable[[Verdict], bool] = lambda verdict: True,
) -> Generator[None, None, set[str]]:
    """Replace the request that broke a clause by the smallest one between it and the plain request.

    exchanges: what broke the clause; only a single one can be shrunk. settled: clauses that the search ignores.
    is_same: returns whether a verdict shows the same breach. Return the clauses with a new smallest request.
    """
    if len(exchanges) != 1:
        return set()
    found = exchanges[0].request
    if (between := requests_between(plain_like(traffic.plains, found), found)) is None:
        return set()
    label = exchanges[0].label.removesuffix(SHRUNK) + SHRUNK
    exploration = Exploration(
        lambda request: list(filter(is_same, traffic.probe(Step(label, request), again=clause))),
        _patience(traffic, budget),
        settled=settled,
        requests=REQUESTS,
    )
    yield from exploration.search(between, examples=REQUESTS, seed=seed, shrinks_several=False)
    return _replaced(exploration, traffic)


def _patience(traffic: Traffic, budget: Budget) -> Callable[[], bool]:
    """Return what says whether a search may send more: not after some silences, nor when the budget is used up."""
    most = traffic.silences + SILENCES
    return lambda: budget.allows_more and traffic.silences < most


def _replaced(exploration: Exploration, traffic: Traffic) -> set[str]:
    """Record the smallest requests of a search; return the clauses that they break."""
    for verdict in exploration.found.values():
        traffic.log_verdict(verdict, smallest=True)
    return set(exploration.found)
