"""The events of a run as frozen values: the engine yields them, the record stores them, the result is their sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from contract_tests.contract.deviations import Deviation
from contract_tests.contract.specification import Clause, Treatment
from contract_tests.judging.verdict import Outcome
from contract_tests.results.views import ExchangeView, VerdictView


class Ending(StrEnum):
    """How a run ended."""

    COMPLETE = "complete"
    OUT_OF_TIME = "out of time"  # after the planned requests
    TOO_LITTLE_TIME = "too little time"  # for the planned requests
    STOPPED = "stopped"  # by the calling program
    FAILED = "failed"  # an exception of our own code, of an oracle or of the calling program
    INTERRUPTED = "interrupted"  # Ctrl-C, or an incomplete record
    TERMINATED = "terminated"  # SIGTERM
    OBSERVED = "observed"  # the suite judged the traffic of other programs until it ended
    NOT_JUDGEABLE = "not judgeable"  # not reachable, credentials refused, no such endpoint, a gateway in the way
    TARGET_GONE = "target gone"
    SESSION_ENDED = "session ended"
    QUOTA_USED_UP = "quota used up"


@dataclass(frozen=True, slots=True)
class ReadingView:
    """One open question of the API page.

    options: option -> meaning. treatments: option -> pass, warn or fail. usual: the option of the mock. limit: what the
    mock cannot follow of the others.
    """

    id: str
    clause: str
    question: str
    options: Mapping[str, str]
    treatments: Mapping[str, Treatment]
    usual: str = ""
    limit: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of which campaign of `fuzz` a record has.

    campaign: its budget and options, in words. index, total: of the shard, from 1 on. has_examples: whether it sends
    examples of other campaigns. merged: how many records it was merged from; 0 if it was not.
    """

    campaign: str
    index: int = 1
    total: int = 1
    has_examples: bool = False
    merged: int = 0


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run begins, before the first request. The event has everything about the contract that reports need."""

    at: str  # ISO 8601
    url: str
    seed: int
    depth: str
    users: tuple[str, ...]  # the users and their logins, in words
    version: str  # of the kit
    spec_sha256: str
    variables: tuple[str, ...]  # the environment variables that replace secrets in later events
    clauses: tuple[Clause, ...]  # the clauses to judge
    readings: tuple[ReadingView, ...]
    deviations: tuple[Deviation, ...] = ()  # breaches that are accepted
    suites: tuple[str, ...] = ()  # those of the user, each as module:name
    fail_on: Outcome = Outcome.BROKEN  # the mildest outcome that fails the run
    part: Part | None = None  # of a campaign, which groups what it finds

    @property
    def run_id(self) -> str:
        """What marks the requests of a campaign; of one length, so that the same seed changes the same bytes."""
        return f"run {''.join(filter(str.isdigit, self.at))[:14]}"


class Stage(StrEnum):
    """The kinds of stages, for the code; their names are for readers."""

    STEP = "step"
    CELL = "cell"
    CUT_OFF = "cut off"  # another process did not complete a cell
    CONFIRMING = "confirming"  # no breach is new in it
    NOTICE = "notice"  # a line for the terminal


@dataclass(frozen=True, slots=True)
class StageStarted:
    """Another stage of the run begins, such as a search. cell: the index of the cell that begins or was cut off."""

    name: str
    kind: Stage = Stage.STEP
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class ExchangeSeen:
    """An exchange was judged.

    held: the clauses that it shows to hold. observed: (reading, option). is_counted: whether an ExchangesCounted has
    counted it, so that it is only here for a verdict.
    """

    exchange: ExchangeView
    held: tuple[str, ...] = ()
    observed: tuple[tuple[str, str], ...] = ()
    is_counted: bool = False


@dataclass(frozen=True, slots=True)
class CreatedView:
    """An object that an exchange created. number: of the request. login: its headers with the login, masked."""

    id: str
    at_s: float
    number: int
    login: str


@dataclass(frozen=True, slots=True)
class CreatedByWorker:
    """What another process has created for a cell that is not complete; the events of the cell have it again."""

    created: tuple[CreatedView, ...]


@dataclass(frozen=True, slots=True)
class Breaches:
    """Further breaches of one clause at one place with one cause. last_s: of the last one, in the Unix epoch."""

    clause: str
    place: str
    cause: str
    count: int
    last_s: float


@dataclass(frozen=True, slots=True)
class ExchangesCounted:
    """Exchanges that a full record leaves out, with all that they add to the result of the run.

    sent_at_s: of the last one. held: (clause, count). observed: (reading, option, count). outcomes: (clause, outcome,
    count) of verdicts. times: (class of the time to the response, count), see `summing.time_class`.
    """

    requests: int = 0
    sent_at_s: float = 0.0
    held: tuple[tuple[str, int], ...] = ()
    observed: tuple[tuple[str, str, int], ...] = ()
    outcomes: tuple[tuple[str, str, int], ...] = ()
    breaches: tuple[Breaches, ...] = ()
    created: tuple[CreatedView, ...] = ()
    times: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ReadingObserved:
    """Several exchanges together show that the server follows an option of a reading."""

    reading: str
    option: str


@dataclass(frozen=True, slots=True)
class VerdictGiven:
    """A clause was judged. smallest: a search has shrunk the request, so the verdict replaces those before it."""

    verdict: VerdictView
    smallest: bool = False


@dataclass(frozen=True, slots=True)
class FailureRepeated:
    """The requests that broke a clause were sent again: how many times, and how often they broke it again.

    exchange: the number of the last one; 0 if it is not of a campaign. every: if the same request broke the clause
    again at regular distances, how many requests apart; otherwise 0.
    """

    clause: str
    same: int
    times: int
    exchange: int = 0
    every: int = 0


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The run is over. why: a sentence for the user if it ended early."""

    at: str
    ending: Ending
    why: str
    requests: int
    duration_s: float


Event = (
    RunStarted
    | StageStarted
    | ExchangeSeen
    | ExchangesCounted
    | CreatedByWorker
    | ReadingObserved
    | VerdictGiven
    | FailureRepeated
    | RunEnded
)
