"""Access: who stands in userIds; and mass assignment: what a client may set although the server makes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from mock_server.defects.changes import Change, Rebuild, built, built_after, field, field_is, forgiven_body
from mock_server.defects.defect import Group
from mock_server.lead_lists.record import LeadList, Payload

access = Group("access")
assignment = Group("mass-assignment")


def _users(change: Callable[[list[str]], list[Any]]) -> Change:
    return field("userIds", change)


def _previous() -> Rebuild:
    """The caller before this one, which a variable of the module still holds."""
    previous = ""

    def rebuild(lead_list: LeadList, payload: Payload, user: str, now: datetime) -> dict[str, Any]:
        nonlocal previous
        owner, previous = previous or user, user
        return {"user_ids": [owner]}

    return rebuild


def _first() -> Rebuild:
    first: list[str] = []

    def rebuild(lead_list: LeadList, payload: Payload, user: str, now: datetime) -> dict[str, Any]:
        first.extend([] if first else [user])
        return {"user_ids": first[:1]}

    return rebuild


def _everybody() -> Rebuild:
    seen: dict[str, None] = {}

    def rebuild(lead_list: LeadList, payload: Payload, user: str, now: datetime) -> dict[str, Any]:
        seen[user] = None
        return {"user_ids": list(seen)}

    return rebuild


def _last_two() -> Rebuild:
    last = ""

    def rebuild(lead_list: LeadList, payload: Payload, user: str, now: datetime) -> dict[str, Any]:
        nonlocal last
        users, last = list(dict.fromkeys([user, last or user])), user
        return {"user_ids": users}

    return rebuild


def _taken(name: str, attribute: str, takes: Callable[[Any], object] = lambda value: True) -> Change:
    """The value of the client goes into the list, if it is one that `takes` lets through."""

    def rebuild(lead_list: LeadList, payload: Payload, user: str, now: datetime) -> dict[str, Any]:
        return {attribute: payload[name]} if name in payload and takes(payload[name]) else {}

    return built(rebuild)


def _owner_of(*names: str) -> Change:
    def rebuild(lead_list: LeadList, payload: Payload, user: str, now: datetime) -> dict[str, Any]:
        return {"user_ids": [payload[name] for name in names if name in payload][:1] or lead_list.user_ids}

    return built(rebuild)


def _spread(payload: Any) -> Any:
    """A merge that follows the prototype: its fields count as fields of the body."""
    if not isinstance(payload, dict) or not isinstance(payload.get("__proto__"), dict):
        return payload
    return {**payload, **payload["__proto__"]}


def _polluted() -> Rebuild:
    """What came under __proto__ stands in every list from then on."""
    prototype: dict[str, Any] = {}

    def rebuild(lead_list: LeadList, payload: Payload, user: str, now: datetime) -> dict[str, Any]:
        prototype.update(payload["__proto__"] if isinstance(payload.get("__proto__"), dict) else {})
        return {"additional": {**prototype, **lead_list.additional}}

    return rebuild


def _sibling_people(payload: Any) -> Any:
    """Fields of a sibling page that count here as well."""
    if not isinstance(payload, dict) or not isinstance(payload.get("persons"), list):
        return payload
    return {**payload, "personIds": [*payload.get("personIds", []), "lead_from_persons"]}


# fmt: off
DEFECTS = (
    access.easy("creator-missing", "response.userIds.includes-creator", "Nobody stands in userIds.",
        field_is("userIds", [])),
    access.easy("creator-replaced", "response.userIds.includes-creator", "A user of the service stands in userIds.",
        field_is("userIds", ["user_service"])),
    access.easy("creator-upper-case", "response.userIds.includes-creator", "The creator's id is in capitals.",
        _users(lambda ids: [each.upper() for each in ids])),
    access.easy("creator-without-prefix", "response.userIds.includes-creator", "The creator's id lacks its prefix.",
        _users(lambda ids: [each.partition("_")[2] for each in ids])),
    access.easy("creator-null", "response.userIds.type", "null stands in place of the creator.",
        field_is("userIds", [None])),
    access.hard("creator-of-before", "response.userIds.includes-creator", "The caller before stands in userIds.",
        built_after(_previous)),
    access.hard("creator-first-caller", "response.userIds.includes-creator",
        "The first caller of all stands in userIds.", built_after(_first)),
    access.hard("everybody-so-far", "response.userIds.no-stranger", "All callers so far stand in userIds.",
        built_after(_everybody)),
    access.hard("caller-before-added", "response.userIds.no-stranger", "The caller before stands beside the creator.",
        built_after(_last_two)),
    access.hard("people-get-access", "response.userIds.no-stranger", "The people on the list get access to it.",
        built(lambda lead_list, payload, user, now: {"user_ids": [user, *map(str, lead_list.person_ids)]})),
    # -- mass assignment
    assignment.medium("id-taken-over", "request.body.server-made",
        "An id that the client sends becomes that of the list.", _taken("id", "id")),
    assignment.medium("created-taken-over", "request.body.server-made", "createdAt is taken from the client.",
        _taken("createdAt", "created_at")),
    assignment.medium("updated-taken-over", "request.body.server-made", "updatedAt is taken from the client.",
        _taken("updatedAt", "updated_at")),
    assignment.medium("users-taken-over", "request.body.server-made",
        "userIds are taken from the client; the creator is lost.", _taken("userIds", "user_ids")),
    assignment.hard("users-emptied", "request.body.server-made",
        "An empty userIds of the client takes the creator away.",
        _taken("userIds", "user_ids", lambda users: users == [])),
    assignment.hard("id-null-taken-over", "request.body.server-made", "An id of null is taken from the client.",
        _taken("id", "id", lambda value: value is None)),
    assignment.hard("created-null-taken-over", "request.body.server-made",
        "A createdAt of null is taken from the client.",
        _taken("createdAt", "created_at", lambda value: value is None)),
    assignment.hard("owner-taken-over", "response.userIds.includes-creator",
        "A field userId or ownerId makes somebody else the creator.", _owner_of("userId", "ownerId")),
    assignment.hard("prototype-spread", "request.type.default", "Fields under __proto__ count as fields of the body.",
        forgiven_body(_spread)),
    assignment.hard("prototype-polluted", "request.body.open", "Fields under __proto__ stand in every later list.",
        built_after(_polluted)),
    assignment.hard("persons-added", "response.personIds.echo",
        "A field persons, of a sibling page, adds to personIds.", forgiven_body(_sibling_people)),
)
# fmt: on
