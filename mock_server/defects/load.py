"""Concurrency defects: only overlapping requests show them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mock_server.defects.changes import (
    Change,
    Rebuild,
    answered_after,
    built_after,
    field,
    refused_body_if,
)
from mock_server.defects.conditions import overlapping
from mock_server.defects.memory import CRASHED, cached, content, kept_back, state
from mock_server.lead_lists.record import LeadList, Payload


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
        overlapping(answered_after(kept_back(1, "id")))),
    state.hard("load-names-mixed", "response.name.echo", "Overlapping requests get each other's names.",
        overlapping(answered_after(kept_back(1, "name")))),
    state.hard("load-answers-mixed", "response.name.echo", "Overlapping requests get each other's responses.",
        overlapping(answered_after(kept_back(1)))),
    state.hard("load-users-mixed", "response.userIds.includes-creator", "Overlapping requests get each other's users.",
        overlapping(built_after(_shared_user))),
    state.hard("load-people-lost", "response.personIds.echo", "Overlapping requests lose a person ID.",
        overlapping(field("personIds", lambda ids: ids[:-1]))),
)
# fmt: on
