"""Let web pages of allowed origins call the mock (the CORS protocol of the Fetch standard)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.middleware.error_responses import send_response
from mock_server.pipeline.errors import Refused, shorten
from mock_server.pipeline.request_state import request_state
from mock_server.pipeline.responses import RenderedResponse

_LOOPBACK_ORIGIN = re.compile(r"https?://(localhost|([a-z0-9-]+\.)+localhost|127\.0\.0\.1|\[::1\])(:\d+)?", re.ASCII)

_PREFLIGHT_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
_EXPOSED_HEADERS = (
    "Allow", "Location", "Preference-Applied", "Retry-After", "WWW-Authenticate", "X-Mock-Example", "X-Mock-Fault",
    "X-Request-Id",
)  # fmt: skip
# Readable without a word (Fetch standard, CORS-safelisted response-header names), or of no use to a page.
_NEVER_EXPOSED = frozenset(
    ["cache-control", "connection", "content-language", "content-length", "content-type", "expires", "last-modified",
     "pragma", "set-cookie", "vary"]
)  # fmt: skip
_PREFLIGHT_AGE_S = 600  # Chromium keeps a preflight for two hours at most; ten minutes outlive any page reload


def own_origins(allowed: Collection[str]) -> Callable[[str], bool]:
    """Return whether pages of an origin may call the mock with cookies: any on this machine, and those `allowed`.

    In an allowed origin, `*` stands for any part of the host name (`https://*.preview.test`), or for any port.
    """
    patterns = [_pattern_of(each) for each in allowed if "*" in each]
    form = re.compile("|".join([_LOOPBACK_ORIGIN.pattern, *patterns]), re.ASCII)
    return lambda origin: origin in allowed or form.fullmatch(origin) is not None


def _pattern_of(origin: str) -> str:
    host, port = (origin.removesuffix(":*"), ":[0-9]+") if origin.endswith(":*") else (origin, "")
    return re.escape(host).replace(r"\*", "[a-z0-9.-]+") + port


def add_cors(headers: MutableHeaders, origin: str, is_own_origin: Callable[[str], bool]) -> None:
    """Adds to the headers of an answer what lets a page of `origin` read it, if it may."""
    headers.add_vary_header("Origin")
    if is_own_origin(origin):
        headers["access-control-allow-origin"] = origin
        headers["access-control-allow-credentials"] = "true"
        headers["access-control-expose-headers"] = ", ".join(dict.fromkeys([*_EXPOSED_HEADERS, *_others(headers)]))


def _others(headers: MutableHeaders) -> list[str]:
    """The headers of a response that a fault has set."""
    known = {each.lower() for each in _EXPOSED_HEADERS}
    return [
        name
        for name in headers
        if name not in known and name not in _NEVER_EXPOSED and not name.startswith("access-control-")
    ]


def cors(
    app: ASGIApp,
    *,
    is_own_origin: Callable[[str], bool],
    render_error: Callable[[Refused], RenderedResponse],
    notify: Callable[[Scope, str], None],
) -> ASGIApp:
    """Let pages of allowed origins call the mock with their cookies; every response says so, errors too.

    A response to any other origin has no CORS headers, so the browser keeps it from the page. A preflight of such an
    origin is answered 403 and reported by `notify`, with the flag that would allow it.
    """

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or b"origin" not in request_state(scope).header_names:
            return await app(scope, receive, send)
        request = Headers(scope=scope)
        origin = request.get("origin", "")

        async def send_with_cors(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_cors(MutableHeaders(scope=message), origin, is_own_origin)
            await send(message)

        if not is_preflight(scope) or not origin:
            return await app(scope, receive, send_with_cors)
        if is_own_origin(origin):
            await send_with_cors(_preflight_answer(request))
            return await send({"type": "http.response.body"})
        refusal = foreign_preflight(origin)
        notify(scope, refusal.message)
        await send_response(render_error(refusal), send_with_cors)

    return layer


def foreign_preflight(origin: str) -> Refused:
    """The refusal of a preflight, in words that name the origin and the flag that allows it."""
    shown = shorten(origin, 200)[1:-1]
    flag = "" if origin == "null" else f"; to allow them, start the mock with --allow-origin {shown}"
    return Refused(403, message=f"Web pages of the origin {shown} may not call this mock{flag}")


def is_preflight(scope: Scope) -> bool:
    """Whether a browser asks, before the request of a page, if it may send it."""
    return scope["method"] == "OPTIONS" and "access-control-request-method" in Headers(scope=scope)


def _preflight_answer(request: Headers) -> Message:
    headers = MutableHeaders()
    headers["access-control-allow-methods"] = _PREFLIGHT_METHODS
    if wanted := request.get("access-control-request-headers"):
        headers["access-control-allow-headers"] = wanted
    headers["access-control-max-age"] = str(_PREFLIGHT_AGE_S)
    return {"type": "http.response.start", "status": 204, "headers": headers.raw}
