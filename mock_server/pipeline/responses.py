"""Responses, and how the result of an operation becomes one; `errors` renders error responses."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from mock_server.contract.readings import Readings


@dataclass(slots=True)  # as below: one for each request, and a frozen class takes longer to fill
class RenderedResponse:
    """A complete response, ready to send."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers as ASGI has them, with the Content-Length (RFC 9110 §8.6)."""
        raw = [_raw(name, value) for name, value in self.headers.items()]
        if self.status not in (204, 304):
            raw.append((b"content-length", b"%d" % len(self.body)))
        return raw


@functools.lru_cache(maxsize=64)  # most responses have the same headers
def _raw(name: str, value: str) -> tuple[bytes, bytes]:
    return name.encode(), value.encode("latin-1", "replace")


@dataclass(slots=True)
class Outcome:
    """The result of an operation: a JSON value, and additional response headers."""

    value: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    text: bytes | None = None  # the value as it is sent, where it is known or not JSON


WITHOUT_BODY = (204, 205, 304)  # statuses (RFC 9110 §15.3.5, §15.3.6, §15.4.5)


class Success:
    """Renders the result of an operation; called as the stage `render`."""

    def __init__(self, readings: Readings) -> None:
        charset = "; charset=utf-8" if readings.follows("response-charset", "present") else ""
        self._headers = {"content-type": f"application/json{charset}"}  # http.answer.media-type

    def __call__(self, outcome: Outcome, status: int) -> RenderedResponse:
        if status in WITHOUT_BODY:
            return RenderedResponse(status, outcome.headers, b"")
        # http.answer.json, http.answer.utf-8
        body = orjson.dumps(outcome.value) if outcome.text is None else outcome.text
        headers = {**self._headers, **outcome.headers} if outcome.headers else self._headers
        return RenderedResponse(status, headers, body)
