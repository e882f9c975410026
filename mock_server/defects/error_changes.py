"""Changes of error responses."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import orjson

from mock_server.defects.changes import Change, Value, stage
from mock_server.pipeline.answers import Answer
from mock_server.pipeline.errors import Problem, Refused


def refused_as(change: Callable[[Refused], Refused]) -> Change:
    """Change the refusal before it is rendered."""
    return stage("render_error", lambda render: lambda refused: render(change(refused)))


def error_status(code: int, instead: int) -> Change:
    """Change the status of an error and keep its body."""
    return error_sent(code, lambda answer: dataclasses.replace(answer, status=instead))


def error_sent(code: int, change: Callable[[Answer], Answer]) -> Change:
    """Replace the rendered response of errors with one status (0: any status)."""

    def wrap(render: Any) -> Any:
        def changed(refused: Refused) -> Answer:
            answer: Answer = render(refused)
            return change(answer) if code in (0, answer.status) else answer

        return changed

    return stage("render_error", wrap)


def error(code: int, change: Callable[[Value], Any]) -> Change:
    """Change the object that holds code, message and details."""

    def rewrite(answer: Answer) -> Answer:
        return dataclasses.replace(answer, body=orjson.dumps({"error": change(orjson.loads(answer.body)["error"])}))

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
