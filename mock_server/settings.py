"""Settings: everything a user may choose, its default and the reason for it.

One table, the fields of `Settings`, is the source of the flags, the variables and the keys of the file.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mock_server.contract.readings import DEFAULT_PROFILE, PROFILES
from mock_server.worlds.sources import Clock, system_clock

CONFIG_FILE = "leadlists.toml"
CONFIG_TABLE = "mock"
EXPIRED_TOKEN = "expired"  # reserved: a session that was valid once (clause access.session.expired)
DRIVERS = ("direct", "connexion")
VARIABLE_PREFIX = "LEADLISTS_MOCK_"

# A UUID of version 7 counts from 1970; after the last instant of 9999 there is none to be updated at.
FIRST_YEAR, LAST_YEAR = 1970, 9998

Pair = tuple[str, str]


class SettingError(ValueError):
    """A value that cannot be used; the text names where it stands and what to write there."""


def _number(kind: type[int] | type[float], least: float, most: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            number = kind(text)
        except ValueError:
            number = kind(-1)
        if not least <= number <= most:
            raise ValueError(f"must be {'a whole' if kind is int else 'a'} number from {least} to {most}")
        return number

    return parse


def _seed(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("must be a whole number") from None


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("must be an instant with its offset from UTC, such as 2024-01-02T10:30:00Z") from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"must lie in the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment


def _pair(example: str) -> Callable[[str], Pair]:
    def parse(text: str) -> Pair:
        left, equals, right = text.partition("=")
        if not (left and equals and right):
            raise ValueError(f"must have the form {example}")
        return left, right

    return parse


def _user(text: str) -> Pair:
    user, token = _pair("ID=TOKEN")(text)
    if not re.fullmatch(r"[!-~]+", user):
        raise ValueError("the user id must consist of visible ASCII characters")
    # RFC 6750 §2.1 (token68) and RFC 6265 §4.1.1 (cookie-value) both allow these characters.
    if not re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", token):
        raise ValueError("the token must consist of letters, digits and . _ ~ + / - so that a header can carry it")
    if token == EXPIRED_TOKEN:
        raise ValueError(f'the token "{EXPIRED_TOKEN}" is the expired session; choose another')
    return user, token


def _cookie_name(text: str) -> str:
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", text):  # RFC 6265 §4.1.1
        raise ValueError("must be a cookie name, such as __session")
    return text


def _origin(text: str) -> str:
    if text != "null" and not re.fullmatch(r"[a-z][a-z0-9+.-]*://[^/?#@\s]+", text):
        raise ValueError("must be an origin: scheme, host and port, such as https://app.test:3000")
    if "*" in text and not _ORIGIN_PATTERN.fullmatch(text):
        raise ValueError(
            "may have * for the port, and for the start of a host name with two or more labels after it, such as "
            "https://*.preview.example.com"
        )
    return text


# What follows the * must be a name that one party owns: https://*.com would let every web page in. RFC 2606, RFC 6762.
_ORIGIN_PATTERN = re.compile(
    r"[a-z+.-]+://([a-z0-9.-]+|[a-z0-9.*-]*\*(\.[a-z0-9-]+)*\.([a-z0-9-]+\.[a-z0-9-]+|test|localhost|local|internal))"
    r"(:([0-9]+|\*))?"
)


def _host_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]+", text):
        raise ValueError("must be a host name without a port, such as mock.test")
    return text


def _control_token(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._~-]+", text):
        raise ValueError("must consist of letters, digits and . _ ~ - so that a header and a query can carry it")
    return text


def _one_of(*options: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in options:
            raise ValueError(f"must be one of {', '.join(options)}")
        return text

    return parse


def _switch(text: str) -> bool:
    if text.lower() not in ("1", "0", "true", "false", "yes", "no", "on", "off"):
        raise ValueError("must be true or false")
    return text.lower() in ("1", "true", "yes", "on")


def _setting(default: Any, parse: Callable[[str], Any], help: str, *, shown: str = "TEXT") -> Any:
    return dataclasses.field(default=default, metadata={"parse": parse, "help": help, "shown": shown})


@dataclass(frozen=True, slots=True)
class Settings:
    """What the server is started with."""

    # Loopback and 8080: not reachable from other machines, and not a port that a frontend's own dev server takes.
    host: str = _setting("localhost", str, "Address to listen on; localhost means both 127.0.0.1 and ::1.")
    port: int = _setting(8080, _number(int, 0, 65535), "Port to listen on; 0 takes a free one.", shown="N")
    tls: bool = _setting(False, _switch, "Serve https, with a certificate made at the start.")
    tls_cert: str | None = _setting(None, str, "Serve https with this certificate (PEM).", shown="FILE")
    tls_key: str | None = _setting(
        None, str, "Its private key (PEM); needed unless it is in the file of --tls-cert.", shown="FILE"
    )
    user: tuple[Pair, ...] = _setting(
        (("user_xyz789", "xyz789-session"), ("user_abc123", "abc123-session")),
        _user,
        "A user who is signed in with a token; given once or more, these replace the built-in ones.",
        shown="ID=TOKEN",
    )
    cookie_name: str = _setting("__session", _cookie_name, "Name of the cookie that carries a session token.")
    profile: str = _setting(
        DEFAULT_PROFILE, _one_of(*PROFILES), "The answers to what the API page leaves open.", shown="|".join(PROFILES)
    )
    driver: str = _setting(
        DRIVERS[0],
        _one_of(*DRIVERS),
        "What calls the stages: `direct`, compiled at the start, or `connexion`, the slower reference.",
        shown="|".join(DRIVERS),
    )
    reading: tuple[Pair, ...] = _setting(
        (), _pair("ID=OPTION"), "One such answer by its own (see the command `readings`).", shown="ID=OPTION"
    )
    success_status: str | None = _setting(
        None, _one_of("200", "201"), "Short for --reading success-status=…", shown="200|201"
    )
    seed: int | None = _setting(None, _seed, "Make ids the same at every start.", shown="N")
    now: datetime | None = _setting(  # noqa: RUF009  # it is dataclasses.field
        None, _instant, "Freeze the clock, the Date header included.", shown="INSTANT"
    )
    allow_origin: tuple[str, ...] = _setting(
        (),
        _origin,
        "A further origin whose pages may call with cookies; those of localhost always may.",
        shown="ORIGIN",
    )
    seed_file: str | None = _setting(
        None, str, "Start with the lead lists of this file, as the control API exports them.", shown="FILE"
    )
    spec: str | None = _setting(None, str, "Serve the contract in this folder.", shown="DIR")
    reload: bool = _setting(False, _switch, "Follow changes of the spec and of the seed file while serving.")
    allow_host: tuple[str, ...] = _setting(
        (), _host_name, "A further host name under which the control API answers.", shown="NAME"
    )
    control_token: str | None = _setting(
        None,
        _control_token,
        "The control API asks for it; beyond loopback one is made up if none is given.",
    )
    # 1 MiB: twenty thousand ids. The body limits of nginx (1 MiB) and Express (100 KiB) lie around it.
    max_body_bytes: int = _setting(1024 * 1024, _number(int, 1, 2**30), "Refuse a larger request body.", shown="BYTES")
    # The API's own bodies are two deep. 64 is what .NET allows; the schema validator stops at 255.
    max_depth: int = _setting(64, _number(int, 2, 200), "Refuse JSON that is nested deeper.", shown="LEVELS")
    # 64 KiB: node takes 16, Apache and nginx 32 in all; localhost collects the cookies of every project.
    max_header_bytes: int = _setting(
        64 * 1024, _number(int, 512, 2**24), "Refuse a larger request line with its headers.", shown="BYTES"
    )
    # Ten seconds carry 1 MiB over the slowest phone network that a browser's tools can simulate.
    body_timeout_s: float = _setting(
        10.0, _number(float, 0.05, 3600), "Refuse a body that takes longer to arrive.", shown="SECONDS"
    )
    # Ten thousand usual lists take some 15 MiB, and are more than a day of tests creates.
    max_lists: int = _setting(10_000, _number(int, 1, 10**7), "Keep so many lead lists; the oldest leave.", shown="N")
    log: bool = _setting(False, _switch, "Write a line for each request to stderr.")

    def __post_init__(self) -> None:
        if self.tls_key and not self.tls_cert:
            raise SettingError("tls-key: a key needs its certificate; give --tls-cert as well")
        if not self.user:
            raise SettingError("user: there must be at least one, as ID=TOKEN, or nobody can sign in")
        ids: dict[str, str] = {}
        for user, token in self.user:
            if ids.setdefault(token, user) != user:
                raise SettingError(f'user: {ids[token]} and {user} have the same token "{token}"; give each its own')

    @property
    def serves_https(self) -> bool:
        """Whether the mock answers https instead of http."""
        return self.tls or self.tls_cert is not None

    @property
    def scheme(self) -> str:
        """The scheme of the mock's URLs."""
        return "https" if self.serves_https else "http"

    def clock(self) -> Clock:
        """The clock that these settings ask for."""
        now = self.now
        return system_clock if now is None else lambda: now

    def choices(self) -> tuple[Pair, ...]:
        """The readings that were chosen one by one; the last word on each."""
        return self.reading + ((("success-status", self.success_status),) if self.success_status else ())


FIELDS = {field.name: field for field in dataclasses.fields(Settings)}


def is_repeatable(name: str) -> bool:
    """Whether a setting is a list, to which each use of its flag adds an entry."""
    return isinstance(FIELDS[name].default, tuple)


def default_text(name: str) -> str:
    """The default of a setting as it would be written behind its flag; nothing where there is none to write."""
    default = FIELDS[name].default
    return "" if default is None or isinstance(default, bool | tuple) else str(default)


def gather(
    flags: Mapping[str, Any],
    environment: Mapping[str, str],
    config: Path | None = None,
    *,
    warn: Callable[[str], None] = lambda text: None,
) -> Settings:
    """Resolve each setting: a flag wins over a variable, a variable over the file, the file over the default.

    An empty variable counts as unset. `warn` gets one line for a variable that is ignored.
    """
    table, where = _read_file(config)
    values = {}
    for name in FIELDS:
        flag, key = "--" + name.replace("_", "-"), name.replace("_", "-")
        variable = VARIABLE_PREFIX + name.upper()
        if flags.get(name) not in (None, ()):
            values[name] = _parse(name, flags[name], flag)
        elif (text := environment.get(variable, "").strip()) and not _is_of_kubernetes(name, text, variable, warn):
            values[name] = _parse(name, text.split() if is_repeatable(name) else text, variable)
        elif key in table:
            values[name] = _parse(name, table[key], f"{key} in {where}")
    unknown = sorted(set(table) - {name.replace("_", "-") for name in FIELDS})
    if unknown:
        raise SettingError(f"{where} has no setting {', '.join(unknown)}; it has the long flags without their dashes")
    return Settings(**values)


def _is_of_kubernetes(name: str, text: str, variable: str, warn: Callable[[str], None]) -> bool:
    """Whether Kubernetes set the variable: for a Service named leadlists-mock it sets LEADLISTS_MOCK_PORT to a URL."""
    if name != "port" or not re.fullmatch(r"(tcp|udp|sctp)://\S+", text):
        return False
    warn(f"{variable}={text} is ignored: Kubernetes sets it for a Service of this name; choose the port with --port")
    return True


def _parse(name: str, value: Any, source: str) -> Any:
    """`value` as the setting has it; a file brings numbers, booleans and lists, the rest brings text."""
    parse = FIELDS[name].metadata["parse"]
    many = is_repeatable(name)
    if many != isinstance(value, list | tuple) or isinstance(value, dict):
        raise SettingError(f"{source}: {value!r} must be {'a list of texts' if many else 'a single value'}")
    parsed = []
    for entry in value if many else [value]:
        try:
            parsed.append(parse(str(entry)))
        except ValueError as error:
            raise SettingError(f"{source}: {entry!r} {error}") from None
    return tuple(parsed) if many else parsed[0]


def _read_file(config: Path | None) -> tuple[dict[str, Any], str]:
    path = config or Path(CONFIG_FILE)
    where = f"{path}, table [{CONFIG_TABLE}]"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get(CONFIG_TABLE, {})
    except FileNotFoundError:
        if config is None:
            return {}, where
        raise SettingError(f"--config: there is no file {path}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingError(f"{path} cannot be read as TOML: {error}") from None
    if not isinstance(table, dict):
        raise SettingError(f"{path}: {CONFIG_TABLE} must be a table: [{CONFIG_TABLE}]")
    return table, where
