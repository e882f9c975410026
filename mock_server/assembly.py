"""Join the parts of the mock into one ASGI app: the middleware, a driver, and Connexion."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import connexion
from connexion.middleware.context import ContextMiddleware
from connexion.middleware.routing import RoutingMiddleware
from connexion.middleware.security import SecurityMiddleware
from starlette.types import ASGIApp

from mock_server.contract.for_connexion import for_connexion
from mock_server.contract.openapi import Contract
from mock_server.contract.readings import Readings
from mock_server.control.checks import Checker
from mock_server.light_connexion import build
from mock_server.middleware.access_log import access_log
from mock_server.middleware.at_once import REPLACED, AtOnce
from mock_server.middleware.control_gate import control_gate
from mock_server.middleware.cors import cors
from mock_server.middleware.error_responses import error_responses
from mock_server.middleware.exact_paths import exact_paths
from mock_server.middleware.fault_injection import fault_injection
from mock_server.middleware.journaling import journaling
from mock_server.middleware.preflights import Preflights
from mock_server.middleware.request_ids import request_ids
from mock_server.middleware.world_selection import world_selection
from mock_server.pipeline.body_reading import BodyReader
from mock_server.pipeline.direct import DirectDriver, Routes
from mock_server.pipeline.intake import intake
from mock_server.pipeline.request_state import request_state
from mock_server.pipeline.responders import Function, connexion_handler, responder_of
from mock_server.pipeline.sessions import security_map
from mock_server.pipeline.stages import Stages
from mock_server.settings.values import Settings
from mock_server.worlds.sources import Clock
from mock_server.worlds.worlds import Worlds


@dataclass(frozen=True, slots=True)
class AppParts:
    """The parts that the middleware and the drivers share."""

    settings: Settings
    contract: Contract
    readings: Readings
    stages: Stages
    worlds: Worlds
    clock: Clock
    checker: Checker
    preflights: Preflights
    is_own_origin: Callable[[str], bool]


def assemble(
    parts: AppParts, functions: Mapping[str, Function], make_control: Callable[[], ASGIApp]
) -> tuple[ASGIApp, AtOnce | None]:
    """Assemble the app: Connexion routes, runs the security schemes, and binds arguments by name.

    The list below is the order in which a request passes the middleware. Three are Connexion's own. The rest of its
    default list is replaced by a stage (request validation) or by our own middleware (its two exception handlers: one
    fails on every exception that the other lets through, Connexion issue 2059), or has no use here.
    """
    settings, contract, readings, stages = parts.settings, parts.contract, parts.readings, parts.stages
    read_body = BodyReader(readings, max_bytes=settings.max_body_bytes, timeout_s=settings.body_timeout_s)
    take_in = functools.partial(intake, contract=contract, stages=stages, read_body=read_body)
    middleware = _middleware(parts, make_control)
    login_first = readings.follows("login-before-validation", "login-first")
    routes = Routes(stages, login_first=login_first)  # empty until `build`
    responders = {
        name: responder_of(function, contract.operations[name], stages, int(readings["success-status"]))
        for name, function in functions.items()
        if name in contract.operations
    }
    direct = functools.partial(
        DirectDriver, routes=routes, contract=contract, read_body=read_body, responders=responders
    )
    order = [
        *middleware,
        *([direct] if settings.driver == "direct" else []),
        RoutingMiddleware,
        # access.login.first, for the driver connexion
        *([SecurityMiddleware, take_in] if login_first else [take_in, SecurityMiddleware]),
        ContextMiddleware,
    ]
    app: ASGIApp = connexion.AsyncApp(__name__, middlewares=order)
    app.add_api(  # type: ignore[attr-defined]  # Connexion has no types
        for_connexion(contract),
        resolver=connexion.Resolver({name: connexion_handler(each) for name, each in responders.items()}.__getitem__),
        security_map=security_map(stages.authenticate, settings.user_by_token),
    )
    build(app)  # Connexion calls DirectDriver.add_api, which fills `routes`
    return app, _at_once(parts, routes, middleware)


def _middleware(parts: AppParts, make_control: Callable[[], ASGIApp]) -> list[Any]:
    """Return the middleware before the driver, outermost first."""
    settings, contract, stages = parts.settings, parts.contract, parts.stages
    render_error, preflights = stages.render_error, parts.preflights
    return [
        *([access_log] if settings.log else []),
        functools.partial(control_gate, make_control=make_control),
        functools.partial(world_selection, worlds=parts.worlds, cookie_name=settings.cookie_name),
        functools.partial(journaling, now=parts.clock, checker=parts.checker),
        # Inside the journal, so that it has the preflights. Outside fault injection, so that no fault applies to a
        # preflight and web pages can read forced responses.
        functools.partial(
            cors,
            is_own_origin=parts.is_own_origin,
            render_error=render_error,
            notify=lambda scope, text: request_state(scope).world.notices.add(text),
            preflights=preflights,
        ),
        *([request_ids] if parts.readings.follows("request-id-header", "present") else []),
        functools.partial(fault_injection, contract=contract, stages=stages),
        functools.partial(error_responses, contract=contract, render_error=render_error, preflights=preflights),
        functools.partial(exact_paths, contract=contract, readings=parts.readings),
    ]


def _at_once(parts: AppParts, routes: Routes, middleware: list[Any]) -> AtOnce | None:
    """Create the short way for most requests, unless there is middleware whose work it does not do."""
    settings = parts.settings
    if settings.driver != "direct" or not {getattr(each, "func", each) for each in middleware} <= REPLACED:
        return None
    return AtOnce(
        routes,
        parts.worlds,
        render_error=parts.stages.render_error,
        now=parts.clock,
        checker=parts.checker,
        cookie_name=settings.cookie_name,
        max_body_bytes=settings.max_body_bytes,
    )
