"""Hand requests below /__mock__/ to the control API."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

CONTROL_PATH = "/__mock__/"


def controlled(app: ASGIApp, *, make_control: Callable[[], ASGIApp]) -> ASGIApp:
    """Serve requests below /__mock__/ by the control API, which is made at the first one; pass on all others."""
    control: ASGIApp | None = None

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal control
        if scope["type"] != "http" or not f"{scope['path']}/".startswith(CONTROL_PATH):
            return await app(scope, receive, send)
        control = control or make_control()
        await control(scope, receive, send)

    return middleware
