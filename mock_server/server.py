"""The process around the app: one socket, one uvicorn, and a protocol that answers broken HTTP as documented."""

from __future__ import annotations

import asyncio
import errno
import functools
import re
import socket
import sys
from collections.abc import Callable, Coroutine
from email.utils import format_datetime
from typing import Any

import httptools
import uvicorn
import uvloop  # noqa: F401  # or uvicorn loads it while somebody waits for the first start
from starlette.datastructures import MutableHeaders
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from mock_server.app import Mock
from mock_server.middleware.cors import add_cors, own_origins
from mock_server.middleware.journaling import record_unread
from mock_server.pipeline.errors import refused
from mock_server.pipeline.request_state import KEY, RequestState
from mock_server.settings import Settings

GRACE_S = 1  # after it, open requests are cut: Ctrl-C must not wait for an event stream that nobody closes
BACKLOG = 2048

Beside = Callable[[], Coroutine[Any, Any, None]]


class PortTaken(OSError):
    """The port is another's, or needs rights; the text says so in one line."""


class HostUnusable(OSError):
    """No port of this host can be listened on; the text says why, in one line."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; the port is taken from here on, so whoever is told of it finds it open."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            raise
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        refusal = PortTaken if getattr(error, "errno", None) in (errno.EADDRINUSE, errno.EACCES) else HostUnusable
        raise refusal(f"cannot listen on {host or repr(host)} port {port}: {reason[:1].lower()}{reason[1:]}") from None
    listener.setblocking(False)
    return listener


def url_of(listener: socket.socket) -> str:
    """The base URL that reaches a listening socket from this machine."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # all addresses is none that a client can name
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(uvicorn.Server):
    """uvicorn, which serves a mock, and tells when it listens; `beside` runs as long as it does."""

    def __init__(
        self, mock: Mock, settings: Settings, *, on_ready: Callable[[], None], beside: Beside | None = None
    ) -> None:
        super().__init__(_config(mock, settings))
        self._mock = mock
        self._on_ready = on_ready
        self._beside = beside
        self._task: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._beside is not None:
            self._task = asyncio.create_task(self._beside())
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._task is not None:
            self._task.cancel()
        self._mock.worlds.close()  # an event stream ends when its world says so, and not before
        await super().shutdown(sockets)


def serve(
    mock: Mock,
    listener: socket.socket,
    settings: Settings,
    *,
    on_ready: Callable[[], None],
    beside: Beside | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; `on_ready` is called once requests are answered."""
    Server(mock, settings, on_ready=on_ready, beside=beside).run(sockets=[listener])


def _config(mock: Mock, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        mock,
        loop="uvloop",
        http=functools.partial(  # type: ignore[arg-type]  # called as a class is
            _Protocol,
            mock=mock,
            is_own_origin=own_origins(settings.allow_origin),
            max_header_bytes=settings.max_header_bytes,
        ),
        ws="none",  # the contract has no websocket; a handshake is a request like any other
        lifespan="on",  # with "auto" a spec that cannot be served shows only as a 500 to every request
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=settings.now is None,
        headers=[("date", format_datetime(settings.now, usegmt=True))] if settings.now else [],
        timeout_graceful_shutdown=GRACE_S,
        backlog=BACKLOG,
    )


def _without_upgrade(data: bytes) -> bytes:
    """The start of a request, its Upgrade header renamed: nothing is upgraded here (RFC 9110 §7.8).

    Java's HttpClient asks every http:// server for h2c. The parser would take that for the end of HTTP, and drop the
    body that follows.
    """
    if b"pgrade" not in data and b"PGRADE" not in data:
        return data
    head, end, rest = data.partition(b"\r\n\r\n")
    return _UPGRADE.sub(b"\r\nx-upgrade:", head) + end + rest


_UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)


# What the parser says, where that helps nobody who does not know the parser.
_REASONS = {
    "Pause on PRI/Upgrade": "this is HTTP/2; use HTTP/1.1",
    "Expected HTTP/, RTSP/ or ICE/": "HTTP/1.1 is expected behind the path; a blank in a path is written %20",
}


class _Protocol(HttpToolsProtocol):
    """uvicorn's protocol, with a bound on headers, and with the documented body for what its parser refuses."""

    def __init__(
        self,
        *,
        mock: Mock,
        is_own_origin: Callable[[str], bool],
        max_header_bytes: int,
        **uvicorn_s: Any,
    ) -> None:
        super().__init__(**uvicorn_s)
        self._mock = mock
        self._is_own_origin = is_own_origin
        self._max_header_bytes = max_header_bytes
        self._first = b""  # the first byte of the connection, which tells TLS from HTTP
        self._origin = ""
        self._is_reused = False  # whether it had a request before
        self._in_head = True
        self._received = 0  # bytes while a head is incomplete, of it and of what came in the same reads
        self._parsed = 0  # bytes of the head, as far as it was parsed

    def data_received(self, data: bytes) -> None:
        self._first = self._first or data[:1]
        # httptools gathers a header without end before it tells of it, so what comes in is counted as well.
        if self._in_head:
            self._received += len(data)
            data = _without_upgrade(data)
        super().data_received(data)
        if self._in_head and self._received > self._max_header_bytes and not self.transport.is_closing():
            self.send_400_response("")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._state = RequestState(is_reused=self._is_reused)
        self.scope[KEY] = self._state  # type: ignore[literal-required]
        self._is_reused = True
        self._in_head, self._parsed, self._origin = True, 0, ""

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        if name.lower() == b"origin":  # the parser hands a header on once the next one begins
            self._origin = self._origin or value.decode("latin-1")
        self._count(len(name) + len(value) + 4)  # ": " and the line end

    def on_headers_complete(self) -> None:
        self._in_head, self._received = False, 0
        super().on_headers_complete()
        # A fault may break the connection, and must know whether it is one that a browser trusts (see `injection`).
        self._state.connection = self.cycle

    def on_message_complete(self) -> None:
        self._in_head, self._received = True, 0
        super().on_message_complete()

    def _count(self, size: int) -> None:
        self._parsed += size
        if self._parsed > self._max_header_bytes:
            raise ValueError  # httptools hands it on as a parser error

    def shutdown(self) -> None:
        if self.cycle is not None and self.cycle.more_body:
            self.transport.close()  # half a request: nobody knows when the rest would come
        else:
            super().shutdown()

    def _reason(self, error: BaseException | None) -> str:
        """Why the parser refused; uvicorn asks for the answer while it handles the parser's error."""
        if self._first == b"\x16":  # a TLS handshake, RFC 8446 §5.1
            return "this is HTTPS; use http://"
        if isinstance(error, httptools.HttpParserCallbackError):  # raised when uvicorn takes the request target apart
            return "the target of the request cannot be read"
        return _REASONS.get(str(error), str(error)) if error else "its framing cannot be read"

    def send_400_response(self, msg: str) -> None:
        cycle = self.cycle
        if cycle is not None and not cycle.more_body and not cycle.response_complete:
            cycle.keep_alive = False  # a whole request is being answered; what broke came behind it
            return
        if cycle is not None and cycle.more_body and cycle.response_started:
            self.transport.close()  # the rest of a body that was refused already
            return
        if max(self._parsed, self._received) > self._max_header_bytes:
            refusal = refused(
                "header_size",
                closes=True,
                got=f"more than {self._max_header_bytes} bytes",
                limit=self._max_header_bytes,
            )
        else:
            refusal = refused("http", closes=True, got=self._reason(sys.exception()))
        response = self._mock.stages.render_error(refusal)
        lines = [STATUS_LINE[response.status]]
        headers = MutableHeaders({**response.headers, "content-length": str(len(response.body))})
        add_cors(headers, self._origin, self._is_own_origin)
        lines += [name + b": " + value + b"\r\n" for name, value in [*self.server_state.default_headers, *headers.raw]]
        record_unread(self._mock.worlds, getattr(self, "headers", []), response, headers.raw)
        self.transport.write(b"".join(lines) + b"\r\n" + response.body)
        self.transport.close()
