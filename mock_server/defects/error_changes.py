"""Changes of what is answered when a request is refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import orjson

from mock_server.defects.changes import Change, Value, stage
from mock_server.pipeline.answers import Answer
from mock_server.pipeline.errors import Problem, Refused


def refused_as(change: Callable[[Refused], Refused]) -> Change:
    """Another refusal in place of the one that was meant."""
    return stage("render_error", lambda render: lambda refused: render(change(refused)))


def error_status(code: int, instead: int) -> Change:
    """Another status, the body as it was."""
    return error_sent(code, lambda answer: dataclasses.replace(answer, status=instead))


def error_sent(code: int, change: Callable[[Answer], Answer]) -> Change:
    """Another answer in place of errors of one status (0: of any), as bytes."""

    def wrap(render: Any) -> Any:
        def changed(refused: Refused) -> Answer:
            answer: Answer = render(refused)
            return change(answer) if code in (0, answer.status) else answer

        return changed

    return stage("render_error", wrap)


def error(code: int, change: Callable[[Value], Any]) -> Change:
    """Another JSON value in the place of code, message and details; `change` gets that object."""

    def rewrite(answer: Answer) -> Answer:
        return dataclasses.replace(answer, body=orjson.dumps({"error": change(orjson.loads(answer.body)["error"])}))

    return error_sent(code, rewrite)


def problems(change: Callable[[tuple[Problem, ...]], tuple[Problem, ...]]) -> Change:
    """Other problems in the details of a failed validation."""
    return refused_as(
        lambda refused: Refused(
            refused.status,
            change(refused.problems),
            message=refused.message,
            headers=refused.headers,
            closes=refused.closes,
        )
    )
