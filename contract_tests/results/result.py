"""The result of a run: every table, report and exit code is a function of it. `summing` derives it from the events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract_tests.contract.deviations import Deviation
from contract_tests.contract.specification import Clause
from contract_tests.judging.verdict import Outcome
from contract_tests.results.events import Ending, ReadingView, RunStarted
from contract_tests.results.views import VerdictView

if TYPE_CHECKING:
    from contract_tests.results.discoveries import Discovered

EXIT_OF_ENDING = {
    Ending.INTERRUPTED: 130,
    Ending.TERMINATED: 143,
}
OUTSIDE_THE_CONTRACT = frozenset(
    {
        Ending.NOT_JUDGEABLE,
        Ending.TARGET_GONE,
        Ending.SESSION_ENDED,
        Ending.QUOTA_USED_UP,
        Ending.TOO_LITTLE_TIME,
        Ending.STOPPED,
        Ending.FAILED,
    }
)


@dataclass(frozen=True, slots=True)
class ClauseResult:
    """The result for one clause.

    worst: the worst verdict, None if the clause held or was not judged. requests: (number, label) of the first requests
    that judged it. times: how often the failing requests were sent again. same: how often they broke it again.
    """

    clause: Clause
    held: int = 0
    warned: int = 0
    broken: int = 0
    worst: VerdictView | None = None
    requests: tuple[tuple[int, str], ...] = ()
    same: int = 0
    times: int = 0

    @property
    def outcome(self) -> Outcome | None:
        """The worst outcome; None if the clause was not judged."""
        if self.broken:
            return Outcome.BROKEN
        return Outcome.WARNED if self.warned else Outcome.HELD if self.held else None

    @property
    def judged(self) -> int:
        """The number of verdicts on the clause."""
        return self.held + self.warned + self.broken


@dataclass(frozen=True, slots=True)
class ReadingResult:
    """The observed options of an open question, each with its number of observations."""

    reading: ReadingView
    seen: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RunResult:
    """The result of a run; its record, read back, gives an equal value."""

    started: RunStarted
    clauses: tuple[ClauseResult, ...]  # in the order of the contract
    readings: tuple[ReadingResult, ...]  # the observed ones
    requests: int
    duration_s: float
    ending: Ending
    why: str = ""
    is_cut_off: bool = False  # True: the record stops before the end of the run
    discovered: Discovered | None = None  # of a campaign
    median_s: float = 0.0  # time from a request to its response, to a tenth; 0 if the record has none

    @property
    def broken(self) -> tuple[ClauseResult, ...]:
        """The broken clauses."""
        return tuple(clause for clause in self.clauses if clause.outcome is Outcome.BROKEN)

    def deviation(self, clause_id: str) -> Deviation | None:
        """Return the deviation that accepts a breach of the clause; None if there is none, or if it has expired."""
        return next((d for d in self.started.deviations if d.clause == clause_id and d not in self.expired), None)

    @property
    def expired(self) -> tuple[Deviation, ...]:
        """The deviations that had expired on the day of the run."""
        return tuple(d for d in self.started.deviations if d.has_expired(self.started.at[:10]))

    @property
    def stale(self) -> tuple[Deviation, ...]:
        """The deviations that no longer occur: a complete run has judged the clause, and it holds."""
        if self.ending is not Ending.COMPLETE:
            return ()
        outcomes = {found.clause.id: found.outcome for found in self.clauses}
        return tuple(d for d in self.started.deviations if outcomes.get(d.clause) in {Outcome.HELD, Outcome.WARNED})

    @property
    def failing(self) -> tuple[ClauseResult, ...]:
        """The broken clauses without a deviation that accepts them."""
        return tuple(found for found in self.broken if self.deviation(found.clause.id) is None)

    @property
    def warned(self) -> tuple[ClauseResult, ...]:
        """The clauses with a warning that are not broken."""
        return tuple(clause for clause in self.clauses if clause.outcome is Outcome.WARNED)

    @property
    def unjudged(self) -> tuple[ClauseResult, ...]:
        """The clauses that no exchange judged."""
        return tuple(clause for clause in self.clauses if clause.outcome is None)

    @property
    def is_judged(self) -> bool:
        """Whether the run judged any clause."""
        return any(clause.judged for clause in self.clauses)

    def clause(self, clause_id: str) -> ClauseResult | None:
        """Return the result for one clause; None if the run did not include it."""
        return next((each for each in self.clauses if each.clause.id == clause_id), None)

    def reading(self, reading_id: str) -> ReadingView:
        """Return an open question."""
        return next(each for each in self.started.readings if each.id == reading_id)

    def exit_code(self) -> int:
        """Return the exit code.

        0: every judged clause holds. 1: a clause is broken (or warned, with `--fail-on warned`), or a deviation has
        expired or no longer occurs. 3: no judgement was possible for a reason outside the contract. 4: nothing was
        judged. 130: interrupted. 143: terminated.
        """
        if self.ending in EXIT_OF_ENDING:
            return EXIT_OF_ENDING[self.ending]
        fails_on_warned = self.started.fail_on is Outcome.WARNED
        if self.failing or self.expired or self.stale or (fails_on_warned and self.warned):
            return 1
        if self.ending in OUTSIDE_THE_CONTRACT:
            return 3
        return 0 if self.is_judged else 4
