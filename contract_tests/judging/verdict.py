"""The judgements of oracles: verdicts on clauses, and observed readings."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from contract_tests.target.exchange import Exchange


class Outcome(StrEnum):
    """The outcome for one clause; a clause without any verdict is not judged."""

    HELD = "held"
    WARNED = "warned"
    BROKEN = "broken"


class Verdict(NamedTuple):
    """One judgement of one clause, with the exchanges that show it (the decisive one last).

    A tuple, because each exchange gets some thirty of them, and a frozen dataclass takes three times as long to make.
    """

    clause: str
    outcome: Outcome
    exchanges: tuple[Exchange, ...]
    expected: str = ""
    actual: str = ""
    reading: str | None = None
    hint: str = ""


class Observation(NamedTuple):
    """An option of a reading that the server was observed to follow."""

    reading: str
    option: str
    exchange: Exchange


Judgement = Verdict | Observation


def held(clause: str, exchange: Exchange, *more: Exchange) -> Verdict:
    """Return the verdict that the clause holds."""
    return Verdict(clause, Outcome.HELD, (exchange, *more))


def broken(clause: str, exchange: Exchange, *more: Exchange, expected: str, actual: str, hint: str = "") -> Verdict:
    """Return the verdict that the clause is broken, with the expected and the actual behaviour."""
    return Verdict(clause, Outcome.BROKEN, (exchange, *more), expected, actual, hint=hint)


def warned(clause: str, exchange: Exchange, *more: Exchange, expected: str, actual: str) -> Verdict:
    """Return a warning: the behaviour is odd, but breaks no statement of the API page."""
    return Verdict(clause, Outcome.WARNED, (exchange, *more), expected, actual)
