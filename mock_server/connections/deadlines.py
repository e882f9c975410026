"""The time limits of one connection: until its next request, for a part of a request, and for unread responses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from mock_server.connections.response_bytes import ANNOUNCED_S

UNUSED_S = 60.0  # without any request; the event loop gives a TLS handshake the same time
KEPT_S = ANNOUNCED_S + 2.0  # after a response: a request sent at the last announced moment must still arrive
STALL_S = 10.0  # interval to check unread responses; a client that reads nothing in between is cut, at most after 30 s


class Limited(Protocol):
    """The connection that is limited."""

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    is_writing_paused: bool

    @property
    def has_served(self) -> bool: ...
    @property
    def is_responding(self) -> bool: ...
    def close(self) -> None: ...


class Deadlines:
    """Closes an idle connection, or one whose client reads nothing; and one more deadline at a time."""

    def __init__(self, connection: Limited) -> None:
        self._connection = connection
        self._loop = connection.loop
        self._quiet_since_s = 0.0
        self._unread_bytes = 0
        self._idle_timer: asyncio.TimerHandle | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None

    def cancel(self) -> None:
        """Cancel all; the connection is lost."""
        for timer in (self._idle_timer, self._deadline, self._stall_timer):
            if timer is not None:
                timer.cancel()

    def rest(self) -> None:
        """Start to wait for the next request."""
        # One timer per connection, moved when it fires: a timer per request would cost more.
        self._quiet_since_s = self._loop.time()
        if self._idle_timer is None:
            self._idle_timer = self._loop.call_later(self._idle_s(), self._look_for_idle)

    def _idle_s(self) -> float:
        return KEPT_S if self._connection.has_served else UNUSED_S

    def limit(self, seconds: float, then: Callable[[], None], *, replaces: bool = False) -> None:
        """Call `then` after this time, unless another deadline is set, or in place of that one."""
        if replaces:
            self.unlimit()
        if self._deadline is None:
            self._deadline = self._loop.call_later(seconds, then)

    def unlimit(self) -> None:
        """Remove the deadline."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def watch_reading(self) -> None:
        """Cut the connection if the client reads nothing while writing is paused."""
        self._unread_bytes = 0
        if self._stall_timer is None:
            self._stall_timer = self._loop.call_later(STALL_S, self._look_for_stall)

    def _look_for_idle(self) -> None:
        self._idle_timer = None
        if self._connection.is_responding or self._deadline is not None:
            return  # `rest` is called again after that
        left_s = self._quiet_since_s + self._idle_s() - self._loop.time()
        if left_s <= 0.01:
            self._connection.close()
        else:
            self._idle_timer = self._loop.call_later(left_s, self._look_for_idle)

    def _look_for_stall(self) -> None:
        self._stall_timer = None
        if not self._connection.is_writing_paused:
            return
        unread_bytes = self._connection.transport.get_write_buffer_size()
        if unread_bytes == self._unread_bytes:
            self._connection.transport.abort()
        else:
            self._unread_bytes = unread_bytes
            self._stall_timer = self._loop.call_later(STALL_S, self._look_for_stall)
