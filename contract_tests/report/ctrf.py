"""The report in the Common Test Report Format (ctrf.io)."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from contract_tests.judging.verdict import Outcome
from contract_tests.report.receipt import Receipt
from contract_tests.report.reported import ReportedClause, problem, reported_clauses
from contract_tests.results.result import ClauseResult, RunResult


def write(result: RunResult, folder: Path | None, receipt: Receipt | None = None) -> str:
    """Return the report as JSON, with a test for each clause."""
    by_id = {reported.clause.id: reported for reported in reported_clauses(result, folder)}
    start_ms = int(datetime.fromisoformat(result.started.at).timestamp() * 1000)
    failed, skipped, why = len(result.failing), len(result.unjudged), problem(result)
    tests = [_test(found, by_id.get(found.clause.id)) for found in result.clauses]
    if why:  # otherwise a file with skipped tests alone would look like a run that has passed
        tests.insert(0, {"name": "run", "status": "failed", "duration": 0, "message": why})
    report: dict[str, Any] = {
        "reportFormat": "CTRF",
        "specVersion": "0.0.0",
        "results": {
            "tool": {"name": "leadlists-contract", "version": result.started.version},
            "summary": {
                "tests": len(tests),
                "passed": len(result.clauses) - failed - skipped,
                "failed": failed + bool(why),
                "skipped": skipped,
                "pending": 0,
                "other": 0,
                "start": start_ms,
                "stop": start_ms + int(result.duration_s * 1000),
            },
            "tests": tests,
        },
    }
    if receipt:
        report["extra"] = {"receipt": receipt.text}
    return json.dumps(report, indent=2) + "\n"


def _test(found: ClauseResult, reported: ReportedClause | None) -> dict[str, Any]:
    statuses = {None: "skipped", Outcome.BROKEN: "failed"}
    test: dict[str, Any] = {
        "name": found.clause.id,
        "status": statuses.get(reported.outcome if reported else found.outcome, "passed"),
        "duration": 0,
        "suite": [found.clause.group],
    }
    if reported:
        test |= {"message": f"expected {reported.expected}; got {reported.actual}", "trace": reported.text}
        test["flaky"] = 0 < found.same < found.times
    return test
