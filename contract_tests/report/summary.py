"""Summarize a run in two lines: the judged clauses with requests and time, and the readings of the server."""

from __future__ import annotations

from contract_tests.results.events import Ending
from contract_tests.results.result import RunResult


def summary_line(result: RunResult) -> str:
    """Return the number of clauses by outcome, requests and time."""
    unjudged = [each.clause for each in result.unjudged]
    held = len(result.clauses) - len(result.broken) - len(unjudged)
    line = f"{held} clauses hold, {len(result.broken)} broken, {len(unjudged)} not judged; "
    line += f"{result.requests} request{'s'[: result.requests != 1]} in {result.duration_s:.1f} s."
    if unjudged and result.ending is not Ending.OBSERVED:  # of traffic that others cause, these are most clauses
        given = (f"{clause.id} (give {clause.needs})" if clause.needs else clause.id for clause in unjudged)
        line += f" Not judged: {', '.join(given)}."
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
