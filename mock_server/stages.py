"""The one pipeline: what is done to a request, as plain functions that any driver may call.

Connexion drives them today (see `app`). A defect is a change of one stage; so nothing here knows who calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from starlette.datastructures import Headers
from starlette.types import Scope

if TYPE_CHECKING:  # only names: the modules below import this one
    from mock_server.contract import OperationSpec
    from mock_server.errors import Problem, Refused
    from mock_server.lead_list import Build
    from mock_server.readings import Readings


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, ready to be sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an operation gives back: a JSON value, and headers to send with it."""

    value: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class Success:
    """Renders what an operation gives back; called as the stage `render`."""

    def __init__(self, readings: Readings) -> None:
        charset = "; charset=utf-8" if readings.follows("response-charset", "present") else ""
        self._media_type = f"application/json{charset}"  # http.answer.media-type

    def __call__(self, outcome: Outcome, status: int) -> Answer:
        return Answer(status, {"content-type": self._media_type, **outcome.headers}, orjson.dumps(outcome.value))


@dataclass(frozen=True, slots=True)
class Stages:
    """Every step from bytes to bytes. Each raises `errors.Refused` for a request that it does not take."""

    authenticate: Callable[[Headers, str], str | None]  # headers, carrier -> user id; None: it carries no login
    check_parameters: Callable[[Scope, OperationSpec], list[Problem]]
    negotiate: Callable[[Headers, OperationSpec], None]  # may the body be read as JSON?
    parse: Callable[[bytes, Headers], Any]
    validate: Callable[[OperationSpec, Any], Any]  # parsed body -> the body to work with
    build: Build
    render: Callable[[Outcome, int], Answer]
    render_error: Callable[[Refused], Answer]
