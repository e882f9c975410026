"""The JSON report: the whole result of a run, for the user's own programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from contract_tests.report.discovered import as_json
from contract_tests.report.receipt import Receipt
from contract_tests.report.reported import ReportedClause, reported_clauses, sentence
from contract_tests.results.result import ClauseResult, RunResult
from contract_tests.results.views import BodyView, ExchangeView


def write(result: RunResult, folder: Path | None, receipt: Receipt | None = None) -> str:
    """Return the report as JSON. Its keys are stable; later versions can add keys."""
    by_id = {reported.clause.id: reported for reported in reported_clauses(result, folder)}
    started = result.started
    report: dict[str, Any] = {
        "kit": {"version": started.version, "specSha256": started.spec_sha256},
        "target": {"url": started.url, "users": list(started.users)},
        "run": {
            "startedAt": started.at,
            "durationS": result.duration_s,
            "requests": result.requests,
            "seed": started.seed,
            "depth": started.depth,
            "ending": result.ending,
            "why": result.why,
        },
        "verdict": {"sentence": sentence(result), "exitCode": result.exit_code()},
        "clauses": [
            _clause(found) | (_breach(found, by_id[found.clause.id]) if found.clause.id in by_id else {})
            for found in result.clauses
        ],
        "readings": [
            {"id": each.reading.id, "question": each.reading.question, "seen": dict(each.seen)}
            for each in result.readings
        ],
    }
    if result.discovered:
        report["campaign"] = {
            "digest": result.discovered.digest,
            "behaviours": result.discovered.behaviours,
            "created": result.discovered.created,
            "findings": [as_json(result, found, folder) for found in result.discovered.findings],
            "curve": [
                {"atS": point.at_s, "requests": point.requests, "behaviours": point.behaviours}
                | {"findings": point.findings}
                for point in result.discovered.curve
            ],
        }
    if receipt:
        report["receipt"] = {"found": receipt.found, "files": receipt.files, "command": receipt.command}
    return json.dumps(report, indent=2, ensure_ascii=True) + "\n"


def _clause(found: ClauseResult) -> dict[str, Any]:
    clause = found.clause
    return {
        "id": clause.id,
        "statement": clause.statement,
        "place": clause.place,
        "kind": clause.kind,
        "outcome": found.outcome or "not judged",
        "counts": {"held": found.held, "warned": found.warned, "broken": found.broken},
        "requests": [{"number": number, "label": label} for number, label in found.requests],
    }


def _breach(found: ClauseResult, reported: ReportedClause) -> dict[str, Any]:
    return {
        "expected": reported.expected,
        "actual": reported.actual,
        "hint": reported.hint,
        "reading": reported.verdict.reading,
        "commands": list(reported.commands),
        "programs": list(reported.programs),
        "test": reported.test,
        "repeated": {"same": found.same, "times": found.times},
        "exchanges": [_exchange(each) for each in reported.verdict.exchanges],
    }


def _exchange(exchange: ExchangeView) -> dict[str, Any]:
    request, response = exchange.request, exchange.response
    return {
        "number": exchange.number,
        "label": exchange.label,
        "elapsedS": exchange.elapsed_s,
        "failure": exchange.failure,
        "request": {
            "method": request.method,
            "url": request.url,
            "headers": [list(header) for header in request.headers],
            "body": _body(request.body),
        },
        "response": response
        and {
            "status": response.status,
            "headers": [list(header) for header in response.headers],
            "body": _body(response.body),
        },
    }


def _body(body: BodyView) -> dict[str, Any]:
    return {"text": body.text, "sizeBytes": body.size_bytes, "isCut": body.is_cut}
