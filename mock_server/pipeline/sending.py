"""Send a whole response, and read the rest of a request."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.types import Receive, Send

from mock_server.pipeline.responses import RenderedResponse

READ_PAST_S = 1.0  # a client on this machine sends 100 MiB and more of an unread body in that time


async def send_response(response: RenderedResponse, send: Send, unread: Receive | None = None) -> None:
    """Send a whole response.

    `unread` is the unread rest of a refused request, drained for up to READ_PAST_S before the response ends: a server
    that closes while the client still sends makes the client's system drop the response (RFC 9112 §9.6).
    """
    # http.answer.complete
    await send({"type": "http.response.start", "status": response.status, "headers": response.raw_headers()})
    if unread is not None:
        await send({"type": "http.response.body", "body": response.body, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(READ_PAST_S):
                await read_rest(unread)
    await send({"type": "http.response.body", "body": b"" if unread is not None else response.body})


async def read_rest(receive: Receive) -> None:
    """Read the rest of a request, so that the connection can carry the next one."""
    while (message := await receive())["type"] == "http.request" and message.get("more_body", False):
        pass
