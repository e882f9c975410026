"""The options of a run: flags of the command, options of the pytest plugin, and environment variables."""

from __future__ import annotations

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
        """Split the values in an environment variable: one a line for headers, which hold spaces, else at spaces."""
        if not self.many:
            return text
        return text.splitlines() if self.name == "header" else text.split()


RUN_OPTIONS = (
    Option("url", "URL", "server to judge: its base URL, or the URL of the endpoint"),
    Option("bearer", "TOKEN", "session token of the user, sent as `Authorization: Bearer TOKEN`"),
    Option("bearer_file", "FILE", "file with the session token; read again when the server no longer accepts it"),
    Option(
        "login_command",
        "COMMAND",
        "shell command that prints a session token; run again before the token expires (JWT) or at a 401",
    ),
    Option("cookie", "NAME=VALUE", "session cookie of the user; with --bearer, both are judged, each on its own"),
    Option(
        "header",
        "NAME:VALUE",
        "header to send with every request; without --bearer and --cookie it signs in",
        many=True,
    ),
    Option("user_id", "ID", "id of the user; userIds of every created list must contain it"),
    Option("second_bearer", "TOKEN", "session token of a second user, to judge what must not leak between users"),
    Option("second_cookie", "NAME=VALUE", "session cookie of the second user"),
    Option("second_user_id", "ID", "id of the second user"),
    Option("expired_bearer", "TOKEN", "expired session token; a request with it must get 401"),
    Option("icp_id", "UUID", "id of an ICP that exists on the server; a list with it must be created", many=True),
    Option("person_id", "ID", "id of a person who exists on the server", many=True),
    Option("company_id", "UUID", "id of a company that exists on the server", many=True),
    Option(
        "reading", "ID=OPTION[,OPTION]", "accept only these options of an open question (see `readings`)", many=True
    ),
    Option("deviations", "FILE", "TOML file of accepted breaches: clause, reason, owner and expiry of each"),
    Option("fail_on", "OUTCOME", "broken: only a broken clause fails the run; warned: a warning too (default broken)"),
    Option("clauses", "PREFIX", "judge only the clauses whose ids begin with PREFIX (see `clauses`)", many=True),
    Option(
        "depth",
        "NAME",
        "quick: the covering set of requests; standard: searches too; deep: long searches (default standard)",
    ),
    Option("seed", "N", "seed of everything random; the same seed sends the same requests (default 0)"),
    Option("max_time", "SECONDS", "send no further request after this time (default: no limit)"),
    Option("timeout", "SECONDS", "maximum time for one response (default 10)"),
    Option("wait", "SECONDS", "wait so long for a server that is still starting (default: do not wait)"),
    Option("ca_file", "FILE", "certificates to trust, in PEM form (default: those of the system, or SSL_CERT_FILE)"),
    Option("client_cert", "FILE", "client certificate in PEM form, for a server that asks for one"),
    Option("client_key", "FILE", "key of the client certificate (default: in the same file)"),
    Option("clock_allowance", "SECONDS", "maximum clock difference, or `off` to skip the check (default 300)"),
    Option("connections", "N", "maximum number of concurrent requests (default 8, as a browser opens)"),
    Option("run_folder", "DIR", "folder for the record of the run (default .leadlists/runs/TIME)"),
    Option("spec", "DIR", "folder with another openapi.yaml, clauses.yaml and readings.yaml (default: the kit's)"),
)
