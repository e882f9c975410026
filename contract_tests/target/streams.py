"""Network streams for httpcore2 that keep one deadline for a whole exchange, however little a server sends at a time.

httpcore2 has a timeout for each read. A server that sends a byte every second, or one interim response after another,
would never reach it.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import httpcore2

WRITTEN_AT_ONCE_BYTES = 64 * 1024  # a server that reads slowly cannot hold a write for longer than the deadline


@dataclass(slots=True)
class Progress:
    """One exchange that is under way; streams receive it in place of the timeouts of httpcore2.

    deadline_s: on the monotonic clock. is_new: whether it opened its connection. after: the number of the request
    before it on its connection, 0 for the first. received_bytes: of its response.
    """

    deadline_s: float
    is_new: bool = False
    after: int = 0
    received_bytes: int = 0

    @property
    def extensions(self) -> dict[str, Any]:
        """What httpcore2 hands to the streams with a request."""
        # Connections are opened as they are needed, so no request waits for one and `pool` needs no timeout.
        return {"timeout": dict.fromkeys(("connect", "read", "write"), self)}

    def left_s(self) -> float:
        """Return the seconds to the deadline; raise httpcore2.TimeoutException after it."""
        left_s = self.deadline_s - time.monotonic()
        if left_s <= 0:
            raise httpcore2.TimeoutException
        return left_s


class Stream(httpcore2.NetworkStream):
    """A stream whose reads and writes end at the deadline of their exchange."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: Any = None) -> bytes:
        data = self._stream.read(max_bytes, timeout.left_s())
        timeout.received_bytes += len(data)
        return data

    def write(self, buffer: bytes, timeout: Any = None) -> None:
        for at in range(0, len(buffer), WRITTEN_AT_ONCE_BYTES):
            self._stream.write(buffer[at : at + WRITTEN_AT_ONCE_BYTES], timeout.left_s())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: Any = None
    ) -> httpcore2.NetworkStream:
        try:
            return Stream(self._stream.start_tls(ssl_context, server_hostname, timeout.left_s()))
        except httpcore2.ConnectTimeout:
            raise httpcore2.ConnectTimeout("the server did not finish the TLS handshake in time") from None

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class Backend(httpcore2.NetworkBackend):
    """Opens the streams."""

    def __init__(self, connected: Callable[[str, int], None]) -> None:
        """connected: called with the address of each new connection before anything is sent; it may raise."""
        self._connected = connected
        self._backend = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: Any = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        timeout.is_new = True
        stream = self._backend.connect_tcp(host, port, timeout.left_s(), local_address, socket_options)
        try:
            self._connected(*stream.get_extra_info("server_addr")[:2])
        except BaseException:
            stream.close()
            raise
        return Stream(stream)
