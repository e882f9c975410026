"""The lines of `diff`: what changed between two runs in verdicts, readings, and the median time for one request."""

from __future__ import annotations

from collections.abc import Iterator

from contract_tests.results.result import RunResult
from contract_tests.settings.secrets import printable

SLOWER = 2.0  # smaller factors can be chance on a busy machine


def changes(before: RunResult, after: RunResult) -> list[str]:
    """Return a line for each change, the clauses first."""
    lines = [*_clauses(before, after), *_readings(before, after), *_terms(before, after)]
    one, other = before.median_s, after.median_s
    if one and other and not 1 / SLOWER <= other / one <= SLOWER:
        lines.append(f"median time for one request: {1000 * one:.1f} ms -> {1000 * other:.1f} ms")
    return [printable(line) for line in lines]


def _clauses(before: RunResult, after: RunResult) -> Iterator[str]:
    one = {found.clause.id: found.outcome or "not judged" for found in before.clauses}
    other = {found.clause.id: found.outcome or "not judged" for found in after.clauses}
    for clause in dict.fromkeys([*one, *other]):
        was, now = one.get(clause, "not chosen"), other.get(clause, "not chosen")
        if was != now:
            yield f"{clause}: {was} -> {now}"


def _readings(before: RunResult, after: RunResult) -> Iterator[str]:
    one = {each.reading.id: "|".join(each.seen) for each in before.readings}
    other = {each.reading.id: "|".join(each.seen) for each in after.readings}
    for reading in dict.fromkeys([*one, *other]):
        was, now = one.get(reading, "not seen"), other.get(reading, "not seen")
        if was != now:
            yield f"reading {reading}: {was} -> {now}"


def _terms(before: RunResult, after: RunResult) -> Iterator[str]:
    """Yield the settings that make the two runs hard to compare."""
    for name, was, now in (
        ("contract", before.started.spec_sha256, after.started.spec_sha256),
        ("kit", before.started.version, after.started.version),
        ("depth", before.started.depth, after.started.depth),
        ("ending", before.ending.value, after.ending.value),
    ):
        if was != now:
            yield f"{name}: {was} -> {now}"
