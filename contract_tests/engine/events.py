"""What happens in a run, as frozen values: the engine yields them, the record holds them, the result is their sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from contract_tests.contract.deviations import Deviation
from contract_tests.contract.specification import Clause, Treatment
from contract_tests.engine.views import ExchangeView, VerdictView
from contract_tests.judging.verdict import Outcome


class Ending(StrEnum):
    """How a run ended."""

    COMPLETE = "complete"
    OUT_OF_TIME = "out of time"
    STOPPED = "stopped"  # by the program that conducts it, which has seen enough
    INTERRUPTED = "interrupted"  # Ctrl-C, or a record that stops in its middle
    TERMINATED = "terminated"  # SIGTERM
    SEEN = "seen"  # the traffic of other programs was judged, until it ended
    NOT_JUDGEABLE = "not judgeable"  # not reachable, credentials refused, no such endpoint, a gateway in the way
    TARGET_GONE = "target gone"
    SESSION_ENDED = "session ended"
    QUOTA_USED_UP = "quota used up"


@dataclass(frozen=True, slots=True)
class ReadingView:
    """One question that the page leaves open.

    options: option to meaning. treatments: what the suite makes of each option. usual: what the mock does.
    """

    id: str
    clause: str
    question: str
    options: Mapping[str, str]
    treatments: Mapping[str, Treatment]
    usual: str = ""


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run begins; nothing has been sent. Holds all that a report needs to know of the contract."""

    at: str  # ISO 8601
    url: str
    seed: int
    depth: str
    users: tuple[str, ...]  # who is signed in by what, in words
    version: str  # of the kit
    spec_sha256: str
    variables: tuple[str, ...]  # the environment variables that replace secrets in later events
    clauses: tuple[Clause, ...]  # those that are judged
    readings: tuple[ReadingView, ...]
    deviations: tuple[Deviation, ...] = ()  # breaches that are accepted
    fail_on: Outcome = Outcome.BROKEN  # the mildest outcome that fails the run


@dataclass(frozen=True, slots=True)
class StageStarted:
    """The run goes on to another stage, such as a search."""

    name: str


@dataclass(frozen=True, slots=True)
class ExchangeSeen:
    """A request was answered and judged. held: the clauses that it shows to hold. observed: (reading, option)."""

    exchange: ExchangeView
    held: tuple[str, ...] = ()
    observed: tuple[tuple[str, str], ...] = ()


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
    """What shows a broken clause was sent again so many times, and so many times the clause was broken again."""

    clause: str
    same: int
    times: int


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The run is over. why: a sentence for the user if the run was ended early."""

    at: str
    ending: Ending
    why: str
    requests: int
    duration_s: float


Event = RunStarted | StageStarted | ExchangeSeen | ReadingObserved | VerdictGiven | FailureRepeated | RunEnded
