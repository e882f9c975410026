"""The stages of a request, as plain functions that both drivers call. A defect is a change of one stage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Scope

from mock_server.contract.openapi import OperationSpec
from mock_server.pipeline.errors import Problem, Refused
from mock_server.pipeline.responses import Outcome, RenderedResponse


@dataclass(frozen=True, slots=True)
class Stages:
    """Every step from bytes to bytes. Each raises `errors.Refused` for a request that it refuses."""

    authenticate: Callable[[Headers, str], str | None]  # headers, carrier -> user id; None: no login there
    check_parameters: Callable[[Scope, OperationSpec], list[Problem]]
    negotiate: Callable[[Headers, OperationSpec], None]  # refuses what is not JSON by its headers
    parse: Callable[[bytes, Headers], Any]
    validate: Callable[[OperationSpec, Any], Any]  # parsed body -> the body to build from
    build: Callable[[Any, str, datetime, str], Any]  # body, user id, now, id -> the record to store
    render: Callable[[Outcome, int], RenderedResponse]
    render_error: Callable[[Refused], RenderedResponse]
