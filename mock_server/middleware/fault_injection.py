"""What a fault does to a request and to its answer: a layer around the app, down to the bytes on the connection."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.contract.openapi import Contract, OperationSpec
from mock_server.middleware.cors import is_preflight
from mock_server.middleware.error_responses import send_response
from mock_server.middleware.requested_faults import asked_for
from mock_server.pipeline.errors import Problem, Refused, refused
from mock_server.pipeline.request_state import request_state
from mock_server.pipeline.responses import Outcome, RenderedResponse
from mock_server.pipeline.stages import Stages
from mock_server.worlds.faults import FaultError, Touch

EXPIRED = "The session has expired; sign in again"
NOT_JSON = b"<!DOCTYPE html><title>Bad gateway</title><h1>Bad gateway</h1>\n"  # what a proxy says in between
RETRY_AFTER_S = 1
DRIBBLE_S = 2.0
DRIBBLE_PIECES = 20
WITH_RETRY_AFTER = (429, 503)  # RFC 6585 §4, RFC 9110 §15.6.4

Respond = Callable[[list[Message], Scope, Send], Awaitable[None]]


class HungUp(Exception):
    """The connection ends here; for a server whose connections cannot be reached."""


def injected(app: ASGIApp, *, contract: Contract, stages: Stages) -> ASGIApp:
    """A layer that lets a request meet the fault that is meant for it."""

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_preflight(scope):
            return await app(scope, receive, send)
        try:
            asked = asked_for(scope["headers"])
            touch = request_state(scope).world.faults.touch(scope["method"], scope["path"], scope["headers"], asked)
        except FaultError as error:
            return await send_response(stages.render_error(_unreadable(error)), send)
        if touch is None:
            return await app(scope, receive, send)
        await meet(touch, scope, receive, send)

    async def meet(touch: Touch, scope: Scope, receive: Receive, send: Send) -> None:
        state = request_state(scope)
        fault = touch.fault
        state.exchange.touch = touch

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["x-mock-fault"] = str(touch)
                if touch.preferences:
                    headers["preference-applied"] = touch.preferences
            await send(message)

        if touch.delay_s:
            await asyncio.sleep(touch.delay_s)
        if fault.answer in ("reset", "empty"):
            await _read_all(receive)
            if state.is_reused and any(name == b"sec-fetch-mode" for name, _ in scope["headers"]):
                # When a kept connection ends without an answer, a browser sends the request again by itself, on a new
                # one; the page would never see the fault.
                state.world.faults.owe(touch, scope["method"], scope["path"], scope["headers"])
            return _hang_up(scope, reset=fault.answer == "reset")
        response = None
        if fault.session is not None:
            response = stages.render_error(Refused(401, message=EXPIRED))
        elif fault.status is not None:
            response = forced_answer(fault.status, contract.operation_at(scope["method"], scope["path"])[0], stages)
        messages: list[Message] = []
        spoil = _SPOILT.get(fault.answer or "")
        send_on = _keep_in(messages) if spoil else send_marked
        if response is None:
            await app(scope, receive, send_on)
        else:
            await _read_all(receive)
            await send_response(response, send_on)
        if spoil and scope["method"] != "HEAD" and _body(messages):
            return await spoil(messages, scope, send_marked)
        for message in messages:  # there is no body to be spoilt
            await send_marked(message)

    return layer


def _unreadable(error: FaultError) -> Refused:
    of = f" of {error.name}" if error.name else ""
    return refused("fault", of=of, got=error.got, want=error.want)


def forced_answer(status: int, operation: OperationSpec | None, stages: Stages) -> RenderedResponse:
    """The answer that the spec documents for a status, or a plausible one of the same form."""
    answers = operation.responses if operation else {}
    documented = answers.get(status)
    if status in (204, 205, 304):  # these have no body
        return RenderedResponse(status, {}, b"")
    if status < 300:
        successes = [documented, *(each for code, each in answers.items() if code < 300)]
        return stages.render(Outcome(next((each.example for each in successes if each and each.example), None)), status)
    error = documented.example.get("error") if documented and isinstance(documented.example, dict) else None
    problems = [Problem(**each) for each in (error or {}).get("details", ())]
    headers = {"retry-after": str(RETRY_AFTER_S)} if status in WITH_RETRY_AFTER else {}
    return stages.render_error(Refused(status, problems, headers=headers))


def _keep_in(messages: list[Message]) -> Send:
    async def keep(message: Message) -> None:
        messages.append(message)

    return keep


async def _read_all(receive: Receive) -> None:
    """Take the rest of a request, so that the connection is fit for the next one."""
    while (message := await receive())["type"] == "http.request" and message.get("more_body", False):
        pass


# -- the connection


def _hang_up(scope: Scope, *, reset: bool = False) -> None:
    """End the connection behind what was sent; `reset` lets the client see ECONNRESET in place of an end."""
    state = request_state(scope)
    state.end_exchange()
    connection = state.connection
    if connection is None:
        raise HungUp
    connection.disconnected = True  # by us: else uvicorn would look for the answer, or for the rest of it
    transport = connection.transport
    if reset:
        # Without a time to linger, the system drops what is unsent and sends RST (socket(7), SO_LINGER).
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()


def _body(messages: list[Message]) -> bytes:
    return b"".join(message.get("body", b"") for message in messages[1:])


def _start(message: Message, length: int | None, **headers: str) -> Message:
    """The start of an answer with another length, or with none: then it goes in chunks."""
    start = {**message, "headers": list(message["headers"])}
    changed = MutableHeaders(scope=start)
    del changed["content-length"]
    for name, value in headers.items():
        changed[name.replace("_", "-")] = value
    if length is not None:
        changed["content-length"] = str(length)
    return start


async def _half(messages: list[Message], scope: Scope, send: Send) -> None:
    body = _body(messages)
    await send(_start(messages[0], len(body)))
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    _hang_up(scope)


async def _bad_chunk(messages: list[Message], scope: Scope, send: Send) -> None:
    body = _body(messages)
    await send(_start(messages[0], None))
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    if connection := request_state(scope).connection:
        connection.transport.write(b"no-hexadecimal-length\r\n")  # RFC 9112 §7.1: chunk-size is 1*HEXDIG
    _hang_up(scope)


async def _dribble(messages: list[Message], scope: Scope, send: Send) -> None:
    body = _body(messages)
    size = max(1, -(-len(body) // DRIBBLE_PIECES))
    pieces = [body[i : i + size] for i in range(0, len(body), size)] or [b""]
    await send(_start(messages[0], len(body)))
    for i, piece in enumerate(pieces):
        await asyncio.sleep(DRIBBLE_S / len(pieces))
        await send({"type": "http.response.body", "body": piece, "more_body": i + 1 < len(pieces)})


async def _not_json(messages: list[Message], scope: Scope, send: Send) -> None:
    await send(_start(messages[0], len(NOT_JSON), content_type="text/html; charset=utf-8"))
    await send({"type": "http.response.body", "body": NOT_JSON})


_SPOILT: dict[str, Respond] = {"half": _half, "bad-chunk": _bad_chunk, "dribble": _dribble, "not-json": _not_json}
