"""Files for the next run, made of what this run saw: the readings that the server follows, the breaches to accept."""

from __future__ import annotations

from datetime import date

from contract_tests.contract.deviations import FIRST_EXPIRY, Deviation, write_deviations
from contract_tests.engine.result import RunResult


def readings_file(result: RunResult) -> str:
    """A leadlists.toml that pins the suite to what was seen, and makes the mock follow the same readings.

    Where the server followed several options, the suite accepts those and the mock follows the one seen most often.
    """
    pins = [f"{each.reading.id}={','.join(each.seen)}" for each in result.readings]
    followed = [f"{each.reading.id}={max(each.seen, key=lambda o: each.seen[o])}" for each in result.readings]
    several = [each.reading.id for each in result.readings if len(each.seen) > 1]
    lines = ["# What this server was seen to do where the API page is silent."]
    if several:
        lines.append(f"# The server follows several options of these, the mock one: {', '.join(several)}")
    for table, entries in (("contract", pins), ("mock", followed)):
        lines += ["", f"[{table}]", "reading = [", *(f'    "{entry}",' for entry in entries), "]"]
    return "\n".join(lines) + "\n"


def deviations_file(result: RunResult, today: date) -> str:
    """The deviations of the run, and an entry for every other clause that is broken."""
    known = {each.clause: each for each in result.started.deviations}
    expires = (today + FIRST_EXPIRY).isoformat()
    return write_deviations(
        known.get(found.clause.id, Deviation(found.clause.id, "not yet known", "not yet known", expires))
        for found in result.broken
    )
