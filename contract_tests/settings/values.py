"""What the user tells about a run: the target, who may sign in, what exists there, and the bounds of the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

SHORTEST_SECRET_HEADER = 8
DEFAULT_TIMEOUT_S = 10.0  # a create that takes longer than this is a hang to the browser's user
DEFAULT_CLOCK_ALLOWANCE_S = 300.0  # what Kerberos tolerates; a machine further off breaks more than this suite
DEFAULT_CONNECTIONS = 8  # what a browser opens to one host, plus a few
LONG_SECRET = 12  # of a shorter one, what is left after a cut may be an ordinary word


class Depth(StrEnum):
    """How far a run goes: the covering set of requests alone, with searches, or with long ones."""

    QUICK = "quick"
    STANDARD = "standard"
    DEEP = "deep"

    @property
    def examples(self) -> int:
        """How many examples a search draws; what a hundred do not find, the covering set should have asked."""
        return {Depth.QUICK: 0, Depth.STANDARD: 100, Depth.DEEP: 2000}[self]


class UsageError(Exception):
    """A flag, a variable or a file of the user's is wrong; the message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in user of the target, with every login that the user gave for it."""

    name: str
    bearer: str | None = None
    cookie: tuple[str, str] | None = None
    user_id: str | None = None
    headers: tuple[tuple[str, str], ...] = ()  # the login itself where it is neither bearer nor cookie

    @property
    def carriers(self) -> tuple[str, ...]:
        """The carriers that can be judged, the one that most requests use first."""
        known = (("bearer", self.bearer), ("cookie", self.cookie), ("header", self.headers))
        return tuple(carrier for carrier, given in known if given)

    def login(self, carrier: str | None = None) -> tuple[tuple[str, str], ...]:
        """The header that signs in by this carrier, or by the usual one."""
        carrier = carrier or next(iter(self.carriers), None)
        if carrier == "bearer" and self.bearer:
            return (("Authorization", f"Bearer {self.bearer}"),)
        if carrier == "cookie" and self.cookie:
            return (("Cookie", "=".join(self.cookie)),)
        return self.headers if carrier == "header" else ()


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that one run depends on."""

    url: str
    first: Session = Session("first")
    second: Session | None = None
    expired_bearer: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    icp_ids: tuple[str, ...] = ()
    person_ids: tuple[str, ...] = ()
    company_ids: tuple[str, ...] = ()
    readings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    clauses: tuple[str, ...] = ()
    depth: Depth = Depth.STANDARD
    seed: int = 0
    max_time_s: float | None = None
    timeout_s: float = DEFAULT_TIMEOUT_S
    clock_allowance_s: float | None = DEFAULT_CLOCK_ALLOWANCE_S
    connections: int = DEFAULT_CONNECTIONS
    run_folder: Path | None = None
    spec_folder: Path | None = None
    deviations: Path | None = None
    fails_on_warned: bool = False
    wait_s: float = 0.0
    rate_per_s: float | None = None
    not_production: tuple[str, ...] = ()
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    bearer_file: str | None = None
    login_command: str | None = None

    @property
    def sessions(self) -> tuple[Session, ...]:
        return (self.first, self.second) if self.second else (self.first,)

    @property
    def secrets(self) -> dict[str, str]:
        """Map each secret to the environment variable that replaces it in all output."""
        found: dict[str, str] = {}
        for session in self.sessions:
            prefix = "LEADLISTS_" if session.name == "first" else "LEADLISTS_SECOND_"
            if session.bearer:
                found[session.bearer] = prefix + "BEARER"
                found.setdefault(session.bearer.swapcase(), prefix + "BEARER_OTHER_CASE")  # is sent too
            if session.cookie:
                found.setdefault(session.cookie[1], prefix + "COOKIE#*=")
        if self.expired_bearer:
            found.setdefault(self.expired_bearer, "LEADLISTS_EXPIRED_BEARER")
        for name, value in self.headers + self.first.headers:
            if len(value) < SHORTEST_SECRET_HEADER:
                continue  # a language or a version; to mask it would shred every text that holds it
            found.setdefault(value, "LEADLISTS_HEADER_" + "".join(c if c.isalnum() else "_" for c in name.upper()))
        for secret, variable in list(found.items()):
            if len(secret) >= LONG_SECRET:
                # A login cut by one character is sent too, and gives the whole away; %? cuts it in a shell (POSIX).
                found.setdefault(secret[:-1], variable.replace("#*=", "_VALUE") + "%?")
        return {secret: found[secret] for secret in sorted(found, key=len, reverse=True)}
