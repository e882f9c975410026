"""What the user tells about a run: the target, who may sign in, what exists there, and the bounds of the run."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from contract_tests.options import RUN_OPTIONS

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

    @property
    def sessions(self) -> tuple[Session, ...]:
        return (self.first, self.second) if self.second else (self.first,)

    @property
    def secrets(self) -> dict[str, str]:
        """Each secret text with the environment variable that stands for it in everything that is written."""
        found: dict[str, str] = {}
        for session in self.sessions:
            prefix = "LEADLISTS_" if session.name == "first" else "LEADLISTS_SECOND_"
            if session.bearer:
                found[session.bearer] = prefix + "BEARER"
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


_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2


def gather(flags: Mapping[str, Any], *, config: Path | None = None, folder: Path | None = None) -> Settings:
    """Settings from flags, then environment variables, then `leadlists.toml`, then defaults.

    flags: option name to text (or a sequence of texts); a missing or None value means not given.
    config: the file that --config names; without it `leadlists.toml` in folder (the current one) is read if it is
    there. Raises UsageError that names the flag, variable or file.
    """
    path = config or (folder or Path.cwd()) / "leadlists.toml"
    table = _read_table(path, required=config is not None)
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for option in RUN_OPTIONS:
        if flags.get(option.name) not in (None, (), []):
            values[option.name], sources[option.name] = flags[option.name], option.flag
        elif text := os.environ.get(option.variable):
            values[option.name], sources[option.name] = option.split(text), f"${option.variable}"
        elif option.name in table:
            values[option.name], sources[option.name] = table[option.name], f"{path}: {option.name}"
    return _build(values, sources)


def _read_table(path: Path, *, required: bool) -> dict[str, Any]:
    if not path.is_file():
        if required:
            raise UsageError(f"--config: there is no file {path}")
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("contract", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} is no valid TOML: {error}") from None
    if not isinstance(table, dict):
        raise UsageError(f"{path}: contract must be a table")
    table = {key.replace("-", "_"): value for key, value in table.items()}
    if unknown := sorted(set(table) - {option.name for option in RUN_OPTIONS}):
        raise UsageError(f"{path}: [contract] has no setting called {', '.join(unknown)}")
    return table


@dataclass(frozen=True)
class _Given:
    """The options that were given, each read as what it must be, or refused by the name of its source."""

    values: Mapping[str, Any]
    sources: Mapping[str, str]

    def wrong(self, option: str, why: str) -> UsageError:
        return UsageError(f"{self.sources[option]}: {why}")

    def text(self, option: str) -> str | None:
        value = self.values.get(option)
        if value is None:
            return None
        if not isinstance(value, str | Path) or not str(value).strip() or not str(value).isprintable():
            raise self.wrong(option, "must be one line of text")
        return str(value).strip()

    def texts(self, option: str) -> tuple[str, ...]:
        value = self.values.get(option, ())
        many = (value,) if isinstance(value, str) else value
        if not isinstance(many, list | tuple) or not all(isinstance(item, str) and item.strip() for item in many):
            raise self.wrong(option, "must be a text, or several")
        return tuple(item.strip() for item in many)

    def token(self, option: str) -> str | None:
        value = self.text(option)
        if value is not None and (not value.isascii() or " " in value):
            raise self.wrong(
                option, "a token is printable ASCII without blanks (and without the word Bearer before it)"
            )
        return value

    def cookie(self, option: str) -> tuple[str, str] | None:
        value = self.text(option)
        if value is None:
            return None
        if not value.isascii() or set(value) & set("; ,"):
            raise self.wrong(option, "give the session cookie alone, as NAME=VALUE")
        return self.pair(option, value, "=")

    def pair(self, option: str, text: str, sign: str) -> tuple[str, str]:
        name, found, value = text.partition(sign)
        if not found or not name.strip() or not text.isprintable():
            raise self.wrong(option, f"write it as NAME{sign}VALUE")
        return name.strip(), value.strip()

    def header(self, text: str) -> tuple[str, str]:
        name, value = self.pair("header", text, ":")
        if not _TOKEN.fullmatch(name) or not all(char <= "\xff" for char in value):
            raise self.wrong("header", f"{name!r} is no header that can be sent (RFC 9110 §5.1, §5.5)")
        return name, value

    def number(self, option: str, low: float, default: float | None) -> float | None:
        if option not in self.values:
            return default
        given = self.values[option]
        try:
            value = float("" if isinstance(given, bool) else given)
        except (TypeError, ValueError, OverflowError):
            raise self.wrong(option, f"{given!r} is no number") from None
        if not low <= value < float("inf"):
            raise self.wrong(option, f"must be at least {low:g}")
        return value

    def whole(self, option: str, low: int, default: int) -> int:
        value = self.number(option, low, default)
        if value != int(value or 0):
            raise self.wrong(option, "must be a whole number")
        return int(self.values.get(option, default)) if isinstance(self.values.get(option), int) else int(value or 0)

    def depth(self) -> Depth:
        text = self.text("depth")
        try:
            return Depth(text or Depth.STANDARD)
        except ValueError:
            raise self.wrong("depth", f"{text!r} is none; choose {', '.join(Depth)}") from None

    def session(self, name: str, prefix: str) -> Session | None:
        made = Session(
            name,
            bearer=self.token(prefix + "bearer"),
            cookie=self.cookie(prefix + "cookie"),
            user_id=self.text(prefix + "user_id"),
        )
        return made if made.carriers or made.user_id else None

    def pins(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for text in self.texts("reading"):
            name, options = self.pair("reading", text, "=")
            found[name] = (*found.get(name, ()), *(option.strip() for option in options.split(",")))
        return found


def _build(values: Mapping[str, Any], sources: Mapping[str, str]) -> Settings:
    given = _Given(values, sources)
    if (url := given.text("url")) is None:
        raise UsageError("no URL was given: name the server to judge, for example http://127.0.0.1:8080")
    first, second = given.session("first", ""), given.session("second", "second_")
    if second and not second.carriers:
        raise given.wrong("second_user_id", "the second user needs --second-bearer or --second-cookie")
    if first and second:
        for option in ("bearer", "cookie", "user_id"):
            if getattr(second, option) is not None and getattr(second, option) == getattr(first, option):
                raise given.wrong(
                    f"second_{option}", f"is that of the first user ({sources[option]}); give another user's"
                )
    headers = tuple(given.header(text) for text in given.texts("header"))
    if headers and not (first and first.carriers):
        # Without bearer or cookie the headers are what signs in; beside them they go with every request.
        first, headers = Session("first", user_id=first.user_id if first else None, headers=headers), ()
    run_folder, spec_folder = given.text("run_folder"), given.text("spec")
    return Settings(
        url=_checked_url(url, sources["url"]),
        first=first or Session("first"),
        second=second,
        expired_bearer=given.token("expired_bearer"),
        headers=headers,
        icp_ids=given.texts("icp_id"),
        person_ids=given.texts("person_id"),
        company_ids=given.texts("company_id"),
        readings=given.pins(),
        clauses=tuple(p for text in given.texts("clauses") for p in text.replace(",", " ").split()),
        depth=given.depth(),
        seed=given.whole("seed", 0, 0),
        max_time_s=given.number("max_time", 1, None),
        timeout_s=given.number("timeout", 0.1, DEFAULT_TIMEOUT_S) or DEFAULT_TIMEOUT_S,
        clock_allowance_s=None
        if values.get("clock_allowance") == "off"
        else given.number("clock_allowance", 0, DEFAULT_CLOCK_ALLOWANCE_S),
        connections=given.whole("connections", 1, DEFAULT_CONNECTIONS),
        run_folder=Path(run_folder) if run_folder else None,
        spec_folder=Path(spec_folder) if spec_folder else None,
    )


def _checked_url(url: str, source: str) -> str:
    try:
        parts = urlsplit(url)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        port_is_right, parts = False, urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_right:
        raise UsageError(f"{source}: {url!r} is no http or https URL; write for example http://127.0.0.1:8080")
    if parts.username or parts.password:
        raise UsageError(
            f"{source}: leave the user name and password out of the URL; use --bearer, --cookie or --header"
        )
    if parts.query or parts.fragment or not url.isascii() or " " in url:
        raise UsageError(f"{source}: {url!r} must be a plain address: ASCII, without blanks, `?` and `#`")
    return url.rstrip("/?#")
