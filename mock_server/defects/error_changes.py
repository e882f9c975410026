"""Changes of error responses."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import orjson

from mock_server.defects.changes import Change, Value, stage
from mock_server.pipeline.errors import Refused
from mock_server.pipeline.problems import Problem
from mock_server.pipeline.responses import RenderedResponse


def refused_as(change: Callable[[Refused], Refused]) -> Change:
    """Change the refusal before it is rendered."""
    return stage("render_error", lambda render: lambda refused: render(change(refused)))


def error_status(code: int, instead: int) -> Change:
    """Change the status of an error and keep its body."""
    return error_sent(code, lambda response: dataclasses.replace(response, status=instead))


def error_sent(code: int, change: Callable[[RenderedResponse], RenderedResponse]) -> Change:
    """Replace the rendered response of errors with one status (0: any status)."""

    def wrap(render: Any) -> Any:
        def changed(refused: Refused) -> RenderedResponse:
            response: RenderedResponse = render(refused)
            return change(response) if code in (0, response.status) else response

        return changed

    return stage("render_error", wrap)


def error(code: int, change: Callable[[Value], Any]) -> Change:
    """Change the object that holds code, message and details."""

    def rewrite(response: RenderedResponse) -> RenderedResponse:
        return dataclasses.replace(response, body=orjson.dumps({"error": change(orjson.loads(response.body)["error"])}))

    return error_sent(code, rewrite)


def problems(change: Callable[[tuple[Problem, ...]], tuple[Problem, ...]]) -> Change:
    """Change the problems in the details of a failed validation."""
    return refused_as(
        lambda refused: Refused(
            refused.status,
            change(refused.problems),
            message=refused.message,
            headers=refused.headers,
            closes=refused.closes,
        )
    )
