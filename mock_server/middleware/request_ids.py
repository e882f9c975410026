"""Add a request id to every response (reading request-id-header)."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.pipeline.request_state import request_state


def request_ids(app: ASGIApp) -> ASGIApp:
    """Add X-Request-Id to every response."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-request-id"] = request_state(scope).world.ids()
            await send(message)

        await app(scope, receive, send_with_id)

    return middleware
