"""Defaults: what stands in the list for a field that was not sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mock_server.defects.changes import Change, Rebuild, answered, built, built_after, together
from mock_server.defects.defect import Group
from mock_server.lead_lists.record import LeadList, Payload

NIL = "00000000-0000-0000-0000-000000000000"

defaults = Group("defaults")


def _default(name: str, value: Any) -> Change:
    """Another value where the field was not sent."""
    attribute = {"type": "type", "companyIds": "company_ids"}[name]
    return built(lambda lead_list, payload, user, now: {} if name in payload else {attribute: value})


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
    shared: list[str] = []  # as the default of a Python parameter is

    def rebuild(lead_list: LeadList, payload: Payload, user: str, now: datetime) -> dict[str, Any]:
        shared.extend(lead_list.company_ids)
        return {} if "companyIds" in payload else {"company_ids": list(shared)}

    return rebuild


def _missing_default(name: str) -> Change:
    """The field is left out of the answer where it was not sent; the marker in its value tells the two apart."""
    attribute = {"type": "type", "companyIds": "company_ids"}[name]
    mark = built(lambda lead_list, payload, user, now: {} if name in payload else {attribute: None})
    drop = answered(lambda value: {key: each for key, each in value.items() if key != name or each is not None})
    return together(mark, drop)


# fmt: off
DEFECTS = (
    defaults.medium("default-type-company", "request.type.default", "A list without type is one of companies.",
        _default("type", "company")),
    defaults.medium("default-type-null", "request.type.default", "A list without type has the type null.",
        _default("type", None)),
    defaults.medium("default-type-missing", "response.type.required",
        "A list without type has none in the answer either.", _missing_default("type")),
    defaults.medium("default-type-empty", "request.type.default", "A list without type has an empty type.",
        _default("type", "")),
    defaults.medium("default-type-by-people", "request.type.default",
        "A list without type and people is one of companies.", built(_kind_by_people)),
    defaults.hard("default-type-of-last", "request.type.default",
        "A list without type has the type of the list before.", built_after(_last_kind)),
    defaults.medium("default-companies-null", "request.companyIds.default", "A list without companyIds has null.",
        _default("companyIds", None)),
    defaults.medium("default-companies-missing", "response.companyIds.required",
        "A list without companyIds has none in the answer.", _missing_default("companyIds")),
    defaults.medium("default-companies-nil", "request.companyIds.default",
        "A list without companyIds has one nil UUID.", _default("companyIds", [NIL])),
    defaults.hard("default-companies-shared", "request.companyIds.default",
        "A list without companyIds has those of all lists before.", built_after(_shared_default)),
)
# fmt: on
