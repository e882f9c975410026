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

from contract_tests.target.addresses import host_and_port
from contract_tests.target.coding import decoded
from contract_tests.target.connections import trusting_nothing
from contract_tests.target.exchange import HUNG_UP, NOT_HTTP, UNREACHABLE, Response, Wire, first_part, silent

WAIT_FOR_ANY_S = 0.5  # for a response to a message without its end; a server waits for the rest, often for a minute
PART_PAUSE_S = 0.03  # between two parts of a body, so that the server reads them separately


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
    host, port = host_and_port(url)
    is_tls = url.lower().startswith("https:")
    deadline_s = time.monotonic() + timeout_s
    with ExitStack() as stack:
        try:
            plain = stack.enter_context(socket.create_connection((host, port), timeout_s))
            connected(plain)
            plain.settimeout(_left_s(deadline_s))
            if is_tls:
                plain = stack.enter_context((tls or trusting_nothing()).wrap_socket(plain, server_hostname=host))
        except OSError as error:
            return None, f"{UNREACHABLE}: {error}"
        with suppress(OSError):  # a server may answer and close before it has read all
            plain.settimeout(_left_s(deadline_s))
            plain.sendall(wire.data)
            if wire.is_last and not is_tls:
                plain.shutdown(socket.SHUT_WR)
        wait_s = min(timeout_s, WAIT_FOR_ANY_S) if wire.violation else timeout_s
        received = _UntilDeadline(plain, min(deadline_s, time.monotonic() + wait_s))
        return _response(received, method, wait_s, longest_bytes)


def _left_s(deadline_s: float) -> float:
    if (left_s := deadline_s - time.monotonic()) <= 0:
        raise TimeoutError("timed out")
    return left_s


class _UntilDeadline(io.RawIOBase):
    """What a connection receives; reading raises TimeoutError after the deadline, however little arrives at a time."""

    def __init__(self, connection: socket.socket, deadline_s: float) -> None:
        self._connection = connection
        self._deadline_s = deadline_s
        self.received_bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(_left_s(self._deadline_s))
        received_bytes = self._connection.recv_into(buffer)
        self.received_bytes += received_bytes
        return received_bytes


class _Received(io.BufferedReader):
    """The place of a socket for several responses of `http.client`, each of which closes what it has read from."""

    def makefile(self, mode: str) -> _Received:
        return self

    def close(self) -> None:
        pass


def _response(
    connection: _UntilDeadline, method: str, wait_s: float, longest_bytes: int
) -> tuple[Response | None, str | None]:
    received: Any = _Received(connection)
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
                return None, f"{NOT_HTTP}: it is longer than {longest_bytes // 2**20} MiB"
        if response.length:
            return None, f"{NOT_HTTP}: the connection was cut"
        headers = tuple(response.getheaders())
        content = decoded(headers, bytes(body), longest_bytes=longest_bytes)
    except TimeoutError:
        return None, silent(wait_s, connection.received_bytes)
    except (http.client.RemoteDisconnected, ConnectionError):
        return None, f"{NOT_HTTP}: the connection was cut" if connection.received_bytes else HUNG_UP
    except (http.client.HTTPException, ValueError, OSError) as error:
        return None, f"{NOT_HTTP}: {error}"
    return Response(response.status, headers, content), None


def divided(body: bytes) -> Iterator[bytes]:
    """Yield the parts of a body, the second one after a pause."""
    if middle := first_part(body):
        yield body[:middle]
        time.sleep(PART_PAUSE_S)
    if body:
        yield body[middle:]
