"""Building blocks of defects: small changes of one stage, or of the app around the stages, that combine.

A change may keep state (a counter, the last response, the previous caller). The state lives in the closure that
replaces the stage, one closure per app: two broken mocks in one process share nothing.
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
from mock_server.pipeline.errors import Refused
from mock_server.pipeline.problems import problem, shorten
from mock_server.pipeline.responses import Outcome, RenderedResponse
from mock_server.pipeline.stages import Stages

Value = dict[str, Any]
Wrap = Callable[[Any], Any]  # a stage or an ASGI app -> its replacement
Test = Callable[[Any], object]

MISSING = object()  # the value of a field that was not sent


@dataclass(frozen=True, slots=True)
class Change:
    """Change the stages, the app that drives them, or both."""

    stages: Callable[[Stages], Stages] = lambda stages: stages
    app: Callable[[ASGIApp], ASGIApp] = lambda app: app


def stage(name: str, wrap: Wrap) -> Change:
    """Replace one stage by the result of `wrap`, which is called with the stage once per app."""
    return Change(stages=lambda stages: dataclasses.replace(stages, **{name: wrap(getattr(stages, name))}))


def together(*changes: Change) -> Change:
    """Combine the changes; the first is the innermost."""

    def stages(changed: Stages) -> Stages:
        for change in changes:
            changed = change.stages(changed)
        return changed

    def app(changed: ASGIApp) -> ASGIApp:
        for change in changes:
            changed = change.app(changed)
        return changed

    return Change(stages, app)


# -- the response of a success


def answered(change: Callable[[Value], Any]) -> Change:
    """Return another JSON value instead of the lead list."""
    return answered_after(lambda: change)


def answered_after(make: Callable[[], Callable[[Value], Any]]) -> Change:
    """Like `answered`, with state: `make` is called once per app."""

    def wrap(render: Any) -> Any:
        change = make()
        return lambda outcome, status: render(Outcome(_changed(outcome.value, change), outcome.headers), status)

    return stage("render", wrap)


def _changed(value: Any, change: Callable[[Value], Any]) -> Any:
    """Return the changed lead list, or the value itself if another defect has dropped what the change needs."""
    if not isinstance(value, dict):
        return value
    try:
        return change(dict(value))
    except KeyError:
        return value


def field(name: str, change: Callable[[Any], Any]) -> Change:
    """Change the returned value of one field."""
    return answered(lambda value: {**value, name: change(value[name])})


def field_is(name: str, constant: Any) -> Change:
    return field(name, lambda _: constant)


def dropped(name: str) -> Change:
    return answered(lambda value: {key: each for key, each in value.items() if key != name})


def renamed(name: str, new: str) -> Change:
    return answered(lambda value: {new if key == name else key: each for key, each in value.items()})


def sent(change: Callable[[RenderedResponse], RenderedResponse]) -> Change:
    """Replace the rendered response of a success."""
    return stage("render", lambda render: lambda outcome, status: change(render(outcome, status)))


def body(change: Callable[[bytes], bytes]) -> Change:
    return sent(lambda response: dataclasses.replace(response, body=change(response.body)))


def header(name: str, value: str) -> Change:
    return sent(lambda response: dataclasses.replace(response, headers={**response.headers, name: value}))


def status(code: int) -> Change:
    return sent(lambda response: dataclasses.replace(response, status=code))


# -- what is stored


def stored(name: str, change: Callable[[Any], Any]) -> Change:
    """Change the stored value of a field after validation, if the field was sent."""
    return stored_as(lambda payload: {**payload, name: change(payload[name])} if name in payload else payload)


def stored_as(change: Callable[[Payload], Payload]) -> Change:
    def wrap(build: Build) -> Build:
        return lambda payload, user, now, list_id: build(change(payload), user, now, list_id)

    return stage("build", wrap)


Rebuild = Callable[[LeadList, Payload, str, datetime], Value]


def built(rebuild: Rebuild) -> Change:
    """Change fields of the lead list; `rebuild` gets the list, the payload, the user and the time."""
    return built_after(lambda: rebuild)


def built_after(make: Callable[[], Rebuild]) -> Change:
    """Like `built`, with state: `make` is called once per app."""

    def wrap(build: Build) -> Build:
        rebuild = make()

        def changed(payload: Payload, user: str, now: datetime, list_id: str) -> LeadList:
            lead_list = build(dict(payload), user, now, list_id)
            return {**lead_list, **rebuild(lead_list, payload, user, now)}

        return changed

    return stage("build", wrap)


# -- validation


def lenient(name: str, when: Test, becomes: Any) -> Change:
    """Accept an invalid value as another one.

    `becomes` is the other value, or a function of the invalid one. MISSING means that the field was not sent.
    """

    def accept(payload: Payload) -> Payload:
        value = payload.get(name, MISSING)
        if not when(value):
            return payload
        return {**payload, name: becomes(value) if callable(becomes) else becomes}

    return lenient_body(lambda payload: accept(payload) if isinstance(payload, dict) else payload)


def lenient_items(name: str, when: Callable[[int, Any], object], becomes: Any) -> Change:
    """Accept invalid items of an array; `when` gets the position and the item."""

    def accept(payload: Any) -> Any:
        if not isinstance(payload, dict) or not isinstance(payload.get(name), list):
            return payload
        items = [becomes if when(i, each) else each for i, each in enumerate(payload[name])]
        return {**payload, name: [each for each in items if each is not MISSING]}

    return lenient_body(accept)


def lenient_body(change: Callable[[Any], Any]) -> Change:
    def wrap(validate: Any) -> Any:
        return lambda operation, payload: validate(operation, change(payload))

    return stage("validate", wrap)


def refused_if(name: str, when: Test, code: int = 400) -> Change:
    """Refuse a valid value."""
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
    """Crash on a body for which `when` is true."""

    def crash(payload: Any) -> Any:
        if when(payload):
            raise RuntimeError("the defect crashes here")
        return payload

    return lenient_body(crash)


def parsed(change: Callable[[bytes, Headers], bytes]) -> Change:
    """Change the bytes of the body before the parser reads them."""
    return stage("parse", lambda parse: lambda raw, headers: parse(change(raw, headers), headers))


def crashes_on_bytes(when: Callable[[bytes], object]) -> Change:
    def check(raw: bytes, headers: Headers) -> bytes:
        if when(raw):
            raise RuntimeError("the defect crashes here")
        return raw

    return parsed(check)
