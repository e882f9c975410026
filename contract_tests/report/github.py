"""The GitHub Actions report: an annotation for each reported clause, and the job summary."""

from __future__ import annotations

import os
from pathlib import Path

from contract_tests.judging.verdict import Outcome
from contract_tests.report import markdown
from contract_tests.report.receipt import Receipt
from contract_tests.report.reported import ReportedClause, reported_clauses, sentence
from contract_tests.results.result import RunResult


def write(result: RunResult, folder: Path | None, receipt: Receipt | None = None) -> str:
    """Return workflow commands, one per line."""
    level = "notice" if result.exit_code() == 0 else "error"
    lines = [f"::{level} title=Lead list contract::{_message(sentence(result))}"]
    lines += [_annotation(reported) for reported in reported_clauses(result, folder)]
    if receipt:
        lines.append(f"::notice title=Receipt::{_message(receipt.text)}")
    return "\n".join(lines) + "\n"


def append_summary(result: RunResult, folder: Path | None, receipt: Receipt | None) -> None:
    """Append the Markdown report to the job summary, the file in GITHUB_STEP_SUMMARY; raise OSError."""
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(markdown.write(result, folder, receipt))


def _annotation(reported: ReportedClause) -> str:
    level = "error" if reported.outcome is Outcome.BROKEN else "warning"
    title = _message(reported.clause.id).replace(":", "%3A").replace(",", "%2C")
    return f"::{level} title={title}::{_message(reported.text)}"


def _message(text: str) -> str:
    """Return the text as the value of a workflow command: on one line, with the escapes of the runner."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
