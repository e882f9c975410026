"""Record every exchange in the journal of its world."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.middleware.world_selection import world_named
from mock_server.pipeline.request_state import RequestState, request_state
from mock_server.pipeline.responses import RenderedResponse
from mock_server.worlds.journal import Exchange, RawHeaders
from mock_server.worlds.worlds import DEFAULT_WORLD, Worlds

READ_AHEAD_S = 0.05  # enough for a client that sends head and body in two packets
_NO_MORE: Message = {"type": "http.request", "body": b"", "more_body": False}


def journaling(app: ASGIApp, *, now: Callable[[], datetime], checker: Any) -> ASGIApp:
    """Record every exchange in the journal of its world.

    It adds the exchange before it sends the last byte of the response, so that a client with the whole response finds
    it in the journal. Code that cuts off a response calls `end_exchange` of the request's state first.
    """

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        exchange = Exchange(
            now(),
            scope["method"],
            scope["path"],
            scope["query_string"],
            scope["headers"],
            scope.get("raw_path", b""),
            checker,
        )
        state = request_state(scope)
        recording = _Recording(state, exchange, receive, send)
        try:
            await app(scope, recording.receive, recording.send)
        finally:
            recording.end()
            state.end_exchange = _ended  # the state no longer refers to the recording, which refers to the state

    return middleware


def _ended() -> None:
    pass


class _Recording:
    """The ASGI channels of one request and its exchange."""

    __slots__ = ("_ended", "_exchange", "_is_read_ahead", "_receive", "_send", "_started_s", "_state")

    def __init__(self, state: RequestState, exchange: Exchange, receive: Receive, send: Send) -> None:
        self._started_s = time.perf_counter()
        self._state = state
        self._exchange = exchange
        self._receive = receive
        self._send = send
        self._is_read_ahead = self._ended = False
        state.exchange = exchange
        state.end_exchange = self.end
        state.world.journal.start(exchange)

    def end(self) -> None:
        """Add the exchange to the journal, complete or not."""
        if not self._ended:
            self._ended = True
            self._exchange.elapsed_ms = (time.perf_counter() - self._started_s) * 1000
            self._state.world.journal.end(self._exchange)

    async def receive(self) -> Message:
        if self._is_read_ahead:
            self._is_read_ahead = False
            return _NO_MORE
        message = await self._receive()
        if message["type"] == "http.request":
            exchange = self._exchange
            exchange.take_body(message.get("body", b""))
            exchange.body_complete = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        exchange = self._exchange
        if message["type"] == "http.response.start":
            exchange.status = message["status"]
            exchange.response_headers = message.get("headers", ())
            if not exchange.body_complete:
                await self._read_ahead()
        else:
            exchange.take_response(message.get("body", b""))
            if not message.get("more_body", False):
                exchange.complete = True
                self.end()
        await self._send(message)

    async def _read_ahead(self) -> None:
        """Read the unread body of a request, for example of one without a login, if it arrives soon."""
        exchange = self._exchange
        if b"expect" in self._state.header_names:
            return  # reading would send 100 Continue
        if any(name == b"connection" and value == b"close" for name, value in exchange.response_headers):
            return  # the body is too large
        connection = self._state.connection
        if connection is not None and not connection.more_body:
            await self._read_all()
        else:
            try:
                async with asyncio.timeout(READ_AHEAD_S):
                    await self._read_all()
            except TimeoutError:
                pass
        self._is_read_ahead = exchange.body_complete

    async def _read_all(self) -> None:
        while (message := await self.receive())["type"] == "http.request" and message.get("more_body", False):
            pass


def record_unread(
    worlds: Worlds,
    at: datetime,
    headers: RawHeaders,
    response: RenderedResponse,
    response_headers: RawHeaders,
    *,
    method: str = "",
    path: str = "",
) -> None:
    """Record the response to bytes that are not a request, or to one over plain HTTP on a port for HTTPS.

    `headers` are those that could be parsed.
    """
    world = worlds.find(world_named(headers)) or worlds[DEFAULT_WORLD]  # invalid bytes create no world
    exchange = Exchange(at, method, path, b"", list(headers), status=response.status, complete=True)
    exchange.response_headers = response_headers
    exchange.take_response(response.body)
    world.journal.add(exchange)
