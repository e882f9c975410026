"""The SARIF 2.1.0 report, for code scanning: a rule for each clause, and a result for each reported clause."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from contract_tests.contract.specification import Clause
from contract_tests.judging.verdict import Outcome
from contract_tests.report.receipt import Receipt
from contract_tests.report.reported import ReportedClause, problem, reported_clauses
from contract_tests.results.result import RunResult

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ARTIFACT = "spec/clauses.yaml"  # SARIF requires a file, so a result points to the clause


def write(result: RunResult, folder: Path | None, receipt: Receipt | None = None) -> str:
    """Return the report as JSON."""
    rules = [found.clause for found in result.clauses]
    order = {clause.id: index for index, clause in enumerate(rules)}
    driver = {
        "name": "leadlists-contract",
        "version": result.started.version,
        "rules": [_rule(clause) for clause in rules],
    }
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "automationDetails": {"id": "leadlists-contract/"},
        "columnKind": "unicodeCodePoints",
        "results": [_result(reported, order[reported.clause.id]) for reported in reported_clauses(result, folder)],
        "invocations": [_invocation(result)],
        "properties": {"url": result.started.url, "specSha256": result.started.spec_sha256},
    }
    if receipt:
        run["properties"]["receipt"] = receipt.text
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _invocation(result: RunResult) -> dict[str, Any]:
    code, why = result.exit_code(), problem(result)
    notifications = {"toolExecutionNotifications": [{"level": "error", "message": {"text": why}}]} if why else {}
    return {"executionSuccessful": code in {0, 1}, "exitCode": code, **notifications}


def _rule(clause: Clause) -> dict[str, Any]:
    return {
        "id": clause.id,
        "shortDescription": {"text": clause.statement},
        "fullDescription": {"text": f"{clause.statement} ({clause.place}; {clause.kind})"},
        "defaultConfiguration": {"level": "warning" if clause.advisory else "error"},
    }


def _result(reported: ReportedClause, index: int) -> dict[str, Any]:
    suppressed = (
        {"suppressions": [{"kind": "external", "justification": reported.accepted}]} if reported.accepted else {}
    )
    return {
        "ruleId": reported.clause.id,
        "ruleIndex": index,
        "level": "error" if reported.outcome is Outcome.BROKEN else "warning",
        "message": {"text": reported.text},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": ARTIFACT}, "region": {"startLine": 1}},
                "logicalLocations": [{"fullyQualifiedName": reported.clause.id, "kind": "member"}],
            }
        ],
        "partialFingerprints": {"clauseAndPlace/v1": reported.fingerprint},
        **suppressed,
    }
