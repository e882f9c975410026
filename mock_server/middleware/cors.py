"""Let web pages of allowed origins call the mock (the CORS protocol of the Fetch standard)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOOPBACK_ORIGIN = re.compile(r"https?://(localhost|([a-z0-9-]+\.)+localhost|127\.0\.0\.1|\[::1\])(:\d+)?", re.ASCII)

_PREFLIGHT_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
_EXPOSED_HEADERS = "Allow, Location, Preference-Applied, Retry-After, WWW-Authenticate, X-Mock-Fault, X-Request-Id"
_PREFLIGHT_AGE_S = 600  # Chromium keeps a preflight for two hours at most; ten minutes outlive any page reload


def own_origins(allowed: Collection[str]) -> Callable[[str], bool]:
    """Whether a page of an origin may use the mock with its cookies: any on this machine, and those `allowed`."""
    return lambda origin: origin in allowed or _LOOPBACK_ORIGIN.fullmatch(origin) is not None


def add_cors(headers: MutableHeaders, origin: str, is_own_origin: Callable[[str], bool]) -> None:
    """Adds to the headers of an answer what lets a page of `origin` read it, if it may."""
    headers.add_vary_header("Origin")
    if is_own_origin(origin):
        headers["access-control-allow-origin"] = origin
        headers["access-control-allow-credentials"] = "true"
        headers["access-control-expose-headers"] = _EXPOSED_HEADERS


def cors(app: ASGIApp, *, is_own_origin: Callable[[str], bool]) -> ASGIApp:
    """Lets pages of other ports call the mock, cookies included; every answer says so, errors too.

    The Fetch standard's CORS protocol. To any other origin it says nothing at all, and the browser does the rest.
    """

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not any(name == b"origin" for name, _ in scope["headers"]):
            return await app(scope, receive, send)
        request = Headers(scope=scope)
        origin = request.get("origin", "")

        async def send_with_cors(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_cors(MutableHeaders(scope=message), origin, is_own_origin)
            await send(message)

        if is_own_origin(origin) and is_preflight(scope):
            await send_with_cors(_preflight_answer(request))
            return await send({"type": "http.response.body"})
        await app(scope, receive, send_with_cors)

    return layer


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
