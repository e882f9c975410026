"""What stands around Connexion: each layer is a function from an ASGI app to an ASGI app. Their order is in `app`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import sys
import time
import traceback
from collections.abc import Callable, Collection
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.contract.openapi import Contract
from mock_server.contract.readings import Readings
from mock_server.pipeline.answers import Answer
from mock_server.pipeline.errors import ClientLeft, Refused, shorten
from mock_server.pipeline.stages import Stages
from mock_server.pipeline.wire import BodyReader

logger = logging.getLogger("mock_server")

CONTROL_PATH = "/__mock__/"
READ_PAST_S = 1.0  # of a body that is not wanted; what a client on this machine sends in a second is 100 MiB and more

_LOOPBACK_ORIGIN = re.compile(r"https?://(localhost|([a-z0-9-]+\.)+localhost|127\.0\.0\.1|\[::1\])(:\d+)?", re.ASCII)

_PREFLIGHT_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
_EXPOSED_HEADERS = "Allow, Location, Preference-Applied, Retry-After, WWW-Authenticate, X-Mock-Fault, X-Request-Id"
_PREFLIGHT_AGE_S = 600  # Chromium keeps a preflight for two hours at most; ten minutes outlive any page reload


def own_origins(allowed: Collection[str]) -> Callable[[str], bool]:
    """Whether a page of an origin may use the mock with its cookies: any on this machine, and those `allowed`."""
    return lambda origin: origin in allowed or _LOOPBACK_ORIGIN.fullmatch(origin) is not None


def add_cors(headers: MutableHeaders, origin: str, is_own_origin: Callable[[str], bool]) -> None:
    """Adds to the headers of an answer what lets a page of `origin` read it, if it may."""
    headers.add_vary_header("Origin")
    if is_own_origin(origin):
        headers["access-control-allow-origin"] = origin
        headers["access-control-allow-credentials"] = "true"
        headers["access-control-expose-headers"] = _EXPOSED_HEADERS


def cors(app: ASGIApp, *, is_own_origin: Callable[[str], bool]) -> ASGIApp:
    """Lets pages of other ports call the mock, cookies included; every answer says so, errors too.

    The Fetch standard's CORS protocol. To any other origin it says nothing at all, and the browser does the rest.
    """

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        request = Headers(scope=scope)
        origin = request.get("origin", "")

        async def send_with_cors(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_cors(MutableHeaders(scope=message), origin, is_own_origin)
            await send(message)

        if is_own_origin(origin) and is_preflight(scope):
            await send_with_cors(_preflight_answer(request))
            return await send({"type": "http.response.body"})
        await app(scope, receive, send_with_cors)

    return layer


def is_preflight(scope: Scope) -> bool:
    """Whether a browser asks, before the request of a page, if it may send it."""
    return scope["method"] == "OPTIONS" and "access-control-request-method" in Headers(scope=scope)


def _preflight_answer(request: Headers) -> Message:
    headers = MutableHeaders()
    headers["access-control-allow-methods"] = _PREFLIGHT_METHODS
    if wanted := request.get("access-control-request-headers"):
        headers["access-control-allow-headers"] = wanted
    headers["access-control-max-age"] = str(_PREFLIGHT_AGE_S)
    return {"type": "http.response.start", "status": 204, "headers": headers.raw}


def controlled(app: ASGIApp, *, make_control: Callable[[], ASGIApp]) -> ASGIApp:
    """Leaves the pipeline for what controls the mock: it must not depend on the contract. Made with the first call."""
    control: ASGIApp | None = None

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal control
        if scope["type"] != "http" or not f"{scope['path']}/".startswith(CONTROL_PATH):
            return await app(scope, receive, send)
        control = control or make_control()
        await control(scope, receive, send)

    return layer


def refusal_of(error: Exception) -> Refused:
    """Any exception as a refusal: ours, Starlette's and Connexion's, and what nobody foresaw."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, HTTPException):  # Connexion's problems are HTTPExceptions too
        return Refused(error.status_code, headers=dict(error.headers or {}))
    frame = traceback.extract_tb(error.__traceback__)[-1]
    logger.error("answered 500: %r in %s, line %s", error, frame.name, frame.lineno, exc_info=None)
    return Refused(500)


async def send_answer(answer: Answer, send: Send, unread: Receive | None = None) -> None:
    """Send a whole answer. `unread` is the rest of a request that nobody wants: it is read past for a while.

    A server that closes while the client still sends makes the client's system throw the answer away unread
    (RFC 9112 §9.6); so the end of the answer waits until the client stops, or has had its time.
    """
    headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in answer.headers.items()]
    if answer.status not in (204, 304):  # RFC 9110 §8.6
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if unread is not None:
        await send({"type": "http.response.body", "body": answer.body, "more_body": True})
        await _read_past(unread)
    await send({"type": "http.response.body", "body": b"" if unread is not None else answer.body})


async def _read_past(receive: Receive) -> None:
    try:
        async with asyncio.timeout(READ_PAST_S):
            while (message := await receive())["type"] == "http.request" and message.get("more_body", False):
                pass
    except TimeoutError:
        pass


def answering(app: ASGIApp, *, render_error: Callable[[Refused], Answer]) -> ASGIApp:
    """A layer that answers whatever was raised below it; nothing passes it."""

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await app(scope, receive, watch if scope["type"] == "http" else send)
        except ClientLeft:
            return
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            refusal = refusal_of(error)
            await send_answer(render_error(refusal), send, receive if refusal.closes else None)

    return layer


def exact_paths(app: ASGIApp, *, contract: Contract, readings: Readings) -> ASGIApp:
    """Answers for paths and methods that the spec does not have, before a router guesses.

    Starlette would redirect a slash behind the path before anybody signs in, and name in `Allow` the methods of the
    first route only.
    """
    slash = readings["trailing-slash"]
    other_method_status = int(readings["other-methods"])

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        path = scope["path"]
        methods = contract.methods(path)
        if not methods and path.endswith("/") and slash != "not-found":
            path = path[:-1]
            methods = contract.methods(path)
            if methods and slash == "redirected":
                query = scope["query_string"].decode("latin-1")
                target = quote(path) + (f"?{query}" if query else "")  # relative: no Host of the client's in it
                raise Refused(308, message=f"This is at {path}", headers={"location": target})
            scope = {**scope, "path": path, "raw_path": path.encode()}
        if not methods:
            raise Refused(404)
        if scope["method"] not in methods:  # http.method, RFC 9110 §15.5.6
            allow = {"allow": ", ".join(methods)} if other_method_status == 405 else {}
            raise Refused(other_method_status, headers=allow)
        await app(scope, receive, send)

    return layer


def intake(app: ASGIApp, *, contract: Contract, stages: Stages, read_body: BodyReader) -> ASGIApp:
    """Takes the request in: parameters, media type, body. What comes behind finds `payload` and `headers` by name.

    It stands in the place of Connexion's own request validation, which compares media types by case, believes in
    Content-Length, decodes outside its try, and parses a second time by other rules (its issues 1202, 1860, 2020).
    """

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        routing = scope.get("extensions", {}).get("connexion_routing", {})
        operation = contract.operations.get(routing.get("operation_id"))
        if operation is None:
            return await app(scope, receive, send)
        headers = Headers(scope=scope)
        if problems := stages.check_parameters(scope, operation):
            raise Refused(400, problems)
        stages.negotiate(headers, operation)
        context = scope["extensions"].setdefault("connexion_context", {})
        context["headers"], context["world"] = headers, scope["world"]
        if operation.body is not None:
            body = await read_body(receive, headers)
            if body or operation.body_required:
                context["payload"] = stages.validate(operation, stages.parse(body, headers))
            else:
                context["payload"] = None
        # The body is taken: nothing behind this line may look for it, by whatever media type.
        kept = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
        await app({**scope, "headers": kept}, _no_more, send)

    return layer


async def _no_more() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def request_ids(app: ASGIApp) -> ASGIApp:
    """Gives every answer a request id (reading request-id-header)."""

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-request-id"] = scope["world"].ids()
            await send(message)

        await app(scope, receive, send_with_id)

    return layer


def access_log(app: ASGIApp) -> ASGIApp:
    """Writes one line for each answer to stderr: method, path, status, time. No query, header or body: no secrets."""

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()

        async def send_and_tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                elapsed_ms = (time.perf_counter() - started) * 1000
                path = shorten(scope["path"], 200)[1:-1]
                line = f"{scope['method']} {path} {message['status']} {elapsed_ms:.1f} ms"
                with contextlib.suppress(OSError, ValueError):  # nobody reads stderr any more; an answer outranks a log
                    print(line, file=sys.stderr, flush=True)
            await send(message)

        await app(scope, receive, send_and_tell if scope["type"] == "http" else send)

    return layer
