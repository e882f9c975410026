"""Lets Hypothesis search for requests that break a clause, and shrink each to the smallest one that does."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.strategies import SearchStrategy

from contract_tests.engine.run import Run
from contract_tests.judging.verdict import Verdict
from contract_tests.target.exchange import Request


class ClauseBroken(AssertionError):
    """Subclassed once for each clause: Hypothesis tells failures apart by type, so each clause shrinks by itself."""


class _OutOfTime(BaseException):
    """Ends a search. No Exception, so Hypothesis lets it through instead of shrinking towards it."""


@cache
def _failure_of(clause: str) -> type[ClauseBroken]:
    return type(clause, (ClauseBroken,), {})


class Exploration:
    """A search that goes on until nothing new breaks, so that no broken clause hides another.

    Clauses that are known to be broken when it starts are left alone, except `again`: the same cause is reported once.
    It ends after so many requests, if that is given.
    """

    def __init__(self, run: Run, *, again: str = "", requests: float = math.inf) -> None:
        self._run = run
        self._settled = {verdict.clause for verdict in run.broken} - {again}
        self._again = again
        self._requests = requests
        self._answers: dict[Request, list[Verdict]] = {}
        self.found: dict[str, Verdict] = {}

    def probe(self, request: Request, label: str) -> None:
        """Try one request; an input that is drawn again is not sent again."""
        if not self._run.in_time or (len(self._answers) >= self._requests and request not in self._answers):
            raise _OutOfTime
        if request not in self._answers:
            self._answers[request] = self._run.probe(request, label, again=self._again)
        for verdict in self._answers[request]:
            if verdict.clause not in self._settled:
                self.found[verdict.clause] = verdict  # Hypothesis ends with the smallest
                raise _failure_of(verdict.clause)

    def search(
        self, strategy: SearchStrategy[Request], label: str, *, examples: int, seed: int, several: bool = True
    ) -> None:
        """Draw requests from a strategy; the same seed draws the same ones. Without `several`, shrink the first."""

        def attempt(request: Request) -> None:
            self.probe(request, label)

        settings = hypothesis.settings(
            max_examples=examples,
            database=None,
            deadline=None,
            derandomize=False,
            print_blob=False,
            report_multiple_bugs=several,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
        )
        self.repeat(hypothesis.seed(seed)(settings(hypothesis.given(strategy)(attempt))))

    def repeat(self, trial: Callable[[], object]) -> None:
        """Repeat a trial until it breaks nothing new."""
        while True:
            try:
                trial()
                return
            except _OutOfTime:
                return
            except BaseExceptionGroup as several:
                if several.split(ClauseBroken)[1] is not None:
                    raise  # something that no clause speaks of: a mistake of ours
            except ClauseBroken:
                pass
            self._settled |= set(self.found)
