"""What the user tells about a run: the target, who may sign in, what exists there, and the bounds of the run."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

DEFAULT_TIMEOUT_S = 10.0  # a create that takes longer than this is a hang to the browser's user
DEFAULT_CLOCK_ALLOWANCE_S = 300.0  # what Kerberos tolerates; a machine further off breaks more than this suite


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
    seed: int = 0
    max_time_s: float | None = None
    timeout_s: float = DEFAULT_TIMEOUT_S
    clock_allowance_s: float | None = DEFAULT_CLOCK_ALLOWANCE_S
    connections: int = 8  # what a browser opens to one host, plus a few
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
                found.setdefault(session.cookie[1], prefix + "COOKIE_VALUE")
        for name, value in self.headers + self.first.headers:
            found.setdefault(value, "LEADLISTS_HEADER_" + "".join(c if c.isalnum() else "_" for c in name.upper()))
        return {secret: found[secret] for secret in sorted(found, key=len, reverse=True)}


# Each option of `leadlists-contract run`, its environment variable being LEADLISTS_ and its name in capitals.
OPTIONS = (
    "url", "bearer", "cookie", "user_id", "second_bearer", "second_cookie", "second_user_id", "expired_bearer",
    "header", "icp_id", "person_id", "company_id", "reading", "clauses", "seed", "max_time", "timeout",
    "clock_allowance", "connections", "run_folder", "spec",
)  # fmt: skip
MANY = frozenset({"header", "icp_id", "person_id", "company_id", "reading", "clauses"})


def environment_variable(option: str) -> str:
    """The variable that gives an option, e.g. LEADLISTS_SECOND_BEARER."""
    return "LEADLISTS_" + option.upper()


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
    for option in OPTIONS:
        variable = environment_variable(option)
        if flags.get(option) not in (None, ()):
            values[option], sources[option] = flags[option], f"--{option.replace('_', '-')}"
        elif os.environ.get(variable):
            text = os.environ[variable]
            values[option] = text.splitlines() if option in MANY else text
            sources[option] = f"${variable}"
        elif option in table:
            values[option], sources[option] = table[option], f"{path}: {option}"
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
    if unknown := sorted(set(table) - set(OPTIONS)):
        raise UsageError(f"{path}: [contract] has no setting called {', '.join(unknown)}")
    return table


def _build(values: Mapping[str, Any], sources: Mapping[str, str]) -> Settings:
    def texts(option: str) -> tuple[str, ...]:
        value = values.get(option, ())
        return (value,) if isinstance(value, str) else tuple(str(item) for item in value)

    def secret(option: str) -> str | None:
        value = values.get(option)
        if value is None:
            return None
        value = str(value).strip()
        if not value or not value.isascii() or not value.isprintable():
            raise UsageError(f"{sources[option]}: a token must be one line of printable ASCII")
        return value

    def pair(option: str, text: str, sign: str) -> tuple[str, str]:
        name, found, value = text.partition(sign)
        if not found or not name.strip() or not text.isprintable():
            raise UsageError(f"{sources[option]}: write it as NAME{sign}VALUE")
        return name.strip(), value.strip()

    def number(option: str, low: float, default: float | None) -> float | None:
        if option not in values:
            return default
        try:
            value = float(values[option])
        except (TypeError, ValueError):
            raise UsageError(f"{sources[option]}: {values[option]!r} is no number") from None
        if not low <= value < float("inf"):
            raise UsageError(f"{sources[option]}: must be at least {low:g}")
        return value

    def session(name: str, prefix: str) -> Session | None:
        cookie = secret(prefix + "cookie")
        made = Session(
            name,
            bearer=secret(prefix + "bearer"),
            cookie=pair(prefix + "cookie", cookie, "=") if cookie else None,
            user_id=values.get(prefix + "user_id"),
        )
        return made if made.carriers or made.user_id else None

    first, second = session("first", ""), session("second", "second_")
    if second and not second.carriers:
        raise UsageError(f"{sources['second_user_id']}: the second user needs --second-bearer or --second-cookie")
    headers = tuple(pair("header", text, ":") for text in texts("header"))
    if headers and not (first and first.carriers):
        # Without bearer or cookie the headers are what signs in; beside them they go with every request.
        first, headers = Session("first", user_id=values.get("user_id"), headers=headers), ()
    allowance = values.get("clock_allowance")
    pins: dict[str, tuple[str, ...]] = {}
    for text in texts("reading"):
        name, options = pair("reading", text, "=")
        pins[name] = tuple(option.strip() for option in options.split(","))
    if "url" not in values:
        raise UsageError("no URL was given: name the server to judge, for example http://127.0.0.1:8080")
    return Settings(
        url=_checked_url(str(values["url"]), sources["url"]),
        first=first or Session("first"),
        second=second,
        expired_bearer=secret("expired_bearer"),
        headers=headers,
        icp_ids=texts("icp_id"),
        person_ids=texts("person_id"),
        company_ids=texts("company_id"),
        readings=pins,
        clauses=tuple(p for text in texts("clauses") for p in text.replace(",", " ").split()),
        seed=int(number("seed", 0, 0) or 0),
        max_time_s=number("max_time", 1, None),
        timeout_s=number("timeout", 0.1, DEFAULT_TIMEOUT_S) or DEFAULT_TIMEOUT_S,
        clock_allowance_s=None if allowance == "off" else number("clock_allowance", 0, DEFAULT_CLOCK_ALLOWANCE_S),
        connections=int(number("connections", 1, 8) or 8),
        run_folder=Path(values["run_folder"]) if "run_folder" in values else None,
        spec_folder=Path(values["spec"]) if "spec" in values else None,
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
    return url.split("#")[0].rstrip("/")
