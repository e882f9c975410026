"""The GitLab code quality report."""

from __future__ import annotations

import json
from pathlib import Path

from contract_tests.engine.result import RunResult
from contract_tests.judging.verdict import Outcome
from contract_tests.report.findings import findings
from contract_tests.report.receipt import Receipt
from contract_tests.report.sarif import ARTIFACT


def write(result: RunResult, folder: Path | None, receipt: Receipt | None = None) -> str:
    """Return the report as a JSON array with an entry for each finding; the format has no place for the receipt."""
    entries = [
        {
            "description": f"{finding.title} Expected {finding.expected}; got {finding.actual}.",
            "check_name": finding.clause.id,
            "fingerprint": finding.fingerprint,
            "severity": "major" if finding.outcome is Outcome.BROKEN else "minor",
            "location": {"path": ARTIFACT, "lines": {"begin": 1}},
        }
        for finding in findings(result, folder)
    ]
    return json.dumps(entries, indent=2) + "\n"
