"""The bytes of a response: its status line, its header lines, and the whole of one."""

from __future__ import annotations

import functools
import re
from http import HTTPStatus

from mock_server.middleware.at_once import Answer

# Tells clients with a pool (Node's agent, undici) to close a connection before the server does: 75 s, as in nginx.
ANNOUNCED_S = 75
KEPT = f"connection: keep-alive\r\nkeep-alive: timeout={ANNOUNCED_S}\r\n".encode()
CLOSED = b"connection: close\r\n"
_STATUS_LINES = {each.value: f"HTTP/1.1 {each.value} {each.phrase}\r\n".encode() for each in HTTPStatus}
_BAD_NAME = re.compile(rb"[^!#$%&'*+.^_`|~0-9A-Za-z-]")  # not a token, RFC 9110 §5.6.2
_BAD_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


def status_line(status: int) -> bytes:
    """Return the status line; the reason phrase is empty for a status that is not registered."""
    return _STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status


@functools.lru_cache(maxsize=256)  # most responses have the same headers
def header_line(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """Return the name in lower case, and the line; raise RuntimeError if it would not be one header."""
    if _BAD_NAME.search(name) or _BAD_VALUE.search(value):
        raise RuntimeError(f"the response header {name!r} has an invalid character")
    return name.lower(), b"%s: %s\r\n" % (name, value)


def whole_response(answer: Answer, default_head: bytes, *, keep_alive: bool) -> bytes:
    """Return the bytes of a complete response. Its headers have the Content-Length, if it has a body."""
    status, headers, body = answer
    lines = [status_line(status), default_head]
    lines += [header_line(name, value)[1] for name, value in headers]
    lines += (KEPT if keep_alive else CLOSED, b"\r\n", body)
    return b"".join(lines)  # http.answer.complete
