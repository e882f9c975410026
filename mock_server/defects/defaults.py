"""Defects in the default values of omitted fields."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mock_server.defects.changes import Change, Rebuild, answered, built, built_after, together
from mock_server.defects.defect import Group
from mock_server.lead_lists.record import LeadList, Payload

NIL = "00000000-0000-0000-0000-000000000000"

defaults = Group("defaults")


def _default(name: str, value: Any) -> Change:
    """Use another value if the field was not sent."""
    return built(lambda lead_list, payload, user, now: {} if name in payload else {name: value})


def _kind_by_people(lead_list: LeadList, payload: Payload, user: str, now: datetime) -> dict[str, Any]:
    return {} if "type" in payload or payload["personIds"] else {"type": "company"}


def _last_kind() -> Rebuild:
    last = "person"

    def rebuild(lead_list: LeadList, payload: Payload, user: str, now: datetime) -> dict[str, Any]:
        nonlocal last
        last = payload.get("type", last)
        return {"type": last}

    return rebuild


def _shared_default() -> Rebuild:
    shared: list[str] = []  # shared by all calls, like a mutable default of a Python parameter

    def rebuild(lead_list: LeadList, payload: Payload, user: str, now: datetime) -> dict[str, Any]:
        shared.extend(lead_list["companyIds"])
        return {} if "companyIds" in payload else {"companyIds": list(shared)}

    return rebuild


def _missing_default(name: str) -> Change:
    """Omit the field from the response if it was not sent; None in the stored list marks that case."""
    mark = built(lambda lead_list, payload, user, now: {} if name in payload else {name: None})
    drop = answered(lambda value: {key: each for key, each in value.items() if key != name or each is not None})
    return together(mark, drop)


# fmt: off
DEFECTS = (
    defaults.medium("default-type-company", "request.type.default", 'Without type, the type is "company".',
        _default("type", "company")),
    defaults.medium("default-type-null", "request.type.default", "Without type, the type is null.",
        _default("type", None)),
    defaults.medium("default-type-missing", "response.type.required",
        "Without type, the response has no type.", _missing_default("type")),
    defaults.medium("default-type-empty", "request.type.default", "Without type, the type is an empty string.",
        _default("type", "")),
    defaults.medium("default-type-by-people", "request.type.default",
        'Without type and personIds, the type is "company".', built(_kind_by_people)),
    defaults.hard("default-type-of-last", "request.type.default",
        "Without type, the type is that of the previous list.", built_after(_last_kind)),
    defaults.medium("default-companies-null", "request.companyIds.default", "Without companyIds, companyIds is null.",
        _default("companyIds", None)),
    defaults.medium("default-companies-missing", "response.companyIds.required",
        "Without companyIds, the response has no companyIds.", _missing_default("companyIds")),
    defaults.medium("default-companies-nil", "request.companyIds.default",
        "Without companyIds, companyIds holds one nil UUID.", _default("companyIds", [NIL])),
    defaults.hard("default-companies-shared", "request.companyIds.default",
        "Without companyIds, companyIds holds those of all previous lists.", built_after(_shared_default)),
)
# fmt: on
