"""Send bytes as usual clients do not: one message on a connection of its own, or a body in two parts."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any
from urllib.parse import urlsplit

import httpx2

from contract_tests.target.exchange import HUNG_UP, SILENT, UNREACHABLE, Headers, Response, Wire, first_part

WAIT_FOR_ANY_S = 0.5  # for a response to a message without its end; a server waits for the rest, often for a minute
DECODED_AT_ONCE_BYTES = 64 * 1024
PART_PAUSE_S = 0.03  # between two parts of a body, so that the server reads them separately
NOT_HTTP = "the response is not HTTP or not whole"


def exchange_bytes(
    url: str,
    method: str,
    wire: Wire,
    *,
    timeout_s: float,
    longest_bytes: int,
    tls: ssl.SSLContext | None,
    connected: Callable[[socket.socket], None],
) -> tuple[Response | None, str | None]:
    """Send the bytes to the host of the URL; return the first final response, or why there is none.

    longest_bytes: of the body of a response. connected: called with the new connection before anything is sent; it may
    raise.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    wait_s = min(timeout_s, WAIT_FOR_ANY_S) if wire.fault else timeout_s
    with ExitStack() as stack:
        try:
            plain = stack.enter_context(socket.create_connection((host, port), timeout_s))
            connected(plain)
            if parts.scheme == "https":
                plain = stack.enter_context(
                    (tls or ssl.create_default_context()).wrap_socket(plain, server_hostname=host)
                )
        except OSError as error:
            return None, f"{UNREACHABLE}: {error}"
        with suppress(OSError):  # a server may answer and close before it has read all
            plain.sendall(wire.data)
            if wire.is_last and parts.scheme == "http":
                plain.shutdown(socket.SHUT_WR)
        return _response(plain, method, wait_s, longest_bytes)


class _UntilDeadline(io.RawIOBase):
    """What a connection receives; reading raises TimeoutError after the deadline, however little arrives at a time."""

    def __init__(self, connection: socket.socket, wait_s: float) -> None:
        self._connection = connection
        self._deadline_s = time.monotonic() + wait_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if (left_s := self._deadline_s - time.monotonic()) <= 0:
            raise TimeoutError
        self._connection.settimeout(left_s)
        return self._connection.recv_into(buffer)


class _Received(io.BufferedReader):
    """The place of a socket for several responses of `http.client`, each of which closes what it has read from."""

    def makefile(self, mode: str) -> _Received:
        return self

    def close(self) -> None:
        pass


def _response(
    connection: socket.socket, method: str, wait_s: float, longest_bytes: int
) -> tuple[Response | None, str | None]:
    received: Any = _Received(_UntilDeadline(connection, wait_s))
    try:
        response = http.client.HTTPResponse(received, method=method)
        response.begin()
        while response.status < 200 and response.status != http.HTTPStatus.SWITCHING_PROTOCOLS:
            response = http.client.HTTPResponse(received, method=method)
            response.begin()
        body = bytearray()
        while part := response.read1(64 * 1024):
            body += part
            if len(body) > longest_bytes:
                return None, f"{NOT_HTTP}: longer than {longest_bytes} bytes"
        if response.length:
            return None, f"{NOT_HTTP}: the connection was cut"
        headers = tuple(response.getheaders())
        content = _decoded(headers, bytes(body), longest_bytes)
    except TimeoutError:
        return None, f"{SILENT} {wait_s:g} s"
    except (http.client.RemoteDisconnected, ConnectionError):
        return None, HUNG_UP
    except (http.client.HTTPException, httpx2.DecodingError, ValueError, OSError) as error:
        return None, f"{NOT_HTTP}: {error}"
    return Response(response.status, headers, content), None


def _decoded(headers: Headers, body: bytes, longest_bytes: int) -> bytes:
    """The body without its content coding, as the usual client decodes it. Raises ValueError if it is longer."""
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    parts = (body[at : at + DECODED_AT_ONCE_BYTES] for at in range(0, len(body), DECODED_AT_ONCE_BYTES))
    found = bytearray()
    for part in httpx2.Response(200, headers=raw, content=parts).iter_bytes():
        found += part
        if len(found) > longest_bytes:
            raise ValueError(f"longer than {longest_bytes} bytes")
    return bytes(found)


def divided(body: bytes) -> Iterator[bytes]:
    """Yield the parts of a body, the second one after a pause."""
    if middle := first_part(body):
        yield body[:middle]
        time.sleep(PART_PAUSE_S)
    if body:
        yield body[middle:]
