"""Back-pressure of one connection: the app waits while the client has not read enough of the responses."""

from __future__ import annotations

import asyncio


class Writing(asyncio.Protocol):
    """The writing side of a connection."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.transport: asyncio.Transport = None  # type: ignore[assignment]  # until connection_made
        self.is_writing_paused = False
        self._drain: asyncio.Future[None] | None = None

    def pause_writing(self) -> None:
        self.is_writing_paused = True

    def resume_writing(self) -> None:
        self.is_writing_paused = False
        if self._drain is not None and not self._drain.done():
            self._drain.set_result(None)

    async def drained(self) -> None:
        """Wait until the client has read enough of the responses."""
        while self.is_writing_paused:
            self._drain = self.loop.create_future()
            await self._drain
