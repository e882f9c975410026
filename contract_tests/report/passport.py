"""The passport of a server: one sheet with the judged contract, the run, and its outcome."""

from __future__ import annotations

from pathlib import Path

from contract_tests.judging.verdict import Outcome
from contract_tests.report.markdown import code, escaped
from contract_tests.report.receipt import Receipt
from contract_tests.report.reported import sentence
from contract_tests.results.result import RunResult


def write(result: RunResult, folder: Path | None, receipt: Receipt | None = None) -> str:
    """Return the sheet as Markdown."""
    started = result.started
    rows = (
        ("server", code(started.url)),
        ("judged at", started.at),
        ("contract", f"SHA-256 {code(started.spec_sha256)}"),
        ("kit", code(started.version)),
        ("depth and seed", f"{started.depth}, {started.seed}"),
        ("requests", f"{result.requests} in {result.duration_s:.1f} s"),
        ("ending", result.ending.value),
    )
    lines = ["# Contract passport", "", escaped(sentence(result)), "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in rows]
    lines += ["", "## Clauses", "", "| clause | verdict | judged |", "|---|---|---:|"]
    for found in result.clauses:
        verdict = found.outcome or "not judged"
        mark = f"**{verdict}**" if found.outcome is Outcome.BROKEN else verdict
        lines.append(f"| {code(found.clause.id)} | {mark} | {found.judged} |")
    if started.deviations:
        lines += ["", "## Accepted deviations", "", "| clause | until | owner | reason |", "|---|---|---|---|"]
        lines += [
            f"| {code(d.clause)} | {d.expires} | {escaped(d.owner)} | {escaped(d.reason)} |" for d in started.deviations
        ]
    lines += ["", "## Readings", "", "| question | the server follows |", "|---|---|"]
    lines += [f"| {code(each.reading.id)} | {escaped(', '.join(each.seen))} |" for each in result.readings]
    if receipt:
        lines += ["", code(receipt.text)]
    return "\n".join(lines) + "\n"
