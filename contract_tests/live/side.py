"""One of the two connections that a proxy joins."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from typing_extensions import Buffer

_RESET = struct.pack("ii", 1, 0)  # of SO_LINGER: a close sends a reset
_PIECE_BYTES = 64 * 1024


class Side(asyncio.Protocol):
    """One of the two connections of a link."""

    def __init__(
        self, received: Callable[[bytes], None], ended: Callable[[], None], lost: Callable[[Exception | None], None]
    ) -> None:
        self._received, self._ended, self._lost = received, ended, lost
        self.other: Side | None = None
        self.transport: asyncio.Transport | None = None
        self.address: object = None  # of this end; asyncio's TLS transport forgets it when the connection is lost
        self.is_encrypted = False  # TLS has no half-close

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.address = transport.get_extra_info("sockname")
        self.is_encrypted = transport.get_extra_info("sslcontext") is not None

    def data_received(self, data: bytes) -> None:
        self._received(data)

    def eof_received(self) -> bool:
        self._ended()
        return not self.is_encrypted

    def connection_lost(self, error: Exception | None) -> None:
        for data in _unread(self.transport) if error and self.transport and not self.is_encrypted else ():
            self._received(data)
        self._lost(error)

    def pause_writing(self) -> None:
        if self.other and self.other.transport:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other:
            self.other.resume_reading()

    def resume_reading(self) -> None:
        """Read again, whatever has stopped it."""
        if self.transport and not self.transport.is_closing():
            self.transport.resume_reading()

    def write(self, data: bytes) -> None:
        if self.transport and not self.transport.is_closing():
            self.transport.write(data)

    def end(self) -> None:
        """Say that nothing more comes; the other direction stays open where the transport allows that."""
        if self.transport and not self.transport.is_closing() and self.transport.can_write_eof():
            self.transport.write_eof()

    def close(self, error: Exception | None = None) -> None:
        """Close; with an error, as it ended the other side: an end in order would make a part look whole."""
        if self.transport is None:
            return
        if error is None:
            self.transport.close()
            return
        with suppress(OSError):
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()


async def connect_side(side: Side, host: str, port: int, tls: ssl.SSLContext | None, name: str | None) -> str:
    """Connect to a server, with TLS if a context is given, and return its address. Raises OSError."""
    loop = asyncio.get_running_loop()
    if tls is None:
        plain, _ = await loop.create_connection(lambda: side, host, port)
        return str(plain.get_extra_info("peername")[0])
    plain, _ = await loop.create_connection(asyncio.Protocol, host, port)
    transport = await loop.start_tls(plain, side, tls, server_hostname=name)
    if transport is None:
        raise ConnectionAbortedError("the server closed the connection in the TLS handshake")
    plain.set_protocol(_Encrypted(plain, cast(asyncio.BufferedProtocol, plain.get_protocol())))
    side.connection_made(transport)
    return str(transport.get_extra_info("peername")[0])


class _Encrypted(asyncio.BufferedProtocol):
    """Pass everything to the TLS protocol, also what a broken connection has received and not read."""

    def __init__(self, transport: asyncio.Transport, tls: asyncio.BufferedProtocol) -> None:
        self._transport, self._tls = transport, tls

    def get_buffer(self, sizehint: int) -> Buffer:
        return self._tls.get_buffer(sizehint)

    def buffer_updated(self, nbytes: int) -> None:
        self._tls.buffer_updated(nbytes)

    def eof_received(self) -> bool | None:
        return self._tls.eof_received()

    def pause_writing(self) -> None:
        self._tls.pause_writing()

    def resume_writing(self) -> None:
        self._tls.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        for data in _unread(self._transport) if error else ():
            rest = memoryview(data)
            while rest:
                buffer = memoryview(self._tls.get_buffer(len(rest)))
                part = rest[: len(buffer)]
                buffer[: len(part)] = part
                self._tls.buffer_updated(len(part))
                rest = rest[len(part) :]
        self._tls.connection_lost(error)


def _unread(transport: asyncio.BaseTransport) -> Iterator[bytes]:
    """Yield what has arrived on a connection on which nothing can be written any more.

    A server that answers early and closes resets the connection while the client still sends. Its response has
    arrived, but a transport that fails to write does not read it.
    """
    found = transport.get_extra_info("socket")
    with suppress(OSError), socket.socket(found.family, found.type, fileno=os.dup(found.fileno())) as connection:
        connection.setblocking(False)
        while data := connection.recv(_PIECE_BYTES):
            yield data
