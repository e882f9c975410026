"""One HTTP/1.1 connection (RFC 9112): from bytes to ASGI, with a limit for each resource that a client can occupy.

uvicorn creates one `Connection` per client and calls its `shutdown` at the end. Bytes that are not an HTTP/1.1 request
get the documented error response, after the responses to the previous requests.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from mock_server.connections.cycle import BODY_HIGH_BYTES, Cycle
from mock_server.connections.deadlines import Deadlines
from mock_server.connections.parsing import Malformed, RequestParser
from mock_server.connections.request_queue import RequestQueue
from mock_server.connections.response_bytes import whole_response
from mock_server.connections.scopes import connection_scope, request_scope
from mock_server.connections.shared import Shared
from mock_server.connections.writing import Writing
from mock_server.pipeline.errors import Refused, refused
from mock_server.pipeline.request_state import KEY, RequestState

logger = logging.getLogger("mock_server")

HEAD_S = 10.0  # from the first byte of a head to its end; also for the rest of a body after its response
LINGER_S = 1.0  # a client can still send after an error response: its system would drop it if the mock closed at once
SLICE_BYTES = 16 * 1024  # parsed at once, so that one read cannot create thousands of requests
WRITE_HIGH_BYTES = 64 * 1024  # of responses that the client has not read; above it, the app and further reads wait


class Connection(Writing):
    """The server's side of one connection."""

    def __init__(
        self,
        *,
        shared: Shared,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(_loop or asyncio.get_running_loop())
        self._shared = shared
        self._server = server_state
        self._app_state = app_state
        self._parser = RequestParser(self, max_header_bytes=shared.max_header_bytes)

        self._is_new = False  # a request has begun to arrive and has no cycle yet
        self._new_body = b""
        self.has_served = False
        self._requests = RequestQueue(config.loaded_app, self.loop, server_state.tasks)
        self._held = b""  # received ahead, not parsed yet
        self._refusal: bytes | None = None  # the last response, after those of earlier requests
        self._is_refused = False  # further input is read and dropped
        self._is_reading_paused = False
        self._has_ended = False  # the client sends nothing more

        self._deadlines = Deadlines(self)  # a deadline is for a head, or for a body that is drained

    # -- asyncio

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        transport.set_write_buffer_limits(high=WRITE_HIGH_BYTES)
        self._server.connections.add(self)  # type: ignore[arg-type]  # typed as uvicorn's own protocols
        self._scope = connection_scope(transport)
        self._deadlines.rest()

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)
        self._deadlines.cancel()
        self._requests.disconnect()
        self._held = b""
        self._is_refused = True
        self.resume_writing()

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        if self._held or self._refusal is not None:
            self._held += data  # one more read can arrive after reading was paused
        else:
            self._parse(data)

    def eof_received(self) -> bool:
        """Close; but first respond to whole requests, for LINGER_S, because the client may only have ended its side."""
        cycle = self._requests.current
        if cycle is None or cycle.more_body or self._is_refused or self._scope["scheme"] == "https":
            return False
        self._has_ended = True
        self._deadlines.limit(LINGER_S, self.close, replaces=True)
        return True

    def pause_writing(self) -> None:
        super().pause_writing()
        self.adjust_reading()
        self._deadlines.watch_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._requests.resume()
        self.adjust_reading()

    def close(self) -> None:
        """Send the buffered bytes, then close."""
        self.transport.close()
        if self._scope["scheme"] == "https":
            # Closing TLS waits for the client's close_notify, which browsers never send; uvloop would wait forever.
            self.loop.call_later(LINGER_S, self.transport.abort)

    # -- uvicorn

    def shutdown(self) -> None:
        """Close after the current response; close at once if there is none, or only a part of a request."""
        cycle = self._requests.current
        if cycle is not None and not cycle.more_body:
            cycle.keep_alive = False
        elif self._scope["scheme"] == "https":
            self.transport.abort()
        else:
            self.transport.close()

    # -- the cycles

    def default_head(self) -> bytes:
        """Return the header lines of every response."""
        return self._shared.default_head(self._server.default_headers)

    @property
    def is_responding(self) -> bool:
        """Whether a request waits for its response."""
        return self._requests.current is not None

    def adjust_reading(self) -> None:
        """Resume reading from the socket, or pause it."""
        if self.transport.is_closing() or self._has_ended:
            return
        cycle = self._requests.newest
        is_full = cycle is not None and not cycle.response_complete and len(cycle.body) > BODY_HIGH_BYTES
        waits = is_full or self.is_writing_paused or bool(self._held) or self._refusal is not None
        pauses = waits and not self._is_refused
        if pauses != self._is_reading_paused:
            self._is_reading_paused = pauses
            self.transport.pause_reading() if pauses else self.transport.resume_reading()
            self._limit_head()

    def response_done(self, cycle: Cycle) -> None:
        """Continue after a response: start the next request, parse more input, wait for it, or close."""
        self._requests.take_next()
        if self.transport.is_closing():
            return
        if not cycle.keep_alive:
            return self._close_with(b"") if cycle.more_body else self.close()
        if self._requests.current is not None:
            self._requests.begin(delays=self.is_writing_paused)
        elif self._refusal is not None:
            return self._close_with(self._refusal)
        elif cycle.more_body:
            self._deadlines.limit(HEAD_S, self.close)  # drain the rest of its body, for a limited time
        else:
            self._deadlines.rest()
        if self._held:
            data, self._held = self._held, b""
            self._parse(data)
        if self._has_ended:
            self._deadlines.limit(LINGER_S, self.close) if self.is_responding else self.close()
        self.adjust_reading()

    def answer_500(self, cycle: Cycle) -> None:
        """Send a 500 for a request to which the app did not respond."""
        cycle.disconnect()
        self._close_with(self._shared.failure_response(self._parser, self.default_head()))

    # -- the parser

    def _parse(self, data: bytes) -> None:
        for start in range(0, len(data), SLICE_BYTES):
            if self._refusal is not None or self._requests.is_full:
                self._held = data[start:]
                break
            try:
                self._parser.feed(data if len(data) <= SLICE_BYTES else data[start : start + SLICE_BYTES])
            except Malformed as error:
                self._start_new()
                self._refuse(self._shared.refusal_of(error))
            self._start_new()
            if self._is_refused or self.transport.is_closing():
                return
        self._limit_head()
        if self._requests.newest is not None or self._held:
            self.adjust_reading()

    def _limit_head(self) -> None:
        """Give the client HEAD_S for the rest of a head, not counting the time in which the mock does not read it."""
        if not self._parser.has_begun or self._is_refused or self._has_ended:
            return
        if self._is_reading_paused:
            self._deadlines.unlimit()
        else:
            self._deadlines.limit(HEAD_S, self._head_is_late)

    def on_head(self) -> None:
        self._deadlines.unlimit()
        self._is_new = not self._is_refused  # requests of the same packet, after one that ended the connection
        self._new_body = b""

    def on_body(self, body: bytes) -> None:
        if self._is_new:
            self._new_body += body
            return
        cycle = self._requests.newest
        if cycle is not None and not cycle.response_complete:
            cycle.feed(body)

    def on_end(self) -> None:
        if self._is_refused:
            return
        if self._is_new:
            return self._respond_at_once()
        cycle = self._requests.newest
        if cycle is None:
            return
        cycle.feed(b"", more_body=False)
        if cycle.response_complete:  # the end of a drained body
            self._deadlines.unlimit()
            self._deadlines.rest()

    def _respond_at_once(self) -> None:
        """Respond to a request that has arrived as a whole; if this is not possible now, start its cycle."""
        at_once, parser = self._shared.mock.at_once, self._parser
        if at_once is None or self._requests.current is not None or self.is_writing_paused or parser.expects_continue:
            return self._start_new(more_body=False)
        try:
            answer = at_once(parser, self._new_body)
            if answer is None:
                return self._start_new(more_body=False)
            response = whole_response(answer, self.default_head(), keep_alive=parser.keep_alive)
        except Exception as error:
            logger.error("the app raised %r", error)
            self._is_new = False
            return self._close_with(self._shared.failure_response(parser, self.default_head()))
        self._is_new = False
        self.has_served = True
        self.transport.write(response)
        if parser.keep_alive:
            self._deadlines.rest()
        else:
            self.close()

    def _start_new(self, *, more_body: bool = True) -> None:
        """Start the cycle of a request that has begun to arrive, if there is one."""
        if not self._is_new:
            return
        self._is_new = False
        parser, scope = self._parser, request_scope(self._scope, self._parser, self._app_state)
        cycle = Cycle(self, scope, keep_alive=parser.keep_alive, expects_continue=parser.expects_continue)
        names = frozenset([name for name, _ in parser.headers])
        scope[KEY] = RequestState(names, cycle, is_reused=self.has_served)  # a fault may break the connection
        cycle.feed(self._new_body, more_body=more_body)
        self.has_served = True
        self._requests.add(cycle, delays=self.is_writing_paused)

    # -- refusals

    def _head_is_late(self) -> None:
        self._refuse(refused("http", closes=True, got=f"its head was not complete after {HEAD_S:g} s"))

    def _refuse(self, refusal: Refused) -> None:
        """Respond to bytes that are not a request, after the responses to earlier requests, and close."""
        self._deadlines.unlimit()
        cycle = self._requests.newest
        if cycle is not None and cycle.more_body:  # the body of a request is incomplete
            if cycle.response_started:
                return self.close()
            self._requests.drop_newest()
        response = self._shared.refusal_response(refusal, self._parser, self.default_head())
        if not self.is_responding:
            return self._close_with(response)
        self._refusal = response
        self.adjust_reading()

    def _close_with(self, response: bytes) -> None:
        """Send a last response, and drain further input for LINGER_S (RFC 9112 §9.6)."""
        self._is_refused = True
        self._refusal, self._held = None, b""
        self.transport.write(response)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.adjust_reading()
        self._deadlines.limit(LINGER_S, self.close, replaces=True)
