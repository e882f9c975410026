"""Traits of HTTP for any correct server: headers, framing, codings, pace, limits."""

import asyncio
import gzip
import itertools
import random
import time
from collections.abc import Callable
from email.utils import formatdate
from functools import partial
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from contract_tests.tests.servers.right_core import Receive, Scope, Send
from contract_tests.tests.servers.trait import TRAITS, App, Trait, about, wrap_send

Headers = list[tuple[bytes, bytes]]

# -- headers


def with_headers(app: App, change: Callable[[Headers], Headers]) -> App:
    """Wrap the app and change the headers of each response."""

    def changed(message: dict[str, Any]) -> dict[str, Any]:
        return {**message, "headers": change(message["headers"])} if "headers" in message else message

    return wrap_send(app, changed)


@about("headers of a proxy")
def behind_proxy(app: App) -> App:
    """Responses pass a proxy that adds its headers."""
    more = [(b"via", b"1.1 varnish"), (b"age", b"0"), (b"x-cache", b"MISS"), (b"x-powered-by", b"Express")]
    return with_headers(app, lambda headers: headers + more)


@about("headers of security")
def security_headers(app: App) -> App:
    """Responses have the headers that security scanners ask for."""
    more = [
        (b"strict-transport-security", b"max-age=63072000; includeSubDomains; preload"),
        (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cache-control", b"no-store, max-age=0"),
    ]
    return with_headers(app, lambda headers: headers + more)


@about("headers of CORS")
def cors(app: App) -> App:
    """The server allows CORS for any origin and answers preflight requests."""
    allowed = [
        (b"access-control-allow-origin", b"*"),
        (b"access-control-allow-headers", b"authorization, content-type"),
    ]
    inner = with_headers(app, lambda headers: [*headers, *allowed, (b"vary", b"Origin")])

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "OPTIONS":
            return await inner(scope, receive, send)
        await send({"type": "http.response.start", "status": 204, "headers": allowed})
        await send({"type": "http.response.body"})

    return wrapped


@about("request-id-header")
def request_id(app: App) -> App:
    """Every response has a request ID and the rate limit of the caller."""
    limits = [(b"x-ratelimit-limit", b"100"), (b"x-ratelimit-remaining", b"99"), (b"x-request-id", b"req_1")]
    return with_headers(app, lambda headers: headers + limits)


@about("names of headers")
def header_names_in_capitals(app: App) -> App:
    """Header names are in upper case."""
    return with_headers(app, lambda headers: [(name.upper(), value) for name, value in headers])


@about("headers twice")
def headers_twice(app: App) -> App:
    """Headers that may repeat do so, with and without spaces around their values."""
    more = [(b"vary", b"Accept"), (b"vary", b"Origin "), (b"cache-control", b"no-store"), (b"x-empty", b"")]
    return with_headers(app, lambda headers: headers + more + more)


# -- framing and coding


async def whole_answer(app: App, scope: Scope, receive: Receive) -> tuple[dict[str, Any], bytes]:
    """Run the app and return the start of its response and its whole body."""
    messages: list[dict[str, Any]] = []

    async def keep(message: dict[str, Any]) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    return messages[0], b"".join(message.get("body", b"") for message in messages[1:])


def without_length(headers: Headers) -> Headers:
    return [(name, value) for name, value in headers if name.lower() != b"content-length"]


@about("framing")
def chunked(app: App) -> App:
    """Responses come in chunks of a few bytes, which split characters."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        start, body = await whole_answer(app, scope, receive)
        await send({**start, "headers": without_length(start["headers"])})
        for at in range(0, min(len(body), 700), 7):
            await send({"type": "http.response.body", "body": body[at : at + 7], "more_body": True})
        await send({"type": "http.response.body", "body": body[700:]})

    return wrapped


@about("coding")
def gzipped(app: App) -> App:
    """Responses are gzipped for clients that accept gzip."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        start, body = await whole_answer(app, scope, receive)
        accepted = dict(scope["headers"]).get(b"accept-encoding", b"").decode()
        if "gzip" in accepted and "gzip;q=0" not in accepted and body:
            body = gzip.compress(body)
            coded = [(b"content-encoding", b"gzip"), (b"vary", b"Accept-Encoding")]
            length = (b"content-length", str(len(body)).encode())
            start = {**start, "headers": [*without_length(start["headers"]), *coded, length]}
        await send(start)
        await send({"type": "http.response.body", "body": body})

    return wrapped


@about("connection")
def one_request_each(app: App) -> App:
    """The server closes the connection after every response."""
    return with_headers(app, lambda headers: [*headers, (b"connection", b"close")])


class LikeHttp10(H11Protocol):
    """Answer as to HTTP/1.0: a body without Content-Length ends where the connection ends."""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self.conn.their_http_version = b"1.0"


@about("framing")
def length_untold(app: App) -> App:
    """Responses have no Content-Length."""
    return with_headers(app, without_length)


# -- pace and limits


def delayed(app: App, pause_s: Callable[[], float]) -> App:
    """Wrap the app and delay each response."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(pause_s())
        await app(scope, receive, send)

    return wrapped


@about("pace")
def slow(app: App) -> App:
    """Every response takes 200 ms."""
    return delayed(app, lambda: 0.2)


@about("pace")
def jittery(app: App) -> App:
    """A response takes 0 to 80 ms, so that later requests overtake earlier ones."""
    return delayed(app, partial(random.Random(0).uniform, 0, 0.08))


@about("pace")
def slow_to_wake(app: App) -> App:
    """The first response takes two seconds, like a cold start."""
    calls = itertools.count()
    return delayed(app, lambda: 0 if next(calls) else 2)


def limited(app: App, retry_after: Callable[[float], Headers]) -> App:
    """Wrap the app and answer 429 from the 71st request of a second; retry_after: (end of the second) -> header."""
    used: dict[int, int] = {}
    body = b'{"error":{"code":"TOO_MANY_REQUESTS","message":"Slow down."}}'

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        second = int(time.time())
        used[second] = used.get(second, 0) + 1
        if used[second] <= 70:
            return await app(scope, receive, send)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 429, "headers": headers + retry_after(second + 1)})
        await send({"type": "http.response.body", "body": body})

    return wrapped


@about("pace")
def limited_by_seconds(app: App) -> App:
    """The rate limit is 70 requests a second; Retry-After of a 429 is one second."""
    return limited(app, lambda _: [(b"retry-after", b"1")])


@about("pace")
def limited_by_date(app: App) -> App:
    """The rate limit is 70 requests a second; Retry-After of a 429 is a date."""
    return limited(app, lambda end_s: [(b"retry-after", formatdate(end_s, usegmt=True).encode())])


@about("pace")
def limited_in_silence(app: App) -> App:
    """The rate limit is 70 requests a second; a 429 has no Retry-After."""
    return limited(app, lambda _: [])


TRAITS["no-server-and-date"] = Trait(
    "headers of the server", "Answers come without Server and Date.", {"server_header": False, "date_header": False}
)
TRAITS["other-server-name"] = Trait(
    "headers of the server",
    "The server has a long name.",
    {"server_header": False, "headers": [("server", "nginx/1.29 (Debian) lists/2")]},
)
TRAITS["closed-behind-body"] = Trait("connection", LikeHttp10.__doc__ or "", {"http": LikeHttp10})
