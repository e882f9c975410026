"""Defects of generated fields: id, createdAt, updatedAt."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import UUID

from mock_server.defects.changes import Change, answered, answered_after, built, field, field_is
from mock_server.defects.defect import Group
from mock_server.defects.instants import changed, moved
from mock_server.lead_lists.record import LeadList, Payload

ID = "550e8400-e29b-41d4-a716-446655440000"

made = Group("server-made")


# -- ids


def _id(new: Callable[[LeadList, Payload], Any]) -> Change:
    return built(lambda lead_list, payload, user, now: {"id": new(lead_list, payload)})


def _of_content(lead_list: LeadList, payload: Payload) -> str:
    return str(UUID(bytes=hashlib.md5(json.dumps(payload, sort_keys=True).encode()).digest()))


def _of_name(lead_list: LeadList, payload: Payload) -> str:
    return str(UUID(bytes=hashlib.md5(payload["name"].encode("utf-8", "replace")).digest()))


def _ring(size: int) -> Callable[[], Callable[[dict[str, Any]], dict[str, Any]]]:
    """Take IDs from a pool of this size, again and again."""

    def make() -> Callable[[dict[str, Any]], dict[str, Any]]:
        numbers = itertools.cycle(range(size))
        return lambda value: {**value, "id": f"550e8400-e29b-41d4-a716-{next(numbers):012}"}

    return make


def _of_second(lead_list: LeadList, payload: Payload, user: str, now: datetime) -> dict[str, Any]:
    return {"id": str(UUID(int=int(now.timestamp()) << 64 | 4 << 76 | 2 << 62))}


def _counted() -> Callable[[dict[str, Any]], dict[str, Any]]:
    numbers = itertools.count(1)
    return lambda value: {**value, "id": str(next(numbers))}


def _kept_every(nth: int) -> Callable[[], Callable[[dict[str, Any]], dict[str, Any]]]:
    """Repeat the previous id every nth time."""

    def make() -> Callable[[dict[str, Any]], dict[str, Any]]:
        count, last = 0, ""

        def change(value: dict[str, Any]) -> dict[str, Any]:
            nonlocal count, last
            count += 1
            last = last if last and count % nth == 0 else value["id"]
            return {**value, "id": last}

        return change

    return make


# -- timestamps


def _created(change: Callable[[str], Any]) -> Change:
    return field("createdAt", change)


def _updated(change: Callable[[str], Any]) -> Change:
    return field("updatedAt", change)


def _both(change: Callable[[str], Any]) -> Change:
    return answered(
        lambda value: {**value, "createdAt": change(value["createdAt"]), "updatedAt": change(value["updatedAt"])}
    )


def _frozen() -> Callable[[dict[str, Any]], dict[str, Any]]:
    first: dict[str, Any] = {}

    def change(value: dict[str, Any]) -> dict[str, Any]:
        first.update({} if first else {name: value[name] for name in ("createdAt", "updatedAt")})
        return {**value, **first}

    return change


def _backwards() -> Callable[[dict[str, Any]], dict[str, Any]]:
    steps = itertools.count()

    def change(value: dict[str, Any]) -> dict[str, Any]:
        back = moved(seconds=-30 * next(steps))
        return {**value, "createdAt": back(value["createdAt"])}

    return change


def _in_words(text: str) -> str:
    return format_datetime(datetime.fromisoformat(text).astimezone(UTC), usegmt=True)


def _month_from_zero(moment: datetime) -> datetime:
    return (moment.replace(day=1) - timedelta(days=1)).replace(day=min(moment.day, 28))


# fmt: off
DEFECTS = (
    # -- id
    made.easy("id-constant", "response.id.unique", "Every list has the same id.", field_is("id", ID)),
    made.medium("id-of-content", "response.id.unique", "The same body gets the same id.", _id(_of_content)),
    made.medium("id-of-name", "response.id.unique", "Lists with one name share an id.", _id(_of_name)),
    made.hard("id-of-second", "response.id.unique", "Lists of the same second share an id.", built(_of_second)),
    made.hard("id-of-100", "response.id.unique", "The server has a pool of 100 IDs.", answered_after(_ring(100))),
    made.medium("id-of-4", "response.id.unique", "The server has a pool of 4 IDs.", answered_after(_ring(4))),
    made.hard("id-kept-every-20th", "response.id.unique", "Every 20th list has the id of the previous one.",
        answered_after(_kept_every(20))),
    made.easy("id-in-order", "response.id.format", "The id is a decimal counter.", answered_after(_counted)),
    made.easy("id-bare-digits", "response.id.format", "The id has no hyphens.",
        field("id", lambda uuid: uuid.replace("-", ""))),
    made.easy("id-with-prefix", "response.id.format", "The id has a prefix.",
        field("id", lambda uuid: f"list_{uuid}")),
    made.easy("id-in-braces", "response.id.format", "The id is in braces.",
        field("id", lambda uuid: f"{{{uuid}}}")),
    made.easy("id-short", "response.id.format", "The id lacks its last digit.", field("id", lambda uuid: uuid[:-1])),
    made.easy("id-object-id", "response.id.format", "The id is a MongoDB ObjectId.",
        field("id", lambda uuid: uuid.replace("-", "")[:24])),
    made.easy("id-empty", "response.id.format", "The id is empty.", field_is("id", "")),
    made.medium("id-of-icp", "response.id.unique", "A list with an ICP has the id of the ICP.",
        _id(lambda lead_list, payload: lead_list["icpId"] or lead_list["id"])),
    # -- timestamps
    made.easy("clock-of-1970", "response.createdAt.clock", "createdAt is the start of 1970.",
        field_is("createdAt", "1970-01-01T00:00:00.000Z")),
    made.easy("clock-local", "response.createdAt.clock", "createdAt is local time labelled UTC.",
        _both(moved(hours=2))),
    made.easy("clock-ahead", "response.updatedAt.clock", "updatedAt is a day ahead.", _updated(moved(days=1))),
    made.easy("clock-day-only", "response.createdAt.clock", "createdAt is midnight of that day.",
        _created(lambda text: f"{text[:10]}T00:00:00.000Z")),
    made.easy("clock-month-from-zero", "response.createdAt.clock", "createdAt counts months from zero.",
        _created(changed(_month_from_zero))),
    made.hard("clock-frozen", "response.createdAt.clock", "Every list has the timestamps of the first one.",
        answered_after(_frozen)),
    made.hard("clock-runs-back", "response.createdAt.clock", "createdAt decreases from list to list.",
        answered_after(_backwards)),
    made.easy("created-is-start", "response.createdAt.clock", "createdAt is the startDate.",
        answered(lambda value: {**value, "createdAt": value["startDate"]})),
    made.easy("created-without-zone", "response.createdAt.format", "createdAt has no offset from UTC.",
        _created(lambda text: text[:-1])),
    made.easy("updated-without-zone", "response.updatedAt.format", "updatedAt has no offset from UTC.",
        _updated(lambda text: text[:-1])),
    made.easy("created-number", "response.createdAt.format", "createdAt is a Unix time.",
        _created(lambda text: int(datetime.fromisoformat(text).timestamp() * 1000))),
    made.easy("created-in-words", "response.createdAt.format", "createdAt has the format of mail headers.",
        _created(_in_words)),
    made.easy("created-with-blank", "response.createdAt.format", "createdAt has a space instead of T, as in SQL.",
        _created(lambda text: text.replace("T", " ")[:19])),
    made.easy("created-null", "response.createdAt.format", "createdAt is null.", field_is("createdAt", None)),
    made.easy("updated-null", "response.updatedAt.format", "updatedAt is null until the first update.",
        field_is("updatedAt", None)),
    made.easy("updated-empty", "response.updatedAt.format", "updatedAt is empty.", field_is("updatedAt", "")),
    made.easy("updated-before-created", "response.updatedAt.order", "updatedAt is two seconds before createdAt.",
        _updated(moved(seconds=-2))),
    made.easy("updated-second-only", "response.updatedAt.order",
        "updatedAt loses its milliseconds and is before createdAt.", _updated(lambda text: text[:19] + "Z")),
    made.easy("updated-of-year-1", "response.updatedAt.clock", "updatedAt is 0001-01-01, the default of .NET.",
        field_is("updatedAt", "0001-01-01T00:00:00.000Z")),
)
# fmt: on
