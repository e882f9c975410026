"""Over-refusal: what the page allows is refused, each freedom by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from mock_server.defects.changes import MISSING, Change, Test, refusal, refused_body_if, refused_if, stage
from mock_server.defects.defect import Group
from mock_server.lead_lists.record import Payload

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
    """A name can be had once; the second list of that name is answered 409."""
    names: set[str] = set()

    def changed(operation: Any, payload: Any) -> Any:
        payload = validate(operation, payload)
        if payload["name"] in names:
            raise refusal("name", payload["name"], 409)
        names.add(payload["name"])
        return payload

    return changed


def _fields_of_page(payload: Payload) -> bool:
    order = [
        name for name in ("name", "type", "icpId", "startDate", "endDate", "personIds", "companyIds") if name in payload
    ]
    return [name for name in payload if name in order] != order


# fmt: off
DEFECTS = (
    over_refusal.medium("name-accents-refused", "request.name.text", "A name has ASCII characters only.",
        _name(r"[^\x00-\x7f]")),
    over_refusal.medium("name-emoji-refused", "request.name.text", "A name has no emoji.",
        _name("[\U00010000-\U0010ffff]")),
    over_refusal.medium("name-scripts-refused", "request.name.text", "A name has Latin letters only.",
        _name("[\u0370-\uffff]")),
    over_refusal.medium("name-quotes-refused", "request.name.text", "A name has no quotes.", _name("['\"]")),
    over_refusal.medium("name-sql-refused", "request.name.text", "A firewall refuses words of SQL in a name.",
        refused_if("name", re.compile(r"(?i)\bdrop table\b").search, 403)),
    over_refusal.medium("name-signs-refused", "request.name.text", "A name has no signs of programs.",
        _name(r"[{}$`\\%]")),
    over_refusal.medium("name-over-50-refused", "request.name.text", "A name has at most 50 characters.",
        refused_if("name", _longer_than(50))),
    over_refusal.medium("name-over-64-refused", "request.name.text", "A name has at most 64 characters.",
        refused_if("name", _longer_than(64))),
    over_refusal.hard("name-of-80-refused", "request.name.text", "A name has fewer than 80 characters.",
        refused_if("name", _longer_than(79))),
    over_refusal.hard("name-over-80-bytes-refused", "request.name.text", "A name has at most 80 bytes.",
        refused_if("name", lambda name: len(name) <= 80 < len(name.encode("utf-8", "replace")))),
    over_refusal.medium("name-short-refused", "request.name.text", "A name has at least three characters.",
        refused_if("name", lambda name: 0 < len(name.strip()) < 3)),
    over_refusal.medium("name-number-refused", "request.name.text", "A name is not all digits.", _name(r"^\d+$")),
    over_refusal.medium("name-null-word-refused", "request.name.text", "A name is not the word null.",
        refused_if("name", lambda name: name == "null")),
    over_refusal.hard("name-line-of-signs-refused", "request.name.text", "A name begins with a letter or a digit.",
        _name(r"^[!-/:-@\[-`{-~]")),
    over_refusal.hard("name-again-refused", "request.name.repeatable", "The second list of a name is answered 409.",
        stage("validate", _known_names)),
    over_refusal.medium("type-company-refused", "request.type.enum", "Lists of companies are refused.",
        refused_if("type", lambda kind: kind == "company")),
    over_refusal.medium("type-missing-refused", "request.type.optional", "type must be sent.",
        refused_if("type", lambda kind: kind is MISSING)),
    over_refusal.medium("companies-missing-refused", "request.companyIds.optional", "companyIds must be sent.",
        refused_if("companyIds", lambda ids: ids is MISSING)),
    over_refusal.medium("companies-empty-refused", "success.created", "A list of companies needs a company.",
        refused_body_if("companyIds", lambda payload: _of_companies(payload) and not payload.get("companyIds"))),
    over_refusal.easy("people-empty-refused", "request.personIds.empty", "personIds must hold an id.",
        refused_if("personIds", lambda ids: not ids)),
    over_refusal.hard("people-over-50-refused", "request.personIds.type", "More than 50 person ids are refused.",
        refused_if("personIds", _longer_than(50))),
    over_refusal.easy("icp-null-refused", "request.icpId.nullability", "icpId may not be null.",
        refused_if("icpId", lambda icp: icp is None)),
    over_refusal.medium("icp-upper-case-refused", "request.icpId.format", "An icpId in capitals is refused.",
        refused_if("icpId", lambda icp: icp and icp != icp.lower())),
    over_refusal.medium("start-past-refused", "request.startDate.any-time", "startDate may not lie in the past.",
        refused_if("startDate", _year(lambda year: year < 2026))),
    over_refusal.medium("start-far-refused", "request.startDate.any-time", "startDate may not lie decades ahead.",
        refused_if("startDate", _year(lambda year: year > 2050))),
    over_refusal.medium("start-before-2000-refused", "request.startDate.any-time", "startDate may not lie before 2000.",
        refused_if("startDate", _year(lambda year: 1971 <= year < 2000))),
    over_refusal.medium("end-past-refused", "request.endDate.format", "A campaign may not be over.",
        refused_if("endDate", _year(lambda year: year < 2026))),
    over_refusal.medium("start-without-milliseconds-refused", "request.startDate.format",
        "startDate must have milliseconds.", refused_if("startDate", re.compile(r".*T\d\d:\d\d:\d\dZ").fullmatch)),
    over_refusal.medium("start-with-milliseconds-refused", "request.startDate.format",
        "The milliseconds of startDate must be zero.",
        refused_if("startDate", lambda text: re.search(r"\.\d\d\dZ$", text) and ".000" not in text)),
    over_refusal.medium("leap-day-refused", "request.startDate.format", "29 February is refused in leap years too.",
        refused_if("startDate", lambda text: "-02-29" in text)),
    over_refusal.hard("start-not-midnight-refused", "request.startDate.format", "startDate must be a midnight.",
        refused_if("startDate", lambda text: "T" in text and "T00:00:00" not in text)),
    over_refusal.hard("end-31st-refused", "request.endDate.format", "endDate may not be the 31st of December.",
        refused_if("endDate", lambda text: "-12-31" in text)),
    over_refusal.medium("campaign-over-180-days-refused", "request.endDate.format",
        "A campaign may last 180 days at most.",
        refused_body_if("endDate", lambda payload: _days(payload) > 180)),
    over_refusal.medium("key-order-refused", "http.request.key-order",
        "The fields must stand in the order of the page.", refused_body_if("name", _fields_of_page)),
)
# fmt: on
