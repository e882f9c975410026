"""The requests of one connection that wait for their responses, in order (pipelining, RFC 9112 §9.3.2)."""

from __future__ import annotations

import asyncio
from collections import deque

from starlette.types import ASGIApp

from mock_server.connections.cycle import Cycle

PIPELINED_MOST = 32  # requests parsed ahead; browsers send none ahead, and the rest stays unparsed


class RequestQueue:
    """Calls the app for one request at a time.

    current: the request whose response is the next to send. newest: the request whose body is being read, or was last.
    """

    def __init__(self, app: ASGIApp, loop: asyncio.AbstractEventLoop, tasks: set[asyncio.Task[None]]) -> None:
        self.current: Cycle | None = None
        self.newest: Cycle | None = None
        self._ahead: deque[Cycle] = deque()
        self._delayed: Cycle | None = None  # begins when writing resumes
        self._app = app
        self._loop = loop
        self._tasks = tasks

    @property
    def is_full(self) -> bool:
        """Whether no further request may be parsed now."""
        return len(self._ahead) >= PIPELINED_MOST

    def add(self, cycle: Cycle, *, delays: bool) -> None:
        """Add a request that has begun to arrive. delays: as for `begin`."""
        self.newest = cycle
        if self.current is None:
            self.current = cycle
            self.begin(delays=delays)
        else:
            self._ahead.append(cycle)

    def take_next(self) -> None:
        """Make the next request the current one, after a response."""
        self.current = self._ahead.popleft() if self._ahead else None

    def begin(self, *, delays: bool) -> None:
        """Call the app for the current request; delays: only after `resume`, so that no response waits in memory."""
        cycle = self.current
        self._delayed = cycle if delays else None
        if cycle is None or delays:
            return
        task = self._loop.create_task(cycle.run(self._app))
        task.add_done_callback(self._tasks.discard)
        self._tasks.add(task)

    def resume(self) -> None:
        """Begin a request that was delayed."""
        if self._delayed is not None and self._delayed is self.current:
            self.begin(delays=False)

    def drop_newest(self) -> None:
        """Forget the newest request, whose body does not arrive."""
        if self.newest is None:
            return
        if self.newest is self.current:
            self.current = None
        else:
            self._ahead.pop()
        self.newest.disconnect()

    def disconnect(self) -> None:
        """End all requests, because the connection is lost."""
        self._delayed = None
        for cycle in (self.current, *self._ahead):
            if cycle is not None:
                cycle.disconnect()
        self._ahead.clear()
