"""Read the settings of a run from flags, environment variables and `leadlists.toml`; name the source in each error."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from contract_tests.settings.manners import check_name
from contract_tests.settings.options import GENERIC_OPTIONS, Option
from contract_tests.settings.tokens import login_of_command, token_of_file
from contract_tests.settings.values import (
    DEFAULT_CLOCK_ALLOWANCE_S,
    DEFAULT_CONNECTIONS,
    DEFAULT_TIMEOUT_S,
    Depth,
    Session,
    Settings,
    UsageError,
)

PLACEHOLDER_URL = "http://127.0.0.1"  # until an app or a fixture has one, and for commands that send nothing
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2


def gather(
    flags: Mapping[str, Any],
    *,
    of_ids: Callable[[Sequence[str]], Sequence[Option]] = lambda suites: (),
    config: Path | None = None,
    folder: Path | None = None,
    sends: bool = True,
) -> Settings:
    """Settings from flags, then environment variables, then `leadlists.toml`, then defaults.

    flags: option name to text (or a sequence of texts); a missing or None value means not given.
    of_ids: from the values of --suite, the options that name IDs which exist at the target; `Settings.existing_ids`
    gets their values.
    config: the file that --config names; without it `leadlists.toml` in folder (the current one) is read if it is
    there. sends: whether requests will be sent, so that the host must not look like production. Raises UsageError that
    names the flag, variable or file.
    """
    path = config or (folder or Path.cwd()) / "leadlists.toml"
    table = _read_table(path, required=config is not None)
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}

    def read(options: Sequence[Option]) -> None:
        for option in options:
            if flags.get(option.name) not in (None, (), []):
                values[option.name], sources[option.name] = flags[option.name], _as_given(option)
            elif text := os.environ.get(option.variable):
                values[option.name], sources[option.name] = option.split(text), f"${option.variable}"
            elif option.name in table:
                values[option.name], sources[option.name] = table[option.name], f"{path}: {option.name}"

    read(GENERIC_OPTIONS)
    id_options = of_ids(_Given(values, sources).texts("suite"))
    read(id_options)
    if unknown := sorted(table.keys() - {option.name for option in (*GENERIC_OPTIONS, *id_options)}):
        raise UsageError(f"{path}: there is no setting {', '.join(unknown)} in [contract]")
    _choose_target(values, sources)
    settings = _build(values, sources, id_options)
    if sends:
        check_name(settings.url, settings.not_production, sources["url"])
    return settings


def _choose_target(values: dict[str, Any], sources: dict[str, str]) -> None:
    """Keep the URL or the app, whichever has the stronger source; raise UsageError if both have the same."""
    if "app" in values and "url" in values:
        if _rank(sources["app"]) == _rank(sources["url"]):
            raise UsageError(f"{sources['app']}: give either an app or a URL to judge ({sources['url']})")
        del values["url" if _rank(sources["app"]) < _rank(sources["url"]) else "app"]
    if "app" in values:
        values["url"], sources["url"] = PLACEHOLDER_URL, sources["app"]


def _as_given(option: Option) -> str:
    """Return how a command line gives an option: the URL is an argument."""
    return "URL" if option.name == "url" else option.flag


def _rank(source: str) -> int:
    """Return 0 for a flag, 1 for an environment variable, 2 for the file."""
    return 0 if source.startswith(("--", "URL")) else 1 if source.startswith("$") else 2


def _read_table(path: Path, *, required: bool) -> dict[str, Any]:
    if not path.is_file():
        if required:
            raise UsageError(f"--config: the file {path} does not exist")
        return {}
    import tomllib  # takes long, and few runs have the file

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("contract", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from None
    if not isinstance(table, dict):
        raise UsageError(f"{path}: contract must be a table")
    return {key.replace("-", "_"): value for key, value in table.items()}


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
                option, "a token is printable ASCII without spaces (and without the word Bearer before it)"
            )
        return value

    def cookie(self, option: str) -> tuple[str, str] | None:
        value = self.text(option)
        if value is None:
            return None
        if not value.isascii() or set(value) & set("; ,"):
            raise self.wrong(option, "give the session cookie alone, as NAME=VALUE")
        return self.pair(option, value, "=")

    def pair(self, option: str, text: str, separator: str) -> tuple[str, str]:
        name, found, value = text.partition(separator)
        if not found or not name.strip() or not text.isprintable():
            raise self.wrong(option, f"write it as NAME{separator}VALUE")
        return name.strip(), value.strip()

    def header(self, text: str) -> tuple[str, str]:
        name, value = self.pair("header", text, ":")
        if not _TOKEN.fullmatch(name) or not all(char <= "\xff" for char in value):
            raise self.wrong("header", f"{name!r} is not a valid header (RFC 9110 §5.1, §5.5)")
        return name, value

    def number(self, option: str, low: float, default: float | None) -> float | None:
        if option not in self.values:
            return default
        given = self.values[option]
        try:
            value = float("" if isinstance(given, bool) else given)
        except (TypeError, ValueError, OverflowError):
            raise self.wrong(option, f"{given!r} is not a number") from None
        if not low <= value < float("inf"):
            raise self.wrong(option, f"must be at least {low:g}")
        return value

    def whole(self, option: str, low: int, default: int) -> int:
        value = self.number(option, low, default)
        if value != int(value or 0):
            raise self.wrong(option, "must be an integer")
        return int(self.values.get(option, default)) if isinstance(self.values.get(option), int) else int(value or 0)

    def depth(self) -> Depth:
        text = self.text("depth")
        try:
            return Depth(text or Depth.STANDARD)
        except ValueError:
            raise self.wrong("depth", f"{text!r} is not a depth; choose {', '.join(Depth)}") from None

    def session(self, name: str, prefix: str) -> Session | None:
        bearer, cookie = self.token(prefix + "bearer"), self.cookie(prefix + "cookie")
        if not prefix and not bearer:
            cookie_name, token = self.fetched_login()
            bearer, cookie = (None, (cookie_name, token)) if cookie_name else (token or None, cookie)
        made = Session(
            name,
            bearer=bearer,
            cookie=cookie,
            user_id=self.text(prefix + "user_id"),
        )
        return made if made.carriers or made.user_id else None

    def fails_on_warned(self) -> bool:
        """Return whether a warning fails the run."""
        text = self.text("fail_on") or "broken"
        if text not in {"broken", "warned"}:
            raise self.wrong("fail_on", f"{text!r} is not an outcome; choose broken or warned")
        return text == "warned"

    def fetched_login(self) -> tuple[str, str]:
        """Return the name of a cookie, or "" for a bearer token, and the token of --bearer-file or --login-command."""
        if (path := self.text("bearer_file")) is not None:
            return "", token_of_file(path)
        return ("", "") if (command := self.text("login_command")) is None else login_of_command(command)

    def pins(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for text in self.texts("reading"):
            name, options = self.pair("reading", text, "=")
            found[name] = (*found.get(name, ()), *(option.strip() for option in options.split(",")))
        return found


def _build(values: Mapping[str, Any], sources: Mapping[str, str], of_ids: Sequence[Option]) -> Settings:
    given = _Given(values, sources)
    if (url := given.text("url")) is None:
        raise UsageError(
            "no URL was given: name the server to judge, for example http://127.0.0.1:8080, or an app with --app"
        )
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
        # Without bearer or cookie the headers are the login; otherwise they are sent with every request.
        first, headers = Session("first", user_id=first.user_id if first else None, headers=headers), ()
    run_folder, spec_folder = given.text("run_folder"), given.text("spec")
    return Settings(
        url=_checked_url(url, sources["url"]),
        first=first or Session("first"),
        second=second,
        expired_bearer=given.token("expired_bearer"),
        headers=headers,
        existing_ids={option.name: ids for option in of_ids if (ids := given.texts(option.name))},
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
        suites=given.texts("suite"),
        deviations=Path(path) if (path := given.text("deviations")) else None,
        fails_on_warned=given.fails_on_warned(),
        wait_s=given.number("wait", 0, 0.0) or 0.0,
        rate_per_s=given.number("rate", 0.01, None),
        not_production=given.texts("not_production"),
        ca_file=given.text("ca_file"),
        client_cert=given.text("client_cert"),
        client_key=given.text("client_key"),
        bearer_file=given.text("bearer_file"),
        login_command=given.text("login_command"),
        app=given.text("app"),
    )


def _checked_url(url: str, source: str) -> str:
    try:
        parts = urlsplit(url)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        port_is_right, parts = False, urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_right:
        raise UsageError(f"{source}: {url!r} is not an http or https URL; write for example http://127.0.0.1:8080")
    if parts.username or parts.password:
        raise UsageError(
            f"{source}: leave the user name and password out of the URL; use --bearer, --cookie or --header"
        )
    if parts.query or parts.fragment or not url.isascii() or " " in url:
        raise UsageError(f"{source}: {url!r} must be a plain URL: ASCII, without spaces, `?` and `#`")
    return url.rstrip("/?#")
