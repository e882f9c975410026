"""Respond to most requests in one call: without the tasks and channels of ASGI, and without idle middleware."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from mock_server.middleware.control_gate import control_gate
from mock_server.middleware.cors import cors
from mock_server.middleware.error_responses import error_responses, refusal_of
from mock_server.middleware.exact_paths import exact_paths
from mock_server.middleware.fault_injection import fault_injection
from mock_server.middleware.journaling import journaling
from mock_server.middleware.requested_faults import FAULT_COOKIE
from mock_server.middleware.world_selection import port_cookie, world_named, world_selection
from mock_server.pipeline.direct import Routes
from mock_server.pipeline.errors import Refused
from mock_server.pipeline.headers import IndexedHeaders
from mock_server.pipeline.responses import RenderedResponse
from mock_server.worlds.journal import BODY_BYTES_KEPT, Exchange, RawHeaders
from mock_server.worlds.worlds import Worlds

Answer = tuple[int, RawHeaders, bytes]  # status, headers, body

# The middleware whose work `AtOnce` does, or which has nothing to do for the requests that it accepts. With any other
# middleware, such as a log, no request goes this way.
REPLACED = frozenset([control_gate, world_selection, journaling, cors, fault_injection, error_responses, exact_paths])

# For these, middleware changes the request or the response.
_FOR_MIDDLEWARE = frozenset([b"origin", b"prefer", b"x-mock-fault"])


class Head(Protocol):
    """The head of a request, as a scope of ASGI has it."""

    method: str
    path: str
    raw_path: bytes
    query: bytes
    headers: list[tuple[bytes, bytes]]


class AtOnce:
    """Responds to a request that has arrived as a whole, if its middleware has nothing to do and nothing waits.

    Such a request passes the same stages as through the middleware; tests compare the responses of both ways.
    """

    def __init__(
        self,
        routes: Routes,
        worlds: Worlds,
        *,
        render_error: Callable[[Refused], RenderedResponse],
        now: Callable[[], datetime],
        checker: Any,
        cookie_name: str,
        max_body_bytes: int,
    ) -> None:
        self._routes = routes
        self._worlds = worlds
        self._render_error = render_error
        self._now = now
        self._checker = checker
        self._cookies_for_middleware = (port_cookie(cookie_name), FAULT_COOKIE)
        self._max_body_bytes = max_body_bytes

    def __call__(self, request: Head, body: bytes) -> Answer | None:
        """Return the response, which is then in the journal, or None if the request must pass the middleware."""
        route = self._routes.find(request.method, request.path)
        if route is None or (respond := route.responder.at_once) is None or len(body) > self._max_body_bytes:
            return None
        raw_headers = request.headers
        headers = IndexedHeaders(raw_headers)
        if not headers.names.isdisjoint(_FOR_MIDDLEWARE) or self._has_cookie(headers):
            return None
        world = self._worlds[world_named(raw_headers)]
        if not world.faults.are_none:
            return None
        at, started_s = self._now(), time.perf_counter()
        try:
            user = self._routes.before_body(route, request.query, headers)
            response = respond(**self._routes.checked_arguments(route, headers, user, body, world))
        except Exception as error:
            response = self._render_error(refusal_of(error))
        response_headers = response.raw_headers()
        world.journal.add(
            Exchange(  # without keywords, which would take 0.5 us more per request
                at,
                request.method,
                request.path,
                request.query,
                raw_headers,
                request.raw_path,
                self._checker,
                body[:BODY_BYTES_KEPT],
                len(body),
                True,  # body_complete
                response.status,
                response_headers,
                response.body[:BODY_BYTES_KEPT],
                len(response.body),
                True,  # complete
                (time.perf_counter() - started_s) * 1000,
            )
        )
        return response.status, response_headers, response.body

    def _has_cookie(self, headers: IndexedHeaders) -> bool:
        if b"cookie" not in headers.names:
            return False
        return any(name in value for value in headers.getlist("cookie") for name in self._cookies_for_middleware)
