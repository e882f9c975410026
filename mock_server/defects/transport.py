"""Transport defects: truncated bodies, wrong lengths, dropped connections, missing responses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.defects.changes import Change, header
from mock_server.defects.conditions import every, headed, only, overlapping, successes
from mock_server.defects.defect import Group

transport = Group("transport")

CUT_BYTES = 20
DRIP_S = 0.25  # per byte: a whole response takes more than a minute


class HungUp(Exception):
    """Close the connection in the middle of a response."""


def _whole(messages: list[Message]) -> bytes:
    return b"".join(message.get("body", b"") for message in messages[1:])


def _with_length(start: Message, length: int | None) -> Message:
    headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
    return {**start, "headers": headers + ([] if length is None else [(b"content-length", str(length).encode())])}


def _cut(of: Callable[[bytes], int]) -> Change:
    """Send fewer bytes than Content-Length announces."""

    async def respond(messages: list[Message], send: Send) -> None:
        body = _whole(messages)
        await send(_with_length(messages[0], len(body)))
        await send({"type": "http.response.body", "body": body[: len(body) - of(body)], "more_body": True})
        if of(body):
            raise HungUp
        await send({"type": "http.response.body"})

    return successes(respond)


async def _length_in_characters(messages: list[Message], send: Send) -> None:
    body = _whole(messages)
    length = len(body.decode(errors="replace"))
    await send(_with_length(messages[0], length))
    await send({"type": "http.response.body", "body": body[:length]})


# The server sends the headers with the first part of the body: until then it can still answer 500.
SO_FAR: Message = {"type": "http.response.body", "body": b"", "more_body": True}


async def _hang_up(messages: list[Message], send: Send) -> None:
    await send(messages[0])
    await send(SO_FAR)
    raise HungUp


async def _never_end(messages: list[Message], send: Send) -> None:
    await send(_with_length(messages[0], None))
    await send({"type": "http.response.body", "body": _whole(messages), "more_body": True})
    await asyncio.Event().wait()


async def _more_announced(messages: list[Message], send: Send) -> None:
    body = _whole(messages)
    await send(_with_length(messages[0], len(body) + CUT_BYTES))
    await send({"type": "http.response.body", "body": body, "more_body": True})
    await asyncio.Event().wait()


async def _drip(messages: list[Message], send: Send) -> None:
    body = _whole(messages)
    await send(messages[0])
    for i in range(len(body)):
        await send({"type": "http.response.body", "body": body[i : i + 1], "more_body": i + 1 < len(body)})
        await asyncio.sleep(DRIP_S)


def _silence() -> Change:
    def wrap(app: ASGIApp) -> ASGIApp:
        async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return await app(scope, receive, send)
            while (await receive())["type"] != "http.disconnect":
                pass

        return middleware

    return Change(app=wrap)


def _dead_on_errors() -> Change:
    """Close the connection before the body of a 400 is sent."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
            async def watch(message: Message) -> None:
                await send(message)
                if message["type"] == "http.response.start" and message["status"] == 400:
                    await send(SO_FAR)
                    raise HungUp

            await app(scope, receive, watch)

        return middleware

    return Change(app=wrap)


WHOLE = "http.answer.complete"

# fmt: off
DEFECTS = (
    transport.easy("body-cut", WHOLE, "The last bytes of the body are missing.", _cut(lambda body: CUT_BYTES)),
    transport.easy("hung-up", WHOLE, "The connection closes after the headers.", successes(_hang_up)),
    transport.hard("body-cut-every-20th", WHOLE, "Every 20th body is truncated.",
        only(every(20), _cut(lambda body: CUT_BYTES))),
    transport.hard("body-cut-when-long", WHOLE, "A body over 8 KiB is truncated.",
        _cut(lambda body: max(0, len(body) - 8192))),
    transport.medium("body-cut-by-characters", "http.answer.json",
        "Content-Length counts characters, which truncates bodies outside ASCII.", successes(_length_in_characters)),
    transport.medium("hung-up-on-400", WHOLE, "The connection closes on an invalid body.", _dead_on_errors()),
    transport.hard("hung-up-under-load", WHOLE, "The connection closes on overlapping requests.",
        overlapping(successes(_hang_up))),
    transport.hard("silence-every-60th", WHOLE, "Every 60th request gets no response.", only(every(60), _silence())),
    transport.hard("silence-when-chunked", WHOLE, "A request with a chunked body gets no response.",
        only(headed(lambda headers: "transfer-encoding" in headers), _silence())),
    transport.hard("length-too-long", WHOLE, "Every 30th response announces more bytes than it has.",
        only(every(30), successes(_more_announced))),
    transport.hard("last-chunk-missing", WHOLE, "Every 30th response is chunked and lacks the last chunk.",
        only(every(30), successes(_never_end))),
    transport.hard("drip", WHOLE, "Every 30th response comes one byte at a time.", only(every(30), successes(_drip))),
    transport.easy("gzip-label", "http.answer.complete",
        "The Content-Encoding is gzip, but the body is not compressed.",
        header("content-encoding", "gzip")),
)
# fmt: on
