"""Summarize a run in two lines: the judged clauses with requests and time, and the readings of the server."""

from __future__ import annotations

import re

from contract_tests.engine.events import Ending
from contract_tests.engine.result import RunResult

# The option without which a run cannot judge a clause, by the end of the clause's id.
_NEEDS = {
    "session.expired": "--expired-bearer",
    "carrier.cookie": "--cookie",
    "carrier.bearer": "--bearer",
    "includes-creator": "--user-id",
    "no-stranger": "--second-bearer",
    ".clock": "--clock-allowance",
}
_OF_FIELD = re.compile(r"\.(\w+?)s?\.exists?$")  # the option is named after the field: --icp-id


def _needs(clause: str) -> str:
    """Return the option that lets the suite judge the clause, in parentheses; empty if there is none."""
    flag = next((flag for end, flag in _NEEDS.items() if clause.endswith(end)), "")
    if field := _OF_FIELD.search(clause):
        flag = "--" + re.sub(r"[A-Z]", lambda match: f"-{match[0].lower()}", field[1])
    return f" (give {flag})" if flag else ""


def summary_line(result: RunResult) -> str:
    """Return the number of clauses by outcome, requests and time."""
    unjudged = [each.clause.id for each in result.unjudged]
    held = len(result.clauses) - len(result.broken) - len(unjudged)
    line = f"{held} clauses hold, {len(result.broken)} broken, {len(unjudged)} not judged; "
    line += f"{result.requests} requests in {result.duration_s:.1f} s."
    if unjudged and result.ending is not Ending.SEEN:  # of traffic that others cause, these are most clauses
        line += " Not judged: " + ", ".join(f"{clause}{_needs(clause)}" for clause in unjudged) + "."
    if not result.is_judged:
        line += " No clause was judged, so the run says nothing about this server."
    return line


def readings_line(result: RunResult) -> str:
    """Return the open questions in which the server differs from the defaults of the mock, on one line."""
    others = [each for each in result.readings if set(each.seen) != {each.reading.usual}]
    usual = len(result.readings) - len(others)
    seen = [f"{each.reading.id}={'|'.join(sorted(each.seen))}" for each in others]
    seen += [f"the defaults of the mock in {usual} of {len(result.readings)} open questions"] if usual else []
    return "This server follows: " + (", ".join(seen) or "no observed reading") + "."


def every_reading(result: RunResult) -> list[str]:
    """Return a line for each observed option of an open question."""
    return ["This server follows:"] + [
        f"  {each.reading.id}={option}: {each.reading.options.get(option, '')} (seen {times} times)"
        for each in result.readings
        for option, times in each.seen.items()
    ]
