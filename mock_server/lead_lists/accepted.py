"""Changes that make an invalid body of createLeadList valid before validation, one per option of a reading."""

from __future__ import annotations

from collections.abc import Callable

from mock_server.lead_lists.facts import Facts, ids_in
from mock_server.lead_lists.record import SENT_FIELDS, Payload

BodyChange = Callable[[Payload, Facts], None]


def _type_by_default(payload: Payload, facts: Facts) -> None:
    if payload.get("type", "") is None:
        del payload["type"]


def _companies_by_default(payload: Payload, facts: Facts) -> None:
    if payload.get("companyIds", ()) is None:
        del payload["companyIds"]


def _people_by_default(payload: Payload, facts: Facts) -> None:
    if payload.get("type") == "company":
        payload.setdefault("personIds", [])


def _numbers_as_text(payload: Payload, facts: Facts) -> None:
    ids = ids_in(payload, "personIds")
    ids[:] = [str(each) if isinstance(each, int | float) and not isinstance(each, bool) else each for each in ids]


def _keys_in_any_case(payload: Payload, facts: Facts) -> None:
    documented = {name.lower(): name for name in SENT_FIELDS}
    for key in list(payload):
        name = documented.get(key.lower(), key)
        if name != key:
            value = payload.pop(key)
            payload.setdefault(name, value)


ACCEPT: dict[tuple[str, str], BodyChange] = {
    ("key-case", "accepted"): _keys_in_any_case,
    ("type-null", "default"): _type_by_default,
    ("company-ids-null", "default"): _companies_by_default,
    ("person-ids-missing-on-company-list", "default"): _people_by_default,
    ("number-ids", "text"): _numbers_as_text,
}
