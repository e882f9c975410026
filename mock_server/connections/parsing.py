"""Parse requests with httptools; add a size limit for heads and the rules of RFC 9112 that httptools lacks."""

from __future__ import annotations

import re
from typing import Protocol
from urllib.parse import unquote

import httptools

RawHeaders = list[tuple[bytes, bytes]]


class Malformed(ValueError):
    """The bytes are not an HTTP/1.1 request; the text says why."""


class IsHttps(Malformed):
    """The bytes are a TLS handshake."""

    remedy = "use http://, or start the mock with --tls"

    def __init__(self) -> None:
        super().__init__(f"this is HTTPS; {self.remedy}")


class HeadTooLarge(Malformed):
    """The request line and headers exceed the limit."""


class Receiver(Protocol):
    """Receives the parts of each parsed request."""

    def on_head(self) -> None: ...
    def on_body(self, body: bytes) -> None: ...
    def on_end(self) -> None: ...


class RequestParser:
    """Parses one connection. From `on_head` on, its attributes describe the request. `feed` can raise Malformed."""

    def __init__(self, receiver: Receiver, *, max_header_bytes: int) -> None:
        self.method = self.path = self.version = ""
        self.raw_path = self.query = b""
        self.headers: RawHeaders = []
        self.keep_alive = self.expects_continue = False
        self.is_in_head = True  # also between two requests
        self.has_begun = False  # a part of a head has arrived
        self._head_bytes = 0  # received bytes of that head
        self._cut = b""  # the last bytes received, if they may begin an Upgrade header
        self._receiver = receiver
        self._max_header_bytes = max_header_bytes
        self._parser = httptools.HttpRequestParser(self)
        # After a request with Connection: close, further bytes are ignored and the response is sent.
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._first = b""  # the first byte of the connection; it distinguishes TLS from HTTP
        self._parsed_bytes = 0  # bytes of the head that httptools has reported
        self._url = b""
        self._hosts: list[bytes] = []
        # Of the request before on this connection: a client seldom changes them.
        self._last_url = self._last_host = b""

    def feed(self, data: bytes) -> None:
        """Parse the next bytes."""
        self._first = self._first or data[:1]
        was_in_head = self.is_in_head
        if was_in_head:
            # httptools buffers a header until its end, so the received bytes are counted as well.
            self._head_bytes += len(data)
            data = _without_upgrade(self._cut + data)
            data, self._cut = _without_cut_name(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.keep_alive = False  # an Upgrade header in a pipelined request; httptools skips the rest
        except httptools.HttpParserError as error:
            raise self._malformed(error) from None
        if self.is_in_head and not was_in_head:
            self._head_bytes = 0  # these bytes belong mostly to the previous request
        if self.is_in_head and self._head_bytes > self._max_header_bytes:
            raise HeadTooLarge

    @property
    def origin(self) -> str:
        """Return the Origin header if it has been parsed, else an empty string."""
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
        self._parsed_bytes += len(url)
        if self._parsed_bytes > self._max_header_bytes:
            raise HeadTooLarge

    def on_header(self, name: bytes, value: bytes) -> None:
        self._parsed_bytes += len(name) + len(value) + 4  # ": " and the line end
        if self._parsed_bytes > self._max_header_bytes:
            raise HeadTooLarge  # httptools wraps it in an error of its own, as the context
        if not self.is_in_head:
            return  # a trailer: it must not count as a header (RFC 9110 §6.5.1), least of all as a login
        name = name.lower()
        if name == b"host":
            self._hosts.append(value)
        elif name == b"expect":
            self.expects_continue = value.lower() == b"100-continue"
        self.headers.append((name, value))

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

    # -- checks that httptools lacks

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
            return IsHttps()
        return Malformed(_REASONS.get(str(error), str(error)) or "its framing cannot be read")


# Replacements for messages of the parser that a user cannot understand.
_REASONS = {
    "Pause on PRI/Upgrade": "this is HTTP/2; use HTTP/1.1",
    "Invalid method encountered": "its method is not known; check the Content-Length of the request before it",
    "Expected HTTP/, RTSP/ or ICE/": "HTTP/1.1 is expected after the path; write a space in a path as %20",
}
_HOST = re.compile(rb"[\w!$&'()*+,;=.~%-]*(:[0-9]*)?|\[[0-9A-Fa-f:.]+\](:[0-9]*)?")  # RFC 9110 §7.2, RFC 3986 §3.2.2
_UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)
_CUT_UPGRADE = re.compile(rb"\r(\n(\r|u(p(g(r(a(de?)?)?)?)?)?)?)?\Z", re.IGNORECASE)
_END_OF_HEAD = re.compile(rb"\n\r?\n")


def _without_upgrade(data: bytes) -> bytes:
    """Rename the Upgrade header of a request, because this server upgrades nothing (RFC 9110 §7.8).

    Java's HttpClient offers h2c to every http:// server. httptools would treat that as the end of HTTP/1.1 and skip
    the body.
    """
    if b"upgrade:" not in data.lower():
        return data
    head, end, rest = data.partition(b"\r\n\r\n")
    return _UPGRADE.sub(b"\r\nx-upgrade:", head) + end + rest


def _without_cut_name(data: bytes) -> tuple[bytes, bytes]:
    """Cut off the end of a part of a head if it may be the start of an Upgrade header; return both parts."""
    if data[-1:] not in b"\r\nUuPpGgRrAaDdEe" or _END_OF_HEAD.search(data):
        return data, b""
    cut = _CUT_UPGRADE.search(data)
    return (data[: cut.start()], cut[0]) if cut else (data, b"")
