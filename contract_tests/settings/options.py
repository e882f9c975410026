"""The options of a run: flags of the command, options of the pytest plugin, and environment variables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """One option: `--user-id`, `--leadlists-user-id` under pytest, `LEADLISTS_USER_ID`, `user-id` in leadlists.toml."""

    name: str
    metavar: str
    help: str
    many: bool = False

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def pytest_flag(self) -> str:
        return "--leadlists-" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        return "LEADLISTS_" + self.name.upper()

    def split(self, text: str) -> str | list[str]:
        """Split the values of an environment variable: headers at newlines (they contain spaces), others at spaces."""
        if not self.many:
            return text
        return text.splitlines() if self.name == "header" else text.split()


_TARGET_OPTIONS = (
    Option("url", "URL", "base URL of the server to judge, or the URL of the endpoint"),
    Option(
        "app",
        "MODULE:NAME",
        "serve this ASGI or WSGI app while the command runs, and judge it instead of a URL; NAME can be a function "
        "that returns the app",
    ),
    Option("bearer", "TOKEN", "session token of the user, sent as `Authorization: Bearer TOKEN`"),
    Option("bearer_file", "FILE", "file with the session token; the suite reads it again after a 401 or a redirect"),
    Option(
        "login_command",
        "COMMAND",
        "shell command that prints a session token, or `Cookie: NAME=VALUE`; the suite runs it again after a 401, or "
        "a redirect to another path, or before a JWT expires",
    ),
    Option(
        "cookie",
        "NAME=VALUE",
        "session cookie of the user; if you give --bearer too, `run` and `fuzz` judge both logins",
    ),
    Option(
        "header",
        "NAME:VALUE",
        "header to send with every request, for example an API key; can be repeated; signs in if there is neither "
        "--bearer nor --cookie",
        many=True,
    ),
    Option("user_id", "ID", "ID of the user; each list that this user creates must name it"),
    Option("second_bearer", "TOKEN", "session token of a second user, to check that no list names the wrong user"),
    Option("second_cookie", "NAME=VALUE", "session cookie of the second user"),
    Option("second_user_id", "ID", "ID of the second user"),
    Option("expired_bearer", "TOKEN", "expired session token; a request with it must get 401"),
)

_JUDGING_OPTIONS = (
    Option(
        "reading",
        "ID=OPTION[,OPTION]",
        "accept only these options of an open question; can be repeated; `leadlists-contract readings` lists them",
        many=True,
    ),
    Option(
        "deviations",
        "FILE",
        "TOML file of accepted breaches, each with clause, reason, owner and expiry; they only warn",
    ),
    Option(
        "fail_on",
        "OUTCOME",
        "broken: only broken clauses fail the run; warned: warnings as well (default broken: warnings are advice)",
    ),
    Option(
        "clauses",
        "PREFIX",
        "judge only clauses whose IDs start with PREFIX; can be repeated; `leadlists-contract clauses` lists them",
        many=True,
    ),
    Option(
        "depth",
        "NAME",
        "quick: only the planned requests; standard: random searches as well, of 100 examples each; deep: of 2000 "
        "(default standard: more examples seldom find more)",
    ),
    Option(
        "seed",
        "N",
        "seed for random values; a run with the same seed sends the same requests, apart from IDs that the server made "
        "(default 0, not random, so that you can compare two runs)",
    ),
    Option(
        "max_time",
        "SECONDS",
        "stop sending requests after this time, and report the run so far, with exit code 3 if planned requests are "
        "missing (default: no limit)",
    ),
    Option("timeout", "SECONDS", "maximum time for one response (default 10: to a user, a slower server hangs)"),
    Option(
        "rate",
        "N",
        "maximum number of requests in a second, for example 5 or 0.5, if other users need the server (default: no "
        "limit)",
    ),
    Option(
        "not_production",
        "HOST",
        "send to this host although its name looks like production; can be repeated",
        many=True,
    ),
    Option(
        "wait",
        "SECONDS",
        "maximum time to wait for a server that is still starting, or that is away in the middle of the run "
        "(default 0: report it at once)",
    ),
    Option("ca_file", "FILE", "PEM file with certificates to trust (default: SSL_CERT_FILE, or those of the system)"),
    Option("client_cert", "FILE", "PEM file with a client certificate, if the server requires one"),
    Option("client_key", "FILE", "PEM file with the key of the client certificate (default: the same file)"),
    Option(
        "clock_allowance",
        "SECONDS",
        "maximum difference between the clocks of server and suite, or `off` to skip the check (default 300, as in "
        "Kerberos)",
    ),
    Option(
        "connections",
        "N",
        "maximum number of concurrent requests (default 10, as in the connection pools of common servers)",
    ),
    Option("run_folder", "DIR", "new folder for the record of the run (default .leadlists/runs/TIME)"),
    Option("spec", "DIR", "folder with openapi.yaml, clauses.yaml and readings.yaml (default: the bundled one)"),
    Option(
        "suite",
        "MODULE:NAME",
        "OperationSuite of an operation that you added to the spec; Python must be able to import MODULE, from the "
        "current folder or installed; can be repeated",
        many=True,
    ),
)

GENERIC_OPTIONS = (*_TARGET_OPTIONS, *_JUDGING_OPTIONS)


def with_id_options(of_ids: Iterable[Option]) -> tuple[Option, ...]:
    """Return the options of a run, with those that name IDs which exist at the target."""
    return (*_TARGET_OPTIONS, *of_ids, *_JUDGING_OPTIONS)


# Those that also say something of traffic that other programs cause.
GENERIC_SEEN_OPTIONS = (
    "bearer", "cookie", "header", "user_id", "second_bearer", "second_cookie", "second_user_id", "expired_bearer",
    "reading", "deviations", "fail_on", "clauses", "ca_file", "client_cert",
    "client_key", "clock_allowance", "run_folder", "spec", "suite",
)  # fmt: skip

# Those of a campaign, which has a budget instead of depth and time, and sends one request after the other.
GENERIC_FUZZ_OPTIONS = tuple(
    option.name for option in GENERIC_OPTIONS if option.name not in {"url", "depth", "max_time", "connections"}
)

# Their values are secrets, or commands that can have one: they are never written to a file.
SECRET_OPTIONS = (
    "bearer", "login_command", "cookie", "header", "second_bearer", "second_cookie", "expired_bearer",
)  # fmt: skip

# Those that may change when a campaign is resumed: the login, and how to reach the server.
RESUME_OPTIONS = (
    *SECRET_OPTIONS, "bearer_file", "timeout", "rate", "wait", "ca_file", "client_cert", "client_key",
)  # fmt: skip

# Those that have an effect on the one request of `doctor`.
GENERIC_DOCTOR_OPTIONS = (
    "app", "bearer", "bearer_file", "login_command", "cookie", "header", "timeout", "not_production", "ca_file",
    "client_cert", "client_key", "spec",
)  # fmt: skip

# Those that have an effect when recorded requests are sent again.
GENERIC_REPLAY_OPTIONS = tuple(
    option.name
    for option in GENERIC_OPTIONS
    if option.name not in {"url", "deviations", "fail_on", "clauses", "depth", "seed", "run_folder"}
)

# Those that are needed to delete what a run created.
LEDGER_OPTIONS = (
    "bearer", "bearer_file", "login_command", "cookie", "header", "second_bearer", "second_cookie", "timeout", "rate",
    "not_production", "ca_file", "client_cert", "client_key",
)  # fmt: skip
