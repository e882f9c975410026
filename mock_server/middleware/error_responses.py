"""Turn every exception into the documented error response."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.contract.openapi import Contract
from mock_server.middleware.cross_site import advice
from mock_server.middleware.preflights import Preflights
from mock_server.pipeline.errors import ClientLeft, Refused
from mock_server.pipeline.request_state import request_state
from mock_server.pipeline.responses import RenderedResponse
from mock_server.pipeline.sending import send_response
from mock_server.pipeline.words import STATUSES

logger = logging.getLogger("mock_server")

NO_COOKIE = (
    'User is not authenticated: the request has no cookie. Sign in and send this request with credentials: "include" '
    "(fetch) or withCredentials: true (axios), or send the header Authorization: Bearer <token>"
)


def refusal_of(error: Exception) -> Refused:
    """Return the refusal for an exception: our own, one of Starlette or Connexion, or an unexpected one."""
    if isinstance(error, Refused):  # http.answer.no-server-error: for any request the stages raise nothing else
        return error
    if isinstance(error, HTTPException):  # Connexion's problems are HTTPExceptions too
        return Refused(error.status_code, headers=dict(error.headers or {}))
    frame = traceback.extract_tb(error.__traceback__)[-1]
    logger.error("answered 500: %r in %s, line %s", error, frame.name, frame.lineno, exc_info=None)
    return Refused(500)  # error.internals: only the log has the error


def error_responses(
    app: ASGIApp, *, contract: Contract, render_error: Callable[[Refused], RenderedResponse], preflights: Preflights
) -> ASGIApp:
    """Turn every exception of the inner app into a response."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except ClientLeft:
            return
        except Exception as error:
            if scope["type"] != "http" or request_state(scope).exchange.status is not None:  # a response has begun
                raise
            await answer(error, scope, receive, send)

    # A function of its own: a variable that keeps an error in a frame of its traceback makes both garbage that only
    # the collector frees.
    async def answer(error: Exception, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = _with_advice(_with_key(refusal_of(error), scope, contract), scope, preflights)
        await send_response(render_error(refusal), send, receive if refusal.closes else None)

    return middleware


def _with_key(refusal: Refused, scope: Scope, contract: Contract) -> Refused:
    """Say in a 401 where the operation expects an API key or a password."""
    if refusal.status != 401 or refusal.message:
        return refusal
    operation, _ = contract.operation_at(scope["method"], scope["path"])
    if operation is None or not operation.login.keys:
        return refusal
    key = f"{' and '.join(operation.login.keys)} (the mock accepts any value)"
    if operation.login.is_session_enough:
        return Refused(401, message=f"{STATUSES[401][1]}, or {key}", headers=refusal.headers)
    return Refused(401, message=f"User is not authenticated: send {key}", headers=refusal.headers)


def _with_advice(refusal: Refused, scope: Scope, preflights: Preflights) -> Refused:
    """Explain in a 401 that the session cookie cannot work, or that the web page did not send it."""
    state = request_state(scope)
    if refusal.status != 401 or b"origin" not in state.header_names or b"authorization" in state.header_names:
        return refusal
    headers = Headers(scope=scope)
    had_preflight = preflights.had(headers, scope["method"], scope["path"])
    if not (text := advice(headers, scope["scheme"], had_preflight)):
        crosses_origins = had_preflight or headers.get("sec-fetch-site") in ("same-site", "cross-site")
        has_cookies = b"cookie" in state.header_names
        return (
            Refused(401, message=NO_COOKIE, headers=refusal.headers) if crosses_origins and not has_cookies else refusal
        )
    state.world.notices.add(text)
    return Refused(401, message=text, headers=refusal.headers)
