"""Defects of methods, routes, media types and headers."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.defects.changes import MISSING, Change, header, lenient, parsed, sent, stage, together
from mock_server.defects.conditions import When, headed, only, requests
from mock_server.defects.defect import Group
from mock_server.pipeline.errors import Refused, refused
from mock_server.pipeline.responses import RenderedResponse

FORM = "application/x-www-form-urlencoded"

http = Group("method-and-media-type")


def _method(method: str) -> Change:
    """Handle another method like POST."""
    return requests(lambda scope: {**scope, "method": "POST"} if scope["method"] == method else scope)


def _answered(status: int, *methods: str) -> Change:
    """Answer other methods with a success status."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["method"] not in methods:
                return await app(scope, receive, send)
            await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body"})

        return middleware

    return Change(app=wrap)


def _type_of(headers: Headers) -> str:
    return headers.get("content-type", "")


def _refusing(when: Any, status: int = 400) -> Change:
    """Refuse requests by their headers."""

    def wrap(negotiate: Any) -> Any:
        def changed(headers: Headers, operation: Any) -> None:
            negotiate(headers, operation)
            if when(headers):
                raise refused("media_type", status=status, got=_type_of(headers), want="something else")

        return changed

    return stage("negotiate", wrap)


def _crashing(when: Any) -> Change:
    def wrap(negotiate: Any) -> Any:
        def changed(headers: Headers, operation: Any) -> None:
            if when(headers):
                raise RuntimeError("the defect crashes here")
            negotiate(headers, operation)

        return changed

    return stage("negotiate", wrap)


def _taking(media_type: str) -> Change:
    """Pass a media type through to the parser."""

    def wrap(negotiate: Any) -> Any:
        return lambda headers, operation: _type_of(headers).startswith(media_type) or negotiate(headers, operation)

    return stage("negotiate", wrap)


def _from_form(raw: bytes, headers: Headers) -> bytes:
    if not _type_of(headers).startswith(FORM):
        return raw
    fields: dict[str, Any] = dict(parse_qsl(raw.decode(), keep_blank_values=True))
    fields |= {"icpId": fields.get("icpId") or None, "personIds": [each for each in [fields.get("personIds")] if each]}
    return orjson.dumps(fields)


def _without_end(when: When) -> Change:
    """Skip the validation of some requests; a missing endDate shows it."""
    return only(when, lenient("endDate", lambda value: value is MISSING, "2030-12-31T00:00:00.000Z"))


def _lost_when_chunked() -> Change:
    """Read no body without Content-Length, so chunked bodies are lost."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
            async def nothing() -> Message:
                return {"type": "http.request", "body": b"", "more_body": False}

            chunked = scope["type"] == "http" and b"transfer-encoding" in dict(scope["headers"])
            await app(scope, nothing if chunked else receive, send)

        return middleware

    return Change(app=wrap)


def _page(response: RenderedResponse) -> RenderedResponse:
    return RenderedResponse(response.status, {"content-type": "text/html"}, b"<!doctype html><title>Created</title>")


def _prefers_html(headers: Headers) -> bool:
    return headers.get("accept", "").startswith("text/html")


_ORDINARY = (
    "host user-agent accept accept-encoding connection content-type content-length content-encoding "
    "transfer-encoding authorization cookie origin idempotency-key"
)

# fmt: off
DEFECTS = (
    http.medium("put-creates", "http.method", "PUT creates a list.", _method("PUT")),
    http.medium("patch-creates", "http.method", "PATCH creates a list.", _method("PATCH")),
    http.medium("put-200", "http.method", "The server answers PUT with 200, without an effect.", _answered(200, "PUT")),
    http.medium("delete-204", "http.method", "The server answers DELETE with 204.", _answered(204, "DELETE")),
    http.medium("form-taken", "http.request.media-type", "An HTML form creates a list.",
        together(_taking(FORM), parsed(_from_form))),
    http.medium("capitals-unvalidated", "http.request.media-type", "A media type in upper case skips the validation.",
        _without_end(headed(lambda headers: _type_of(headers) != _type_of(headers).lower()))),
    http.medium("no-type-unvalidated", "http.request.media-type",
        "A request without Content-Type skips the validation.",
        _without_end(headed(lambda headers: not _type_of(headers)))),
    http.hard("charset-unvalidated", "request.endDate.required", "A charset parameter skips the validation.",
        _without_end(headed(lambda headers: "charset" in _type_of(headers)))),
    http.medium("no-type-crash", "http.answer.no-server-error", "A missing Content-Type crashes the server.",
        _crashing(lambda headers: not _type_of(headers))),
    http.medium("other-type-crash", "http.answer.no-server-error", "An unsupported media type crashes the server.",
        _crashing(lambda headers: "json" not in _type_of(headers).lower())),
    http.medium("gzip-crash", "http.answer.no-server-error", "A compressed body crashes the server.",
        _crashing(lambda headers: "content-encoding" in headers)),
    http.medium("charset-refused", "http.request.charset", "The server answers a charset parameter with 415.",
        _refusing(lambda headers: "charset" in _type_of(headers), 415)),
    http.hard("charset-quoted-refused", "http.request.charset", "A quoted charset parameter is refused.",
        _refusing(lambda headers: '"' in _type_of(headers))),
    http.medium("chunks-refused", "http.request.chunked", "The server answers a chunked body with 411.",
        _refusing(lambda headers: "content-length" not in headers, 411)),
    http.medium("chunks-lost", "http.request.chunked", "A chunked body is read as empty.",
        _lost_when_chunked()),
    http.medium("unknown-header-refused", "http.request.unknown-headers", "An unknown header is refused.",
        _refusing(lambda headers: set(headers) - set(_ORDINARY.split()))),
    http.hard("unknown-header-crash", "http.answer.no-server-error", "A header that starts with X- crashes the server.",
        _crashing(lambda headers: any(name.startswith("x-") for name in headers))),
    http.medium("accept-html-page", "http.answer.media-type", "A client that prefers HTML gets an HTML page.",
        only(headed(_prefers_html), sent(_page))),
    http.hard("accept-header-label", "http.answer.media-type",
        "A client that prefers HTML gets JSON with Content-Type text/html.",
        only(headed(_prefers_html), header("content-type", "text/html"))),
    http.hard("origin-forbidden", "http.answer.no-server-error", "An Origin header of another site crashes the server.",
        _crashing(lambda headers: "localhost" not in headers.get("origin", "localhost"))),
    http.hard("user-agent-missing", "success.created", "A request without a User-Agent is refused.",
        stage("negotiate", lambda negotiate: lambda headers, operation: _agent(negotiate, headers, operation))),
)
# fmt: on


def _agent(negotiate: Any, headers: Headers, operation: Any) -> None:
    negotiate(headers, operation)
    if "user-agent" not in headers:
        raise Refused(403)
