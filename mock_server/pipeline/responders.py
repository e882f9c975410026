"""The functions of operations, and how each becomes one that returns a rendered response."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import orjson
from connexion.context import context
from starlette.responses import Response

from mock_server.contract.examples import sample_response
from mock_server.contract.openapi import Contract, OperationSpec, is_json
from mock_server.pipeline.responses import Outcome, RenderedResponse
from mock_server.pipeline.sessions import user_of_several
from mock_server.pipeline.stages import Stages

Function = Callable[..., Any]  # of an operation: a plain function, or a coroutine function if it waits for something
Respond = Callable[..., Awaitable[RenderedResponse]]
RespondAtOnce = Callable[..., RenderedResponse]


@dataclass(frozen=True, slots=True)
class Responder:
    """The function of an operation, with its result rendered. at_once: the same for a function that never waits."""

    respond: Respond
    at_once: RespondAtOnce | None


def responder_of(function: Function, operation: OperationSpec, stages: Stages, preferred_status: int) -> Responder:
    """Wrap the function of an operation to render its outcome with the success status that the spec documents."""
    documented = operation.success_statuses
    # success.status
    status = preferred_status if preferred_status in documented else min(documented, default=200)

    # Both drivers bind arguments by the names of the function's parameters.
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def wait(**arguments: Any) -> RenderedResponse:
            value = await function(**arguments)
            return stages.render(value if isinstance(value, Outcome) else Outcome(value), status)

        return Responder(wait, None)

    def at_once(**arguments: Any) -> RenderedResponse:
        value = function(**arguments)
        return stages.render(value if isinstance(value, Outcome) else Outcome(value), status)

    @functools.wraps(function)
    async def respond(**arguments: Any) -> RenderedResponse:
        return at_once(**arguments)

    return Responder(respond, at_once)


def example_of(contract: Contract, operation_id: str) -> Function:
    """Create a function for an operation without code: it returns an example of the spec, and a header says so."""
    operation = contract.operations[operation_id]
    sample = sample_response(contract, operation)

    headers: dict[str, str] = {"x-mock-example": sample.source}
    text = None
    if not is_json(sample.media_type):
        headers["content-type"] = sample.media_type
        text = sample.value.encode() if isinstance(sample.value, str) else orjson.dumps(sample.value)

    def respond() -> Outcome:
        return Outcome(sample.value, headers, text)

    def respond_to_parameters(**_: Any) -> Outcome:
        return respond()

    return respond_to_parameters if operation.parameters else respond


def connexion_handler(responder: Responder) -> Callable[..., Awaitable[Response]]:
    """Wrap the function of an operation for Connexion: return a Starlette response."""

    @functools.wraps(responder.respond)
    async def handle(**arguments: Any) -> Response:
        if "user" in arguments and arguments["user"] is None:  # Connexion looks only at a single login
            arguments["user"] = user_of_several(context["token_info"])
        response = await responder.respond(**arguments)
        return Response(response.body, response.status, dict(response.headers))

    return handle
