"""The control API, `/__mock__/*`, and the web pages next to it. control.yaml defines its routes and bodies.

It is loaded at the first call. It has its own stages with the readings of the profile `page`, so that it stays the same
whatever contract and readings the mock serves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mock_server.contract.openapi import Contract, OperationSpec
from mock_server.contract.readings import Readings
from mock_server.contract.spec_files import read_yaml
from mock_server.control import calls, journal_calls, session_calls
from mock_server.control.calls import CONTROL_SPEC, Call, Parts
from mock_server.control.guard import Guard
from mock_server.control.pages import Pages
from mock_server.control.session_calls import SESSIONS
from mock_server.middleware.cors import cors
from mock_server.middleware.error_responses import refusal_of
from mock_server.middleware.exact_paths import no_method, nothing_at
from mock_server.middleware.world_selection import world_named
from mock_server.pipeline.body_reading import BodyReader
from mock_server.pipeline.errors import Refused, Renderer, refused
from mock_server.pipeline.json_parsing import JsonParser
from mock_server.pipeline.media_types import Negotiator
from mock_server.pipeline.problems import problem, shorten
from mock_server.pipeline.responses import RenderedResponse
from mock_server.pipeline.schema_words import remedy_for
from mock_server.pipeline.sending import send_response
from mock_server.pipeline.validation import ParameterCheck, schema_problems
from mock_server.worlds.worlds import DEFAULT_WORLD

BODY_BYTES = 64 * 1024 * 1024  # an export of a full world has about 5 MiB
IMPORT_LEVELS = 2  # an import holds its lead lists in an array in an object
READY = "/__mock__/ready"
HANDLERS = {**calls.HANDLERS, **journal_calls.HANDLERS, **session_calls.HANDLERS}
HEADERS = {
    "cache-control": "no-store, no-transform",  # a proxy that compresses would delay the event stream
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
}


def control_contract() -> Contract:
    """Load the contract of the control API."""
    return Contract(read_yaml(CONTROL_SPEC), {})


class Control:
    """The control API as an ASGI app."""

    def __init__(self, parts: Parts, guard: Guard, readings: Readings, is_own_origin: Callable[[str], bool]) -> None:
        self._parts = parts
        self._guard = guard
        self._pages = Pages()
        self._contract = control_contract()
        self._render_error = Renderer(readings)
        self._check_parameters = ParameterCheck(readings, str)
        self._negotiate = Negotiator(readings)
        self._read_body = BodyReader(readings, max_bytes=BODY_BYTES, timeout_s=parts.settings.body_timeout_s)
        max_depth = parts.settings.max_depth + IMPORT_LEVELS
        self._parse = JsonParser(readings, max_bytes=BODY_BYTES, max_depth=max_depth)
        # Web pages of the product sign in here from their own origin: the only route with CORS headers.
        self._sessions = cors(
            self._checked,
            is_own_origin=is_own_origin,
            render_error=self._render_error,
            notify=self._notify,
            preflights=parts.preflights,
            preflight_age_s=0,  # each sign-in shows whether its browser sends one
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["path"] != READY:  # a cluster sends its probes to the address of a pod
                self._guard.check_host(scope, Headers(scope=scope))
        except Refused as refusal:
            return await self._refuse(refusal, receive, send)
        await (self._sessions if scope["path"] == SESSIONS else self._checked)(scope, receive, send)

    async def _checked(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        try:
            if self._pages.has(scope["path"]):  # the files have no secrets: no token needed, any web page may load them
                response = self._page(scope)
            else:
                self._check_caller(scope, headers)
                if scope["path"] != READY:
                    self._guard.check_token(scope, headers)
                response = await self._answer(scope, headers, receive)
        except Exception as error:
            return await self._refuse(refusal_of(error), receive, send)
        response.headers.update(HEADERS)
        await response(scope, receive, send)

    def _check_caller(self, scope: Scope, headers: Headers) -> None:
        if scope["path"] != SESSIONS:
            return self._guard.check_caller(scope, headers, admits_own_origins=False)
        try:
            self._guard.check_caller(scope, headers, admits_own_origins=True)
        except Refused as refusal:
            self._notify(scope, refusal.message)  # few apps show why a sign-in fails
            raise

    def _notify(self, scope: Scope, text: str) -> None:
        world = self._parts.worlds.find(world_named(scope["headers"]))  # a refused call creates no world
        (world or self._parts.worlds[DEFAULT_WORLD]).notices.add(text)

    def _page(self, scope: Scope) -> Response:
        if scope["method"] not in ("GET", "HEAD"):
            raise Refused(405, headers={"allow": "GET, HEAD"})
        return self._pages.answer(scope["path"])

    async def _refuse(self, refusal: Refused, receive: Receive, send: Send) -> None:
        answer = self._render_error(refusal)
        answer = RenderedResponse(answer.status, {**answer.headers, **HEADERS}, answer.body)
        await send_response(answer, send, receive if refusal.closes else None)

    async def _answer(self, scope: Scope, headers: Headers, receive: Receive) -> Response:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]  # RFC 9110 §9.3.2; the server cuts the body
        operation, parameters = self._contract.operation_at(method, scope["path"])
        if operation is None:
            methods = self._contract.methods(scope["path"])
            if not methods:
                raise Refused(404, message=nothing_at(scope["path"], self._contract))
            raise Refused(405, message=no_method(methods), headers={"allow": ", ".join(methods)})
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        problems = self._check_parameters({**scope, "path_params": parameters}, operation)
        # Ignoring a misspelled filter would list everything, and a test that counts would pass.
        known = ("world", "token", *(each.name for each in operation.parameters if each.place == "query"))
        problems += [
            problem("query", got=shorten(name), remedy=remedy_for(name, known)) for name in query if name not in known
        ]
        if problems:
            raise Refused(400, problems)
        body = await self._body(operation, headers, receive)
        world = self._parts.worlds[query.get("world") or world_named(scope["headers"])]
        call = Call(world, parameters, query, body, headers, scope["scheme"], (scope.get("server") or ("", 0))[1] or 0)
        value = await HANDLERS[operation.id](self._parts, call)
        if isinstance(value, Response):
            return value
        if value is None:
            return Response(status_code=204)
        return Response(orjson.dumps(value), media_type="application/json")

    async def _body(self, operation: OperationSpec, headers: Headers, receive: Receive) -> Any:
        body = await self._read_body(receive, headers)
        if operation.body is None:
            if body:
                raise refused("no_body", got=f"{len(body)} bytes")
            return None
        self._negotiate(headers, operation)
        value = self._parse(body, headers)
        if problems := schema_problems(operation.body, value, date_reason=str, example=operation.example):
            raise Refused(400, problems)
        return value
