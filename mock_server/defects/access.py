"""Defects of userIds, and mass assignment: the server takes generated fields from the client."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from mock_server.defects.changes import Change, Rebuild, built, built_after, field, field_is, lenient_body
from mock_server.defects.defect import Group
from mock_server.lead_lists.record import LeadList, Payload

access = Group("access")
assignment = Group("mass-assignment")


def _users(change: Callable[[list[str]], list[Any]]) -> Change:
    return field("userIds", change)


def _previous() -> Rebuild:
    """Put the previous caller into userIds, kept in a variable of the module."""
    previous = ""

    def rebuild(lead_list: LeadList, payload: Payload, user: str, now: datetime) -> dict[str, Any]:
        nonlocal previous
        owner, previous = previous or user, user
        return {"userIds": [owner]}

    return rebuild


def _first() -> Rebuild:
    first: list[str] = []

    def rebuild(lead_list: LeadList, payload: Payload, user: str, now: datetime) -> dict[str, Any]:
        first.extend([] if first else [user])
        return {"userIds": first[:1]}

    return rebuild


def _all_callers() -> Rebuild:
    seen: dict[str, None] = {}

    def rebuild(lead_list: LeadList, payload: Payload, user: str, now: datetime) -> dict[str, Any]:
        seen[user] = None
        return {"userIds": list(seen)}

    return rebuild


def _last_two() -> Rebuild:
    last = ""

    def rebuild(lead_list: LeadList, payload: Payload, user: str, now: datetime) -> dict[str, Any]:
        nonlocal last
        users, last = list(dict.fromkeys([user, last or user])), user
        return {"userIds": users}

    return rebuild


def _taken(name: str, takes: Callable[[Any], object] = lambda value: True) -> Change:
    """Store the client's value of a generated field if `takes` returns true for it."""

    def rebuild(lead_list: LeadList, payload: Payload, user: str, now: datetime) -> dict[str, Any]:
        return {name: payload[name]} if name in payload and takes(payload[name]) else {}

    return built(rebuild)


def _owner_of(*names: str) -> Change:
    def rebuild(lead_list: LeadList, payload: Payload, user: str, now: datetime) -> dict[str, Any]:
        return {"userIds": [payload[name] for name in names if name in payload][:1] or lead_list["userIds"]}

    return built(rebuild)


def _spread(payload: Any) -> Any:
    """Merge the fields under __proto__ into the body."""
    if not isinstance(payload, dict) or not isinstance(payload.get("__proto__"), dict):
        return payload
    return {**payload, **payload["__proto__"]}


def _polluted() -> Rebuild:
    """Add the fields of any earlier __proto__ to every later list; as in JavaScript, own fields win."""
    prototype: dict[str, Any] = {}

    def rebuild(lead_list: LeadList, payload: Payload, user: str, now: datetime) -> dict[str, Any]:
        prototype.update(payload["__proto__"] if isinstance(payload.get("__proto__"), dict) else {})
        return {name: value for name, value in prototype.items() if name not in lead_list}

    return rebuild


def _sibling_people(payload: Any) -> Any:
    """Read `persons`, a field of a sibling page, as more personIds."""
    if not isinstance(payload, dict) or not isinstance(payload.get("persons"), list):
        return payload
    return {**payload, "personIds": [*payload.get("personIds", []), "lead_from_persons"]}


# fmt: off
DEFECTS = (
    access.easy("creator-missing", "response.userIds.includes-creator", "userIds is empty.",
        field_is("userIds", [])),
    access.easy("creator-replaced", "response.userIds.includes-creator",
        "userIds holds a service user instead of the creator.",
        field_is("userIds", ["user_service"])),
    access.easy("creator-upper-case", "response.userIds.includes-creator",
        "userIds holds the creator's ID in upper case.",
        _users(lambda ids: [each.upper() for each in ids])),
    access.easy("creator-without-prefix", "response.userIds.includes-creator",
        "userIds holds the creator's ID without its prefix.",
        _users(lambda ids: [each.partition("_")[2] for each in ids])),
    access.easy("creator-null", "response.userIds.type", "userIds holds null instead of the creator.",
        field_is("userIds", [None])),
    access.hard("creator-of-before", "response.userIds.includes-creator",
        "userIds holds the previous caller instead of the creator.",
        built_after(_previous)),
    access.hard("creator-first-caller", "response.userIds.includes-creator",
        "userIds holds the first caller instead of the creator.", built_after(_first)),
    access.hard("everybody-so-far", "response.userIds.no-stranger", "userIds holds all callers so far.",
        built_after(_all_callers)),
    access.hard("caller-before-added", "response.userIds.no-stranger", "userIds also holds the previous caller.",
        built_after(_last_two)),
    access.hard("people-get-access", "response.userIds.no-stranger", "userIds also holds the person IDs of the list.",
        built(lambda lead_list, payload, user, now: {"userIds": [user, *map(str, lead_list["personIds"])]})),
    # -- mass assignment
    assignment.medium("id-taken-over", "request.body.server-made",
        "The server stores an id from the client.", _taken("id")),
    assignment.medium("created-taken-over", "request.body.server-made", "The server stores createdAt from the client.",
        _taken("createdAt")),
    assignment.medium("updated-taken-over", "request.body.server-made", "The server stores updatedAt from the client.",
        _taken("updatedAt")),
    assignment.medium("users-taken-over", "request.body.server-made",
        "The server stores userIds from the client, without the creator.", _taken("userIds")),
    assignment.hard("users-emptied", "request.body.server-made",
        "An empty userIds from the client removes the creator.",
        _taken("userIds", lambda users: users == [])),
    assignment.hard("id-null-taken-over", "request.body.server-made", "The server stores a null id from the client.",
        _taken("id", lambda value: value is None)),
    assignment.hard("created-null-taken-over", "request.body.server-made",
        "The server stores a null createdAt from the client.",
        _taken("createdAt", lambda value: value is None)),
    assignment.hard("owner-taken-over", "response.userIds.includes-creator",
        "A field userId or ownerId replaces the creator.", _owner_of("userId", "ownerId")),
    assignment.hard("prototype-spread", "request.type.default",
        "The server reads fields under __proto__ as fields of the body.",
        lenient_body(_spread)),
    assignment.hard("prototype-polluted", "request.body.open", "Every later list contains the fields under __proto__.",
        built_after(_polluted)),
    assignment.hard("persons-added", "response.personIds.echo",
        "A field persons (of a sibling page) adds to personIds.", lenient_body(_sibling_people)),
)
# fmt: on
