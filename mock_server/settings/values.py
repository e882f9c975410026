"""Everything that a user can choose, its default, and the reason for the default.

The fields of `Settings` are the only source of the options, the environment variables and the keys of the file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mock_server.contract.readings import DEFAULT_PROFILE, PROFILES
from mock_server.settings import parsers
from mock_server.settings.parsers import Pair
from mock_server.worlds.sources import Clock, system_clock

DRIVERS = ("direct", "connexion")


class SettingError(ValueError):
    """An invalid setting; the text names its source and says what is valid."""


def _setting(default: Any, parse: Callable[[str], Any], help: str, *, shown: str = "TEXT") -> Any:
    return dataclasses.field(default=default, metadata={"parse": parse, "help": help, "shown": shown})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one mock."""

    host: str = _setting(
        "localhost",
        str,
        "Address to listen on. localhost means both 127.0.0.1 and ::1, and keeps other machines out; 0.0.0.0 lets "
        "them in.",
        shown="ADDRESS",
    )
    port: int = _setting(
        8080,
        parsers.number(int, 0, 65535),
        "Port to listen on; 0 chooses a free one. The default needs no privileges, unlike 80.",
        shown="N",
    )
    tls: bool = _setting(
        False,
        parsers.switch,
        "Serve https with a self-signed certificate that is new at every start. Web pages served over https need it: "
        "over http the browser drops their session cookie.",
    )
    tls_cert: str | None = _setting(None, str, "Serve https with your own certificate (PEM) instead.", shown="FILE")
    tls_key: str | None = _setting(
        None, str, "Private key (PEM) of --tls-cert, unless the same file contains it.", shown="FILE"
    )
    user: tuple[Pair, ...] = _setting(
        (("user_xyz789", "xyz789-session"), ("user_abc123", "abc123-session")),
        parsers.user,
        "A user and the session token of this user; can be repeated, and replaces the built-in users.  "
        "[default: user_xyz789=xyz789-session user_abc123=abc123-session]",
        shown="ID=TOKEN",
    )
    cookie_name: str = _setting(
        "__session", parsers.cookie_name, "Name of the cookie that carries a session token.", shown="NAME"
    )
    profile: str = _setting(
        DEFAULT_PROFILE,
        parsers.one_of(*PROFILES),
        "How the mock treats questions that the API page leaves open: `page` follows the words of the API page, "
        "`strict` refuses what its sibling pages refuse.",
        shown="|".join(PROFILES),
    )
    driver: str = _setting(
        DRIVERS[0],
        parsers.one_of(*DRIVERS),
        "How requests are routed: `direct` is fast, `connexion` uses Connexion itself and is slower. Both give the "
        "same responses.",
        shown="|".join(DRIVERS),
    )
    reading: tuple[Pair, ...] = _setting(
        (),
        parsers.pair("ID=OPTION"),
        "Option for one open question, instead of that of --profile; can be repeated. `leadlists-mock readings` lists "
        "them.",
        shown="ID=OPTION",
    )
    success_status: str | None = _setting(
        None, parsers.one_of("200", "201"), "Short for --reading success-status=STATUS.", shown="200|201"
    )
    seed: int | None = _setting(
        None, parsers.seed, "Seed for IDs and random faults. With a seed both are the same at every start.", shown="N"
    )
    now: datetime | None = _setting(  # noqa: RUF009  # it is dataclasses.field
        None,
        parsers.instant,
        "Freeze the clock at this instant, such as 2024-01-02T10:30:00Z, for times in bodies and the Date header.",
        shown="INSTANT",
    )
    allow_origin: tuple[str, ...] = _setting(
        (),
        parsers.origin,
        "Let web pages of this origin call the mock with cookies; can be repeated. Origins on localhost are always "
        "allowed. `*` matches any port (http://10.0.0.5:*) or the start of a host name (https://*.example.com).",
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
        False, parsers.switch, "Serve changes of the files of --spec and --seed-file at once, without a restart."
    )
    allow_host: tuple[str, ...] = _setting(
        (),
        parsers.host_name,
        "Let the control API respond under this host name as well; can be repeated. It refuses other names, because a "
        "hostile web page could point one at this machine.",
        shown="NAME",
    )
    control_token: str | None = _setting(
        None,
        parsers.control_token,
        "Token that calls of the control API must send in the header X-Mock-Control. If other machines can reach the "
        "mock, the default is a random token, which is printed at the start.",
        shown="TOKEN",
    )
    max_body_bytes: int = _setting(
        1024 * 1024,
        parsers.number(int, 1, 2**30),
        "Largest request body; the reading oversized-body selects 400 or 413 for larger ones. The default is that of "
        "nginx, and room for twenty thousand IDs.",
        shown="BYTES",
    )
    # The limits of servers begin at 64 (.NET). The schema validator fails at 255.
    max_depth: int = _setting(
        32,
        parsers.number(int, 2, 200),
        "Refuse JSON with deeper nesting with 400. Bodies of the API have two levels, and common servers accept "
        "more than the default.",
        shown="LEVELS",
    )
    # Node accepts 16 KiB, Apache and nginx 32.
    max_header_bytes: int = _setting(
        64 * 1024,
        parsers.number(int, 512, 2**24),
        "Refuse requests whose request line and headers are larger. A browser also sends the cookies that other "
        "projects on localhost have set.",
        shown="BYTES",
    )
    body_timeout_s: float = _setting(
        10.0,
        parsers.number(float, 0.05, 3600),
        "Refuse request bodies that take longer to arrive. By default, 100 kB arrive in time even over a slow phone "
        "network.",
        shown="SECONDS",
    )
    max_lists: int = _setting(
        10_000,
        parsers.number(int, 1, 10**7),
        "Keep at most N lead lists in each world, and 64 MiB of them in all worlds; beyond that, delete the oldest. A "
        "day of tests creates fewer than the default, which needs about 15 MiB.",
        shown="N",
    )
    log: bool = _setting(
        False, parsers.switch, "Log method, path, status and time of each response to stderr; no headers or bodies."
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

    @property
    def user_by_token(self) -> dict[str, str]:
        """The ID of the user whom each token signs in."""
        return {token: user for user, token in self.user}

    def clock(self) -> Clock:
        """Return the clock for these settings: the system clock, or the frozen one of `now`."""
        now = self.now
        return system_clock if now is None else lambda: now

    def choices(self) -> tuple[Pair, ...]:
        """Return the single readings that override the profile."""
        return self.reading + ((("success-status", self.success_status),) if self.success_status else ())
