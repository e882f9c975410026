"""Log one line per response to stderr."""

from __future__ import annotations

import contextlib
import sys
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.pipeline.problems import shorten


def access_log(app: ASGIApp) -> ASGIApp:
    """Log method, path, status and time of each response to stderr; no query, header or body, so no secrets."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()

        async def send_and_log(message: Message) -> None:
            if message["type"] == "http.response.start":
                elapsed_ms = (time.perf_counter() - started) * 1000
                path = shorten(scope["path"], 200)[1:-1]
                line = f"{scope['method']} {path} {message['status']} {elapsed_ms:.1f} ms"
                with contextlib.suppress(OSError, ValueError):  # stderr is closed; the response is still sent
                    print(line, file=sys.stderr, flush=True)
            await send(message)

        await app(scope, receive, send_and_log if scope["type"] == "http" else send)

    return middleware
