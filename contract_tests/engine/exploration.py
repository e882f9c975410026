"""Let Hypothesis draw requests, and shrink those that break a clause."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.strategies import SearchStrategy

from contract_tests.engine.same_draws import same_draws
from contract_tests.judging.verdict import Verdict
from contract_tests.target.exchange import Request

PART_S = 5.0  # how long a search runs before the events so far can be passed on

Probe = Callable[[Request], list[Verdict]]  # sends a request and returns what it breaks


class ClauseBroken(AssertionError):
    """Subclassed once per clause: Hypothesis distinguishes failures by type, so each clause shrinks on its own."""


class _OutOfBudget(BaseException):
    """Ends a search. Not an Exception, so Hypothesis lets it through instead of shrinking towards it."""


class _PartDone(BaseException):
    """Interrupts a search. With the same seed and the responses so far, it comes to the same place without sending."""


@cache
def _failure_of(clause: str) -> type[ClauseBroken]:
    return type(clause, (ClauseBroken,), {})


def draw(
    strategy: SearchStrategy[Request], *, examples: int, seed: int, allows_more: Callable[[], bool] = lambda: True
) -> list[Request]:
    """Draw different requests from a strategy without sending any; the same seed draws the same ones.

    allows_more: returns whether another one is still wanted.
    """
    drawn: dict[Request, None] = {}

    def keep(request: Request) -> None:
        if not allows_more():
            raise _OutOfBudget
        drawn[request] = None

    with suppress(_OutOfBudget):
        _given(strategy, keep, examples=examples, seed=seed, phases=(Phase.generate,))()
    return list(drawn)


class Exploration:
    """A search that continues until it finds no more broken clauses, so that one failure does not hide another.

    probe: sends one request. allows_more: returns whether another may be sent. settled: clauses that are already known
    to be broken, so that each is reported once. known: the verdicts on requests that were already sent.
    """

    def __init__(
        self,
        probe: Probe,
        allows_more: Callable[[], bool],
        *,
        settled: Iterable[str] = (),
        known: dict[Request, list[Verdict]] | None = None,
        requests: float = math.inf,
    ) -> None:
        self._probe = probe
        self._allows_more = allows_more
        self._settled = set(settled)
        self._answers = {} if known is None else known
        self._most = len(self._answers) + requests
        self._begin_part()
        self.found: dict[str, Verdict] = {}

    def search(
        self, strategy: SearchStrategy[Request], *, examples: int, seed: int, shrinks_several: bool = True
    ) -> Iterator[None]:
        """Search a strategy; afterwards `found` has the smallest request for each broken clause. Yield now and then."""
        trial = _given(
            strategy,
            self._try,
            examples=examples,
            seed=seed,
            phases=(Phase.generate, Phase.shrink),
            report_multiple_bugs=shrinks_several,
        )
        while True:
            try:
                trial()
                return
            except _OutOfBudget:
                return
            except _PartDone:
                yield
                self._begin_part()
                continue
            except BaseExceptionGroup as several:
                if several.split(ClauseBroken)[1] is not None:
                    raise  # an error of our own code
            except ClauseBroken:
                pass
            self._settled |= set(self.found)

    def _begin_part(self) -> None:
        self._begun_s, self._answered = time.monotonic(), len(self._answers)

    def _try(self, request: Request) -> None:
        if request not in self._answers:
            if not self._allows_more() or len(self._answers) >= self._most:
                raise _OutOfBudget
            if len(self._answers) > self._answered and time.monotonic() - self._begun_s > PART_S:
                raise _PartDone
            self._answers[request] = self._probe(request)
        for verdict in self._answers[request]:
            if verdict.clause not in self._settled:
                self.found[verdict.clause] = verdict  # Hypothesis ends with the smallest
                raise _failure_of(verdict.clause)


def quiet_settings(examples: int, phases: tuple[Phase, ...], **more: Any) -> hypothesis.settings:
    """Return settings with which Hypothesis only draws: it prints, stores and refuses nothing."""
    return hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        print_blob=False,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        **more,
    )


def _given(
    strategy: SearchStrategy[Request],
    attempt: Callable[[Request], Any],
    *,
    examples: int,
    seed: int,
    phases: tuple[Phase, ...],
    report_multiple_bugs: bool = True,
) -> Callable[[], None]:
    def trial(request: Request) -> None:
        attempt(request)

    settings = quiet_settings(examples, phases, report_multiple_bugs=report_multiple_bugs)
    made: Callable[[], None] = hypothesis.seed(seed)(settings(hypothesis.given(strategy)(trial)))

    def run() -> None:
        with same_draws():
            made()

    return run
