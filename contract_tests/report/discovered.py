"""The findings of a campaign in words and as JSON, for every report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contract_tests.engine.discoveries import Discovered
from contract_tests.engine.findings import Found
from contract_tests.engine.result import RunResult
from contract_tests.report.failure import command, on_one_line

FILE_NAME = "findings.json"


def headline(found: Found) -> str:
    """Return the finding on one line, without the values of one case."""
    return on_one_line(f"{found.key.clause}: {found.key.cause} ({found.key.place})")


def times(found: Found) -> str:
    """Return how often and when the clause was broken, and what happened when the request was sent again."""
    again = f"sent again {found.times} times, {found.same} the same" if found.times else "not sent again"
    return f"{found.count} times, from {moment(found.first_s)} to {moment(found.last_s)}; {again}"


def commands(result: RunResult, found: Found, folder: Path | None) -> list[str]:
    """Return the commands that repeat a finding. folder: with the record of the campaign."""
    return [command(result, exchange, folder) for exchange in found.smallest.exchanges]


def sum_of(discovered: Discovered) -> str:
    """Return the numbers of a campaign in one sentence."""
    count = len(discovered.findings)
    return (
        f"{count} {'finding' if count == 1 else 'findings'}, digest {discovered.digest}; "
        f"{discovered.behaviours} behaviours of the server, {discovered.created} objects created."
    )


def lines(result: RunResult, folder: Path | None) -> Iterator[tuple[str, list[str]]]:
    """Yield each finding for a terminal: its headline and the lines below it."""
    for found in result.discovered.findings if result.discovered else ():
        repeats = [f"repeat  {line}" for line in commands(result, found, folder)]
        yield headline(found), [times(found), *repeats]


def findings_file(result: RunResult, folder: Path | None) -> str:
    """Return the findings as JSON, for programs. folder: with the record of the campaign."""
    discovered = result.discovered
    findings: list[dict[str, Any]] = [
        {
            "clause": found.key.clause,
            "place": found.key.place,
            "cause": found.key.cause,
            "count": found.count,
            "first_seen": moment(found.first_s),
            "last_seen": moment(found.last_s),
            "sent_again": found.times,
            "broken_again": found.same,
            "expected": found.smallest.expected,
            "actual": found.smallest.actual,
            "repeat": commands(result, found, folder),
        }
        for found in (discovered.findings if discovered else ())
    ]
    return json.dumps({"digest": discovered.digest if discovered else "", "findings": findings}, indent=2) + "\n"


def moment(at_s: float) -> str:
    """Return a time in ISO 8601, in UTC."""
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds")
