"""What an oracle says: verdicts on clauses, and observations of readings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from contract_tests.target.exchange import Exchange


class Outcome(StrEnum):
    """The outcome for one clause; a clause without any verdict is not judged."""

    HELD = "held"
    WARNED = "warned"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judgement of one clause, with the exchanges that show it (the decisive one last)."""

    clause: str
    outcome: Outcome
    exchanges: tuple[Exchange, ...]
    expected: str = ""
    actual: str = ""
    reading: str | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """A server was seen to follow an option of a reading."""

    reading: str
    option: str
    exchange: Exchange


Finding = Verdict | Observation


def held(clause: str, exchange: Exchange, *more: Exchange) -> Verdict:
    """The clause was judged and kept."""
    return Verdict(clause, Outcome.HELD, (exchange, *more))


def broken(clause: str, exchange: Exchange, *more: Exchange, expected: str, actual: str, hint: str = "") -> Verdict:
    """The clause is broken: what it demands, and what came instead."""
    return Verdict(clause, Outcome.BROKEN, (exchange, *more), expected, actual, hint=hint)


def warned(clause: str, exchange: Exchange, *more: Exchange, expected: str, actual: str) -> Verdict:
    """Something is odd, but no statement of the page is broken."""
    return Verdict(clause, Outcome.WARNED, (exchange, *more), expected, actual)
