"""Bytes to requests: httptools, a bound on heads, and the rules of RFC 9112 that httptools does not have."""

from __future__ import annotations

import re
from typing import Protocol
from urllib.parse import unquote

import httptools

RawHeaders = list[tuple[bytes, bytes]]


class Malformed(ValueError):
    """The bytes are not a request of HTTP/1.1; the text says why."""


class HeadTooLarge(Malformed):
    """The request line and headers exceed the bound."""


class Receiver(Protocol):
    """What the parser hands requests to, piece by piece."""

    def on_head(self) -> None: ...
    def on_body(self, body: bytes) -> None: ...
    def on_end(self) -> None: ...


class RequestParser:
    """Parses one connection. After `on_head` its attributes describe the request; `feed` raises Malformed."""

    def __init__(self, receiver: Receiver, *, max_header_bytes: int) -> None:
        self.method = self.path = self.version = ""
        self.raw_path = self.query = b""
        self.headers: RawHeaders = []
        self.keep_alive = self.expects_continue = False
        self.is_in_head = True  # or between two requests
        self.has_begun = False  # a head whose end is not there yet
        self._head_bytes = 0  # received of it
        self._receiver = receiver
        self._max_header_bytes = max_header_bytes
        self._parser = httptools.HttpRequestParser(self)
        # A request with Connection: close may be followed by bytes; they are not read, and its response is sent.
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._first = b""  # the first byte of the connection, which tells TLS from HTTP
        self._parsed_bytes = 0  # of the head, as far as httptools handed it on
        self._url = b""
        self._hosts: list[bytes] = []
        # Of the request before on this connection: a client seldom changes them.
        self._last_url = self._last_host = b""

    def feed(self, data: bytes) -> None:
        """Parse the next bytes."""
        self._first = self._first or data[:1]
        was_in_head = self.is_in_head
        if was_in_head:
            # httptools gathers a header without end before it hands it on, so what comes in is counted as well.
            self._head_bytes += len(data)
            data = _without_upgrade(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.keep_alive = False  # an Upgrade header that came in two packets; httptools skips what follows it
        except httptools.HttpParserError as error:
            raise self._malformed(error) from None
        if self.is_in_head and not was_in_head:
            self._head_bytes = 0  # mostly of the request before
        if self.is_in_head and self._head_bytes > self._max_header_bytes:
            raise HeadTooLarge

    @property
    def origin(self) -> str:
        """The Origin header of the head, as far as it was parsed."""
        return next((value.decode("latin-1") for name, value in self.headers if name == b"origin"), "")

    # -- httptools

    def on_message_begin(self) -> None:
        self.has_begun = True
        self.expects_continue = False
        self.headers = []
        self._url = b""
        self._hosts = []
        self._parsed_bytes = 0

    def on_url(self, url: bytes) -> None:
        self._url += url
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"host":
            self._hosts.append(value)
        elif name == b"expect":
            self.expects_continue = value.lower() == b"100-continue"
        self.headers.append((name, value))
        self._count(len(name) + len(value) + 4)  # ": " and the line end

    def _count(self, size: int) -> None:
        self._parsed_bytes += size
        if self._parsed_bytes > self._max_header_bytes:
            raise HeadTooLarge  # httptools hands it on as the context of an error of its own

    def on_headers_complete(self) -> None:
        self.is_in_head = self.has_begun = False
        self._head_bytes = 0
        self.version = self._parser.get_http_version()
        self._check_version_and_host()
        if self._url != self._last_url:
            self._read_target()
        self.method = self._parser.get_method().decode("ascii")
        self.keep_alive = self.version == "1.1" and self._parser.should_keep_alive()
        self._receiver.on_head()

    def _read_target(self) -> None:
        try:
            target = httptools.parse_url(self._url)
            self.raw_path = target.path or b"/"  # RFC 9110 §4.2.3
            path = self.raw_path.decode("ascii")
        except (httptools.HttpParserError, UnicodeDecodeError):
            raise Malformed("its target is not a path") from None
        self.query = target.query or b""
        self.path = unquote(path) if "%" in path else path
        self._last_url = self._url

    def on_body(self, body: bytes) -> None:
        self._receiver.on_body(body)

    def on_message_complete(self) -> None:
        self.is_in_head = True
        self._head_bytes = 0
        self._receiver.on_end()

    # -- what httptools does not check

    def _check_version_and_host(self) -> None:
        if self.version not in ("1.0", "1.1"):
            raise Malformed(f"its version is HTTP/{self.version}; use HTTP/1.1")
        if len(self._hosts) > 1:  # RFC 9112 §3.2, as the two lines below
            raise Malformed(f"it has {len(self._hosts)} Host headers; send one")
        if self.version == "1.1" and not self._hosts:
            raise Malformed("it has no Host header; send one")
        if self._hosts and self._hosts[0] != self._last_host:
            if not _HOST.fullmatch(self._hosts[0]):
                raise Malformed("its Host header is not a host name with an optional port")
            self._last_host = self._hosts[0]

    def _malformed(self, error: httptools.HttpParserError) -> Malformed:
        if isinstance(error.__context__, Malformed):
            return error.__context__
        if self._first == b"\x16":  # a TLS handshake, RFC 8446 §5.1
            return Malformed("this is HTTPS; use http://, or start the mock with --tls")
        return Malformed(_REASONS.get(str(error), str(error)) or "its framing cannot be read")


# What the parser says, where that helps nobody who does not know the parser.
_REASONS = {
    "Pause on PRI/Upgrade": "this is HTTP/2; use HTTP/1.1",
    "Invalid method encountered": "its method is not known; check the Content-Length of the request before it",
    "Expected HTTP/, RTSP/ or ICE/": "HTTP/1.1 is expected after the path; a space in a path is written %20",
}
_HOST = re.compile(rb"[\w!$&'()*+,;=.~%-]*(:[0-9]*)?|\[[0-9A-Fa-f:.]+\](:[0-9]*)?")  # RFC 9110 §7.2, RFC 3986 §3.2.2
_UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)


def _without_upgrade(data: bytes) -> bytes:
    """The start of a request with its Upgrade header renamed: nothing is upgraded here (RFC 9110 §7.8).

    Java's HttpClient asks every http:// server for h2c. httptools would take that for the end of HTTP, and skip the
    body.
    """
    if b"pgrade" not in data and b"PGRADE" not in data:
        return data
    head, end, rest = data.partition(b"\r\n\r\n")
    return _UPGRADE.sub(b"\r\nx-upgrade:", head) + end + rest
