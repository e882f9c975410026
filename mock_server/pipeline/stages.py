"""The stages of a request as functions that both drivers call. A defect replaces one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Scope

from mock_server.contract.openapi import OperationSpec
from mock_server.pipeline.errors import Refused
from mock_server.pipeline.problems import Problem
from mock_server.pipeline.responses import Outcome, RenderedResponse


@dataclass(frozen=True, slots=True)
class Stages:
    """All steps from request bytes to response bytes. Each names the class whose instance `app.py` passes.

    All but `check_parameters` and the two that render raise `errors.Refused` to refuse a request.
    """

    authenticate: Callable[[Headers, str], str | None]  # Sessions: headers, carrier -> user ID, or None without a login
    check_parameters: Callable[[Scope, OperationSpec], list[Problem]]  # ParameterCheck
    negotiate: Callable[[Headers, OperationSpec], None]  # Negotiator: refuses requests that are not JSON by headers
    parse: Callable[[bytes, Headers], Any]  # JsonParser
    validate: Callable[[OperationSpec, Any], Any]  # BodyCheck: parsed body -> the body to build from
    # Builder: body, user ID, now, ID -> the JSON object to store, with the ID
    build: Callable[[Any, str, datetime, str], Any]
    render: Callable[[Outcome, int], RenderedResponse]  # Success
    render_error: Callable[[Refused], RenderedResponse]  # Renderer

    def user(self, headers: Headers) -> str | None:
        """Return the user whom the bearer token or else the cookie signs in, or None."""
        for carrier in ("bearer", "cookie"):
            try:
                if user := self.authenticate(headers, carrier):
                    return user
            except Refused:
                pass
        return None
