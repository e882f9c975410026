"""What a defect is made of: small changes of one stage, or of the app around the stages, as values to be combined.

A change may remember (a counter, the last answer, the previous caller). It does so in the closure of what it puts in
the place of a stage, and that is made anew for each app: two broken mocks in one process share nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp

from mock_server.contract.openapi import OperationSpec
from mock_server.lead_lists.record import Build, LeadList, Payload
from mock_server.pipeline.answers import Answer, Outcome
from mock_server.pipeline.errors import Refused, problem, shorten
from mock_server.pipeline.stages import Stages

Value = dict[str, Any]
Wrap = Callable[[Any], Any]  # a stage, or an ASGI app -> another in its place
Test = Callable[[Any], object]

MISSING = object()  # the value of a field that was not sent


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the stages, of the app that drives them, or of both."""

    stages: Callable[[Stages], Stages] = lambda stages: stages
    app: Callable[[ASGIApp], ASGIApp] = lambda app: app


def stage(name: str, wrap: Wrap) -> Change:
    """`wrap` is called once for an app, with the stage, and gives back what to use in its place."""
    return Change(stages=lambda stages: dataclasses.replace(stages, **{name: wrap(getattr(stages, name))}))


def together(*changes: Change) -> Change:
    """All of the changes; the first is the innermost."""

    def stages(changed: Stages) -> Stages:
        for change in changes:
            changed = change.stages(changed)
        return changed

    def app(changed: ASGIApp) -> ASGIApp:
        for change in changes:
            changed = change.app(changed)
        return changed

    return Change(stages, app)


# -- the answer to a success


def answered(change: Callable[[Value], Any]) -> Change:
    """Another JSON value in place of the lead list."""
    return stage(
        "render",
        lambda render: lambda outcome, status: render(Outcome(change(dict(outcome.value)), outcome.headers), status),
    )


def answered_after(make: Callable[[], Callable[[Value], Any]]) -> Change:
    """As `answered`, with a memory: `make` is called once for an app."""

    def wrap(render: Any) -> Any:
        change = make()
        return lambda outcome, status: render(Outcome(change(dict(outcome.value)), outcome.headers), status)

    return stage("render", wrap)


def field(name: str, change: Callable[[Any], Any]) -> Change:
    """Another value of one field; the others stay."""
    return answered(lambda value: {**value, name: change(value[name])})


def field_is(name: str, constant: Any) -> Change:
    return field(name, lambda _: constant)


def dropped(name: str) -> Change:
    return answered(lambda value: {key: each for key, each in value.items() if key != name})


def renamed(name: str, new: str) -> Change:
    return answered(lambda value: {new if key == name else key: each for key, each in value.items()})


def sent(change: Callable[[Answer], Answer]) -> Change:
    """Another answer in place of a success, as bytes."""
    return stage("render", lambda render: lambda outcome, status: change(render(outcome, status)))


def body(change: Callable[[bytes], bytes]) -> Change:
    return sent(lambda answer: dataclasses.replace(answer, body=change(answer.body)))


def header(name: str, value: str) -> Change:
    return sent(lambda answer: dataclasses.replace(answer, headers={**answer.headers, name: value}))


def status(code: int) -> Change:
    return sent(lambda answer: dataclasses.replace(answer, status=code))


# -- what is stored


def stored(name: str, change: Callable[[Any], Any]) -> Change:
    """Another value of a field, if it was sent, once it was found right."""
    return stored_as(lambda payload: {**payload, name: change(payload[name])} if name in payload else payload)


def stored_as(change: Callable[[Payload], Payload]) -> Change:
    def wrap(build: Build) -> Build:
        return lambda payload, user, now, list_id: build(change(payload), user, now, list_id)

    return stage("build", wrap)


Rebuild = Callable[[LeadList, Payload, str, datetime], Value]


def built(rebuild: Rebuild) -> Change:
    """Other values in the lead list; `rebuild` sees it, what was sent, who sent it, and when."""
    return built_after(lambda: rebuild)


def built_after(make: Callable[[], Rebuild]) -> Change:
    """As `built`, with a memory: `make` is called once for an app."""

    def wrap(build: Build) -> Build:
        rebuild = make()

        def changed(payload: Payload, user: str, now: datetime, list_id: str) -> LeadList:
            lead_list = build(dict(payload), user, now, list_id)
            return dataclasses.replace(lead_list, **rebuild(lead_list, payload, user, now))

        return changed

    return stage("build", wrap)


# -- what is taken


def forgiven(name: str, when: Test, becomes: Any) -> Change:
    """A hole in the validation: a value that must be refused is taken as another one.

    `becomes` is that other one, or a function of the wrong value. MISSING stands for a field that was not sent.
    """

    def forgive(payload: Payload) -> Payload:
        value = payload.get(name, MISSING)
        if not when(value):
            return payload
        return {**payload, name: becomes(value) if callable(becomes) else becomes}

    return forgiven_body(lambda payload: forgive(payload) if isinstance(payload, dict) else payload)


def forgiven_items(name: str, when: Callable[[int, Any], object], becomes: Any) -> Change:
    """A hole in the validation of the items of an array; `when` sees the position and the item."""

    def forgive(payload: Any) -> Any:
        if not isinstance(payload, dict) or not isinstance(payload.get(name), list):
            return payload
        items = [becomes if when(i, each) else each for i, each in enumerate(payload[name])]
        return {**payload, name: [each for each in items if each is not MISSING]}

    return forgiven_body(forgive)


def forgiven_body(change: Callable[[Any], Any]) -> Change:
    def wrap(validate: Any) -> Any:
        return lambda operation, payload: validate(operation, change(payload))

    return stage("validate", wrap)


def refused_if(name: str, when: Test, code: int = 400) -> Change:
    """A right value that is refused all the same."""
    return refused_body_if(name, lambda payload: when(payload.get(name, MISSING)), code)


def refused_body_if(name: str, when: Callable[[Payload], object], code: int = 400) -> Change:
    def wrap(validate: Any) -> Any:
        def changed(operation: OperationSpec, payload: Any) -> Any:
            payload = validate(operation, payload)
            if when(payload):
                raise refusal(name, payload.get(name), code)
            return payload

        return changed

    return stage("validate", wrap)


def refusal(name: str, got: Any, code: int = 400) -> Refused:
    problems = [problem("schema", (name,), got=shorten(got), reason="it is not allowed")]
    return Refused(code, problems if code == 400 else [])


def crashes_if(when: Test) -> Change:
    """A right body, or a wrong one, on which the server falls over."""

    def crash(payload: Any) -> Any:
        if when(payload):
            raise RuntimeError("a defect was asked for")
        return payload

    return forgiven_body(crash)


def parsed(change: Callable[[bytes, Headers], bytes]) -> Change:
    """Other bytes in place of the body."""
    return stage("parse", lambda parse: lambda raw, headers: parse(change(raw, headers), headers))


def crashes_on_bytes(when: Callable[[bytes], object]) -> Change:
    def check(raw: bytes, headers: Headers) -> bytes:
        if when(raw):
            raise RuntimeError("a defect was asked for")
        return raw

    return parsed(check)
