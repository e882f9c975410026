"""Write the failures of a run as pytest tests, which pass as soon as the server keeps the clauses."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from contract_tests.contract.specification import Treatment
from contract_tests.judging.verdict import Outcome
from contract_tests.report.python import as_bytes, as_text
from contract_tests.report.receipt import Receipt
from contract_tests.results.record import body_file_name
from contract_tests.results.result import RunResult
from contract_tests.results.views import ExchangeView, VerdictView, were_at_once
from contract_tests.settings.secrets import printable

LONGEST_BODY_BYTES = 1500  # a test reads a longer one from a file next to the record


def write(result: RunResult, folder: Path | None, receipt: Receipt | None = None) -> str:
    """Return a module with a test for each broken clause that is not accepted."""
    verdicts = [found.worst for found in result.failing if found.worst and found.worst.outcome is Outcome.BROKEN]
    text = as_tests(result, verdicts, folder)
    return f"{text}\n\n# {receipt.text}\n" if receipt else text


def as_tests(result: RunResult, verdicts: Collection[VerdictView], folder: Path | None) -> str:
    """Return an ASCII module with a test for each verdict. folder: of the record, with bodies too long to print.

    The tests judge the responses as the run did, and sign in with the same variables. LEADLISTS_URL replaces the URL of
    the run.
    """
    lines = [
        f'"""Requests that broke the contract on {result.started.at[:10]}. Set the variables of that run."""',
        "",
        "import os",
        "",
        "from contract_tests import Request, assert_clause",
        "",
        f'URL = os.environ.get("LEADLISTS_URL", {result.started.url!a})',
    ]
    for verdict in verdicts:
        if any(exchange.request.wire for exchange in verdict.exchanges):
            lines += ["", f"# {verdict.clause}: no HTTP client sends such a message; see the command in the report"]
            continue
        lines += ["", "", *_test(result, verdict, folder)]
    return "\n".join(lines) + "\n"


def _test(result: RunResult, verdict: VerdictView, folder: Path | None) -> Iterator[str]:
    found = result.clause(verdict.clause)
    yield f"def test_{re.sub('[^0-9A-Za-z]', '_', verdict.clause)}():"
    yield f"    # {_ascii(found.clause.statement) if found else verdict.clause}"
    yield "    assert_clause("
    yield f"        {verdict.clause!r},"
    for exchange in verdict.exchanges:
        yield from _request(result, exchange, folder)
    yield "        url=URL,"
    if verdict.reading:
        reading = result.reading(verdict.reading)
        accepted = tuple(option for option, treatment in reading.treatments.items() if treatment is not Treatment.FAIL)
        yield f"        readings={{{reading.id!r}: {accepted!r}}},"
    if were_at_once(verdict.exchanges):
        yield "        at_once=True,"
    if result.started.suites:
        yield f"        suites={result.started.suites!a},"
    yield "    )"


def _request(result: RunResult, exchange: ExchangeView, folder: Path | None) -> Iterator[str]:
    request, variables = exchange.request, result.started.variables
    base = result.started.url
    url = f"URL + {as_text(request.url.removeprefix(base), variables)}"
    yield f"        Request(  # {_ascii(exchange.label)}"
    yield f"            {request.method!r},"
    yield f"            {url if request.url.startswith(base) else as_text(request.url, variables)},"
    yield "            headers=("
    for name, value in request.headers:
        yield f"                ({name!a}, {as_text(value, variables)}),"
    yield "            ),"
    if folder is not None and (request.body.is_cut or request.body.size_bytes > LONGEST_BODY_BYTES):
        path = str(folder / body_file_name(exchange.number))
        yield f'            body=open({path!a}, "rb").read(),'
    elif request.body.size_bytes:
        yield f"            body={as_bytes(request.body.data.decode('latin-1'), variables)},"
    if request.chunked:
        yield "            chunked=True,"
    if request.in_parts:
        yield "            in_parts=True,"
    yield "        ),"


def _ascii(text: str) -> str:
    """Return the text for a comment: on one line, in ASCII."""
    return printable(text).replace("\n", "\\n").encode("ascii", "backslashreplace").decode()
