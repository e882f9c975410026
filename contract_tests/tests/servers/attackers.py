"""Servers that attack their client: responses that never end, that lie about their length, or that expand.

Each function sends one response; those of UNENDING go on until the client closes the connection.
"""

from __future__ import annotations

import gzip
import socket
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import MappingProxyType

from contract_tests.tests.servers.sockets import OK, Answer, raw_server

HEAD = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
PAUSE_S = 0.02
LONGEST_S = 60.0  # then a server gives up, whatever the client does
MIB = bytes(2**20)

Attack = Callable[[socket.socket], None]


def _endless(start: bytes, piece: bytes, *, pause_s: float) -> Attack:
    def send(connection: socket.socket) -> None:
        until_s = time.monotonic() + LONGEST_S
        connection.sendall(start)
        while time.monotonic() < until_s:
            connection.sendall(piece)
            time.sleep(pause_s)

    return send


def _drip(start: bytes, piece: bytes) -> Attack:
    return _endless(start, piece, pause_s=PAUSE_S)


def _flood(start: bytes, piece: bytes) -> Attack:
    return _endless(start, piece * (2**18 // len(piece) + 1), pause_s=0)


def _once(data: bytes, *, closes: bool = True) -> Attack:
    def send(connection: socket.socket) -> None:
        connection.sendall(data)
        if closes:
            connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass

    return send


def _coded(coding: str, body: bytes) -> bytes:
    return HEAD + f"Content-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def bomb(count: int, *, head: bytes) -> bytes:
    """Return `count` MiB of zeros, compressed without a checksum at the end; made in milliseconds."""
    compressing = zlib.compressobj(6, zlib.DEFLATED, -15)
    return head + (compressing.compress(MIB) + compressing.flush(zlib.Z_FULL_FLUSH)) * count


GZIP_HEAD = gzip.compress(b"")[:10]

# All of them: the response is not whole within any time.
UNENDING: Mapping[str, Attack] = MappingProxyType({
    "drips its status line": _drip(b"HTTP/1.1 201 ", b"a"),
    "drips a header": _drip(HEAD + b"X: ", b"a"),
    "drips headers": _drip(HEAD, b"X-A: b\r\n"),
    "drips 100 Continue": _drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "floods 100 Continue": _flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "floods 103 Early Hints": _flood(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
    "drips its body": _drip(HEAD + b"Content-Length: 1000000\r\n\r\n", b" "),
    "drips chunks": _drip(CHUNKED, b"1\r\n \r\n"),
    "drips a chunk extension": _drip(CHUNKED + b"2;", b"a=b;"),
    "drips a chunk size": _drip(CHUNKED, b"0"),
    "drips trailers": _drip(CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: y\r\n"),
    "drips deflate blocks without content": _drip(HEAD + b"Content-Encoding: deflate\r\n\r\nx\x9c", b"\0\0\0\xff\xff"),
    "promises more than it sends": _once(HEAD + b"Content-Length: 100\r\n\r\n{}", closes=False),
    "sends a chunk shorter than its size": _once(CHUNKED + b"FFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n", closes=False),
    "sends nothing": _once(b"", closes=False),
})  # fmt: skip

# With a part of the reason that the client reports.
WRONG: Mapping[str, tuple[Attack, str]] = MappingProxyType({
    "sends ten gigabytes": (_flood(HEAD + b"Content-Length: 10737418240\r\n\r\n", b" "), "longer than 4 MiB"),
    "sends a body without an end": (_flood(HEAD + b"Connection: close\r\n\r\n", b" "), "longer than 4 MiB"),
    "sends one endless chunk": (_flood(CHUNKED + b"FFFFFFFFFF\r\n", b" "), "longer than 4 MiB"),
    "floods empty deflate blocks": (
        _flood(HEAD + b"Content-Encoding: deflate\r\n\r\nx\x9c", b"\0\0\0\xff\xff"), "longer than 4 MiB",
    ),
    "sends a gzip bomb": (_once(_coded("gzip", bomb(1024, head=GZIP_HEAD))), "4 MiB without its content coding gzip"),
    "sends a deflate bomb": (_once(_coded("deflate", bomb(1024, head=b"x\x9c"))), "4 MiB without its content coding"),
    "sends a bomb in a bomb": (
        _once(_coded("gzip, gzip", gzip.compress(bomb(4096, head=GZIP_HEAD)))), "4 MiB without its",
    ),
    "names 5,000 codings": (_once(_coded(", ".join(["gzip"] * 5000), b"{}")), "5000 content codings"),
    "sends 100,000 headers": (
        _once(HEAD + b"".join(b"X-%d: a\r\n" % i for i in range(100_000)) + b"\r\n{}"), "longer than 100 KiB",
    ),
    "sends 4,000 headers": (
        _once(HEAD + b"".join(b"X-%d: a\r\n" % i for i in range(4_000)) + b"Content-Length: 2\r\n\r\n{}"), "headers",
    ),
    "sends a header without an end": (_flood(HEAD + b"X: ", b"a"), "longer than 100 KiB"),
    "sends a status line without an end": (_flood(b"HTTP/1.1 201 ", b"a"), "longer than 100 KiB"),
    "floods trailers": (_flood(CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: y\r\n"), "longer than 100 KiB"),
    "floods a chunk extension": (_flood(CHUNKED + b"2;", b"a=b;"), "longer than 100 KiB"),
    "closes in its head": (_once(HEAD), "before the end of its head"),
    "sends a body without a head": (_once(b'{"id": "1"}'), "before the end of its head"),
    "closes after its head": (_once(HEAD + b"Content-Length: 2\r\n\r\n"), "received 0 bytes, expected 2"),
    "closes in its body": (_once(HEAD + b"Content-Length: 100\r\n\r\n{}"), "received 2 bytes, expected 100"),
    "sends two lengths": (_once(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} "), "conflicting"),
    "sends a length with 400 digits": (_once(HEAD + b"Content-Length: " + b"9" * 400 + b"\r\n\r\n{}"), "Length"),
    "switches to another protocol": (
        _once(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"), "101",
    ),
})  # fmt: skip

# The response is whole, whatever follows it.
MORE: Mapping[str, Attack] = MappingProxyType({
    "sends a second response": _once(OK + OK),
    "sends more than it promised": _once(HEAD + b"Content-Length: 2\r\n\r\n{}{}{}"),
})  # fmt: skip


@contextmanager
def attackers(attacks: Mapping[str, Attack]) -> Iterator[dict[str, str]]:
    """Serve each attack at a URL of its own; yield the URLs by name."""

    def answer(attack: Attack) -> Answer:
        return lambda connection, number: attack(connection)

    with ExitStack() as stack:
        yield {name: stack.enter_context(raw_server(answer(attack))).url for name, attack in attacks.items()}
