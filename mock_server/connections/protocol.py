"""One connection of HTTP/1.1 (RFC 9112): from bytes to ASGI, with a bound on everything that a client can hold.

uvicorn makes one `Connection` per client and calls its `shutdown` at the end. What is not a request of HTTP/1.1 is
answered in the documented form, after the responses to the requests before it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from starlette.types import Scope
from uvicorn.config import Config
from uvicorn.server import ServerState

from mock_server.connections.cycle import BODY_HIGH_BYTES, IDLE_S, Cycle
from mock_server.connections.parsing import Malformed, RequestParser
from mock_server.connections.shared import Shared
from mock_server.pipeline.errors import Refused, refused
from mock_server.pipeline.request_state import KEY, RequestState

HEAD_S = 10.0  # for a head once its first byte is there, and for the rest of a body after its response
STALL_S = 10.0  # between two looks at an unread response; no byte read from one to the next: cut, within 30 s in all
LINGER_S = 1.0  # how long a client may go on sending after a refusal: closed at once, its system would drop the refusal
PIPELINED_MOST = 32  # requests parsed ahead; browsers send none ahead, and the rest waits unparsed
SLICE_BYTES = 16 * 1024  # parsed at once, so that one read cannot hold thousands of requests
WRITE_HIGH_BYTES = 64 * 1024  # of responses that the client does not read; beyond, the app and further reads wait


class Connection(asyncio.Protocol):
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
        self.loop = _loop or asyncio.get_running_loop()
        self.transport: asyncio.Transport = None  # type: ignore[assignment]  # until connection_made
        self.is_writing_paused = False
        self._shared = shared
        self._app = config.loaded_app
        self._server = server_state
        self._app_state = app_state
        self._parser = RequestParser(self, max_header_bytes=shared.max_header_bytes)

        self._current: Cycle | None = None  # whose response is due next
        self._newest: Cycle | None = None  # whose body is being read
        self._queue: deque[Cycle] = deque()  # parsed ahead
        self._held = b""  # received ahead, and not parsed yet
        self._refusal: bytes | None = None  # to send after the responses that are due
        self._is_refused = False  # what comes in is read and dropped
        self._is_reading_paused = False
        self._drain: asyncio.Future[None] | None = None

        self._quiet_since_s = 0.0
        self._unsent_bytes = 0
        self._idle_timer: asyncio.TimerHandle | None = None
        self._deadline: asyncio.TimerHandle | None = None  # of a head, or of a body that is read past
        self._stall_timer: asyncio.TimerHandle | None = None

    # -- asyncio

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        transport.set_write_buffer_limits(high=WRITE_HIGH_BYTES)
        self._server.connections.add(self)  # type: ignore[arg-type]  # typed as uvicorn's own protocols
        self._addresses = tuple(_address(transport.get_extra_info(name)) for name in ("sockname", "peername"))
        self._scheme = "http" if transport.get_extra_info("sslcontext") is None else "https"
        self._rest()

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)
        for timer in (self._idle_timer, self._deadline, self._stall_timer):
            if timer is not None:
                timer.cancel()
        for cycle in (self._current, *self._queue):
            if cycle is not None:
                cycle.disconnect()
        self._queue.clear()
        self._held = b""
        self._is_refused = True
        self.resume_writing()

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        if self._held or self._refusal is not None:
            self._held += data  # one read may still come in after reading was paused
        else:
            self._parse(data)

    def pause_writing(self) -> None:
        self.is_writing_paused = True
        self.adjust_reading()
        self._unsent_bytes = 0
        if self._stall_timer is None:
            self._stall_timer = self.loop.call_later(STALL_S, self._look_for_stall)

    def resume_writing(self) -> None:
        self.is_writing_paused = False
        if self._drain is not None and not self._drain.done():
            self._drain.set_result(None)
        self.adjust_reading()

    def close(self) -> None:
        """Send what is written, then close."""
        self.transport.close()
        if self._scheme == "https":
            # Closing TLS waits for the client's close_notify, which browsers never send; uvloop would wait for ever.
            self.loop.call_later(LINGER_S, self.transport.abort)

    # -- uvicorn

    def shutdown(self) -> None:
        """End soon: after the response that is due, or at once if there is none, or only half a request."""
        if self._current is not None and not self._current.more_body:
            self._current.keep_alive = False
        elif self._scheme == "https":
            self.transport.abort()
        else:
            self.transport.close()

    # -- the cycles

    def default_head(self) -> bytes:
        """The header lines that every response starts with."""
        return self._shared.default_head(self._server.default_headers)

    async def drained(self) -> None:
        """Wait until the client has read enough of what was written."""
        while self.is_writing_paused:
            self._drain = self.loop.create_future()
            await self._drain

    def adjust_reading(self) -> None:
        """Read on, or leave what the client sends in the socket."""
        if self.transport.is_closing():
            return
        cycle = self._newest
        is_full = cycle is not None and not cycle.response_complete and len(cycle.body) > BODY_HIGH_BYTES
        waits = is_full or self.is_writing_paused or bool(self._held) or self._refusal is not None
        pauses = waits and not self._is_refused
        if pauses != self._is_reading_paused:
            self._is_reading_paused = pauses
            self.transport.pause_reading() if pauses else self.transport.resume_reading()

    def response_done(self, cycle: Cycle) -> None:
        """A response is sent: begin the next request, parse on, or rest."""
        self._server.total_requests += 1
        self._current = self._queue.popleft() if self._queue else None
        if self.transport.is_closing():
            return
        if self._current is not None:
            self._begin(self._current)
        elif self._refusal is not None:
            return self._close_with(self._refusal)
        elif cycle.more_body:
            self._limit(HEAD_S, self.close)  # the rest of its body is read past, but not for ever
        else:
            self._rest()
        if self._held:
            data, self._held = self._held, b""
            self._parse(data)
        self.adjust_reading()

    def answer_500(self, cycle: Cycle) -> None:
        """Answer a request for which the app did nothing."""
        cycle.disconnect()
        self._close_with(self._shared.failure_response(self._parser, self.default_head()))

    def _begin(self, cycle: Cycle) -> None:
        task = self.loop.create_task(cycle.run(self._app))
        task.add_done_callback(self._server.tasks.discard)
        self._server.tasks.add(task)

    # -- time

    def _rest(self) -> None:
        # One timer per connection, moved when it fires: a timer per request would be made and cancelled each time.
        self._quiet_since_s = self.loop.time()
        if self._idle_timer is None:
            self._idle_timer = self.loop.call_later(IDLE_S, self._look_for_idle)

    def _look_for_idle(self) -> None:
        self._idle_timer = None
        if self._current is not None or self._deadline is not None:
            return  # `_rest` is called again after that
        left_s = self._quiet_since_s + IDLE_S - self.loop.time()
        if left_s <= 0.01:
            self.close()
        else:
            self._idle_timer = self.loop.call_later(left_s, self._look_for_idle)

    def _limit(self, seconds: float, then: Callable[[], None]) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(seconds, then)

    def _unlimit(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _head_is_late(self) -> None:
        self._refuse(refused("http", closes=True, got=f"its head was not complete after {HEAD_S:g} s"))

    def _look_for_stall(self) -> None:
        self._stall_timer = None
        if not self.is_writing_paused:
            return
        unsent_bytes = self.transport.get_write_buffer_size()
        if unsent_bytes == self._unsent_bytes:
            self.transport.abort()
        else:
            self._unsent_bytes = unsent_bytes
            self._stall_timer = self.loop.call_later(STALL_S, self._look_for_stall)

    # -- the parser

    def _parse(self, data: bytes) -> None:
        for start in range(0, len(data), SLICE_BYTES):
            if self._refusal is not None or len(self._queue) >= PIPELINED_MOST:
                self._held = data[start:]
                break
            try:
                self._parser.feed(data if len(data) <= SLICE_BYTES else data[start : start + SLICE_BYTES])
            except Malformed as error:
                self._refuse(self._shared.refusal_of(error))
            if self._is_refused or self.transport.is_closing():
                return
        if self._parser.has_begun:
            self._limit(HEAD_S, self._head_is_late)
        self.adjust_reading()

    def on_head(self) -> None:
        self._unlimit()
        parser = self._parser
        server, client = self._addresses
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": parser.version,
            "server": server,
            "client": client,
            "scheme": self._scheme,
            "root_path": "",
            "method": parser.method,
            "path": parser.path,
            "raw_path": parser.raw_path,
            "query_string": parser.query,
            "headers": parser.headers,
            "state": self._app_state.copy(),
        }
        cycle = Cycle(self, scope, keep_alive=parser.keep_alive, expects_continue=parser.expects_continue)
        names = frozenset([name for name, _ in parser.headers])
        scope[KEY] = RequestState(names, cycle, is_reused=self._newest is not None)  # a fault may break the connection
        self._newest = cycle
        if self._current is None:
            self._current = cycle
            self._begin(cycle)
        else:
            self._queue.append(cycle)

    def on_body(self, body: bytes) -> None:
        if self._newest is not None and not self._newest.response_complete:
            self._newest.body += body
            self._newest.wake()

    def on_end(self) -> None:
        cycle = self._newest
        if cycle is None:
            return
        cycle.more_body = False
        cycle.wake()
        if cycle.response_complete:  # the end of a body that was read past
            self._unlimit()
            self._rest()

    # -- refusals

    def _refuse(self, refusal: Refused) -> None:
        """Answer what is not a request, once the responses before it are sent, and close."""
        self._unlimit()
        cycle = self._newest
        if cycle is not None and cycle.more_body:  # the body of a request broke off
            if cycle.response_started:
                return self.close()
            if cycle is self._current:
                self._current = None
            else:
                self._queue.pop()
            cycle.disconnect()
        response = self._shared.refusal_response(refusal, self._parser, self.default_head())
        if self._current is None:
            return self._close_with(response)
        self._refusal = response
        self.adjust_reading()

    def _close_with(self, response: bytes) -> None:
        """Send a last response; what the client still sends is read past for a while (RFC 9112 §9.6)."""
        self._is_refused = True
        self._refusal, self._held = None, b""
        self.transport.write(response)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.adjust_reading()
        self._unlimit()
        self._limit(LINGER_S, self.close)


def _address(name: Any) -> tuple[str, int] | None:
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) else None
