"""Settings: everything that a user can choose, its default, and the reason for the default.

The fields of `Settings` are the only source of the options, the environment variables and the keys of the file.
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
EXPIRED_TOKEN = "expired"  # reserved: a session that has expired (clause access.session.expired)
DRIVERS = ("direct", "connexion")
VARIABLE_PREFIX = "LEADLISTS_MOCK_"

# A UUID of version 7 counts from 1970; with 9999, `updatedAt` could exceed the last year of a date.
FIRST_YEAR, LAST_YEAR = 1970, 9998

Pair = tuple[str, str]


class SettingError(ValueError):
    """An invalid setting; the text names its source and says what is valid."""


def _number(kind: type[int] | type[float], least: float, most: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            number = kind(text)
        except ValueError:
            number = kind(-1)
        if not least <= number <= most:
            raise ValueError(f"must be {'an integer' if kind is int else 'a number'} from {least} to {most}")
        return number

    return parse


def _seed(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("must be an integer") from None


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("must be a date and time with a UTC offset, such as 2024-01-02T10:30:00Z") from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"must be in the years {FIRST_YEAR} to {LAST_YEAR}")
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
        raise ValueError("the token must consist of letters, digits and . _ ~ + / - (the characters of a bearer token)")
    if token == EXPIRED_TOKEN:
        raise ValueError(f'the token "{EXPIRED_TOKEN}" is reserved for the expired session; choose another one')
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
            "may have * only for the port, and at the start of a host name that has two or more labels after it, such "
            "as https://*.preview.example.com"
        )
    return text


# The name after the * must have one owner: https://*.com would let every web page in. RFC 2606, RFC 6762.
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
        raise ValueError("must consist of letters, digits and . _ ~ - (it is sent in a header or a query)")
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
    """The settings of one mock."""

    # Loopback and 8080: not reachable from other machines, and not the default port of a frontend's dev server.
    host: str = _setting(
        "localhost",
        str,
        "Address to listen on. localhost means both 127.0.0.1 and ::1, and keeps other machines out; 0.0.0.0 lets "
        "them in.",
        shown="ADDRESS",
    )
    port: int = _setting(8080, _number(int, 0, 65535), "Port to listen on; 0 chooses a free one.", shown="N")
    tls: bool = _setting(
        False,
        _switch,
        "Serve https with a self-signed certificate that is new at every start. Web pages served over https need it: "
        "over http the browser drops their session cookie.",
    )
    tls_cert: str | None = _setting(None, str, "Serve https with your own certificate (PEM) instead.", shown="FILE")
    tls_key: str | None = _setting(
        None, str, "Private key (PEM) of --tls-cert, unless the same file contains it.", shown="FILE"
    )
    user: tuple[Pair, ...] = _setting(
        (("user_xyz789", "xyz789-session"), ("user_abc123", "abc123-session")),
        _user,
        "A user and the session token of this user; can be repeated, and replaces the built-in users.  "
        "[default: user_xyz789=xyz789-session user_abc123=abc123-session]",
        shown="ID=TOKEN",
    )
    cookie_name: str = _setting(
        "__session", _cookie_name, "Name of the cookie that carries a session token.", shown="NAME"
    )
    profile: str = _setting(
        DEFAULT_PROFILE,
        _one_of(*PROFILES),
        "How the mock treats questions that the API page leaves open: `page` follows the words of the page, `strict` "
        "refuses what its sibling pages refuse.",
        shown="|".join(PROFILES),
    )
    driver: str = _setting(
        DRIVERS[0],
        _one_of(*DRIVERS),
        "How requests are routed: `direct` is fast, `connexion` uses Connexion itself and is slower. Both give the "
        "same responses.",
        shown="|".join(DRIVERS),
    )
    reading: tuple[Pair, ...] = _setting(
        (),
        _pair("ID=OPTION"),
        "Option for one open question, instead of that of --profile; can be repeated. `leadlists-mock readings` lists "
        "them.",
        shown="ID=OPTION",
    )
    success_status: str | None = _setting(
        None, _one_of("200", "201"), "Short for --reading success-status=STATUS.", shown="200|201"
    )
    seed: int | None = _setting(
        None, _seed, "Seed for IDs and random faults. With a seed both are the same at every start.", shown="N"
    )
    now: datetime | None = _setting(  # noqa: RUF009  # it is dataclasses.field
        None,
        _instant,
        "Freeze the clock at this instant, such as 2024-01-02T10:30:00Z, for createdAt, updatedAt and the Date header.",
        shown="INSTANT",
    )
    allow_origin: tuple[str, ...] = _setting(
        (),
        _origin,
        "Let web pages of this origin call the mock with cookies; can be repeated. Origins on localhost are always "
        "allowed. `*` matches any port, or the start of a host name.",
        shown="ORIGIN",
    )
    seed_file: str | None = _setting(
        None,
        str,
        "Load the lead lists of this JSON file at the start and after each reset; GET /__mock__/lists exports such a "
        "file.",
        shown="FILE",
    )
    spec: str | None = _setting(
        None,
        str,
        "Serve the contract in this folder, with an openapi.yaml and a readings.yaml, instead of the bundled one.",
        shown="DIR",
    )
    reload: bool = _setting(
        False, _switch, "Serve changes of the files of --spec and --seed-file at once, without a restart."
    )
    allow_host: tuple[str, ...] = _setting(
        (),
        _host_name,
        "Let the control API respond under this host name as well; can be repeated. It refuses other names, because a "
        "hostile web page could point one at this machine.",
        shown="NAME",
    )
    control_token: str | None = _setting(
        None,
        _control_token,
        "Token that calls of the control API must send in the header X-Mock-Control. If other machines can reach the "
        "mock, the default is a random token, which is printed at the start.",
        shown="TOKEN",
    )
    # 1 MiB: twenty thousand IDs. nginx has the same limit, Express 100 KiB.
    max_body_bytes: int = _setting(
        1024 * 1024, _number(int, 1, 2**30), "Refuse larger request bodies with 413.", shown="BYTES"
    )
    # The API's own bodies have two levels. .NET allows 64; the schema validator fails at 255.
    max_depth: int = _setting(64, _number(int, 2, 200), "Refuse JSON with deeper nesting with 400.", shown="LEVELS")
    # 64 KiB: Node accepts 16, Apache and nginx 32; localhost collects the cookies of every project.
    max_header_bytes: int = _setting(
        64 * 1024,
        _number(int, 512, 2**24),
        "Refuse requests whose request line and headers are larger. Cookies of other projects on localhost count.",
        shown="BYTES",
    )
    # In ten seconds 1 MiB arrives even over the slowest phone network that browser tools simulate.
    body_timeout_s: float = _setting(
        10.0, _number(float, 0.05, 3600), "Refuse request bodies that take longer to arrive.", shown="SECONDS"
    )
    # Ten thousand ordinary lists need about 15 MiB, and a day of tests creates fewer.
    max_lists: int = _setting(
        10_000, _number(int, 1, 10**7), "Keep at most so many lead lists in memory; the oldest are deleted.", shown="N"
    )
    log: bool = _setting(
        False, _switch, "Log method, path, status and time of each response to stderr; no headers or bodies."
    )

    def __post_init__(self) -> None:
        if self.tls_key and not self.tls_cert:
            raise SettingError("tls-key: a key needs its certificate; give --tls-cert as well")
        if not self.user:
            raise SettingError("user: at least one is required, as ID=TOKEN")
        ids: dict[str, str] = {}
        for user, token in self.user:
            if ids.setdefault(token, user) != user:
                raise SettingError(f'user: {ids[token]} and {user} have the same token "{token}"; give each its own')

    @property
    def serves_https(self) -> bool:
        """Whether the mock serves https instead of http."""
        return self.tls or self.tls_cert is not None

    @property
    def scheme(self) -> str:
        """The scheme of the mock's URLs."""
        return "https" if self.serves_https else "http"

    def clock(self) -> Clock:
        """Return the clock for these settings: the system clock, or the frozen one of `now`."""
        now = self.now
        return system_clock if now is None else lambda: now

    def choices(self) -> tuple[Pair, ...]:
        """Return the single readings that override the profile."""
        return self.reading + ((("success-status", self.success_status),) if self.success_status else ())


FIELDS = {field.name: field for field in dataclasses.fields(Settings)}


def is_repeatable(name: str) -> bool:
    """Return whether a setting is a list; each use of its flag then adds an entry."""
    return isinstance(FIELDS[name].default, tuple)


def default_text(name: str) -> str:
    """Return the default of a setting as text for its flag; empty for lists, switches and None."""
    default = FIELDS[name].default
    return "" if default is None or isinstance(default, bool | tuple) else str(default)


def gather(
    flags: Mapping[str, Any],
    environment: Mapping[str, str],
    config: Path | None = None,
    *,
    warn: Callable[[str], None] = lambda text: None,
) -> Settings:
    """Resolve each setting: a flag overrides a variable, a variable the file, and the file the default.

    An empty variable counts as not set. `warn` is called with one line for each ignored variable.
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
        raise SettingError(f"{where}: there is no setting {', '.join(unknown)}; a key is an option without its dashes")
    return Settings(**values)


def _is_of_kubernetes(name: str, text: str, variable: str, warn: Callable[[str], None]) -> bool:
    """Return whether Kubernetes set the variable: for a Service leadlists-mock it sets LEADLISTS_MOCK_PORT to a URL."""
    if name != "port" or not re.fullmatch(r"(tcp|udp|sctp)://\S+", text):
        return False
    warn(f"{variable}={text} is ignored: Kubernetes sets it for a Service of this name; choose the port with --port")
    return True


def _parse(name: str, value: Any, source: str) -> Any:
    """Parse the value of a setting: numbers, booleans and lists from a file, text from all other sources."""
    parse = FIELDS[name].metadata["parse"]
    many = is_repeatable(name)
    if many != isinstance(value, list | tuple) or isinstance(value, dict):
        raise SettingError(f"{source}: {value!r} must be {'a list of strings' if many else 'a single value'}")
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
        raise SettingError(f"--config: the file {path} does not exist") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingError(f"{path} cannot be read as TOML: {error}") from None
    if not isinstance(table, dict):
        raise SettingError(f"{path}: {CONFIG_TABLE} must be a table: [{CONFIG_TABLE}]")
    return table, where
