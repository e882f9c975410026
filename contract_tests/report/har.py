"""The HTTP archive (HAR 1.2) of the exchanges that show a broken clause or a warning, for browsers and proxies."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import harfile

from contract_tests.report.receipt import Receipt
from contract_tests.report.reported import reported_clauses
from contract_tests.results.result import RunResult
from contract_tests.results.views import ExchangeView


def write(result: RunResult, folder: Path | None, receipt: Receipt | None = None) -> str:
    """Return the archive as JSON; it has an exchange that shows several clauses only once."""
    shown = {e.number: e for reported in reported_clauses(result, folder) for e in reported.verdict.exchanges}
    buffer = io.StringIO()
    creator = harfile.Creator(name="leadlists-contract", version=result.started.version)
    with harfile.HarFile.open(buffer, creator=creator, comment=receipt.text if receipt else None) as archive:
        for number in sorted(shown):
            _add(archive, shown[number])
    return buffer.getvalue()


def _add(archive: harfile.HarFile, exchange: ExchangeView) -> None:
    request, response = exchange.request, exchange.response
    milliseconds = exchange.elapsed_s * 1000
    content_type = next((value for name, value in request.headers if name.lower() == "content-type"), "")
    media_type = next(
        (value for name, value in (response.headers if response else ()) if name.lower() == "content-type"), ""
    )
    archive.add_entry(
        startedDateTime=datetime.fromtimestamp(exchange.sent_at_s, UTC),
        time=milliseconds,
        request=harfile.Request(
            method=request.method,
            url=request.url,
            httpVersion="HTTP/1.1",
            headers=[harfile.Record(name=name, value=value) for name, value in request.headers],
            postData=harfile.PostData(mimeType=content_type, text=request.body.text) if request.body.data else None,
            bodySize=request.body.size_bytes,
        ),
        response=harfile.Response(
            status=response.status if response else 0,
            statusText="" if response else (exchange.failure or ""),
            httpVersion="HTTP/1.1",
            headers=[harfile.Record(name=n, value=v) for n, v in (response.headers if response else ())],
            content=harfile.Content(
                size=response.body.size_bytes if response else 0,
                mimeType=media_type,
                text=response.body.text if response else "",
            ),
            bodySize=response.body.size_bytes if response else -1,
        ),
        timings=harfile.Timings(send=0, wait=milliseconds, receive=0),
        comment=f"{exchange.number}: {exchange.label}",
    )
