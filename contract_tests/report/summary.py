"""A run in two lines: what was judged at what cost, and which readings the server follows."""

from __future__ import annotations

from contract_tests.engine.result import RunResult


def summary_line(result: RunResult) -> str:
    """Return how many clauses were judged, at what cost, and how the run ended if it ended early."""
    unjudged = [each.clause.id for each in result.unjudged]
    held = len(result.clauses) - len(result.broken) - len(unjudged)
    line = f"{held} clauses hold, {len(result.broken)} broken, {len(unjudged)} not judged; "
    line += f"{result.requests} requests in {result.duration_s:.1f} s."
    if unjudged:
        line += " Not judged: " + ", ".join(unjudged) + "."
    if not result.is_judged:
        line += " Nothing was judged, so nothing can be said of this server."
    return f"{line} {result.why}".rstrip()


def readings_line(result: RunResult) -> str:
    """Which options of the open questions the server was seen to follow."""
    seen = [f"{each.reading.id}={'|'.join(sorted(each.seen))}" for each in result.readings]
    return "This server follows: " + (", ".join(seen) or "nothing that could be seen") + "."
