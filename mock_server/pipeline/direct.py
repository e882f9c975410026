"""The driver `direct`: compile each operation at the start, so that a request needs little more time than its stages.

Connexion resolves every operation of the spec: its security requirements, its function, and the function's parameters.
`DirectDriver` compiles each to a route, which calls the stages in the order of Connexion's own middleware. It passes
all other requests to Connexion's router: other paths, operations with parameters, and security requirements other than
one login out of several.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connexion.middleware.abstract import RoutedAPI, SpecMiddleware
from connexion.utils import inspect_function_arguments
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.contract.openapi import Contract, OperationSpec
from mock_server.pipeline.body_reading import BodyReader
from mock_server.pipeline.errors import Refused
from mock_server.pipeline.headers import IndexedHeaders
from mock_server.pipeline.request_state import request_state
from mock_server.pipeline.responders import Responder
from mock_server.pipeline.sending import send_response
from mock_server.pipeline.stages import Stages
from mock_server.worlds.worlds import World

BOUND = frozenset({"payload", "user", "headers", "world"})  # the parameters that a function can have


@dataclass(frozen=True, slots=True)
class Route:
    """One compiled operation. One login in any of the carriers is enough; without carriers it needs none."""

    operation: OperationSpec
    carriers: tuple[str, ...]
    arguments: frozenset[str]
    responder: Responder


class Routes:
    """The compiled operations by method and path, and their checks in the order of Connexion's middleware."""

    def __init__(self, stages: Stages, *, login_first: bool) -> None:
        self._stages = stages
        self.login_first = login_first
        self._routes: dict[tuple[str, str], Route] = {}

    def add(self, route: Route) -> None:
        """Add a route."""
        self._routes[route.operation.method, route.operation.path] = route

    def find(self, method: str, path: str) -> Route | None:
        """Return the route of an operation, or None."""
        return self._routes.get((method, path))

    def before_body(self, route: Route, query: bytes, headers: IndexedHeaders) -> str | None:
        """Check what needs no body. Return the user if the login comes first; raise Refused."""
        user = self._signed_in(route, headers) if self.login_first else None  # access.login.first
        # The operation of a route has no parameters, so this looks only at the query.
        if problems := self._stages.check_parameters({"query_string": query}, route.operation):
            raise Refused(400, problems)  # error.400.status
        self._stages.negotiate(headers, route.operation)
        return user

    def checked_arguments(
        self, route: Route, headers: IndexedHeaders, user: str | None, body: bytes, world: World
    ) -> dict[str, Any]:
        """Check the body, and the login if it comes last; return the arguments of the function; raise Refused."""
        payload, operation = None, route.operation
        if operation.body is not None and (body or operation.body_required):
            payload = self._stages.validate(operation, self._stages.parse(body, headers))
        if not self.login_first:
            user = self._signed_in(route, headers)
        given = {"payload": payload, "user": user, "headers": headers, "world": world}
        return given if len(route.arguments) == len(given) else {name: given[name] for name in route.arguments}

    def _signed_in(self, route: Route, headers: IndexedHeaders) -> str | None:
        """Return the user of the first carrier with a login; raise Refused."""
        if not route.carriers:
            return None
        refusals: dict[int, Exception] = {}
        for carrier in route.carriers:
            try:
                if (user := self._stages.authenticate(headers, carrier)) is not None:
                    return user
            except Exception as error:
                # Without its traceback, which refers to this frame: only the collector would free both.
                refusals[getattr(error, "status", 600)] = error.with_traceback(None)
        if not refusals:
            raise Refused(401)  # access.login.required, error.401.status
        # In the order of Connexion: 403, else 401, else the smallest status.
        raise refusals.pop(min(refusals, key=lambda status: (status != 403, status != 401, status)))


class DirectDriver(SpecMiddleware):  # type: ignore[misc]  # Connexion has no types
    """Serves requests for compiled routes, before Connexion's router."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        routes: Routes,
        contract: Contract,
        read_body: BodyReader,
        responders: Mapping[str, Responder],
    ) -> None:
        self.app = app
        self._routes = routes
        self._contract = contract
        self._read_body = read_body
        self._responders = responders

    def add_api(self, specification: Any, **options: Any) -> _Compiled:
        """Compile the operations of an API into `routes`. Connexion calls this in `build(app)` of `assembly.py`."""
        compiled = _Compiled(specification, next_app=self.app, compile=self._compile, **options)
        for route in compiled.operations.values():
            if route is not None:
                self._routes.add(route)
        return compiled

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._routes.find(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if route is None:
            return await self.app(scope, receive, send)
        headers = IndexedHeaders(scope["headers"])
        user = self._routes.before_body(route, scope["query_string"], headers)
        body = b"" if route.operation.body is None else await self._read_body(receive, headers)
        arguments = self._routes.checked_arguments(route, headers, user, body, request_state(scope).world)
        await send_response(await route.responder.respond(**arguments), send)

    def _compile(self, operation: Any) -> Route | None:
        """Return the route of a resolved operation, or None if only Connexion can serve it."""
        spec = self._contract.operations.get(operation.operation_id)
        responder = self._responders.get(operation.operation_id)
        carriers = _carriers(operation.security, operation.security_schemes)
        names, takes_any = inspect_function_arguments(operation.function)
        if spec is None or responder is None or carriers is None or spec.parameters or spec.login.keys or takes_any:
            return None
        arguments = frozenset(names)
        if not arguments <= BOUND or ("user" in arguments and not carriers):
            return None
        if spec.method == "HEAD":
            responder = Responder(responder.respond, None)  # its response must lose its body
        return Route(spec, carriers, arguments, responder)


class _Compiled(RoutedAPI):  # type: ignore[misc]
    """The routes of one API, by operationId."""

    def __init__(self, specification: Any, *, compile: Callable[[Any], Route | None], **options: Any) -> None:
        self._compile = compile
        super().__init__(specification, **options)
        self.add_paths()

    def make_operation(self, operation: Any) -> Route | None:
        return self._compile(operation)


def _carriers(security: Sequence[Mapping[str, Any]] | None, schemes: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the carriers if one of them is enough, or None for other security requirements."""
    carriers = []
    for requirement in security or ():
        if len(requirement) != 1:
            return None
        scheme = schemes[next(iter(requirement))]
        carriers.append("cookie" if scheme["type"] == "apiKey" else "bearer")
    return tuple(carriers)
