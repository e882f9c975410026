"""The HTML report: a single file that loads nothing from outside; Jinja2 escapes all texts of the server."""

from __future__ import annotations

import base64
import difflib
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from contract_tests.judging.verdict import Outcome
from contract_tests.report.curve import curve_of
from contract_tests.report.discovered import also, commands, headline, sum_of, times
from contract_tests.report.receipt import Receipt
from contract_tests.report.reported import ReportedClause, reported_clauses, sentence
from contract_tests.results.result import ClauseResult, RunResult
from contract_tests.results.views import BodyView, ExchangeView
from contract_tests.settings.secrets import printable

HERE = Path(__file__).parent
LONGEST_COMPARED = 4000  # characters; comparing longer texts takes seconds and shows nothing


class TextPart(NamedTuple):
    """A part of a text, and whether it differs from the other text."""

    text: str
    differs: bool


def write(result: RunResult, folder: Path | None, receipt: Receipt | None = None) -> str:
    """Return the report as one HTML page; its policy allows only its own style and script."""
    style, script = source("run.css"), source("run.js")
    policy = f"default-src 'none'; style-src '{digest(style)}'; script-src '{digest(script)}'; img-src data:"
    all_reported = list(reported_clauses(result, folder))
    page: str = template("run.html.jinja").render(
        policy=f"{policy}; base-uri 'none'; form-action 'none'",
        # Both are files of this package, without any text of a server or a user.
        style=Markup(style),
        script=Markup(script),
        result=result,
        sentence=sentence(result),
        state=_state(result),
        reported_clauses=[_shown(reported) for reported in all_reported],
        groups=_groups(result),
        receipt=receipt,
        discovered=result.discovered,
        total=sum_of(result.discovered) if result.discovered else "",
        discoveries=_discoveries(result, folder),
        curve=curve_of(result.discovered.curve) if result.discovered else None,
    )
    return page + "\n"


def _state(result: RunResult) -> str:
    return {0: "held", 1: "broken"}.get(result.exit_code(), "open")


def _groups(result: RunResult) -> Mapping[str, list[ClauseResult]]:
    groups: dict[str, list[ClauseResult]] = {}
    for found in result.clauses:
        groups.setdefault(found.clause.group, []).append(found)
    return groups


def _shown(reported: ReportedClause) -> dict[str, Any]:
    expected, actual = compared(reported.expected, reported.actual)
    return {
        "reported": reported,
        "is_broken": reported.outcome is Outcome.BROKEN,
        "expected": expected,
        "actual": actual,
        "exchanges": [_exchange(exchange) for exchange in reported.verdict.exchanges],
    }


def _discoveries(result: RunResult, folder: Path | None) -> list[dict[str, Any]]:
    return [
        {"headline": headline(found), "times": times(found), "commands": commands(result, found, folder)}
        | {"also": also(found)}
        for found in (result.discovered.findings if result.discovered else ())
    ]


def _exchange(exchange: ExchangeView) -> dict[str, Any]:
    request, response = exchange.request, exchange.response
    head = [f"{request.method} {request.url}", *(f"{name}: {value}" for name, value in request.headers)]
    shown = {"label": exchange.label, "number": exchange.number, "elapsed_ms": round(exchange.elapsed_s * 1000)}
    shown |= {"request_head": printable("\n".join(head)), "request_body": _body(request.body)}
    if response is None:
        return shown | {"response_head": printable(exchange.failure or "no response"), "response_body": ""}
    head = [str(response.status), *(f"{name}: {value}" for name, value in response.headers)]
    return shown | {"response_head": printable("\n".join(head)), "response_body": _body(response.body)}


def _body(body: BodyView) -> str:
    cut = f"\n… cut: {body.size_bytes} bytes in all, SHA-256 {body.sha256}" if body.is_cut else ""
    return printable(body.text) + cut


def compared(expected: str, actual: str) -> tuple[list[TextPart], list[TextPart]]:
    """Return both texts in parts with their differences marked; as one part each if they have little in common."""
    whole = [TextPart(expected, False)], [TextPart(actual, False)]
    if max(len(expected), len(actual)) > LONGEST_COMPARED:
        return whole
    matcher = difflib.SequenceMatcher(None, expected, actual, autojunk=False)
    if matcher.ratio() < 0.5:
        return whole
    left, right = [], []
    for kind, a, b, c, d in matcher.get_opcodes():
        if a != b:
            left.append(TextPart(expected[a:b], kind != "equal"))
        if c != d:
            right.append(TextPart(actual[c:d], kind != "equal"))
    return left, right


@cache
def source(name: str) -> str:
    """Return the text of a file of this folder."""
    return (HERE / name).read_text(encoding="utf-8")


def digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def template(name: str) -> Any:
    """Return a template of this folder, which escapes every text."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(source(name))
