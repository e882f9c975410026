"""The journal of a world as an HTTP archive (HAR 1.2), for a browser's network view or the contract tests."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import harfile

JsonObject = Mapping[str, Any]  # an Exchange of the control API, or a message of it


def archive(exchanges: Iterable[JsonObject], *, scheme: str, port: int, version: str) -> str:
    """Return the archive as JSON, with the exchanges in the order in which they come.

    scheme, port: of the mock, for requests without a Host header. Secrets are masked, as everywhere in the journal.
    """
    buffer = io.StringIO()
    with harfile.HarFile.open(buffer, creator=harfile.Creator(name="leadlists-mock", version=version)) as written:
        for each in exchanges:
            _add(written, each, f"{scheme}://{_header(each['request'], 'host') or f'localhost:{port}'}")
    return buffer.getvalue()


def _add(written: harfile.HarFile, exchange: JsonObject, origin: str) -> None:
    request, response, elapsed_ms = exchange["request"], exchange["answer"], exchange["elapsedMs"]
    target = exchange.get("rawPath", exchange["path"]) + (f"?{exchange['query']}" if exchange["query"] else "")
    sent = harfile.PostData(mimeType=_header(request, "content-type"), text=request["body"] or "")
    written.add_entry(
        startedDateTime=datetime.fromisoformat(exchange["at"]),
        time=elapsed_ms,
        request=harfile.Request(
            method=exchange["method"],
            url=origin + target,
            httpVersion="HTTP/1.1",
            headers=_records(request),
            postData=sent if request["bodyBytes"] else None,
            bodySize=request["bodyBytes"],
        ),
        response=harfile.Response(
            status=response["status"] or 0,
            statusText="",
            httpVersion="HTTP/1.1",
            headers=_records(response),
            content=harfile.Content(
                size=response["bodyBytes"],
                mimeType=_header(response, "content-type"),
                text=response["body"] or response.get("bodyBase64", ""),
                encoding="base64" if "bodyBase64" in response else None,
            ),
            bodySize=response["bodyBytes"],
        ),
        timings=harfile.Timings(send=0, wait=elapsed_ms, receive=0),
        comment=str(exchange["id"]),
    )


def _records(message: JsonObject) -> list[harfile.Record]:
    return [harfile.Record(name=name, value=value) for name, value in message["headers"]]


def _header(message: JsonObject, wanted: str) -> str:
    return next((value for name, value in message["headers"] if name == wanted), "")
