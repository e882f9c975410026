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
    """All steps from request bytes to response bytes. Each raises `errors.Refused` to refuse a request."""

    authenticate: Callable[[Headers, str], str | None]  # headers, carrier -> user ID, or None without a login
    check_parameters: Callable[[Scope, OperationSpec], list[Problem]]
    negotiate: Callable[[Headers, OperationSpec], None]  # refuses requests that are not JSON by their headers
    parse: Callable[[bytes, Headers], Any]
    validate: Callable[[OperationSpec, Any], Any]  # parsed body -> the body to build from
    build: Callable[[Any, str, datetime, str], Any]  # body, user ID, now, ID -> the JSON object to store, with the ID
    render: Callable[[Outcome, int], RenderedResponse]
    render_error: Callable[[Refused], RenderedResponse]

    def user(self, headers: Headers) -> str | None:
        """Return the user whom the bearer token or else the cookie signs in, or None."""
        for carrier in ("bearer", "cookie"):
            try:
                if user := self.authenticate(headers, carrier):
                    return user
            except Refused:
                pass
        return None
