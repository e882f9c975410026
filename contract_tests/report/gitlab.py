"""The GitLab code quality report."""

from __future__ import annotations

import json
from pathlib import Path

from contract_tests.judging.verdict import Outcome
from contract_tests.report.receipt import Receipt
from contract_tests.report.reported import reported_clauses
from contract_tests.report.sarif import ARTIFACT
from contract_tests.results.result import RunResult


def write(result: RunResult, folder: Path | None, receipt: Receipt | None = None) -> str:
    """Return a JSON array with an entry for each reported clause; the format has no place for the receipt."""
    entries = [
        {
            "description": f"{reported.title} Expected {reported.expected}; got {reported.actual}.",
            "check_name": reported.clause.id,
            "fingerprint": reported.fingerprint,
            "severity": "major" if reported.outcome is Outcome.BROKEN else "minor",
            "location": {"path": ARTIFACT, "lines": {"begin": 1}},
        }
        for reported in reported_clauses(result, folder)
    ]
    return json.dumps(entries, indent=2) + "\n"
