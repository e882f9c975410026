"""Write files for the next run from this run: the readings that the server follows, and the breaches to accept."""

from __future__ import annotations

from datetime import date

from contract_tests.contract.deviations import FIRST_EXPIRY, Deviation, write_deviations
from contract_tests.results.result import RunResult


def readings_file(result: RunResult) -> str:
    """Return a leadlists.toml that pins the suite and the mock to the observed readings.

    If the server followed several options of a reading, the suite accepts them and the mock follows the most frequent.
    Comments name the readings in which the mock differs, or can differ.
    """
    pins = [f"{each.reading.id}={','.join(each.seen)}" for each in result.readings]
    followed = [f"{each.reading.id}={max(each.seen, key=lambda o: each.seen[o])}" for each in result.readings]
    several = [each.reading.id for each in result.readings if len(each.seen) > 1]
    limited = [
        each.reading for each in result.readings if each.reading.limit and set(each.seen) != {each.reading.usual}
    ]
    lines = ["# The options that the server follows for open questions of the API page."]
    if several:
        lines.append(f"# The server follows several options of these readings, the mock only one: {', '.join(several)}")
    lines += [f"# The mock may differ in {reading.id}: {reading.limit}." for reading in limited]
    for table, entries in (("contract", pins), ("mock", followed)):
        lines += ["", f"[{table}]", "reading = [", *(f'    "{entry}",' for entry in entries), "]"]
    return "\n".join(lines) + "\n"


def deviations_file(result: RunResult, today: date) -> str:
    """Return a TOML file with the deviations of the run, and an entry for every other broken clause."""
    known = {each.clause: each for each in result.started.deviations}
    expires = (today + FIRST_EXPIRY).isoformat()
    return write_deviations(
        known.get(found.clause.id, Deviation(found.clause.id, "not yet known", "not yet known", expires))
        for found in result.broken
    )
