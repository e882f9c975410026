"""Read, parse and validate the request body before Connexion binds arguments."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.contract.openapi import Contract
from mock_server.pipeline.body_reading import BodyReader
from mock_server.pipeline.errors import Refused
from mock_server.pipeline.request_state import request_state
from mock_server.pipeline.stages import Stages


def intake(app: ASGIApp, *, contract: Contract, stages: Stages, read_body: BodyReader) -> ASGIApp:
    """Check parameters and media type, then read, parse and validate the body of a request for a known operation.

    Stores `payload` (the validated body, or None), `headers` and `world` in Connexion's context; Connexion's security
    adds `user`. Connexion passes each as a keyword argument to the operation whose signature has that name.

    It replaces Connexion's own request validation, which compares media types by case, relies on
    Content-Length, decodes outside its try, and parses a second time by other rules (its issues 1202, 1860, 2020).
    """

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        routing = scope.get("extensions", {}).get("connexion_routing", {})
        operation = contract.operations.get(routing.get("operation_id"))
        if operation is None:
            return await app(scope, receive, send)
        headers = Headers(scope=scope)
        if problems := stages.check_parameters(scope, operation):
            raise Refused(400, problems)  # error.400.status
        stages.negotiate(headers, operation)
        context = scope["extensions"].setdefault("connexion_context", {})
        context["headers"], context["world"] = headers, request_state(scope).world
        if operation.body is not None:
            body = await read_body(receive, headers)
            if body or operation.body_required:
                context["payload"] = stages.validate(operation, stages.parse(body, headers))
            else:
                context["payload"] = None
        # The body has been read: no later middleware may read it again, whatever its media type.
        kept = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
        await app({**scope, "headers": kept}, _no_more, send)

    return middleware


async def _no_more() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
