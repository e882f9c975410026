"""Let web pages of allowed origins call the mock (the CORS protocol of the Fetch standard)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.middleware.preflights import Preflights
from mock_server.pipeline.errors import Refused
from mock_server.pipeline.problems import shorten
from mock_server.pipeline.request_state import request_state
from mock_server.pipeline.responses import RenderedResponse
from mock_server.pipeline.sending import send_response

_LOOPBACK_ORIGIN = re.compile(r"https?://(localhost|([a-z0-9-]+\.)+localhost|127\.0\.0\.1|\[::1\])(:\d+)?", re.ASCII)

_PREFLIGHT_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
_EXPOSED_HEADERS = (
    "Allow", "Location", "Preference-Applied", "Retry-After", "WWW-Authenticate", "X-Mock-Example", "X-Mock-Fault",
    "X-Request-Id",
)  # fmt: skip
# Always readable (Fetch standard, CORS-safelisted response-header names), or of no use to a web page.
_NEVER_EXPOSED = frozenset(
    ["cache-control", "connection", "content-language", "content-length", "content-type", "expires", "last-modified",
     "pragma", "set-cookie", "vary"]
)  # fmt: skip
PREFLIGHT_AGE_S = 600  # long enough to save most preflights, short enough for a change of --allow-origin


def own_origins(allowed: Collection[str]) -> Callable[[str], bool]:
    """Return a function that says whether web pages of an origin may call the mock with cookies.

    They may if the origin is on this machine or one of `allowed`, in which `*` matches the start of a host name
    (`https://*.preview.test`) or any port.
    """
    patterns = [_pattern_of(each) for each in allowed if "*" in each]
    form = re.compile("|".join([_LOOPBACK_ORIGIN.pattern, *patterns]), re.ASCII)
    return lambda origin: origin in allowed or form.fullmatch(origin) is not None


def _pattern_of(origin: str) -> str:
    host, port = (origin.removesuffix(":*"), ":[0-9]+") if origin.endswith(":*") else (origin, "")
    return re.escape(host).replace(r"\*", "[a-z0-9.-]+") + port


def add_cors(headers: MutableHeaders, origin: str, is_own_origin: Callable[[str], bool]) -> None:
    """Add the response headers that let a web page of `origin` read the response, if it may."""
    headers.add_vary_header("Origin")
    if is_own_origin(origin):
        headers["access-control-allow-origin"] = origin
        headers["access-control-allow-credentials"] = "true"
        headers["access-control-expose-headers"] = ", ".join(dict.fromkeys([*_EXPOSED_HEADERS, *_others(headers)]))


def _others(headers: MutableHeaders) -> list[str]:
    """Return the names of response headers that a fault has set."""
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
    preflights: Preflights,
    preflight_age_s: int = PREFLIGHT_AGE_S,
) -> ASGIApp:
    """Let web pages of allowed origins call the mock with cookies, and read all responses, errors included.

    A response to any other origin has no CORS headers, so the browser does not show it to the web page. A preflight of
    such an origin gets 403, and `notify` reports it with the flag that would allow it. `preflights` gets the others,
    which the browser may cache for `preflight_age_s`.
    """

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or b"origin" not in request_state(scope).header_names:
            return await app(scope, receive, send)
        request = Headers(scope=scope)
        origin = request.get("origin", "")

        async def send_with_cors(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_cors(MutableHeaders(scope=message), origin, is_own_origin)
            await send(message)

        if not is_preflight(scope["method"], scope["headers"]) or not origin:
            return await app(scope, receive, send_with_cors)
        if is_own_origin(origin):
            preflights.add(request, scope["path"])
            await send_with_cors(_preflight_answer(request, preflight_age_s))
            return await send({"type": "http.response.body"})
        refusal = foreign_preflight(origin)
        notify(scope, refusal.message)
        await send_response(render_error(refusal), send_with_cors)

    return middleware


def foreign_preflight(origin: str) -> Refused:
    """Return the refusal of a preflight, which names the origin and the flag that allows it."""
    shown = shorten(origin, 200)[1:-1]
    flag = "" if origin == "null" else f"; to allow them, start the mock with --allow-origin {shown}"
    return Refused(403, message=f"Web pages of the origin {shown} may not call this mock{flag}")


def is_preflight(method: str, headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Return whether a request is a CORS preflight of a browser."""
    return method == "OPTIONS" and any(name == b"access-control-request-method" for name, _ in headers)


def _preflight_answer(request: Headers, age_s: int) -> Message:
    headers = MutableHeaders()
    headers["access-control-allow-methods"] = _PREFLIGHT_METHODS
    if wanted := request.get("access-control-request-headers"):
        headers["access-control-allow-headers"] = wanted
    headers["access-control-max-age"] = str(age_s)
    return {"type": "http.response.start", "status": 204, "headers": headers.raw}
