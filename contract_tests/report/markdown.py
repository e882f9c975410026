"""The Markdown report; it escapes all texts of the server."""

from __future__ import annotations

import re
from pathlib import Path

from contract_tests.engine.result import RunResult
from contract_tests.judging.verdict import Outcome
from contract_tests.report.discovered import also, commands, headline, sum_of, times
from contract_tests.report.findings import FindingView, findings, sentence
from contract_tests.report.receipt import Receipt


def write(result: RunResult, folder: Path | None, receipt: Receipt | None = None) -> str:
    """Return the report: the outcome, the findings, the clauses by group, and the readings that the server follows."""
    told = list(findings(result, folder))
    lines = ["# Lead list contract", "", escaped(sentence(result)), ""]
    lines += [f"Judged {code(result.started.url)}: {result.requests} requests in {result.duration_s:.1f} s.", ""]
    for outcome, title in ((Outcome.BROKEN, "Broken"), (Outcome.WARNED, "Warnings")):
        some = [finding for finding in told if finding.outcome is outcome]
        if some:
            lines += [f"## {title}", ""]
            lines += [line for finding in some for line in _finding(finding)]
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


def _finding(finding: FindingView) -> list[str]:
    lines = [f"### {escaped(finding.clause.id)}", "", escaped(finding.clause.statement), ""]
    lines += [f"- expected: {code(finding.expected)}", f"- actual: {code(finding.actual)}"]
    if finding.hint:
        lines.append(f"- hint: {escaped(finding.hint)}")
    if finding.accepted:
        lines.append(f"- {escaped(finding.accepted)}")
    if finding.reading:
        lines.append(f"- reading: {escaped(finding.reading)}")
    for line in finding.commands:
        lines += ["", *_fenced("sh", line)]
    for program in finding.programs:
        lines += ["", *_fenced("python", program)]
    if finding.test:
        lines += ["", *_fenced("python", finding.test)]
    return [*lines, "", *([escaped(finding.again), ""] if finding.again else [])]


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
