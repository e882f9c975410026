"""The options of a run, once: as flags of the command, as options of the pytest plugin, as environment variables."""

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
        """The values in an environment variable: one to a line for headers, which hold blanks, else between blanks."""
        if not self.many:
            return text
        return text.splitlines() if self.name == "header" else text.split()


RUN_OPTIONS = (
    Option("url", "URL", "the server to judge: its base URL, or the endpoint itself"),
    Option("bearer", "TOKEN", "session token of the user, sent as Authorization: Bearer"),
    Option("cookie", "NAME=VALUE", "session cookie of the user; with --bearer each is judged alone"),
    Option("header", "NAME:VALUE", "a header for every request; the login itself if no other is given", many=True),
    Option("user_id", "ID", "the user's id, which must then stand in userIds"),
    Option("second_bearer", "TOKEN", "session token of a second user"),
    Option("second_cookie", "NAME=VALUE", "session cookie of a second user"),
    Option("second_user_id", "ID", "the second user's id"),
    Option("expired_bearer", "TOKEN", "a session token that has expired"),
    Option("icp_id", "UUID", "an ICP that exists on the server", many=True),
    Option("person_id", "ID", "a person who exists on the server", many=True),
    Option("company_id", "UUID", "a company that exists on the server", many=True),
    Option("reading", "ID=OPTION[,OPTION]", "accept only these options of an open question", many=True),
    Option("clauses", "PREFIX", "judge only the clauses whose ids begin so", many=True),
    Option("depth", "NAME", "quick (the covering set of requests), standard (searches too) or deep (long ones)"),
    Option("seed", "N", "the seed of everything that is drawn by chance (0)"),
    Option("max_time", "SECONDS", "send nothing more after this time"),
    Option("timeout", "SECONDS", "how long one answer may take (10)"),
    Option("clock_allowance", "SECONDS", "how far the server's clock may be off, or off (300)"),
    Option("connections", "N", "how many requests may be under way at once (8)"),
    Option("run_folder", "DIR", "where the record of the run goes (.leadlists/runs/…)"),
    Option("spec", "DIR", "a folder with another openapi.yaml, clauses.yaml and readings.yaml"),
)
