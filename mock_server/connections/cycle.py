"""One request with its response on a connection: the ASGI channels, and the bytes of the response."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Protocol

from starlette.types import ASGIApp, Message, Scope

from mock_server.connections.response_bytes import CLOSED, KEPT, header_line, status_line

logger = logging.getLogger("mock_server")

BODY_HIGH_BYTES = 64 * 1024  # of a request body that the app has not read yet; more stays in the socket

_WITHOUT_BODY = (204, 304)


class Connection(Protocol):
    """The connection of a cycle."""

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    is_writing_paused: bool

    async def drained(self) -> None: ...
    def default_head(self) -> bytes: ...
    def adjust_reading(self) -> None: ...
    def response_done(self, cycle: Cycle) -> None: ...
    def answer_500(self, cycle: Cycle) -> None: ...
    def close(self) -> None: ...


class Cycle:
    """The ASGI side of one request. The connection feeds `body`; the app calls `receive` and `send`."""

    def __init__(self, connection: Connection, scope: Scope, *, keep_alive: bool, expects_continue: bool) -> None:
        self.transport = connection.transport
        self.scope = scope
        self.keep_alive = keep_alive
        self.body = bytearray()  # received, but not yet read by the app
        self.more_body = True
        self.disconnected = False
        self.response_started = False
        self.response_complete = False
        self._connection = connection
        self._expects_continue = expects_continue
        self._has_news = False
        self._waiter: asyncio.Future[None] | None = None

        self._head: bytes | None = None  # sent with the first bytes of the body: one write, one packet
        self._is_chunked = False
        self._bytes_due = 0  # of Content-Length, not sent yet

    def feed(self, body: bytes, *, more_body: bool = True) -> None:
        """Add a part of the body."""
        self.body += body
        self.more_body = more_body
        if body or not more_body:
            self.wake()

    def wake(self) -> None:
        """Wake `receive`: there is more of the body, or the body or the connection has ended."""
        self._has_news = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def disconnect(self) -> None:
        """End the cycle: the client has disconnected, or the connection was cut."""
        self.disconnected = True
        self.wake()

    async def run(self, app: ASGIApp) -> None:
        """Call the app. If it fails, send a 500, or close the connection if a response has begun."""
        try:
            await app(self.scope, self.receive, self.send)
        except Exception as error:
            logger.error("the app raised %r", error)
        finally:
            # The scope refers to this cycle. Left to the garbage collector, the requests of a second fill 20 MiB.
            self.scope = {"method": self.scope["method"]}
        if self.disconnected or self.response_complete:
            return
        if self.response_started:
            self._flush_head()
            self._connection.close()
        else:
            self._connection.answer_500(self)

    async def receive(self) -> Message:
        """Receive the next ASGI message for the app."""
        if self._expects_continue and not self.response_started and not self.disconnected:
            self._expects_continue = False
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        while not (self._has_news or self.disconnected or self.response_complete):
            self._waiter = self._connection.loop.create_future()
            await self._waiter
        self._has_news = False
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        body = bytes(self.body)
        self.body.clear()
        self._connection.adjust_reading()
        return {"type": "http.request", "body": body, "more_body": self.more_body}

    async def send(self, message: Message) -> None:
        """Send an ASGI message of the app."""
        if self._connection.is_writing_paused and not self.disconnected:
            await self._connection.drained()
        if self.disconnected:
            return
        if not self.response_started:
            self._start(message["status"], message.get("headers", ()))
        elif not self.response_complete:
            self._send_body(message.get("body", b""), is_last=not message.get("more_body", False))
        else:
            raise RuntimeError(f"ASGI message {message['type']!r} after the end of the response")

    def _start(self, status: int, headers: Any) -> None:
        lines = [status_line(status), self._connection.default_head()]
        has_length = False
        for name, value in headers:
            lowered, line = header_line(name, value)
            if lowered == b"connection":
                self.keep_alive = self.keep_alive and b"close" not in value.lower()
                continue
            if lowered == b"content-length":
                has_length = True
                self._bytes_due = int(value)
            elif lowered == b"transfer-encoding":
                continue  # decided below
            lines.append(line)
        if self.scope["method"] == "HEAD" or status in _WITHOUT_BODY:
            self._bytes_due = 0
        elif not has_length:
            if self.scope["http_version"] == "1.1":
                self._is_chunked = True
                lines.append(b"transfer-encoding: chunked\r\n")
            else:
                self.keep_alive = False  # the body ends with the connection, RFC 9112 §6.3
                self._bytes_due = -1
        lines.append(KEPT if self.keep_alive else CLOSED)
        lines.append(b"\r\n")
        self._head = b"".join(lines)
        self.response_started = True

    def _send_body(self, body: bytes, *, is_last: bool) -> None:
        parts = [self._head] if self._head is not None else []
        self._head = None
        if self.scope["method"] == "HEAD":
            pass
        elif self._is_chunked:
            if body:
                parts += (b"%x\r\n" % len(body), body, b"\r\n")
            if is_last:
                parts.append(b"0\r\n\r\n")
        else:
            if self._bytes_due >= 0:
                self._bytes_due -= len(body)
                if self._bytes_due < 0:
                    raise RuntimeError("the response body is longer than its Content-Length")
            if body:
                parts.append(body)
        if parts:
            self.transport.writelines(parts) if len(parts) > 1 else self.transport.write(parts[0])
        if is_last:
            if self._bytes_due > 0:
                raise RuntimeError("the response body is shorter than its Content-Length")
            self.finish()

    def _flush_head(self) -> None:
        if self._head is not None:
            self.transport.write(self._head)
            self._head = None

    def finish(self) -> None:
        """End the response."""
        self.response_complete = True
        self.wake()
        self._connection.response_done(self)
