"""Concurrency defects: only overlapping requests show them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from mock_server.defects.changes import (
    Change,
    Rebuild,
    Value,
    answered_after,
    built_after,
    crashes_if,
    field,
    refused_body_if,
)
from mock_server.defects.conditions import overlapping
from mock_server.defects.defect import Group
from mock_server.defects.memory import cached, content
from mock_server.lead_lists.record import LeadList, Payload

state = Group("state")

CRASHED = crashes_if(lambda payload: True)
Remember = Callable[[], Callable[[Value], Any]]


def _last_again(*names: str) -> Remember:
    """Return these fields of the previous response; all fields if none is named."""

    def make() -> Callable[[Value], Any]:
        last: Value = {}

        def change(value: Value) -> Value:
            old = {name: each for name, each in last.items() if not names or name in names}
            last.update(value)
            return {**value, **old}

        return change

    return make


def _one_lock() -> Change:
    return refused_body_if("name", lambda payload: True, 409)


def _shared_user() -> Rebuild:
    last: list[str] = []

    def rebuild(lead_list: LeadList, payload: Payload, user: str, now: datetime) -> dict[str, Any]:
        owner = last[-1] if last else "user_of_before"
        last[:] = [user]
        return {"userIds": [owner]}

    return rebuild


# fmt: off
DEFECTS = (
    state.hard("load-crash", "http.answer.no-server-error", "The server answers overlapping requests with 500.",
        overlapping(CRASHED)),
    state.hard("load-409", "success.concurrent",
        "The server answers overlapping requests with 409.", overlapping(_one_lock())),
    state.hard("load-one-list", "success.concurrent", "Equal overlapping requests create one list.",
        overlapping(answered_after(cached(content)))),
    state.hard("load-one-id", "response.id.unique", "Overlapping requests get one id.",
        overlapping(answered_after(_last_again("id")))),
    state.hard("load-names-mixed", "response.name.echo", "Overlapping requests get each other's names.",
        overlapping(answered_after(_last_again("name")))),
    state.hard("load-answers-mixed", "response.name.echo", "Overlapping requests get each other's responses.",
        overlapping(answered_after(_last_again()))),
    state.hard("load-users-mixed", "response.userIds.includes-creator", "Overlapping requests get each other's users.",
        overlapping(built_after(_shared_user))),
    state.hard("load-people-lost", "response.personIds.echo", "Overlapping requests lose a person ID.",
        overlapping(field("personIds", lambda ids: ids[:-1]))),
)
# fmt: on
