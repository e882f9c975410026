"""Find the world that a request names."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.pipeline.request_state import request_state
from mock_server.pipeline.sessions import cookie_values
from mock_server.worlds.worlds import Worlds

WORLD_HEADER = b"x-mock-world"
WORLD_COOKIE = "mock_world"

_LOCALHOST = b".localhost"
_COOKIE = WORLD_COOKIE.encode()


def in_world(app: ASGIApp, *, worlds: Worlds) -> ASGIApp:
    """Set the world of a request in its state."""

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request_state(scope).world = worlds[world_named(scope)]
        await app(scope, receive, send)

    return layer


def world_named(scope: Scope) -> str:
    """The world that a request names: by header, else by host name, else by cookie; nothing if by none."""
    by_host = by_cookie = ""
    for name, value in scope["headers"]:
        if name == WORLD_HEADER:
            return str(value.decode("latin-1"))
        if name == b"host" and _LOCALHOST in value.lower():
            host = value.decode("latin-1").lower().partition(":")[0]
            by_host = host.removesuffix(".localhost") if host.endswith(".localhost") else ""
        elif name == b"cookie" and _COOKIE in value:
            by_cookie = next(iter(cookie_values([value.decode("latin-1")], WORLD_COOKIE)), "")
    return by_host or by_cookie
