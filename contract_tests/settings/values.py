"""The settings of a run: the target, its users, the IDs that exist there, and the limits of the run."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

SHORTEST_SECRET_HEADER = 8
DEFAULT_TIMEOUT_S = 10.0  # to the user of a browser, a slower create hangs
DEFAULT_CLOCK_ALLOWANCE_S = 300.0  # Kerberos tolerates as much; a clock further off breaks more than this suite
DEFAULT_CONNECTIONS = 10  # as many as the pools of common servers and their databases allow
LONG_SECRET = 12  # a shorter secret without its last character may be an ordinary word


class Depth(StrEnum):
    """Select what a run sends: only the planned requests, or also searches, or long searches."""

    QUICK = "quick"
    STANDARD = "standard"
    DEEP = "deep"

    @property
    def examples(self) -> int:
        """Return the number of examples that a search draws.

        100 are enough: a defect that they miss needs a planned request of its own.
        """
        return {Depth.QUICK: 0, Depth.STANDARD: 100, Depth.DEEP: 2000}[self]


class UsageError(Exception):
    """A flag, a variable or a file is wrong. The message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Session:
    """A user of the target, with every known login."""

    name: str
    bearer: str | None = field(default=None, repr=False)
    cookie: tuple[str, str] | None = field(default=None, repr=False)
    user_id: str | None = None
    headers: tuple[tuple[str, str], ...] = field(
        default=(), repr=False
    )  # the login, if it is neither a bearer nor a cookie

    @property
    def carriers(self) -> tuple[str, ...]:
        """Return the carriers with a known login. Most requests use the first."""
        known = (("bearer", self.bearer), ("cookie", self.cookie), ("header", self.headers))
        return tuple(carrier for carrier, given in known if given)

    def login(self, carrier: str | None = None) -> tuple[tuple[str, str], ...]:
        """Return the headers that sign in by this carrier, by default by the first one."""
        carrier = carrier or next(iter(self.carriers), None)
        if carrier == "bearer" and self.bearer:
            return (("Authorization", f"Bearer {self.bearer}"),)
        if carrier == "cookie" and self.cookie:
            return (("Cookie", "=".join(self.cookie)),)
        return self.headers if carrier == "header" else ()


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one run. Times are in seconds."""

    url: str  # a placeholder if an app is to be served
    first: Session = Session("first")
    second: Session | None = None
    expired_bearer: str | None = field(default=None, repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    existing_ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by option of an operation suite
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
    suites: tuple[str, ...] = ()  # further operation suites, each as module:name
    deviations: Path | None = None
    fails_on_warned: bool = False
    wait_s: float = 0.0
    rate_per_s: float | None = None
    not_production: tuple[str, ...] = ()
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    bearer_file: str | None = None
    login_command: str | None = field(default=None, repr=False)
    app: str | None = None
    rude: bool = False  # of a campaign: whether it sends malformed messages of HTTP

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
                found.setdefault(session.bearer.swapcase(), prefix + "BEARER_OTHER_CASE")  # requests send it too
            if session.cookie:
                found.setdefault(session.cookie[1], prefix + "COOKIE#*=")
        if self.expired_bearer:
            found.setdefault(self.expired_bearer, "LEADLISTS_EXPIRED_BEARER")
        for name, value in self.headers + self.first.headers:
            if len(value) < SHORTEST_SECRET_HEADER:
                continue  # a language or a version; masking it would make every text with it unreadable
            variable = "LEADLISTS_HEADER_" + "".join(c if c.isalnum() else "_" for c in name.upper())
            found.setdefault(value, variable)
            for part, what in _parts(name, value):
                if len(part) >= SHORTEST_SECRET_HEADER:
                    found.setdefault(part, f"{variable}_{what}")
        for secret, variable in list(found.items()):
            if len(secret) >= LONG_SECRET:
                # Requests also send it without its last character, which reveals the rest. %? cuts it in a POSIX shell.
                found.setdefault(secret[:-1], variable.replace("#*=", "_VALUE") + "%?")
        return {secret: found[secret] for secret in sorted(found, key=len, reverse=True)}


def _parts(name: str, value: str) -> Iterator[tuple[str, str]]:
    """Yield the parts of a header that are secrets on their own, each with a name."""
    if name.lower() == "cookie":
        for cookie in value.split(";"):
            yield cookie.partition("=")[2].strip().strip('"'), "VALUE"
    elif name.lower().endswith("authorization"):
        scheme, _, credentials = value.partition(" ")
        yield credentials.strip(), "CREDENTIALS"
        if scheme.lower() == "basic":  # RFC 7617 §2
            with suppress(ValueError):
                decoded = base64.b64decode(credentials).decode()
                yield decoded, "DECODED"
                yield decoded.partition(":")[2], "PASSWORD"
