"""Send requests to the server under test, byte for byte, and return the exchanges."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from urllib.parse import urlsplit

import httpcore2

from contract_tests.target.absence import Absence
from contract_tests.target.coding import decoded
from contract_tests.target.concurrency import concurrently
from contract_tests.target.connections import Connections, Way
from contract_tests.target.exchange import (
    HUNG_UP,
    NOT_HTTP,
    NOT_SENT,
    OTHER_NETWORK,
    UNREACHABLE,
    Exchange,
    Request,
    Response,
    silent,
)  # fmt: skip
from contract_tests.target.failures import failure_of
from contract_tests.target.messages import message
from contract_tests.target.pace import MAX_RATE_LIMIT_WAIT_S, Pace, comes_later, retry_after_s
from contract_tests.target.raw import exchange_bytes
from contract_tests.target.renewal import Renewal
from contract_tests.target.streams import Progress

RESPONSE_BYTES = 4 * 1024 * 1024  # of a response, with what its request adds; no debug output in HTML is longer
RESPONSE_BYTES_FOR_ONE = 8  # for each byte of the request: a server may return it as an escape such as \u00e4
MOST_HEADERS = 500  # many clients accept a hundred
APART_S = 0.005  # times have milliseconds
MAX_RATE_LIMIT_TRIES = 8


Outgoing = tuple[Request, str, int]  # with its label and its number


class _AddressRefusedError(Exception):
    """A new connection goes to an address that is not allowed; the message is the address."""


class Target:
    """Send requests over keep-alive connections. Safe for concurrent use by several threads."""

    def __init__(
        self,
        *,
        timeout_s: float,
        connections: int,
        pause: Callable[[float], bool] | None = None,
        tls: ssl.SSLContext | None = None,
        proxy: str | None = None,
        proxy_name: str = "",
        renewal: Renewal | None = None,
        rate_per_s: float | None = None,
        allows: Callable[[str], bool] = lambda address: True,
        absence_s: float = 0.0,
    ) -> None:
        """Create a client; the first request opens the first connection.

        timeout_s: for a whole response. connections: maximum of keep-alive connections.
        pause: sleeps for a number of seconds, at most to the end of the run; returns whether it slept that long.
        tls: trusted certificates and client certificate; None to trust nothing. proxy: its URL. proxy_name: its name in
        messages.
        renewal: replaces a session that ends. rate_per_s: maximum number of requests per second.
        allows: returns whether an IP address may be connected to. absence_s: how long to wait for a server that was
        there and no longer accepts connections.
        """
        self.timeout_s = timeout_s
        self.connections = connections
        self._pause = pause or _sleep
        self._allows = allows
        self.absence = Absence(absence_s, self._pause)
        self._pace = Pace(rate_per_s, self._pause)
        self.addresses: set[str] = set()  # connected to: addresses of the server, or of the proxy
        self.proxy_name = proxy_name
        self._renewal = renewal
        self._tls = tls
        self._connections = Connections(kept=connections, tls=tls, proxy=proxy, connected=self._check_address)
        self.way = Way.POOL  # of requests that are not sent in turn
        # Called with each exchange, in the thread that sent it.
        self.notify: Callable[[Exchange], object] = lambda exchange: None

    def __enter__(self) -> Target:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connections.close()

    def send(self, request: Request, label: str = "", number: int = 0, *, way: Way | None = None) -> Exchange:
        """Send a request; after 429, or 503 with Retry-After, wait and send again (RFC 6585 §4, RFC 9110 §10.2.3).

        way: how it shares connections, if not as the others.
        """
        exchange = self._send_when_allowed(request, label, number, way or self.way)
        self.notify(exchange)
        return exchange

    def _send_when_allowed(self, request: Request, label: str, number: int, way: Way) -> Exchange:
        waited_s = 0.0
        exchange = self._send_present(request, label, number, way)
        for retry in range(MAX_RATE_LIMIT_TRIES - 1):
            response = exchange.response
            if response is None or not comes_later(response):
                break
            pause_s = retry_after_s(response, default_s=0.2 * 2**retry)
            if waited_s + pause_s > MAX_RATE_LIMIT_WAIT_S or not self._pause(pause_s):
                break
            waited_s += pause_s
            exchange = self._send_present(request, label, number, way)
        return exchange

    def _send_present(self, request: Request, label: str, number: int, way: Way) -> Exchange:
        """Send a request; if the server was there and accepts no connections, wait and send again."""
        exchange = self._send_renewed(request, label, number, way)
        if not self.addresses:
            return exchange
        return self.absence.wait_out(exchange, lambda: self._send_renewed(request, label, number, way))

    def speaks_tls(self, url: str) -> bool:
        """Return whether the port of an http URL completes a TLS handshake, with any certificate."""
        parts = urlsplit(url)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        try:
            with socket.create_connection((parts.hostname or "", parts.port or 80), self.timeout_s) as plain:
                if not self._allows(plain.getpeername()[0]):
                    return False
                with context.wrap_socket(plain, server_hostname=parts.hostname):
                    return True
        except OSError:
            return False

    def send_concurrently(self, chains: Iterable[Iterable[Outgoing]]) -> Generator[Exchange, None, None]:
        """Send chains of requests over at most `connections` connections; yield exchanges as they arrive.

        The requests of a chain are sent one after the other. The caller may stop supplying chains, and must close the
        generator if it does not consume all exchanges.
        """
        return concurrently(lambda outgoing: self.send(*outgoing), chains, threads=self.connections)

    def send_in_turn(self, requests: Iterable[Outgoing]) -> list[Exchange]:
        """Send requests one after another, APART_S apart, on one new connection if the server keeps it open.

        A fast server gives two responses the same time of creation, and a verdict on both can depend on that.
        """
        exchanges: list[Exchange] = []
        self._connections.restart(Way.ONE)
        for outgoing in requests:
            if exchanges:
                self._pause(APART_S)
            exchanges.append(self.send(*outgoing, way=Way.ONE))
        return exchanges

    def send_burst(self, requests: Iterable[Outgoing]) -> list[Exchange]:
        """Send all requests at the same moment, each on its own connection."""
        batch = list(requests)
        barrier = threading.Barrier(len(batch))

        def send(outgoing: Outgoing) -> Exchange:
            barrier.wait(self.timeout_s)
            return self.send(*outgoing)

        with ThreadPoolExecutor(len(batch)) as pool:
            return list(pool.map(send, batch))

    def _send_renewed(self, request: Request, label: str, number: int, way: Way) -> Exchange:
        """Send a request; after a 401, or a redirect to where users sign in, renew the session and send again."""
        renewal = self._renewal
        if renewal is None or not renewal.signs_in(request.headers):
            return self._send_once(request, label, number, way)
        used = renewal.current
        exchange = self._send_once(request, label, number, way)
        if not renewal.is_due(request.url, exchange.response):
            return exchange
        if renewal.renew(used):
            exchange = self._send_once(request, label, number, way)
        renewal.learn_effect(request.url, exchange.response)
        return exchange

    def _send_once(self, request: Request, label: str, number: int, way: Way) -> Exchange:
        self._pace.wait()
        sent_at_s = time.time()
        deadline_s = time.monotonic() + self.timeout_s
        for _ in range(self.connections + 1):
            progress = Progress(deadline_s)
            if request.wire is not None:
                response, failure = self._raw(request)
                break
            response, failure = self._attempt(request, number, way, progress)
            if failure != HUNG_UP or progress.is_new:
                break
            # A server may close an idle connection at any time (RFC 9112 §9.5). That says nothing about the request,
            # and the next connection in the pool may be closed as well.
        return Exchange(request, response, failure, sent_at_s, time.time(), label, number, progress.after)

    def _check_address(self, host: str, port: int) -> None:
        if not self._allows(host):
            raise _AddressRefusedError(host)
        self.addresses.add(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")

    def _raw(self, request: Request) -> tuple[Response | None, str | None]:
        """Send the bytes of a message on a connection of its own; not through a proxy, which would change them."""
        assert request.wire is not None

        def connected(connection: socket.socket) -> None:
            self._check_address(*connection.getpeername()[:2])

        try:
            return exchange_bytes(
                request.url,
                request.method,
                self._renewal.wire(request.wire, request.headers) if self._renewal else request.wire,
                timeout_s=self.timeout_s,
                longest_bytes=_longest_bytes(request),
                tls=self._tls,
                connected=connected,
            )
        except _AddressRefusedError as error:
            return None, _other_network(error)

    def _attempt(
        self, request: Request, number: int, way: Way, progress: Progress
    ) -> tuple[Response | None, str | None]:
        sent = self._renewal.headers(request.headers) if self._renewal else request.headers
        answer: httpcore2.Response | None = None
        longest_bytes = _longest_bytes(request)
        try:
            answer = self._connections.send(message(request, sent, progress.extensions), way)
            progress.after = self._connections.before(answer, number)
            body = _read(answer, longest_bytes)
        except _AddressRefusedError as error:
            return None, _other_network(error)
        except (httpcore2.LocalProtocolError, httpcore2.UnsupportedProtocol) as error:
            return None, f"{NOT_SENT}: {error}"
        except (httpcore2.ConnectError, httpcore2.ConnectTimeout, httpcore2.ProxyError) as error:
            through = f"{self.proxy_name}: " if self.proxy_name else ""
            return None, f"{UNREACHABLE}: {through}{error}"
        except httpcore2.TimeoutException:
            return None, silent(self.timeout_s, progress.received_bytes)
        except (httpcore2.RemoteProtocolError, httpcore2.NetworkError) as error:
            return None, failure_of(error, has_head=answer is not None, received_bytes=progress.received_bytes)
        finally:
            if answer is not None:
                answer.close()
        raw = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers)
        try:
            return Response(answer.status, raw, decoded(raw, body, longest_bytes=longest_bytes)), None
        except ValueError as error:
            return None, f"{NOT_HTTP}: {error}"


def _other_network(error: _AddressRefusedError) -> str:
    return f"{UNREACHABLE}: the name of the host now has the address {error}, {OTHER_NETWORK}"


def _longest_bytes(request: Request) -> int:
    """Return how long the response to a request may be."""
    sent = request.body if request.wire is None else request.wire.data
    return RESPONSE_BYTES + RESPONSE_BYTES_FOR_ONE * len(sent)


def _read(answer: httpcore2.Response, longest_bytes: int) -> bytes:
    if len(answer.headers) > MOST_HEADERS:
        raise httpcore2.RemoteProtocolError(f"it has {len(answer.headers)} headers")
    body = bytearray()
    for part in answer.iter_stream():
        body += part
        if len(body) > longest_bytes:
            raise httpcore2.RemoteProtocolError(f"it is longer than {longest_bytes // 2**20} MiB")
    return bytes(body)


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return True
