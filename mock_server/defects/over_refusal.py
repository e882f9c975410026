"""Over-refusal: the server refuses a permitted variation, one per defect."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from mock_server.defects.changes import MISSING, Change, Test, refusal, refused_body_if, refused_if, stage
from mock_server.defects.defect import Group
from mock_server.lead_lists.record import SENT_FIELDS, Payload

over_refusal = Group("over-refusal")


def _name(pattern: str) -> Change:
    return refused_if("name", re.compile(pattern, re.DOTALL).search)


def _year(test: Callable[[int], object]) -> Test:
    return lambda text: test(int(text[:4]))


def _days(payload: Payload) -> int:
    start, end = (datetime.fromisoformat(payload[name][:10]) for name in ("startDate", "endDate"))
    return (end - start).days


def _of_companies(payload: Payload) -> bool:
    return payload.get("type") == "company"


def _longer_than(size: int) -> Test:
    return lambda value: value is not MISSING and len(value) > size


def _known_names(validate: Any) -> Any:
    """Answer 409 for the second list with one name."""
    names: set[str] = set()

    def changed(operation: Any, payload: Any) -> Any:
        payload = validate(operation, payload)
        if payload["name"] in names:
            raise refusal("name", payload["name"], 409)
        names.add(payload["name"])
        return payload

    return changed


def _out_of_order(payload: Payload) -> bool:
    order = [name for name in SENT_FIELDS if name in payload]
    return [name for name in payload if name in order] != order


# fmt: off
DEFECTS = (
    over_refusal.medium("name-accents-refused", "request.name.text",
        "The server refuses names with characters outside ASCII.",
        _name(r"[^\x00-\x7f]")),
    over_refusal.medium("name-emoji-refused", "request.name.text", "The server refuses names with emoji.",
        _name("[\U00010000-\U0010ffff]")),
    over_refusal.medium("name-scripts-refused", "request.name.text",
        "The server refuses names in scripts other than Latin.",
        _name("[\u0370-\uffff]")),
    over_refusal.medium("name-quotes-refused", "request.name.text",
        "The server refuses names with quotes.", _name("['\"]")),
    over_refusal.medium("name-sql-refused", "request.name.text", "A firewall refuses names with SQL keywords.",
        refused_if("name", re.compile(r"(?i)\bdrop table\b").search, 403)),
    over_refusal.medium("name-signs-refused", "request.name.text", "The server refuses names with code characters.",
        _name(r"[{}$`\\%]")),
    over_refusal.medium("name-over-50-refused", "request.name.text", "The server refuses names over 50 characters.",
        refused_if("name", _longer_than(50))),
    over_refusal.medium("name-over-64-refused", "request.name.text", "The server refuses names over 64 characters.",
        refused_if("name", _longer_than(64))),
    over_refusal.hard("name-of-80-refused", "request.name.text", "The server refuses names of 80 characters.",
        refused_if("name", _longer_than(79))),
    over_refusal.hard("name-over-80-bytes-refused", "request.name.text", "The server refuses names over 80 bytes.",
        refused_if("name", lambda name: len(name) <= 80 < len(name.encode("utf-8", "replace")))),
    over_refusal.medium("name-short-refused", "request.name.text", "The server refuses names under 3 characters.",
        refused_if("name", lambda name: 0 < len(name.strip()) < 3)),
    over_refusal.medium("name-number-refused", "request.name.text",
        "The server refuses names of digits only.", _name(r"^\d+$")),
    over_refusal.medium("name-null-word-refused", "request.name.text", 'The server refuses the name "null".',
        refused_if("name", lambda name: name == "null")),
    over_refusal.hard("name-line-of-signs-refused", "request.name.text",
        "The server refuses names that start with punctuation.",
        _name(r"^[!-/:-@\[-`{-~]")),
    over_refusal.hard("name-again-refused", "request.name.repeatable",
        "The server answers the second list with the same name with 409.",
        stage("validate", _known_names)),
    over_refusal.medium("type-company-refused", "request.type.enum", "The server refuses company lists.",
        refused_if("type", lambda kind: kind == "company")),
    over_refusal.medium("type-missing-refused", "request.type.optional", "The server refuses a request without type.",
        refused_if("type", lambda kind: kind is MISSING)),
    over_refusal.medium("companies-missing-refused", "request.companyIds.optional",
        "The server refuses a request without companyIds.",
        refused_if("companyIds", lambda ids: ids is MISSING)),
    over_refusal.medium("companies-empty-refused", "success.created",
        "The server refuses a company list without companyIds.",
        refused_body_if("companyIds", lambda payload: _of_companies(payload) and not payload.get("companyIds"))),
    over_refusal.easy("people-empty-refused", "request.personIds.empty", "The server refuses empty personIds.",
        refused_if("personIds", lambda ids: not ids)),
    over_refusal.hard("people-over-50-refused", "request.personIds.type", "The server refuses more than 50 person IDs.",
        refused_if("personIds", _longer_than(50))),
    over_refusal.easy("icp-null-refused", "request.icpId.nullability", "The server refuses a null icpId.",
        refused_if("icpId", lambda icp: icp is None)),
    over_refusal.medium("icp-upper-case-refused", "request.icpId.format", "The server refuses an icpId in upper case.",
        refused_if("icpId", lambda icp: icp and icp != icp.lower())),
    over_refusal.medium("start-past-refused", "request.startDate.any-time",
        "The server refuses a startDate in the past.",
        refused_if("startDate", _year(lambda year: year < 2026))),
    over_refusal.medium("start-far-refused", "request.startDate.any-time", "The server refuses a startDate after 2050.",
        refused_if("startDate", _year(lambda year: year > 2050))),
    over_refusal.medium("start-before-2000-refused", "request.startDate.any-time",
        "The server refuses a startDate before 2000.",
        refused_if("startDate", _year(lambda year: 1971 <= year < 2000))),
    over_refusal.medium("end-past-refused", "request.endDate.format", "The server refuses an endDate in the past.",
        refused_if("endDate", _year(lambda year: year < 2026))),
    over_refusal.medium("start-without-milliseconds-refused", "request.startDate.format",
        "The server refuses a startDate without milliseconds.",
        refused_if("startDate", re.compile(r".*T\d\d:\d\d:\d\dZ").fullmatch)),
    over_refusal.medium("start-with-milliseconds-refused", "request.startDate.format",
        "The server refuses a startDate with milliseconds other than zero.",
        refused_if("startDate", lambda text: re.search(r"\.\d\d\dZ$", text) and ".000" not in text)),
    over_refusal.medium("leap-day-refused", "request.startDate.format",
        "The server refuses 29 February even in leap years.",
        refused_if("startDate", lambda text: "-02-29" in text)),
    over_refusal.hard("start-not-midnight-refused", "request.startDate.format",
        "The server refuses a startDate that is not midnight.",
        refused_if("startDate", lambda text: "T" in text and "T00:00:00" not in text)),
    over_refusal.hard("end-31st-refused", "request.endDate.format", "The server refuses 31 December as endDate.",
        refused_if("endDate", lambda text: "-12-31" in text)),
    over_refusal.medium("campaign-over-180-days-refused", "request.endDate.format",
        "The server refuses campaigns over 180 days.",
        refused_body_if("endDate", lambda payload: _days(payload) > 180)),
    over_refusal.medium("key-order-refused", "http.request.key-order",
        "The server refuses fields in another order than on the API page.", refused_body_if("name", _out_of_order)),
)
# fmt: on
