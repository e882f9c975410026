"""State defects: only a sequence of requests shows them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from mock_server.defects.changes import (
    MISSING,
    Change,
    Rebuild,
    Value,
    answered,
    answered_after,
    body,
    built_after,
    crashes_if,
    field,
    lenient,
    refusal,
    refused_body_if,
    sent,
    stage,
    stored,
)
from mock_server.defects.conditions import after, every, only
from mock_server.defects.defect import Group
from mock_server.defects.instants import moved
from mock_server.lead_lists.record import LeadList, Payload
from mock_server.pipeline.errors import Refused
from mock_server.pipeline.responses import RenderedResponse

state = Group("state")

CRASHED = crashes_if(lambda payload: True)
Remember = Callable[[], Callable[[Value], Any]]


def kept_back(nth: int, *names: str) -> Remember:
    """Return these fields of the previous response every nth time; all fields if none is named."""

    def make() -> Callable[[Value], Any]:
        count = 0
        last: Value = {}

        def change(value: Value) -> Value:
            nonlocal count
            count += 1
            old = {name: last[name] for name in names or value if name in last} if count % nth == 0 else {}
            last.update(value)
            return {**value, **old}

        return change

    return make


def cached(key: Callable[[Value], Any]) -> Remember:
    """Return the first response again for the same key."""

    def make() -> Callable[[Value], Any]:
        answers: dict[Any, Value] = {}
        return lambda value: answers.setdefault(key(value), value)

    return make


def content(value: Value) -> str:
    made = ("id", "createdAt", "updatedAt")
    return repr([each for name, each in value.items() if name not in made])


def _content_without_user(value: Value) -> str:
    return repr([value[name] for name in ("name", "startDate", "endDate", "personIds", "companyIds")])


def _refusing_twins(code: int) -> Change:
    def wrap(validate: Any) -> Any:
        seen: set[str] = set()

        def changed(operation: Any, payload: Any) -> Any:
            payload = validate(operation, payload)
            if repr(payload) in seen:
                raise refusal("name", payload["name"], code)
            seen.add(repr(payload))
            return payload

        return changed

    return stage("validate", wrap)


def _people_gather() -> Rebuild:
    """Collect person IDs in a variable of the module that is never cleared."""
    gathered: list[str] = []

    def rebuild(lead_list: LeadList, payload: Payload, user: str, now: datetime) -> dict[str, Any]:
        gathered.extend(lead_list["personIds"])
        return {"personIds": list(gathered)}

    return rebuild


def _sticky_icp() -> Callable[[Value], Any]:
    last: list[str | None] = [None]

    def change(value: Value) -> Value:
        last[0] = value["icpId"] or last[0]
        return {**value, "icpId": last[0]}

    return change


def _icp_lost() -> Callable[[Value], Any]:
    count = 0

    def change(value: Value) -> Value:
        nonlocal count
        count += value["icpId"] is not None
        return {**value, "icpId": None if count % 3 == 0 else value["icpId"]}

    return change


def _error_instead(response: RenderedResponse) -> RenderedResponse:
    raise Refused(500)


NO_END = lenient("endDate", lambda value: value is MISSING, "2030-12-31T00:00:00.000Z")

# fmt: off
DEFECTS = (
    state.hard("every-10th-crash", "http.answer.no-server-error", "The server answers every 10th request with 500.",
        only(every(10), CRASHED)),
    state.hard("every-25th-crash", "http.answer.no-server-error", "The server answers every 25th request with 500.",
        only(every(25), sent(_error_instead))),
    state.hard("every-7th-name-of-before", "response.name.echo", "Every 7th response has the name of the previous one.",
        answered_after(kept_back(7, "name"))),
    state.hard("every-9th-answer-of-before", "response.id.unique", "Every 9th response repeats the previous one.",
        answered_after(kept_back(9))),
    state.hard("every-11th-wrapped", "success.bare", "Every 11th response is wrapped in an object.",
        only(every(11), answered(lambda value: {"data": value}))),
    state.hard("every-12th-latin-1", "response.name.echo", "Every 12th body is decoded with another encoding.",
        only(every(12), field("name", lambda name: name.encode("utf-8", "replace").decode("latin-1").upper()))),
    state.hard("every-5th-start-local", "response.startDate.echo",
        "Every 5th response comes from a server in another time zone.",
        only(every(5), field("startDate", moved(hours=1)))),
    state.hard("every-5th-clock-off", "response.createdAt.clock",
        "Every 5th response comes from a server whose clock is an hour late.",
        only(every(5), field("createdAt", moved(hours=-1)))),
    state.hard("every-3rd-icp-lost", "response.icpId.echo", "Every 3rd list with an ICP loses it.",
        answered_after(_icp_lost)),
    state.hard("every-15th-empty", "http.answer.json", "Every 15th success has no body.",
        only(every(15), body(lambda raw: b""))),
    state.hard("after-50-unvalidated", "request.endDate.required",
        "After 50 requests the server accepts a missing endDate.",
        only(after(50), NO_END)),
    state.hard("after-100-crash", "http.answer.no-server-error",
        "After 100 requests the server answers every request with 500.",
        only(after(100), CRASHED)),
    state.hard("after-100-refused", "success.created", "After 100 requests a quota refuses every request.",
        only(after(100), refused_body_if("name", lambda payload: True, 403))),
    state.hard("after-40-name-cut", "response.name.echo", "After 40 requests names are truncated to 20 characters.",
        only(after(40), stored("name", lambda name: name[:20]))),
    state.hard("same-again-409", "success.repeatable",
        "The server answers the same body sent again with 409.", _refusing_twins(409)),
    state.hard("same-again-400", "success.repeatable",
        "The server answers the same body sent again with 400.", _refusing_twins(400)),
    state.hard("same-again-cached", "success.repeatable",
        "The same body from the same user gets the first response again.",
        answered_after(cached(content))),
    state.hard("same-again-cached-for-all", "response.userIds.includes-creator",
        "The same body from any user gets the first response again.", answered_after(cached(_content_without_user))),
    state.hard("name-again-cached", "response.id.unique", "A name that was used before gets the first response again.",
        answered_after(cached(lambda value: value["name"]))),
    state.hard("people-gather", "response.personIds.echo", "A list has the person IDs of all previous lists.",
        built_after(_people_gather)),
    state.hard("icp-of-before", "response.icpId.echo", "A list without an ICP gets that of the previous list.",
        answered_after(_sticky_icp)),
)
# fmt: on
