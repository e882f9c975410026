"""Send bytes as usual clients do not: one message on a connection of its own, or a body in two parts."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

from contract_tests.target.exchange import HUNG_UP, SILENT, UNREACHABLE, Response, Wire, first_part

WAIT_FOR_ANY_S = 0.5  # for a response to a message that has no end; a server waits for the rest, often for a minute
PART_PAUSE_S = 0.03  # between two parts of a body, so that the server reads them separately
NOT_HTTP = "the response is not HTTP or not whole"


def exchange_bytes(
    url: str,
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
    wait_s = timeout_s if wire.is_complete else min(timeout_s, WAIT_FOR_ANY_S)
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
        with suppress(BrokenPipeError, ConnectionResetError):  # a server may answer and close before it has read all
            plain.sendall(wire.data)
            if wire.is_last and parts.scheme == "http":
                plain.shutdown(socket.SHUT_WR)
        return _response(plain, wait_s, longest_bytes)


def _response(connection: socket.socket, wait_s: float, longest_bytes: int) -> tuple[Response | None, str | None]:
    deadline_s = time.monotonic() + wait_s
    connection.settimeout(wait_s)
    response = http.client.HTTPResponse(connection, method="POST")
    try:
        response.begin()
        body = bytearray()
        while part := response.read1(64 * 1024):
            body += part
            if time.monotonic() > deadline_s:
                raise TimeoutError
            if len(body) > longest_bytes:
                return None, f"{NOT_HTTP}: longer than {longest_bytes} bytes"
        if response.length:
            return None, f"{NOT_HTTP}: the connection was cut"
    except TimeoutError:
        return None, f"{SILENT} {wait_s:g} s"
    except (http.client.RemoteDisconnected, ConnectionError):
        return None, HUNG_UP
    except (http.client.HTTPException, ValueError, OSError) as error:
        return None, f"{NOT_HTTP}: {error}"
    finally:
        response.close()
    return Response(response.status, tuple(response.getheaders()), bytes(body)), None


def divided(body: bytes) -> Iterator[bytes]:
    """Yield the parts of a body, the second one after a pause."""
    if middle := first_part(body):
        yield body[:middle]
        time.sleep(PART_PAUSE_S)
        yield body[middle:]
