"""A run in two lines: what was judged at what cost, and which readings the server follows."""

from __future__ import annotations

from contract_tests.engine.run import Run
from contract_tests.judging.verdict import Outcome


def summary_line(run: Run, seconds: float) -> str:
    """How many clauses were judged, at what cost."""
    chosen = [c for c in run.judge.terms.specification.judged_clauses if c.id in run.clauses]
    outcomes = [e.outcome if (e := run.evidence.get(c.id)) else None for c in chosen]
    held, broken = outcomes.count(Outcome.HELD) + outcomes.count(Outcome.WARNED), outcomes.count(Outcome.BROKEN)
    unjudged = [c.id for c, outcome in zip(chosen, outcomes, strict=True) if outcome is None]
    line = f"{held} clauses hold, {broken} broken, {len(unjudged)} not judged; "
    line += f"{run.target.requests_sent} requests in {seconds:.1f} s."
    if unjudged:
        line += " Not judged: " + ", ".join(unjudged) + "."
    if not any(outcomes):
        line += " Nothing was judged, so nothing can be said of this server."
    if run.gone:
        line += f" {run.gone}"
    elif not run.in_time:
        line += " The time was up before all was sent."
    return line


def readings_line(run: Run) -> str:
    """Which options of the open questions the server was seen to follow."""
    seen = []
    for reading in run.judge.terms.specification.readings:
        options = run.observed.get(reading)
        if options:
            seen.append(f"{reading}={'|'.join(sorted(options))}")
    return "This server follows: " + (", ".join(seen) or "nothing that could be seen") + "."
