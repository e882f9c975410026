"""Find messages in a stream as h11 does, and lose no byte of it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.live.framing import Framing, Kind, Piece, read_head, with_host

Message = tuple[bytes, bytes]  # as it is on the wire, and its body


def fed(data: bytes, cuts: Iterable[int] = (), method: str = "") -> list[Piece]:
    """Feed the data cut at these places, then its end."""
    framing = Framing((lambda: method) if method else None)
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    pieces = [piece for a, b in pairwise(places) for piece in framing.feed(data[a:b])]
    return [*pieces, *framing.end()]


def bodies(pieces: Iterable[Piece]) -> list[bytes]:
    """The bodies of the complete messages."""
    found, body = [], b""
    for piece in pieces:
        body += piece.payload
        if piece.kind is Kind.END:
            found.append(body)
            body = b""
    return found


@st.composite
def requests(draw: st.DrawFn) -> Message:
    """A request as h11 writes it: with a length, in chunks, or without a body."""
    connection = h11.Connection(h11.CLIENT)
    parts = draw(st.lists(st.binary(min_size=1, max_size=40), max_size=4))
    body = b"".join(parts)
    headers: list[tuple[bytes, bytes]] = [
        (b"Host", b"example.org"),
        (b"X-Odd", draw(st.sampled_from([b"", b"a  b", b"\xc3\xa9"]))),
    ]
    way = draw(st.sampled_from(["length", "chunked", "none"]))
    if way == "none":
        parts, body = [], b""
    headers += [(b"Content-Length", b"%d" % len(body))] if way == "length" else []
    headers += [(b"Transfer-Encoding", b"chunked")] if way == "chunked" else []
    raw = connection.send(h11.Request(method="POST", target="/a?b", headers=headers)) or b""
    for part in parts:
        raw += connection.send(h11.Data(data=part)) or b""
    return raw + (connection.send(h11.EndOfMessage()) or b""), body


@given(st.lists(requests(), min_size=1, max_size=4), st.lists(st.integers(0, 10_000), max_size=12))
def test_pipelined_requests_are_split_as_they_were_written(messages: list[Message], cuts: list[int]) -> None:
    data = b"".join(raw for raw, _ in messages)
    pieces = fed(data, cuts)
    assert b"".join(piece.raw for piece in pieces) == data
    assert bodies(pieces) == [body for _, body in messages]
    assert [piece.head.start for piece in pieces if piece.head] == [("POST", "/a?b")] * len(messages)


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=6))
def test_any_bytes_come_out_as_they_went_in(data: bytes, cuts: list[int]) -> None:
    for method in ("", "GET"):
        assert b"".join(piece.raw for piece in fed(data, cuts, method)) == data


HEAD = b"HTTP/1.1 %d x\r\n%b\r\n"


@pytest.mark.parametrize(
    ("method", "raw", "expected"),
    [
        ("GET", HEAD % (200, b"Content-Length: 3\r\n") + b"abc", [b"abc"]),
        ("HEAD", HEAD % (200, b"Content-Length: 3\r\n"), [b""]),
        ("GET", HEAD % (304, b"Content-Length: 3\r\n"), [b""]),
        ("GET", HEAD % (204, b""), [b""]),
        ("GET", HEAD % (200, b"") + b"until the end", [b"until the end"]),
        ("GET", HEAD % (103, b"Link: </a>\r\n") + HEAD % (200, b"Content-Length: 1\r\n") + b"a", [b"a"]),
        ("GET", HEAD % (200, b"Transfer-Encoding: gzip, chunked\r\n") + b"1;x=y\r\na\r\n0\r\nT: v\r\n\r\n", [b"a"]),
        ("GET", HEAD % (200, b"Content-Length: 3\r\nContent-Length: 3\r\n") + b"abc", [b"abc"]),
        ("GET", HEAD % (200, b"Transfer-Encoding: chunked\r\nContent-Length: 9\r\n") + b"1\r\na\r\n0\r\n\r\n", [b"a"]),
        ("GET", HEAD % (200, b"Content-Length: 3\r\n") + b"ab", []),  # cut off
        ("GET", HEAD % (200, b"Transfer-Encoding: chunked\r\n") + b"1\r\na\r\n", []),  # cut off
        ("GET", HEAD % (200, b"Content-Length: 3\r\nContent-Length: 4\r\n") + b"abc", []),  # contradictory
        ("GET", HEAD % (101, b"Upgrade: x\r\n") + b"anything", []),
        ("CONNECT", HEAD % (200, b"") + b"anything", []),
        ("GET", b"HTTP/2 200\r\n\r\n", []),
        ("GET", b"HTTP/1.1 200 OK\n\nbare", [b"bare"]),
    ],
)
def test_responses_end_where_rfc_9112_says(method: str, raw: bytes, expected: list[bytes]) -> None:
    for cuts in ((), range(len(raw))):
        pieces = fed(raw, cuts, method)
        assert bodies(pieces) == expected
        assert b"".join(piece.raw for piece in pieces) == raw


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00",  # TLS
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\n folded\r\n\r\n",
    ],
)
def test_what_is_not_a_request_is_passed_on_at_once(raw: bytes) -> None:
    framing = Framing()
    assert b"".join(piece.raw for piece in framing.feed(raw)) == raw
    assert framing.is_opaque


def test_only_the_value_of_host_changes() -> None:
    raw = b"GET / HTTP/1.1\r\nX-A:  1\r\nhOsT:\tlocalhost:9000 \r\nHost-X: y\r\n\r\n"
    assert with_host(raw, b"a.example") == raw.replace(b"localhost:9000 ", b"a.example")
    assert with_host(b"GET / HTTP/1.0\r\n\r\n", b"a") == b"GET / HTTP/1.0\r\n\r\n"


def test_a_head_keeps_order_and_case_of_its_headers() -> None:
    head = read_head(b"POST /x HTTP/1.1\r\nb: 1\r\nA:2 \r\nB: 3", is_request=True)
    assert head is not None
    assert head.headers == (("b", "1"), ("A", "2"), ("B", "3"))
    assert head.all("b") == ["1", "3"]


PLAIN = b"POST / HTTP/1.1\r\nHost: x\r\n"
IN_CHUNKS = PLAIN + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (PLAIN + b"Content-Length: 2\r\nX-Latin: caf\xe9\r\nX-Tab: a\tb\r\n\r\n{}", True),
        (IN_CHUNKS + b"2\r\n{}\r\n0\r\n\r\n", True),
        (b"POST / HTTP/1.0\r\nHost: x\r\n\r\n", False),
        (b"POST http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", False),
        (b"\r\n" + PLAIN + b"\r\n", False),
        (b"POST / HTTP/1.1\r\n\r\n", False),
        (PLAIN + b"Host: y\r\n\r\n", False),
        (PLAIN + b"A: 1\n\r\n", False),
        (PLAIN + b"A: 1\r\n\n", False),
        (PLAIN + b"A: a\0b\r\n\r\n", False),
        (PLAIN + b"A: a\x7f\r\n\r\n", False),
        (IN_CHUNKS + b"2;a=b\r\n{}\r\n0\r\n\r\n", False),
        (IN_CHUNKS + b"2\n{}\r\n0\r\n\r\n", False),
        (IN_CHUNKS + b"2\r\n{}\n0\r\n\r\n", False),
        (IN_CHUNKS + b"2\r\n{}\r\n0\r\nA: 1\r\n\r\n", False),
    ],
)
def test_a_request_is_plain_if_every_server_reads_it(raw: bytes, expected: bool) -> None:
    pieces = fed(raw)
    assert b"".join(piece.raw for piece in pieces) == raw
    assert any(piece.kind is Kind.END for piece in pieces)
    assert all(piece.is_plain for piece in pieces) is expected
