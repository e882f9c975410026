"""Hand requests below /__mock__/ to the control API."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

CONTROL_PATH = "/__mock__/"


def control_gate(app: ASGIApp, *, make_control: Callable[[], ASGIApp]) -> ASGIApp:
    """Pass requests below /__mock__/ to the control API, which the first one creates, and all others to the app."""
    control: ASGIApp | None = None

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal control
        if scope["type"] != "http" or not f"{scope['path']}/".startswith(CONTROL_PATH):
            return await app(scope, receive, send)
        control = control or make_control()
        await control(scope, receive, send)

    return middleware
