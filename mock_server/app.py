"""The composition root: settings in, an ASGI app out. Every part is made and joined here, and only here."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import connexion
from connexion.middleware.context import ContextMiddleware
from connexion.middleware.routing import RoutingMiddleware
from connexion.middleware.security import SecurityMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server import layers
from mock_server.contract import Contract, OperationSpec, SpecError, find_spec_dir
from mock_server.contract import load as load_contract
from mock_server.dates import Dates
from mock_server.errors import Renderer
from mock_server.lead_list import Builder
from mock_server.operations import Coroutine
from mock_server.operations import table as lead_list_operations
from mock_server.readings import Readings, resolve
from mock_server.readings import load as load_readings
from mock_server.refusals import Facts
from mock_server.rules import Rules
from mock_server.sessions import Sessions, security_map
from mock_server.settings import Settings
from mock_server.sources import Clock, Ids, never_backwards, uuid4_source, uuid7_source
from mock_server.stages import Outcome, Stages, Success
from mock_server.store import Store
from mock_server.uuids import Uuids
from mock_server.validation import BodyCheck, ParameterCheck
from mock_server.wire import BodyReader, JsonParser, Negotiator

LEAD_LISTS = "createLeadList"  # the operation of the bundled spec, which may be absent from another one


@dataclass(frozen=True, slots=True)
class Mock:
    """A mock, ready to be served: an ASGI app that shows what it was made of."""

    app: ASGIApp
    contract: Contract
    stages: Stages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def create_app(
    settings: Settings | None = None,
    *,
    spec_dir: Path | None = None,
    operations: Mapping[str, Coroutine] | None = None,
    stages: Callable[[Stages], Stages] | None = None,
    clock: Clock | None = None,
    ids: Ids | None = None,
) -> Mock:
    """A mock that serves the spec in `spec_dir`.

    `operations` binds further operationIds to coroutines. `stages` gets the stages and gives back those to use.
    `clock` and `ids` take the place of those that the settings ask for.
    """
    settings = settings or Settings()
    spec_dir = spec_dir or find_spec_dir()
    readings = resolve(load_readings(spec_dir), settings.profile, settings.choices())
    dates, uuids = Dates(readings), Uuids(readings)
    contract = load_contract(spec_dir, formats={"date-time": dates.takes, **uuids.formats()})
    clock = never_backwards(clock or settings.clock())
    ids = ids or (
        uuid7_source(settings.seed, clock) if readings.follows("id-version", "7") else uuid4_source(settings.seed)
    )

    parts = _stages(settings, contract, readings, dates, uuids)
    parts = stages(parts) if stages else parts
    store = Store(settings.max_lists)
    coroutines = {**(operations or {})}
    if LEAD_LISTS in contract.operations:
        path = contract.operations[LEAD_LISTS].path
        coroutines = {**lead_list_operations(parts, store, clock, ids, readings, path), **coroutines}
    contract.check_bound(coroutines)
    return Mock(_assemble(settings, contract, readings, parts, coroutines, ids), contract, parts)


def _stages(settings: Settings, contract: Contract, readings: Readings, dates: Dates, uuids: Uuids) -> Stages:
    """The stages as the settings and readings ask for them."""
    example = contract.operations[LEAD_LISTS].example if LEAD_LISTS in contract.operations else {}
    known = frozenset([example.get("icpId"), *example.get("personIds", ()), *example.get("companyIds", ())])
    rules = Rules(readings, Facts(dates, uuids, known))
    sessions = Sessions(
        {token: user for user, token in settings.user},
        readings,
        cookie_name=settings.cookie_name,
        is_own_origin=layers.own_origins(settings.allow_origin),
    )
    return Stages(
        authenticate=sessions,
        check_parameters=ParameterCheck(readings, dates.reason),
        negotiate=Negotiator(readings),
        parse=JsonParser(readings, max_bytes=settings.max_body_bytes, max_depth=settings.max_depth),
        validate=BodyCheck({LEAD_LISTS: rules}, dates.reason),
        build=Builder(dates, readings, plain_uuid=uuids.plain, adjust=rules.adjust),
        render=Success(readings),
        render_error=Renderer(readings),
    )


def _assemble(
    settings: Settings,
    contract: Contract,
    readings: Readings,
    stages: Stages,
    coroutines: Mapping[str, Coroutine],
    ids: Ids,
) -> ASGIApp:
    """Connexion, driving the stages: it routes, runs the security schemes, and binds arguments by name.

    The list below is the order in which a request passes. Three of the layers are Connexion's own; those of its
    default list that are missing are replaced by a stage (request validation), by a layer (its two exception
    handlers, of which one fails for whatever the other lets through: issue 2059), or have no use here.
    """
    read_body = BodyReader(readings, max_bytes=settings.max_body_bytes, timeout_s=settings.body_timeout_s)
    take_in = functools.partial(layers.intake, contract=contract, stages=stages, read_body=read_body)
    login_first = readings.follows("login-before-validation", "login-first")  # access.login.first
    order: list[Any] = [
        *([layers.access_log] if settings.log else []),
        # /__mock__/* will leave the pipeline here: what controls the mock must not depend on the contract.
        functools.partial(layers.cors, is_own_origin=layers.own_origins(settings.allow_origin)),
        *([functools.partial(layers.request_ids, ids=ids)] if readings.follows("request-id-header", "present") else []),
        functools.partial(layers.answering, render_error=stages.render_error),
        functools.partial(layers.exact_paths, contract=contract, readings=readings),
        RoutingMiddleware,
        *([SecurityMiddleware, take_in] if login_first else [take_in, SecurityMiddleware]),
        ContextMiddleware,
    ]
    served = {
        name: _handler(coroutine, contract.operations[name], stages, int(readings["success-status"]))
        for name, coroutine in coroutines.items()
        if name in contract.operations
    }
    app: ASGIApp = connexion.AsyncApp(__name__, middlewares=order)
    try:
        app.add_api(  # type: ignore[attr-defined]  # Connexion has no types
            contract.document,
            resolver=connexion.Resolver(served.__getitem__),
            security_map=security_map(stages.authenticate),
        )
    except connexion.exceptions.InvalidSpecification as error:
        raise SpecError(f"the spec is no OpenAPI 3.0 document: {error.message}") from None
    return app


def _handler(coroutine: Coroutine, operation: OperationSpec, stages: Stages, preferred_status: int) -> Coroutine:
    """`coroutine`, whose outcome is rendered with the success status that the spec has for it."""
    documented = operation.success_statuses
    status = preferred_status if preferred_status in documented else min(documented, default=200)

    @functools.wraps(coroutine)  # Connexion binds by the names of the coroutine's own parameters
    async def handle(**arguments: Any) -> Response:
        value = await coroutine(**arguments)
        answer = stages.render(value if isinstance(value, Outcome) else Outcome(value), status)
        return Response(answer.body, answer.status, dict(answer.headers))

    return handle
