"""Whole responses, and how the result of an operation becomes one; `errors` renders the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from mock_server.contract.readings import Readings


@dataclass(frozen=True, slots=True)
class RenderedResponse:
    """A whole response, ready to be sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of an operation: a JSON value, and further headers of the response."""

    value: Any
    headers: Mapping[str, str] = field(default_factory=dict)


_WITHOUT_BODY = (204, 205, 304)


class Success:
    """Renders the result of an operation; called as the stage `render`."""

    def __init__(self, readings: Readings) -> None:
        charset = "; charset=utf-8" if readings.follows("response-charset", "present") else ""
        self._media_type = f"application/json{charset}"  # http.answer.media-type

    def __call__(self, outcome: Outcome, status: int) -> RenderedResponse:
        if status in _WITHOUT_BODY:
            return RenderedResponse(status, outcome.headers, b"")
        body = orjson.dumps(outcome.value)  # http.answer.json, http.answer.utf-8
        return RenderedResponse(status, {"content-type": self._media_type, **outcome.headers}, body)
