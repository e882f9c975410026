"""A badge: the JSON that shields.io reads from an endpoint."""

from __future__ import annotations

import json
from pathlib import Path

from contract_tests.report.receipt import Receipt
from contract_tests.results.result import RunResult


def write(result: RunResult, folder: Path | None, receipt: Receipt | None = None) -> str:
    """Return the badge as JSON; it contains no text of the server, and no receipt."""
    code = result.exit_code()
    held = sum(found.outcome is not None for found in result.clauses) - len(result.broken)
    message, color = {
        0: (f"{held} clauses hold", "brightgreen"),
        1: (f"{len(result.failing)} clauses broken", "red"),
    }.get(code, (f"not judged: {result.ending.value}", "lightgrey"))
    badge = {"schemaVersion": 1, "label": "lead list contract", "message": message, "color": color}
    return json.dumps(badge, indent=2) + "\n"
