"""Record every exchange in the journal of its world."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.middleware.world_selection import world_named
from mock_server.pipeline.request_state import request_state
from mock_server.pipeline.responses import RenderedResponse
from mock_server.worlds.journal import Exchange, RawHeaders
from mock_server.worlds.sources import system_clock
from mock_server.worlds.worlds import Worlds

READ_AHEAD_S = 0.05  # a client that sends its body in a second packet does so at once


def recorded(app: ASGIApp, *, now: Callable[[], datetime], judge: Any) -> ASGIApp:
    """A layer that records every exchange in the journal of its world.

    It is recorded before the last byte of the answer is sent: whoever has the answer finds it in the journal. What
    ends an answer otherwise calls `end_exchange` of its state first.
    """

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        state = request_state(scope)
        started_s = time.perf_counter()
        raw_path = scope.get("raw_path", b"")
        exchange = Exchange(now(), scope["method"], scope["path"], scope["query_string"], scope["headers"], raw_path)
        exchange.judge = judge
        read_ahead = False
        ended = False

        def end() -> None:
            nonlocal ended
            if not ended:
                ended = True
                exchange.elapsed_ms = (time.perf_counter() - started_s) * 1000
                state.world.journal.add(exchange)

        async def receive_and_record() -> Message:
            nonlocal read_ahead
            if read_ahead:
                read_ahead = False
                return {"type": "http.request", "body": b"", "more_body": False}
            message = await receive()
            if message["type"] == "http.request":
                exchange.take_body(message.get("body", b""))
                exchange.body_complete = not message.get("more_body", False)
            return message

        async def send_and_record(message: Message) -> None:
            nonlocal read_ahead
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                exchange.response_headers = list(message.get("headers", ()))
                if not exchange.body_complete:
                    await _read_ahead(exchange, receive_and_record)
                    read_ahead = exchange.body_complete
            else:
                exchange.take_response(message.get("body", b""))
                if not message.get("more_body", False):
                    exchange.complete = True
                    end()
            await send(message)

        state.exchange, state.end_exchange = exchange, end
        try:
            await app(scope, receive_and_record, send_and_record)
        finally:
            end()

    return layer


async def _read_ahead(exchange: Exchange, receive: Receive) -> None:
    """Read a body that nobody read, as that of a request without login, if it is about to be here."""
    if any(name == b"expect" for name, _ in exchange.headers):
        return  # reading would invite the rest
    if any(name == b"connection" and value == b"close" for name, value in exchange.response_headers):
        return  # refused for its size
    try:
        async with asyncio.timeout(READ_AHEAD_S):
            while (message := await receive())["type"] == "http.request" and message.get("more_body", False):
                pass
    except TimeoutError:
        pass


def record_unread(
    worlds: Worlds, headers: RawHeaders, response: RenderedResponse, response_headers: RawHeaders
) -> None:
    """Record the answer to what could not be read as a request; `headers` are those that could be."""
    world = worlds[world_named({"headers": headers})]
    exchange = Exchange(system_clock(), "", "", b"", list(headers), status=response.status, complete=True)
    exchange.response_headers = response_headers
    exchange.take_response(response.body)
    world.journal.add(exchange)
