"""The Markdown report; it escapes all texts of the server."""

from __future__ import annotations

import re
from pathlib import Path

from contract_tests.judging.verdict import Outcome
from contract_tests.report.discovered import also, commands, headline, sum_of, times
from contract_tests.report.receipt import Receipt
from contract_tests.report.reported import ReportedClause, reported_clauses, sentence
from contract_tests.results.result import RunResult


def write(result: RunResult, folder: Path | None, receipt: Receipt | None = None) -> str:
    """Return the report: the outcome, what is broken and warned, all clauses by group, and the readings."""
    all_reported = list(reported_clauses(result, folder))
    lines = ["# Lead list contract", "", escaped(sentence(result)), ""]
    lines += [f"Judged {code(result.started.url)}: {result.requests} requests in {result.duration_s:.1f} s.", ""]
    for outcome, title in ((Outcome.BROKEN, "Broken"), (Outcome.WARNED, "Warnings")):
        some = [reported for reported in all_reported if reported.outcome is outcome]
        if some:
            lines += [f"## {title}", ""]
            lines += [line for reported in some for line in _clause(reported)]
    lines += _discovered(result, folder)
    lines += ["## Clauses", "", "| clauses | held | warned | broken | not judged |", "|---|---:|---:|---:|---:|"]
    groups: dict[str, list[Outcome | None]] = {}
    for found in result.clauses:
        groups.setdefault(found.clause.group, []).append(found.outcome)
    for group, outcomes in groups.items():
        counts = [outcomes.count(outcome) for outcome in (Outcome.HELD, Outcome.WARNED, Outcome.BROKEN, None)]
        lines.append(f"| {group} | " + " | ".join(str(count or "·") for count in counts) + " |")
    lines += ["", "## Readings that the server follows", ""]
    lines += [f"- {code(each.reading.id)}: {escaped(', '.join(each.seen))}" for each in result.readings]
    if receipt:
        lines += ["", code(receipt.text)]
    return "\n".join(lines) + "\n"


def _clause(reported: ReportedClause) -> list[str]:
    lines = [f"### {escaped(reported.clause.id)}", "", escaped(reported.clause.statement), ""]
    lines += [f"- expected: {code(reported.expected)}", f"- actual: {code(reported.actual)}"]
    if reported.hint:
        lines.append(f"- hint: {escaped(reported.hint)}")
    if reported.accepted:
        lines.append(f"- {escaped(reported.accepted)}")
    if reported.reading:
        lines.append(f"- reading: {escaped(reported.reading)}")
    for line in reported.commands:
        lines += ["", *_fenced("sh", line)]
    for program in reported.programs:
        lines += ["", *_fenced("python", program)]
    if reported.test:
        lines += ["", *_fenced("python", reported.test)]
    return [*lines, "", *([escaped(reported.again), ""] if reported.again else [])]


def _discovered(result: RunResult, folder: Path | None) -> list[str]:
    """Return the findings of a campaign."""
    if result.discovered is None:
        return []
    lines = ["## Findings of the campaign by cause", ""]
    for found in result.discovered.findings:
        lines += [f"- {code(headline(found))}: {escaped(times(found))}"]
        lines += [f"  - repeat: {code(line)}" for line in commands(result, found, folder)]
        lines += [f"  - also: {code(line)}" for line in also(found)]
    return [*lines, "", escaped(sum_of(result.discovered)), ""]


def escaped(text: str) -> str:
    """Escape every character of the text that could be markup in Markdown or HTML."""
    return re.sub(r"([\\`*_{}\[\]()#+!|<>~&@-])", r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    """Return the text as a code span that it cannot end."""
    line = " ".join(text.split()).replace("|", "¦")
    longest = max((len(run) for run in re.findall(r"`+", line)), default=0)
    ticks = "`" * (longest + 1)
    return f"{ticks} {line} {ticks}" if longest else f"{ticks}{line}{ticks}"


def _fenced(language: str, text: str) -> list[str]:
    """Return the text as a code block that it cannot end."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return [f"{fence}{language}", text.rstrip("\n"), fence]
