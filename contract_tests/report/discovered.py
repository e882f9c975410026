"""The findings of a campaign in words and as JSON, for every report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract_tests.report.failure import command, on_one_line
from contract_tests.results.result import RunResult

if TYPE_CHECKING:
    from contract_tests.results.discoveries import Discovered
    from contract_tests.results.findings import Finding, Found

FILE_NAME = "findings.json"


def headline(finding: Finding) -> str:
    """Return the finding on one line, without the values of one case."""
    return _headline(finding.main)


def also(finding: Finding) -> list[str]:
    """Return what else the same mistake breaks, one line each."""
    return [f"{_headline(found)}, {found.count} times" for found in finding.others]


def _headline(found: Found) -> str:
    return on_one_line(f"{found.key.clause}: {found.key.cause} ({found.key.place})")


def times(finding: Finding) -> str:
    """Return how often and when the clause was broken, and what happened when the request was sent again."""
    shown = finding.main
    again = f"sent again {shown.times} times, {shown.same} the same" if shown.times else "not sent again"
    again += f", one after every {shown.every} requests" if shown.every else ""
    if finding.count == 1:
        return f"once, at {moment(finding.first_s)}; {again}"
    return f"{finding.count} times, from {moment(finding.first_s)} to {moment(finding.last_s)}; {again}"


def commands(result: RunResult, finding: Finding, folder: Path | None, *, cuts: bool = False) -> list[str]:
    """Return the commands that repeat a finding. folder: with the record of the campaign. cuts: for a terminal."""
    return [command(result, exchange, folder, cuts=cuts) for exchange in finding.main.smallest.exchanges]


def as_json(result: RunResult, finding: Finding, folder: Path | None) -> dict[str, Any]:
    """Return the finding for programs. folder: with the record of the campaign."""
    shown = finding.main
    return {
        **_identity(shown),
        "count": finding.count,
        "firstSeen": moment(finding.first_s),
        "lastSeen": moment(finding.last_s),
        "repeated": {"same": shown.same, "times": shown.times} | ({"every": shown.every} if shown.every else {}),
        "expected": shown.smallest.expected,
        "actual": shown.smallest.actual,
        "commands": commands(result, finding, folder),
        "also": [{**_identity(found), "count": found.count} for found in finding.others],
    }


def _identity(found: Found) -> dict[str, str]:
    return {"clause": found.key.clause, "place": found.key.place, "cause": found.key.cause}


def sum_of(discovered: Discovered) -> str:
    """Return the numbers of a campaign in one sentence."""
    count = len(discovered.findings)
    return (
        f"{count} {'finding' if count == 1 else 'findings'}, digest {discovered.digest}; "
        f"{discovered.behaviours} behaviours of the server, {discovered.created} objects created."
    )


def lines(result: RunResult, folder: Path | None) -> Iterator[tuple[str, list[str]]]:
    """Yield each finding for a terminal: its headline and the lines below it."""
    for finding in result.discovered.findings if result.discovered else ():
        repeats = [f"repeat  {line}" for line in commands(result, finding, folder, cuts=True)]
        yield headline(finding), [times(finding), *repeats, *(f"also    {line}" for line in also(finding))]


def findings_file(result: RunResult, folder: Path | None) -> str:
    """Return the findings as JSON, for programs. folder: with the record of the campaign."""
    discovered = result.discovered
    findings = [as_json(result, finding, folder) for finding in (discovered.findings if discovered else ())]
    return json.dumps({"digest": discovered.digest if discovered else "", "findings": findings}, indent=2) + "\n"


def moment(at_s: float) -> str:
    """Return a time in ISO 8601, in UTC."""
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds")
