"""Apply a fault to a request: delay it, replace or corrupt its response, or break its connection."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.contract.openapi import Contract, OperationSpec
from mock_server.middleware.cors import is_preflight
from mock_server.middleware.requested_faults import CARRIERS, requested_fault
from mock_server.pipeline.errors import Refused, refused
from mock_server.pipeline.problems import Problem
from mock_server.pipeline.request_state import RequestState, request_state
from mock_server.pipeline.responses import WITHOUT_BODY, Outcome, RenderedResponse
from mock_server.pipeline.sending import read_rest, send_response
from mock_server.pipeline.sessions import EXPIRED
from mock_server.pipeline.stages import Stages
from mock_server.worlds.faults import AppliedFault, Fault, FaultError, Sender

NOT_JSON = b"<!DOCTYPE html><title>Bad gateway</title><h1>Bad gateway</h1>\n"  # as a proxy sends it
RETRY_AFTER_S = 1
DRIBBLE_S = 2.0
DRIBBLE_PIECES = 20
PEEKED_BYTES = 1024 * 1024  # of a body that is read to find the matching fault
PEEKED_S = 10.0
WITH_RETRY_AFTER = (429, 503)  # RFC 6585 §4, RFC 9110 §15.6.4

Corrupt = Callable[[list[Message], Scope, Send], Awaitable[None]]


class HungUp(Exception):
    """Makes a server end the connection that offers no other way to do so."""


def fault_injection(app: ASGIApp, *, contract: Contract, stages: Stages) -> ASGIApp:
    """Apply the fault that a request asks for, else the first current fault that matches it."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_preflight(scope["method"], scope["headers"]):
            return await app(scope, receive, send)
        state = request_state(scope)
        headers, faults = scope["headers"], state.world.faults
        if faults.are_none and state.header_names.isdisjoint(CARRIERS):
            return await app(scope, receive, send)
        try:
            requested = requested_fault(headers)
        except FaultError as error:
            return await send_response(stages.render_error(_unreadable(error)), send)
        body = b""
        if requested is None and faults.ask_for_body:
            body, receive = await _peek(receive)
        sender = Sender(lambda: stages.user(Headers(scope=scope)), body)
        applied = faults.choose(scope["method"], scope["path"], headers, requested, sender)
        if applied is None:
            return await app(scope, receive, send)
        await apply(applied, scope, receive, send)

    async def apply(applied: AppliedFault, scope: Scope, receive: Receive, send: Send) -> None:
        state = request_state(scope)
        fault = applied.fault
        state.exchange.fault = applied

        send_marked = _marking(send, applied)
        if applied.delay_s:
            await asyncio.sleep(applied.delay_s)
        if fault.answer == "hang":
            return await _hang(receive, state)
        if fault.answer in ("reset", "empty"):
            await read_rest(receive)
            if state.is_reused and any(name == b"sec-fetch-mode" for name, _ in scope["headers"]):
                # When a kept connection ends without a response, a browser repeats the request on a new one, and the
                # web page would never see the fault.
                state.world.faults.repeat_for_retry(applied, scope["method"], scope["path"], scope["headers"])
            return _hang_up(scope, reset=fault.answer == "reset")
        response = None
        if fault.session is not None:
            response = stages.render_error(Refused(401, message=EXPIRED))
        elif fault.status is not None:
            response = forced_response(fault, contract.operation_at(scope["method"], scope["path"])[0], stages)
        messages: list[Message] = []
        corrupt = _CORRUPTING.get(fault.answer or "")
        send_on = _keep_in(messages) if corrupt else send_marked
        if response is None:
            await app(scope, receive, send_on)
        else:
            await read_rest(receive)
            await send_response(response, send_on)
        if corrupt and scope["method"] != "HEAD" and _body(messages):
            return await corrupt(messages, scope, send_marked)
        for message in messages:  # no body to corrupt
            await send_marked(message)

    return middleware


def _unreadable(error: FaultError) -> Refused:
    of = f" in {error.name}" if error.name else ""
    return refused("fault", of=of, got=error.got, want=error.want)


def _marking(send: Send, applied: AppliedFault) -> Send:
    """Add the headers of the fault, and a header that names the fault."""

    async def send_marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in (applied.fault.headers or {}).items():
                headers[name] = value
            headers["x-mock-fault"] = str(applied)
            if applied.preferences:
                headers["preference-applied"] = applied.preferences
        await send(message)

    return send_marked


async def _peek(receive: Receive) -> tuple[bytes, Receive]:
    """Read a body up to PEEKED_BYTES and PEEKED_S; also return a channel that repeats the messages."""
    messages: deque[Message] = deque()
    body = b""
    try:
        async with asyncio.timeout(PEEKED_S):
            while len(body) <= PEEKED_BYTES:
                messages.append(await receive())
                body += messages[-1].get("body", b"")
                if not messages[-1].get("more_body", False):
                    break
    except TimeoutError:
        pass

    async def again() -> Message:
        return messages.popleft() if messages else await receive()

    return body, again


async def _hang(receive: Receive, state: RequestState) -> None:
    """Send nothing until the client gives up."""
    state.end_exchange()
    while (await receive())["type"] != "http.disconnect":
        pass


def forced_response(fault: Fault, operation: OperationSpec | None, stages: Stages) -> RenderedResponse:
    """Render the fault's body, else the documented response of its status, else a plausible one of the same form."""
    status = fault.status or 500
    if status in WITHOUT_BODY:
        return RenderedResponse(status, {}, b"")
    if fault.body is not None:
        return _own_response(status, fault.body, fault.headers or {})
    documented_by_status = operation.responses if operation else {}
    documented = documented_by_status.get(status)
    if status < 300:
        successes = [documented, *(each for code, each in documented_by_status.items() if code < 300)]
        return stages.render(Outcome(next((each.example for each in successes if each and each.example), None)), status)
    error = documented.example.get("error") if documented and isinstance(documented.example, dict) else None
    problems = [Problem(**each) for each in (error or {}).get("details", ())]
    headers = {"retry-after": str(RETRY_AFTER_S)} if status in WITH_RETRY_AFTER else {}
    return stages.render_error(Refused(status, problems, headers=headers))


def _own_response(status: int, body: Any, headers: Mapping[str, str]) -> RenderedResponse:
    """Return a response with the fault's body: JSON, or a text if its headers name another media type."""
    media_type = next((value for name, value in headers.items() if name.lower() == "content-type"), "application/json")
    is_text = isinstance(body, str) and "json" not in media_type
    return RenderedResponse(status, {"content-type": media_type}, body.encode() if is_text else orjson.dumps(body))


def _keep_in(messages: list[Message]) -> Send:
    async def keep(message: Message) -> None:
        messages.append(message)

    return keep


# -- the connection


def _hang_up(scope: Scope, *, reset: bool = False) -> None:
    """Close the connection after the sent bytes; with `reset` the client gets ECONNRESET instead of EOF."""
    state = request_state(scope)
    state.end_exchange()
    connection = state.connection
    if connection is None:
        raise HungUp
    connection.disconnected = True  # otherwise the server would expect the rest of the response
    transport = connection.transport
    if reset:
        # With a linger time of 0 the system drops unsent bytes and sends RST (socket(7), SO_LINGER).
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()


def _body(messages: list[Message]) -> bytes:
    return b"".join(message.get("body", b"") for message in messages[1:])


def _start(message: Message, length: int | None, **headers: str) -> Message:
    """Return the start message with another Content-Length, or with none: the body is then chunked."""
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


_CORRUPTING: dict[str, Corrupt] = {"half": _half, "bad-chunk": _bad_chunk, "dribble": _dribble, "not-json": _not_json}
