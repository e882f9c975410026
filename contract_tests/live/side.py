"""One of the two connections that a proxy joins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast


class Side(asyncio.Protocol):
    """One of the two connections of a link."""

    def __init__(
        self, received: Callable[[bytes], None], ended: Callable[[], None], lost: Callable[[Exception | None], None]
    ) -> None:
        self._received, self._ended, self._lost = received, ended, lost
        self.other: Side | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received(data)

    def eof_received(self) -> bool:
        self._ended()
        return self.transport is None or self.transport.get_extra_info("sslcontext") is None  # TLS has no half-close

    def connection_lost(self, error: Exception | None) -> None:
        self._lost(error)

    def pause_writing(self) -> None:
        if self.other and self.other.transport:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other and self.other.transport and not self.other.transport.is_closing():
            self.other.transport.resume_reading()

    def write(self, data: bytes) -> None:
        if self.transport and not self.transport.is_closing():
            self.transport.write(data)

    def end(self) -> None:
        """Say that nothing more comes; the other direction stays open where the transport allows that."""
        if self.transport and not self.transport.is_closing() and self.transport.can_write_eof():
            self.transport.write_eof()

    def close(self, error: Exception | None = None) -> None:
        if self.transport:
            self.transport.abort() if error else self.transport.close()
