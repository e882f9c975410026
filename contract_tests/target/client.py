"""Send requests to the server under test, byte for byte, and return the exchanges."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import httpx2

from contract_tests.target.concurrency import concurrently
from contract_tests.target.connections import Connections, Way
from contract_tests.target.exchange import HUNG_UP, NOT_SENT, SILENT, UNREACHABLE, Exchange, Request, Response
from contract_tests.target.pace import MAX_RATE_LIMIT_WAIT_S, Pace, comes_later, retry_after_s
from contract_tests.target.raw import divided, exchange_bytes
from contract_tests.target.renewal import Renewal

MAX_ANSWER_BYTES = 32 * 1024 * 1024  # no request of the suite causes a longer response
APART_S = 0.005  # times have milliseconds
MAX_RATE_LIMIT_TRIES = 8


Outgoing = tuple[Request, str, int]  # with its label and its number


@dataclass(slots=True)
class _Used:
    """The connection of a request: way, how it was chosen; number, of the request; after, of the one before it."""

    way: Way
    number: int
    is_new: bool = False
    after: int = 0


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
    ) -> None:
        """Create a client; the first request opens the first connection.

        timeout_s: for a whole response. connections: maximum of keep-alive connections.
        pause: sleeps for a number of seconds, at most to the end of the run; returns whether it slept that long.
        tls: trusted certificates and client certificate. proxy: its URL. proxy_name: its name in messages.
        renewal: replaces a session that ends. rate_per_s: maximum number of requests per second.
        allows: returns whether an IP address may be connected to.
        """
        self.timeout_s = timeout_s
        self.connections = connections
        self._pause = pause or _sleep
        self._allows = allows
        self._pace = Pace(rate_per_s, self._pause)
        self.addresses: set[str] = set()  # connected to: addresses of the server, or of the proxy
        self.proxy_name = proxy_name
        self._renewal = renewal
        self._tls = tls
        self._connections = Connections(kept=connections, timeout_s=timeout_s, tls=tls, proxy=proxy)
        self.way = Way.POOL  # of requests that are not sent in turn
        self.notify: Callable[[Exchange], object] = lambda exchange: (
            None
        )  # of each exchange, in the thread that sent it

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
        for attempt in range(MAX_RATE_LIMIT_TRIES):
            exchange = self._send_renewed(request, label, number, way)
            response = exchange.response
            if response is None or not comes_later(response):
                return exchange
            pause_s = retry_after_s(response, default_s=0.2 * 2**attempt)
            if waited_s + pause_s > MAX_RATE_LIMIT_WAIT_S or not self._pause(pause_s):
                return exchange
            waited_s += pause_s
        return exchange

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
        """Send a request; after a 401, renew the session if possible and send again."""
        if self._renewal is None or not self._renewal.signs_in(request.headers):
            return self._send_once(request, label, number, way)
        used = self._renewal.current
        exchange = self._send_once(request, label, number, way)
        if exchange.response is not None and exchange.response.status == 401 and self._renewal.renew(used):
            return self._send_once(request, label, number, way)
        return exchange

    def _send_once(self, request: Request, label: str, number: int, way: Way) -> Exchange:
        self._pace.wait()
        sent_at_s = time.time()
        for _ in range(self.connections + 1):
            used = _Used(way, number)
            response, failure = self._attempt(request, used) if request.wire is None else self._raw(request)
            if failure != HUNG_UP or used.is_new or request.wire is not None:
                break
            # A server may close an idle connection at any time (RFC 9112 §9.5). That says nothing about the request,
            # and the next connection in the pool may be closed as well.
        return Exchange(request, response, failure, sent_at_s, time.time(), label, number, used.after)

    def _note_address(self, stream: Any) -> None:
        """Note the address of a new connection; close it before anything is sent if the address is not allowed."""
        if address := stream.get_extra_info("server_addr"):
            try:
                self._check_address(*address[:2])
            except _AddressRefusedError:
                stream.close()
                raise

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
                longest_bytes=MAX_ANSWER_BYTES,
                tls=self._tls,
                connected=connected,
            )
        except _AddressRefusedError as error:
            return None, _other_network(error)

    def _attempt(self, request: Request, used: _Used) -> tuple[Response | None, str | None]:
        def trace(event: str, info: Mapping[str, Any]) -> None:
            if event.startswith("connection.connect_tcp"):
                used.is_new = True
            if event == "connection.connect_tcp.complete":
                self._note_address(info["return_value"])

        deadline = time.monotonic() + self.timeout_s
        sent = self._renewal.headers(request.headers) if self._renewal else request.headers
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent]
        content = divided(request.body) if request.chunked or request.in_parts else request.body
        if request.in_parts:
            headers.append((b"Content-Length", b"%d" % len(request.body)))
        extensions = {"trace": trace, "timeout": dict.fromkeys(("connect", "read", "write", "pool"), self.timeout_s)}
        answer: httpx2.Response | None = None
        try:
            wire = httpx2.Request(request.method, request.url, headers=headers, content=content, extensions=extensions)
            answer = self._connections.client(request.url, used.way).send(wire, stream=True)
            used.after = self._connections.before(answer, used.number)
            body = _read(answer, deadline)
        except _AddressRefusedError as error:
            return None, _other_network(error)
        except (httpx2.LocalProtocolError, httpx2.UnsupportedProtocol, httpx2.InvalidURL) as error:
            return None, f"{NOT_SENT}: {error}"
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
            through = f"{self.proxy_name}: " if self.proxy_name else ""
            return None, f"{UNREACHABLE}: {through}{error}"
        except (httpx2.TimeoutException, TimeoutError):
            return None, f"{SILENT} {self.timeout_s:g} s"
        except httpx2.DecodingError as error:
            return None, f"the answer's content coding cannot be undone: {error}"
        except (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError) as error:
            cut = not isinstance(error, httpx2.RemoteProtocolError) or "without sending a response" in str(error)
            if "SSL" in str(error):
                return None, f"{UNREACHABLE}: {error}"
            if cut and answer is None:
                return None, HUNG_UP
            return None, f"the answer is not HTTP or not whole: {error or 'the connection was cut'}"
        finally:
            if answer is not None:
                answer.close()
        raw = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers.raw)
        return Response(answer.status_code, raw, body), None


def _other_network(error: _AddressRefusedError) -> str:
    return f"{UNREACHABLE}: the name of the host now has the address {error}, of another kind of network"


def _read(answer: httpx2.Response, deadline: float) -> bytes:
    parts = bytearray()
    for part in answer.iter_bytes():
        parts += part
        if time.monotonic() > deadline:
            raise TimeoutError
        if len(parts) > MAX_ANSWER_BYTES:
            raise httpx2.RemoteProtocolError(f"the answer is longer than {MAX_ANSWER_BYTES} bytes")
    return bytes(parts)


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return True
