"""Test that a request means the same wherever its bytes are divided."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mock_server.connections.parsing import Malformed, RequestParser
from mock_server.tests.conftest import GOOD, PATH

BODY = json.dumps(GOOD).encode() + b"\r\n"
HEADERS = (
    b"",
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n",
    b"UPGRADE: websocket\r\nConnection: upgrade\r\n",
    b"uPgRaDe: h2c\r\nConnection: Upgrade\r\n",
    b"Up: a\r\nUpgraded: b\r\nU: c\r\n",
)


class Seen:
    """What a parser has read: each request with its headers and its body."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, list[tuple[bytes, bytes]], bytes, bool]] = []
        self.parser: Any = RequestParser(self, max_header_bytes=65536)
        self._body = b""

    def on_head(self) -> None:
        self._body = b""

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_end(self) -> None:
        parser = self.parser
        self.requests.append((parser.method, parser.headers, self._body, parser.keep_alive))


@pytest.mark.parametrize("headers", HEADERS)
@pytest.mark.parametrize("start", [b"", b"\r\n"], ids=["at once", "after an empty line"])
@pytest.mark.parametrize("body", [BODY, b""], ids=["with a body", "without"])
def test_a_request_is_the_same_wherever_it_is_divided(headers: bytes, start: bytes, body: bytes) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\n".encode() + headers
    data = start + head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    whole = Seen()
    whole.parser.feed(data)
    assert [(method, sent, kept) for method, _, sent, kept in whole.requests] == [("POST", body, True)]
    for at in range(1, len(data)):
        divided = Seen()
        divided.parser.feed(data[:at])
        divided.parser.feed(data[at:])
        assert divided.requests == whole.requests, data[:at]
    dripping = Seen()
    for at in range(len(data)):
        dripping.parser.feed(data[at : at + 1])
    assert dripping.requests == whole.requests


@pytest.mark.parametrize(
    "coding", [b"chunked", b",chunked", b"gzip, chunked", b"chunked,", b"chunked, gzip", b"xchunked"]
)
def test_a_transfer_coding_is_the_same_wherever_it_is_divided(coding: bytes) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\n".encode() + b"Transfer-Encoding: " + coding
    data = head + b"\r\n\r\n%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n"
    whole = read_in([data])
    for at in range(1, len(data)):
        assert read_in([data[:at], data[at:]]) == whole, data[:at]
    assert read_in([data[at : at + 1] for at in range(len(data))]) == whole


def read_in(parts: list[bytes]) -> tuple[str, object]:
    """Return why the parts are not requests, and the requests before."""
    seen = Seen()
    try:
        for part in parts:
            seen.parser.feed(part)
    except Malformed as error:
        return str(error), seen.requests
    return "", seen.requests
