"""Relay connections to one server, byte for byte, and copy the exchanges of some paths.

Each connection of a client gets a connection of its own to the server, so everything that belongs to a connection
(pipelining, keep-alive, upgrades, half-closed connections) works as without the proxy. Only the value of Host changes.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass

from contract_tests.live.flight import Flight
from contract_tests.live.framing import Framing, Head, Kind, Piece, with_host
from contract_tests.live.seen import EARLY, NOT_WHOLE, OPAQUE, RACE, TOO_LONG, UNREACHABLE, Counts, Seen
from contract_tests.live.side import Side, connect_side
from contract_tests.target.exchange import HUNG_UP

LINGER_S = 5.0  # without a byte, for a client that still sends when the server has closed
NAME = "leadlists-contract watch"


@dataclass(frozen=True, slots=True)
class Upstream:
    """The server that requests go to. host_header: the value of Host there; None to forward the client's."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    host_header: bytes | None = None

    def __str__(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}"


class Relay:
    """Makes connections and counts what goes over them.

    paths: those of the operations. report: gets each whole exchange of these; it must not block.
    """

    def __init__(self, upstream: Upstream, paths: Collection[str], report: Callable[[Seen], None]) -> None:
        self.upstream = upstream
        self.counts = Counts()
        self.report = report
        self._paths = frozenset(path.rstrip("/") for path in paths)
        self._address = upstream.host  # the one that worked last: to look up a name costs time
        self.own: set[object] = set()  # the addresses of the proxy's ends of its connections to the server

    def client(self) -> asyncio.Protocol:
        """Return the protocol of a new connection from a client."""
        return _Link(self).client

    def is_watched(self, target: str) -> bool:
        """Return whether a request to this target, a path or a URL, is one of the operations."""
        if not target.startswith("/"):
            target = "/" + target.partition("://")[2].partition("/")[2]
        return target.partition("?")[0].rstrip("/") in self._paths

    async def connect(self, side: Side) -> None:
        """Open a connection to the server. Raises OSError."""
        upstream = self.upstream
        name = upstream.host if upstream.tls else None
        for host in dict.fromkeys((self._address, upstream.host)):
            try:
                address = await connect_side(side, host, upstream.port, upstream.tls, name)
            except OSError:
                if host == upstream.host:
                    raise
            else:
                self._address = address
                self.own.add(side.address)
                return


class _Link:
    """A connection of a client with its connection to the server."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self.client = Side(self._from_client, self._client_ended, self._client_lost)
        self._server = Side(self._from_server, self._server_ended, self._server_lost)
        self.client.other, self._server.other = self._server, self.client
        self._requests = Framing()
        self._responses = Framing(self._method)
        self._flights: deque[Flight] = deque()
        self._connecting: asyncio.Task[None] | None = None
        self._waiting: list[bytes] = []  # for the connection to the server
        self._has_ended = False  # the client sends nothing more
        self._is_server_gone = False
        self._is_first = True
        self._from_client_bytes = 0
        self._has_spoken_http = True

    # -- from the client ----------------------------------------------------------------------------------------------

    def _from_client(self, data: bytes) -> None:
        self._from_client_bytes += len(data)
        for piece in self._requests.feed(data):
            raw = piece.raw
            if piece.kind is Kind.OPAQUE and self._has_spoken_http and not self._responses.is_opaque:
                self._has_spoken_http = False
                self._relay.counts.not_http += 1
            if piece.kind is Kind.HEAD and piece.head is not None:
                if piece.head.start[0] == "CONNECT":
                    self._refuse(501, f"{NAME} is a reverse proxy for {self._relay.upstream}: it opens no tunnels.")
                    return
                self._request(piece.head)
                if self._relay.upstream.host_header is not None:
                    raw = with_host(raw, self._relay.upstream.host_header)
            elif self._flights and piece.kind is Kind.BODY:
                self._flights[-1].keep(self._flights[-1].request_body, piece.payload)
            elif self._flights and piece.kind is Kind.END:
                self._flights[-1].is_sent = True
            if self._flights and not piece.is_plain:
                self._flights[-1].is_plain = False
            if raw:
                self._to_server(raw)

    def _request(self, head: Head) -> None:
        flight = Flight(head, self._relay.is_watched(head.start[1]), self._is_first)
        self._is_first = False
        self._relay.counts.forwarded += 1
        self._relay.counts.of_operation += flight.is_watched
        if self._responses.is_opaque:
            self._leave_out(flight, OPAQUE)
        else:
            self._flights.append(flight)

    def _to_server(self, data: bytes) -> None:
        if self._server.transport is not None:
            self._server.write(data)
        elif not self._is_server_gone:
            self._waiting.append(data)
            if self._connecting is None:
                if self.client.transport:
                    self.client.transport.pause_reading()
                self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        try:
            if self.client.transport and self.client.transport.get_extra_info("peername") in self._relay.own:
                raise OSError(f"the proxy forwards to itself; let --upstream name the server, not {NAME}")
            await self._relay.connect(self._server)
        except OSError as error:
            for flight in self._flights:
                self._leave_out(flight, UNREACHABLE)
            self._flights.clear()
            self._refuse(502, f"{NAME}: {self._relay.upstream} cannot be reached: {error.strerror or error}")
            return
        if self.client.transport is None or self.client.transport.is_closing():
            self._server.close()
            return
        self.client.transport.resume_reading()  # before the writing, which may pause it
        for data in self._waiting:
            self._server.write(data)
        self._waiting.clear()
        if self._has_ended:
            self._server.end()

    def _refuse(self, status: int, words: str) -> None:
        """Answer in the place of the server, and close."""
        body = f"{words}\n".encode()
        reason = {501: b"Not Implemented", 502: b"Bad Gateway"}
        head = b"HTTP/1.1 %d %b\r\nContent-Type: text/plain; charset=utf-8\r\n" % (status, reason[status])
        head += b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
        is_head = bool(self._waiting) and self._waiting[0].startswith(b"HEAD ")
        self.client.write(head if is_head else head + body)
        self._is_server_gone = True
        self._waiting.clear()
        self._linger()

    def _client_ended(self) -> None:
        self._has_ended = True
        for piece in self._requests.end():
            self._to_server(piece.raw)
        self._server.end()
        self._close_idle()

    def _close_idle(self) -> None:
        """Close what the client has ended where no end can be forwarded, and no response is expected."""
        can_forward = self._server.transport is not None and self._server.transport.can_write_eof()
        if self._has_ended and not self._flights and not can_forward and self._connecting_is_over:
            self.client.close()

    @property
    def _connecting_is_over(self) -> bool:
        return self._connecting is None or self._connecting.done()

    def _client_lost(self, error: Exception | None) -> None:
        for flight in self._flights:
            self._leave_out(flight, NOT_WHOLE)
        self._flights.clear()
        self._server.close(error)

    # -- from the server ----------------------------------------------------------------------------------------------

    def _from_server(self, data: bytes) -> None:
        self.client.write(data)
        for piece in self._responses.feed(data):
            self._response(piece)

    def _method(self) -> str:
        return self._flights[0].head.start[0] if self._flights else ""

    def _response(self, piece: Piece) -> None:
        if piece.kind is Kind.OPAQUE:
            for flight in self._flights:
                self._leave_out(flight, OPAQUE)
            self._flights.clear()
            for rest in self._requests.give_up():  # from now on neither side speaks HTTP/1.1
                self._to_server(rest.raw)
            return
        if not self._flights:
            return  # a response without a request, such as a 408 to an idle client
        flight = self._flights[0]
        if piece.head is not None and piece.head.status >= 200:
            flight.answer = piece.head
        flight.keep(flight.response_body, piece.payload)
        if piece.kind is Kind.END:
            self._flights.popleft()
            self._landed(flight)
            self._close_idle()

    def _landed(self, flight: Flight) -> None:
        if not flight.is_sent:
            self._leave_out(flight, NOT_WHOLE if self._has_ended else EARLY)
        elif flight.is_too_long:
            self._leave_out(flight, TOO_LONG)
        elif flight.is_watched:
            self._relay.report(flight.seen())

    def _leave_out(self, flight: Flight, why: str) -> None:
        if flight.is_watched:
            self._relay.counts.left_out[why] += 1

    def _server_ended(self) -> None:
        for piece in self._responses.end():
            self._response(piece)
        self._server_gone()
        self._linger()

    def _server_lost(self, error: Exception | None) -> None:
        self._relay.own.discard(self._server.address)
        self.client.resume_reading()  # what still comes is not forwarded
        if self._is_server_gone:
            return
        if error and self._flights:
            self._server_gone()
            self.client.close(error)
        else:
            self._server_ended()

    def _server_gone(self) -> None:
        self._is_server_gone = True
        for place, flight in enumerate(self._flights):
            self._cut(flight, place)
        self._flights.clear()

    def _cut(self, flight: Flight, place: int) -> None:
        """Report an exchange that the server did not finish, if it is clear that a response was due."""
        if flight.answer is not None:
            failure = "the response is incomplete: the server closed the connection in the middle of it"
        elif flight.is_first:
            failure = HUNG_UP
        else:
            # A server may close an idle connection at any time, also while a request is on its way (RFC 9112 §9.5).
            self._leave_out(flight, RACE)
            return
        if place or not flight.is_sent or flight.is_too_long:
            self._leave_out(flight, RACE if place else NOT_WHOLE if self._has_ended else EARLY)
        elif flight.is_watched:
            self._relay.report(flight.seen(failure))

    def _linger(self) -> None:
        """Read on for a while, or a client that still sends loses the response (RFC 9112 §9.6)."""
        self.client.end()
        if self._has_ended:
            self.client.close()
        else:
            self._close_when_quiet()

    def _close_when_quiet(self, before_bytes: int | None = None) -> None:
        """Close the client's connection if nothing has come on it since LINGER_S."""
        now_bytes = self._from_client_bytes
        if now_bytes == before_bytes:
            self.client.close()
        else:
            asyncio.get_running_loop().call_later(LINGER_S, self._close_when_quiet, now_bytes)
