"""Find the messages in one direction of an HTTP/1.1 connection without changing a byte (RFC 9112). Pure.

The bytes of all pieces, one after the other, are the bytes that came. What is not HTTP/1.1 becomes one opaque piece
after the other, so a connection can be relayed whatever it carries. h11 and httptools do not keep the bytes of a head,
so they cannot forward it unchanged; the tests compare this module with h11.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

LONGEST_HEAD_BYTES = 256 * 1024  # more than any server accepts
LONGEST_LINE_BYTES = 16 * 1024  # of a chunk size with its extensions, or of a trailer

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP/1\.[01]")
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-9]\d\d)(?: .*)?")
_START_OF_REQUEST = re.compile(rb"[\r\n]*[!#$%&'*+.^_`|~0-9A-Za-z-]*(?: |\Z)")
_PLAIN_HEAD = re.compile(rb"\S+ /\S* HTTP/1\.1\r\n(?:[\t\x20-\x7e\x80-\xff]*\r\n)+")
_PLAIN_SIZE = re.compile(rb"[0-9A-Fa-f]+\r\n")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Kind(StrEnum):
    """What a piece of a connection is."""

    HEAD = "head"
    BODY = "body"
    END = "end"  # the message is complete
    OPAQUE = "opaque"  # not a message of HTTP/1.1, or one that switches to another protocol


@dataclass(frozen=True, slots=True)
class Head:
    """The start line and the headers of a message. start: (method, target) of a request, (status,) of a response."""

    start: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]

    @property
    def status(self) -> int:
        """The status of a response."""
        return int(self.start[0])

    def all(self, name: str) -> list[str]:
        """Return the values of every header of that name; name in lower case."""
        return [value for key, value in self.headers if key.lower() == name]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a connection. raw: its bytes as they came. payload: those of the body, without chunk sizes.

    is_plain: whether a request has here the usual form, which every server reads; this module reads others as well.
    """

    kind: Kind
    raw: bytes = b""
    payload: bytes = b""
    head: Head | None = None
    is_plain: bool = True


class Framing:
    """Splits the bytes of one direction of one connection into pieces.

    request_method: called at the head of each final response; the method of the request that it answers. Without it the
    direction is that of the requests.
    """

    def __init__(self, request_method: Callable[[], str] | None = None) -> None:
        self._request_method = request_method
        self._buffer = bytearray()
        self._step: Callable[[], Iterator[Piece]] = self._head
        self._left = 0  # bytes of the body, or of the chunk

    @property
    def is_opaque(self) -> bool:
        """Whether the rest of the connection is not read as HTTP."""
        return self._step == self._opaque

    def feed(self, data: bytes) -> Iterator[Piece]:
        """Take bytes and yield the pieces that they complete."""
        self._buffer += data
        before: object = None
        while self._buffer and (self._step, len(self._buffer)) != before:
            before = self._step, len(self._buffer)
            yield from self._step()

    def give_up(self) -> Iterator[Piece]:
        """Read the rest of the connection as opaque bytes, those that wait for more included."""
        self._step = self._opaque
        if self._buffer:
            yield from self._opaque()

    def end(self) -> Iterator[Piece]:
        """Take the end of the connection: a body without length is complete, anything else stays as it is."""
        if self._step == self._until_close:
            self._step = self._opaque
            yield Piece(Kind.END)
        elif self._buffer:
            yield Piece(Kind.OPAQUE, self._take(len(self._buffer)))

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    # -- steps: each yields the pieces that the buffer completes, and sets the next step ------------------------------

    def _head(self) -> Iterator[Piece]:
        blank = len(self._buffer) - len(self._buffer.lstrip(b"\r\n"))  # tolerated before a start line (RFC 9112 §2.2)
        end = _END_OF_HEAD.search(self._buffer, blank)
        is_request = self._request_method is None
        if end is None:
            # What is not HTTP, such as TLS, may wait for the other side before it goes on.
            if len(self._buffer) > LONGEST_HEAD_BYTES or (is_request and not _START_OF_REQUEST.match(self._buffer)):
                self._step = self._opaque
            return
        head = read_head(bytes(self._buffer[blank : end.start()]), is_request=is_request)
        step = None if head is None else self._after_request(head) if is_request else self._after_response(head)
        if head is None or step is None:
            self._step = self._opaque
            return
        raw = self._take(end.end())
        is_plain = bool(_PLAIN_HEAD.fullmatch(raw)) and len(head.all("host")) == 1
        yield Piece(Kind.HEAD, raw, head=head, is_plain=is_plain)
        self._step = step
        if step == self._head and (is_request or head.status >= 200):
            yield Piece(Kind.END)

    def _after_request(self, head: Head) -> Callable[[], Iterator[Piece]] | None:
        if codings := head.all("transfer-encoding"):
            # Without chunked as the last coding its end is not known (RFC 9112 §6.3).
            return self._chunk_size if _is_chunked(codings) else None
        return self._of_length(head.all("content-length"), self._head)

    def _after_response(self, head: Head) -> Callable[[], Iterator[Piece]] | None:
        status = head.status
        if status == 101:
            return self._switched
        if 100 <= status < 200:
            return self._head
        method = self._request_method() if self._request_method else ""
        if method == "CONNECT" and 200 <= status < 300:
            return self._switched
        if method == "HEAD" or status in {204, 304}:
            return self._head
        if codings := head.all("transfer-encoding"):
            return self._chunk_size if _is_chunked(codings) else self._until_close
        return self._of_length(head.all("content-length"), self._until_close)

    def _of_length(
        self, values: list[str], without: Callable[[], Iterator[Piece]]
    ) -> Callable[[], Iterator[Piece]] | None:
        """The step after a head with these values of Content-Length; None if they contradict each other."""
        lengths = {part.strip() for value in values for part in value.split(",")}
        if not lengths:
            return without
        length = lengths.pop()
        if lengths or not length.isascii() or not length.isdigit() or len(length) > 18:
            return None
        self._left = int(length)
        return self._body if self._left else self._head

    def _body(self) -> Iterator[Piece]:
        data = self._take(min(self._left, len(self._buffer)))
        self._left -= len(data)
        yield Piece(Kind.BODY, data, data)
        if not self._left:
            self._step = self._head
            yield Piece(Kind.END)

    def _until_close(self) -> Iterator[Piece]:
        data = self._take(len(self._buffer))
        yield Piece(Kind.BODY, data, data)

    def _chunk_size(self) -> Iterator[Piece]:
        line = self._line()
        if line is None:
            return
        digits = line.partition(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,15}", digits):
            self._step = self._opaque
            yield Piece(Kind.OPAQUE, line)
            return
        self._left = int(digits, 16)
        self._step = self._chunk if self._left else self._trailers
        yield Piece(Kind.BODY, line, is_plain=_PLAIN_SIZE.fullmatch(line) is not None)

    def _chunk(self) -> Iterator[Piece]:
        data = self._take(min(self._left, len(self._buffer)))
        self._left -= len(data)
        yield Piece(Kind.BODY, data, data)
        if not self._left:
            self._step = self._chunk_end

    def _chunk_end(self) -> Iterator[Piece]:
        line = self._line()
        if line is None:
            return
        self._step = self._opaque if line.strip() else self._chunk_size
        yield Piece(Kind.OPAQUE if line.strip() else Kind.BODY, line, is_plain=line == b"\r\n")

    def _trailers(self) -> Iterator[Piece]:
        line = self._line()
        if line is None:
            return
        yield Piece(Kind.BODY, line, is_plain=line == b"\r\n")
        if not line.strip():
            self._step = self._head
            yield Piece(Kind.END)

    def _switched(self) -> Iterator[Piece]:
        self._step = self._opaque
        yield from self._opaque()

    def _opaque(self) -> Iterator[Piece]:
        yield Piece(Kind.OPAQUE, self._take(len(self._buffer)))

    def _line(self) -> bytes | None:
        """The next line with its end; None if it is not complete."""
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > LONGEST_LINE_BYTES:
                self._step = self._opaque
            return None
        return self._take(end + 1)


def read_head(raw: bytes, *, is_request: bool) -> Head | None:
    """Read a head without the empty line at its end; None if it is not one of HTTP/1.0 or HTTP/1.1."""
    first, *lines = raw.replace(b"\r\n", b"\n").split(b"\n")
    match = (_REQUEST_LINE if is_request else _STATUS_LINE).fullmatch(first)
    headers = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name):
            return None
        headers.append((name.decode("latin-1"), value.strip(b" \t").decode("latin-1")))
    if match is None:
        return None
    return Head(tuple(group.decode("latin-1") for group in match.groups()), tuple(headers))


def with_host(raw: bytes, host: bytes) -> bytes:
    """Return the head of a request with another value of Host; every other byte stays."""
    return re.sub(rb"(?im)^(host:[ \t]*)[^\r\n]*", rb"\g<1>" + host, raw, count=1)


def _is_chunked(codings: list[str]) -> bool:
    return codings[-1].rpartition(",")[2].strip().lower() == "chunked"
