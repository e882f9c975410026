"""Write requests as messages of HTTP/1.1 that usual clients do not send: legal ones, and with `--rude` malformed ones.

What a server may do with each comes from RFC 9112. A message whose body is not whole must be refused (§6.3, §8). With
other malformed messages servers differ, and a server may repair them: then the response counts like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random
from urllib.parse import urlsplit

from contract_tests.target.exchange import Request, Wire

MANY_HEADERS = 40  # Django and gunicorn accept 100
LONG_VALUE_BYTES = 3_000  # servers accept at least 4,096 for a line
TOO_MANY_HEADERS = 5_000
TOO_LONG_VALUE_BYTES = 100_000
MOST_CHUNKS = 300
_END = b"\r\n"


def unusual_message(request: Request, random: Random, *, is_rude: bool) -> tuple[str, Request]:
    """Return the name of a form, and the request with the bytes of a message of this form.

    is_rude: also choose among malformed messages, and among those that only attackers send.
    """
    headers = tuple(header for header in request.headers if header[0].lower() not in _FRAMING)
    plain = replace(request, headers=headers, chunked=False, in_parts=False)
    forms = {**POLITE, **RUDE} if is_rude else POLITE
    name = random.choice(list(forms))
    return name, forms[name](_Message(plain), random)


_FRAMING = frozenset({"host", "content-length", "transfer-encoding", "connection", "expect", "te", "trailer"})


class _Message:
    """The parts of one message. lines: of the head, without those of the framing."""

    def __init__(self, request: Request) -> None:
        parts = urlsplit(request.url)
        self.request = request
        self.body = request.body
        self.target = (parts.path + (f"?{parts.query}" if parts.query else "")).encode("latin-1", "replace") or b"/"
        self.start = request.method.encode() + b" %s HTTP/1.1"
        self.host = [b"Host: " + parts.netloc.rpartition("@")[2].encode()]
        self.headers = [name.encode("latin-1") + b": " + value.encode("latin-1") for name, value in request.headers]

    def head(self, *more: bytes, headers: Sequence[bytes] | None = None, end: bytes = _END) -> bytes:
        """Return the head, with an empty line at its end. more: the lines of the framing."""
        own = self.headers if headers is None else headers
        lines = [self.start % self.target, *self.host, *own, *more, b"Connection: close"]
        return end.join([*lines, b"", b""])

    def length(self) -> bytes:
        return b"Content-Length: %d" % len(self.body)

    def whole(self, *more: bytes, headers: Sequence[bytes] | None = None) -> Request:
        """Return the message with the length of its body."""
        return self.of(self.head(*more, self.length(), headers=headers) + self.body)

    def in_chunks(self, chunks: bytes, *more: bytes) -> Request:
        """Return the message with these bytes as its chunked body."""
        return replace(self.of(self.head(*more, CHUNKED) + chunks), chunked=True)

    def of(self, data: bytes, *, is_complete: bool = True) -> Request:
        return replace(self.request, wire=Wire(data, "", is_complete))

    def wrong(self, data: bytes, violation: str, *, is_last: bool = False) -> Request:
        return replace(self.request, wire=Wire(data, violation, is_complete=False, is_last=is_last))


CHUNKED = b"Transfer-Encoding: chunked"
LAST_CHUNK = b"0\r\n\r\n"


def chunks(body: bytes, size: int, line: Callable[[int], bytes] = lambda size: b"%x" % size) -> bytes:
    """Return the chunks of a body, without the last one. line: the size of a chunk as the server reads it."""
    size = max(size, len(body) // MOST_CHUNKS + 1)
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(line(len(part)) + _END + part + _END for part in parts)


# -- legal messages ---------------------------------------------------------------------------------------------------


def _small_chunks(of: _Message, random: Random) -> Request:
    return of.in_chunks(chunks(of.body, random.choice((1, 2, 3, 7))) + LAST_CHUNK)


def _chunk_extensions(of: _Message, random: Random) -> Request:
    extension = random.choice((b";a", b";a=b", b';a="b;c"', b";a=b;c=d", b";" + b"a" * 200))
    return of.in_chunks(chunks(of.body, 20, lambda size: b"%x" % size + extension) + LAST_CHUNK)


def _chunk_digits(of: _Message, random: Random) -> Request:
    form = random.choice((b"%X", b"%06x", b"%010X"))
    return of.in_chunks(chunks(of.body, 171, lambda size: form % size) + LAST_CHUNK)


def _trailers(of: _Message, random: Random) -> Request:
    trailer = random.choice((b"X-Checksum: 1", b"Server-Timing: a;dur=1", b"X-Empty:"))
    names = b"Trailer: " + trailer.partition(b":")[0]
    return of.in_chunks(chunks(of.body, 30) + b"0\r\n" + trailer + b"\r\n\r\n", *random.choice(((names,), ())))


def _expect(of: _Message, random: Random) -> Request:
    return of.whole(b"Expect: 100-continue")


def _absolute_target(of: _Message, random: Random) -> Request:
    of.target = of.request.url.encode("latin-1", "replace")
    return of.whole()


def _spaces(of: _Message, random: Random) -> Request:
    space = random.choice((b"", b"\t", b"   ", b" \t "))
    return of.whole(headers=[b":".join((n, space + v.strip() + space)) for n, _, v in _split(of.headers)])


def _names(of: _Message, random: Random) -> Request:
    change = random.choice((bytes.upper, bytes.lower, bytes.swapcase))
    of.host = [b":".join((change(n), v)) for n, _, v in _split(of.host)]
    return of.whole(headers=[b":".join((change(n), v)) for n, _, v in _split(of.headers)])


def _order(of: _Message, random: Random) -> Request:
    return of.whole(headers=random.sample(of.headers, len(of.headers)))


def _empty_line_before(of: _Message, random: Random) -> Request:
    """A server should ignore the line, but need not (RFC 9112 §2.2)."""
    of.start = _END + of.start
    return of.of(of.head(of.length()) + of.body, is_complete=False)


def _old_version(of: _Message, random: Random) -> Request:
    of.start = of.start.replace(b"HTTP/1.1", b"HTTP/1.0")
    return of.whole()


def _many_headers(of: _Message, random: Random) -> Request:
    return of.whole(*(b"X-Header-%d: %d" % (number, number) for number in range(MANY_HEADERS)))


def _long_value(of: _Message, random: Random) -> Request:
    return of.whole(b"X-Long: " + b"a" * LONG_VALUE_BYTES)


def _odd_headers(of: _Message, random: Random) -> Request:
    lines = (
        b"X-Empty:", b"X-Twice: 1\r\nX-Twice: 2", b"X-Latin: caf\xe9", b"X-UTF-8: caf\xc3\xa9", b'X-Quoted: "a\\"b"',
        b"!#$%&'*+-.^_`|~: token", b'Cookie: =; a; $Version=1; b="c"', b"TE: trailers, deflate;q=0.5",
        b"Via: 1.1 proxy",
        b"Cache-Control: no-cache, no-store", b"If-None-Match: *", b"If-Modified-Since: yesterday", b"Max-Forwards: 0",
        b"Content-Language: xx-yy-zz", b"Date: never", b"Priority: u=9", b"Upgrade-Insecure-Requests: 1",
    )  # fmt: skip
    return of.whole(*random.sample(lines, random.randint(1, 3)))


POLITE: Mapping[str, Callable[[_Message, Random], Request]] = {
    "in small chunks": _small_chunks,
    "with chunk extensions": _chunk_extensions,
    "with chunk sizes in other digits": _chunk_digits,
    "with trailers": _trailers,
    "with Expect: 100-continue": _expect,
    "with a whole URL as target": _absolute_target,
    "with spaces around header values": _spaces,
    "with header names in another case": _names,
    "with headers in another order": _order,
    "after an empty line": _empty_line_before,
    "in HTTP/1.0": _old_version,
    "with many headers": _many_headers,
    "with a long header": _long_value,
    "with odd headers": _odd_headers,
}


# -- messages that only faulty clients and attackers send -------------------------------------------------------------


def _two_framings(of: _Message, random: Random) -> Request:
    """By RFC 9112 §6.3 the server refuses it, or reads the chunks and ignores the length."""
    length = random.choice((of.length(), b"Content-Length: 5", b"Content-Length: 0", b"Content-Length: 99999"))
    lines = random.sample((length, CHUNKED), 2)
    return replace(of.of(of.head(*lines) + chunks(of.body, 99) + LAST_CHUNK, is_complete=False), chunked=True)


def _bare_line_feeds(of: _Message, random: Random) -> Request:
    return of.of(of.head(of.length(), end=b"\n") + of.body, is_complete=False)


def _folded(of: _Message, random: Random) -> Request:
    return of.of(of.head(b"X-Folded: a\r\n b", of.length()) + of.body, is_complete=False)


def _too_long(of: _Message, random: Random) -> Request:
    line = b"X-Long: " + b"a" * TOO_LONG_VALUE_BYTES
    if random.random() < 0.3:
        of.target += b"?" + b"a" * TOO_LONG_VALUE_BYTES
        line = b"X-Short: a"
    return of.of(of.head(line, of.length()) + of.body, is_complete=False)


def _too_many(of: _Message, random: Random) -> Request:
    return of.of(of.head(*[b"X-A: a"] * TOO_MANY_HEADERS, of.length()) + of.body, is_complete=False)


def _malformed_head(of: _Message, random: Random) -> Request:
    whole = of.head(of.length()) + of.body
    host = of.host[0]
    other = random.choice(
        (
            (host, b"X-No-Host: 1"), (host, host + _END + b"Host: other"), (host, b"Host: a b"), (b"Host:", b"Host :"),
            (b" HTTP/1.1", b" HTTP/9.9"), (b" HTTP/1.1", b""), (b" HTTP/1.1", b"  HTTP/1.1 "), (b"POST ", b"post "),
            (b"POST ", b"P\x00ST "), (b"POST ", b"POST\t"), (host, host + b"\r\nX-Null: a\x00b"),
            (host, host + b"\r\nno colon"), (host, host + b"\r\n: no name"), (host, host + b"\r\nX Space: a"),
            (host, host + b"\r\nX-Return: a\rb"),
            (host, b" " + host),
        )
    )  # fmt: skip
    return of.of(whole.replace(*other, 1), is_complete=False)


def _two_in_one(of: _Message, random: Random) -> Request:
    """Two requests in one packet; the response counts that comes first."""
    first = of.head(of.length()).replace(b"Connection: close\r\n", b"") + of.body
    return of.of(first + of.head(b"Content-Length: 2") + b"{}")


def _without_its_end(of: _Message, random: Random) -> Request:
    kept = random.randrange(len(of.body)) if of.body else 0
    violation = "the connection ended before the end of the body"
    is_last = random.random() < 0.5
    if random.random() < 0.5:
        return of.wrong(of.head(of.length()) + of.body[:kept], violation, is_last=is_last)
    return of.wrong(of.head(CHUNKED) + chunks(of.body[:kept], 10), violation, is_last=is_last)


def _two_lengths(of: _Message, random: Random) -> Request:
    """Both lengths end the body within its JSON."""
    few, more = b"%d" % max((len(of.body) - 1) // 2, 0), b"%d" % max(len(of.body) - 1, 1)
    one, other = random.sample((few, more), 2)
    lines = random.choice(
        ((b"Content-Length: " + one, b"Content-Length: " + other), (b"Content-Length: " + one + b", " + other,))
    )
    return of.wrong(of.head(*lines) + of.body, "the two lengths of its body are different")


def _no_length(of: _Message, random: Random) -> Request:
    """No reading of the length ends the body where its JSON ends."""
    text = b"%d" % max(len(of.body) - 1, 1)
    length = random.choice((b"-" + text, b"+" + text, b"0x" + text, text + b"x", text + b".0", b"1e1", b"9" * 30))
    return of.wrong(of.head(b"Content-Length: " + length) + of.body, "the length of its body is not a number")


def _no_chunk_size(of: _Message, random: Random) -> Request:
    size = b"%x" % len(of.body)
    wrong = random.choice((b"g" + size, b"-" + size, b"1" + b"0" * 16 + size, b"", b"0x" + size, b"+" + size))
    violation = "the size of a chunk is not that of its data"
    return of.wrong(of.head(CHUNKED) + wrong + _END + of.body[:-1] + _END + LAST_CHUNK, violation)


RUDE: Mapping[str, Callable[[_Message, Random], Request]] = {
    "with a length and with chunks": _two_framings,
    "with bare line feeds": _bare_line_feeds,
    "with a folded header": _folded,
    "with a header that is too long": _too_long,
    "with too many headers": _too_many,
    "with a malformed head": _malformed_head,
    "with another request in the packet": _two_in_one,
    "without its end": _without_its_end,
    "with two lengths": _two_lengths,
    "with a length that is not a number": _no_length,
    "with a wrong size of a chunk": _no_chunk_size,
}


def _split(lines: Sequence[bytes]) -> list[tuple[bytes, bytes, bytes]]:
    return [line.partition(b":") for line in lines]
