"""Find the world that a request names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.pipeline.request_state import request_state
from mock_server.pipeline.sessions import cookie_values
from mock_server.worlds.worlds import Worlds

WORLD_HEADER = b"x-mock-world"
WORLD_COOKIE = "mock_world"

_LOCALHOST = b".localhost"
_COOKIE = WORLD_COOKIE.encode()


def world_selection(app: ASGIApp, *, worlds: Worlds, cookie_name: str) -> ASGIApp:
    """Set the world in the state of each request."""
    port_cookie_name = port_cookie(cookie_name).encode()

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            state = request_state(scope)
            state.world = worlds[world_named(scope["headers"])]
            if b"cookie" in state.header_names:
                for name, value in scope["headers"]:
                    if name == b"cookie" and port_cookie_name in value:
                        _look_for_other_mock(scope, value.decode("latin-1"), cookie_name)
        await app(scope, receive, send)

    return middleware


def port_cookie(cookie_name: str) -> str:
    """Return the name of the cookie with the port that set the session cookie."""
    return f"{cookie_name}_port"


def _look_for_other_mock(scope: Scope, cookies: str, cookie_name: str) -> None:
    """Report a session cookie that a mock on another port set: browsers share cookies between ports (RFC 6265 §8.5)."""
    own_port = (scope.get("server") or ("", None))[1]
    if own_port is None or not cookie_values([cookies], cookie_name):
        return
    for port in cookie_values([cookies], port_cookie(cookie_name)):
        if re.fullmatch("[0-9]{1,5}", port) and int(port) != own_port:
            request_state(scope).world.notices.add(
                f"The session cookie {cookie_name} was set by the mock on port {int(port)}, not by this one on port "
                f"{own_port}: mocks on one host name overwrite each other's cookie; start one with --cookie-name NAME"
            )


def world_named(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the world that a request names by header, else by host name, else by cookie; empty if it names none."""
    by_host = by_cookie = ""
    for name, value in headers:
        if name == WORLD_HEADER:
            return str(value.decode("latin-1"))
        if name == b"host" and _LOCALHOST in value.lower():
            host = value.decode("latin-1").lower().partition(":")[0]
            by_host = host.removesuffix(".localhost") if host.endswith(".localhost") else ""
        elif name == b"cookie" and _COOKIE in value:
            by_cookie = next(iter(cookie_values([value.decode("latin-1")], WORLD_COOKIE)), "")
    return by_host or by_cookie
