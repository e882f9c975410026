"""The data that all connections of one server share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from starlette.datastructures import MutableHeaders

from mock_server.connections.parsing import HeadTooLarge, IsHttps, Malformed, RequestParser
from mock_server.connections.response_bytes import status_line
from mock_server.middleware.at_once import AtOnce
from mock_server.middleware.cors import add_cors
from mock_server.middleware.journaling import record_unread
from mock_server.pipeline.errors import Refused, refused
from mock_server.pipeline.responses import RenderedResponse
from mock_server.pipeline.stages import Stages
from mock_server.worlds.sources import Clock
from mock_server.worlds.worlds import DEFAULT_WORLD, Worlds


class Served(Protocol):
    """The served mock; a reload replaces its parts."""

    stages: Stages
    worlds: Worlds
    at_once: AtOnce | None

    @property
    def clock(self) -> Clock: ...


@dataclass(slots=True, eq=False)
class Shared:
    """The served mock, and the header lines of all responses."""

    mock: Served
    is_own_origin: Callable[[str], bool]
    max_header_bytes: int
    _default_headers: Sequence[tuple[bytes, bytes]] = ()
    _default_head: bytes = b""

    def default_head(self, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
        """Return the header lines of every response; uvicorn replaces `headers` each second, for the Date."""
        if headers is not self._default_headers:
            self._default_headers = headers
            self._default_head = b"".join(b"%s: %s\r\n" % pair for pair in headers)
        return self._default_head

    def refusal_of(self, error: Malformed) -> Refused:
        """Return the response to bytes that are not a request."""
        if isinstance(error, HeadTooLarge):
            limit = self.max_header_bytes
            return refused("header_size", closes=True, got=f"more than {limit} bytes", limit=limit)
        if isinstance(error, IsHttps):
            self._notify(f"A client called this port over HTTPS, but it serves plain HTTP: {error.remedy}")
        return refused("http", closes=True, got=str(error))

    def response_to_http(self, request: bytes, default_head: bytes) -> bytes:
        """Return the response to the start of a request over plain http, sent to a port that serves https."""
        parser = RequestParser(_NoReceiver(), max_header_bytes=self.max_header_bytes)
        with suppress(Malformed):
            parser.feed(request)
        # The method is known if the head is valid.
        host = dict(parser.headers).get(b"host", b"") if parser.method else b""
        want = f"https://{host.decode('latin-1')}"
        self._notify(f"A client called this port over plain HTTP, but it serves HTTPS: use {want}")
        response, headers = self._rendered(refused("scheme", closes=True, want=want), parser.origin)
        called = {"method": parser.method, "path": parser.path} if parser.method else {}
        record_unread(self.mock.worlds, self.mock.clock(), parser.headers, response, headers.raw, **called)
        return _bytes(response, headers, default_head)

    def _notify(self, text: str) -> None:
        self.mock.worlds[DEFAULT_WORLD].notices.add(text)

    def refusal_response(self, refusal: Refused, parser: RequestParser, default_head: bytes) -> bytes:
        """Return the response to bytes that are not a request, and record it in the journal."""
        response, headers = self._rendered(refusal, parser.origin)
        record_unread(self.mock.worlds, self.mock.clock(), parser.headers, response, headers.raw)
        return _bytes(response, headers, default_head)

    def failure_response(self, parser: RequestParser, default_head: bytes) -> bytes:
        """Return the response to a request to which the app did not respond."""
        return _bytes(*self._rendered(Refused(500), parser.origin), default_head)

    def _rendered(self, refusal: Refused, origin: str) -> tuple[RenderedResponse, MutableHeaders]:
        response = self.mock.stages.render_error(refusal)
        headers = MutableHeaders({**response.headers, "content-length": str(len(response.body)), "connection": "close"})
        add_cors(headers, origin, self.is_own_origin)
        return response, headers


class _NoReceiver:
    """Ignores the parts of requests."""

    def on_head(self) -> None:
        pass

    def on_body(self, body: bytes) -> None:
        pass

    def on_end(self) -> None:
        pass


def _bytes(response: RenderedResponse, headers: MutableHeaders, default_head: bytes) -> bytes:
    lines = [b"%s: %s\r\n" % pair for pair in headers.raw]
    return b"".join([status_line(response.status), default_head, *lines, b"\r\n", response.body])
