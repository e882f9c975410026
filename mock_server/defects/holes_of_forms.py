"""Validation holes: the server accepts nearly valid dates, UUIDs and types, or checks only some IDs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from mock_server.defects.changes import MISSING, Change, Test, lenient, lenient_body, lenient_items
from mock_server.defects.defect import Defect, Group

UUID = "660e8400-e29b-41d4-a716-446655440001"
START, END = "2030-01-01T00:00:00.000Z", "2030-12-31T00:00:00.000Z"

_UUID_FORM = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

validation = Group("validation")


# -- tests of the sent value


def _text(test: Callable[[str], object]) -> Test:
    return lambda value: isinstance(value, str) and test(value)


def _like(pattern: str) -> Test:
    return _text(re.compile(pattern, re.DOTALL).fullmatch)


_no_uuid = _text(lambda text: not _UUID_FORM.fullmatch(text))


# -- conversions


def _swap(pattern: str, new: str) -> Callable[[str], str]:
    return lambda text: re.sub(pattern, new, text)


# -- items and whole bodies


def _items(name: str, test: Callable[[Any], object], becomes: Any) -> Change:
    return lenient_items(name, lambda i, each: test(each), becomes)


def _no_uuid_from(position: int) -> Change:
    """Do not check company IDs from this position on."""
    return lenient_items("companyIds", lambda i, each: i >= position and not _is_uuid(each), UUID)


def _is_uuid(value: Any) -> bool:
    return isinstance(value, str) and _UUID_FORM.fullmatch(value) is not None


def _unused_companies(payload: Any) -> Any:
    """Do not check the company IDs of a person list."""
    if not isinstance(payload, dict) or payload.get("type", "person") != "person":
        return payload
    ids = payload.get("companyIds")
    return {**payload, "companyIds": [each for each in ids if _is_uuid(each)]} if isinstance(ids, list) else payload


def _row(difficulty: str, id: str, rule: str, description: str, change: Change) -> Defect:
    return Defect(id, f"request.{rule}", difficulty, validation.name, description, change)


_BAD_DATES = (
    # word, accepted value, pattern of that value, pattern and replacement that make it a date
    ("february-30", "30 February", r".*-02-30.*", "-02-30", "-03-02"),
    ("february-29", "29 February in any year", r".*-02-29.*", "-02-29", "-02-28"),
    ("april-31", "the 31st of a month of 30 days", r".*-(04|06|09|11)-31.*", "-31", "-30"),
    ("month-13", "month 13", r"\d{4}-13-.*", "-13-", "-12-"),
    ("month-0", "month 0", r"\d{4}-00-.*", "-00-", "-01-"),
    ("day-0", "day 0", r"\d{4}-\d\d-00.*", "-00(?=T|$)", "-01"),
    ("day-32", "day 32", r"\d{4}-\d\d-32.*", "-32", "-31"),
    ("hour-25", "hour 25", r".*T25:.*", "T25:", "T01:"),
    ("minute-60", "minute 60", r".*T\d\d:60:.*", ":60:", ":59:"),
    ("second-61", "second 61", r".*:61\..*", r":61\.", ":59."),
    ("offset-25", "an offset of 25 hours", r".*[+-]25:00", r"[+-]25:00$", "Z"),
    ("empty", "an empty string", r"", r"^$", START),
    ("words", "any text without digits", r"\D+", r"(?s)^.*$", START),
)

# fmt: off
DEFECTS = (
    *(
        _row(
            "medium",
            f"start-{word}-taken",
            "startDate.format",
            f"The server accepts {what} as startDate.",
            lenient("startDate", _like(form), _swap(old, new)),
        )
        for word, what, form, old, new in _BAD_DATES
    ),
    *(
        _row(
            "medium",
            f"end-{word}-taken",
            "endDate.format",
            f"The server accepts {what} as endDate.",
            lenient("endDate", _like(form), _swap(old, new)),
        )
        for word, what, form, old, new in _BAD_DATES
        if word in ("february-30", "month-13", "hour-25", "empty", "words")
    ),
    # -- UUIDs
    _row("medium", "icp-any-text-taken", "icpId.format", "The server accepts any text as icpId.",
        lenient("icpId", _no_uuid, UUID)),
    _row("medium", "icp-empty-taken", "icpId.format", "The server reads an empty icpId as null.",
        lenient("icpId", lambda value: value == "", None)),
    _row("medium", "icp-short-taken", "icpId.format", "The server accepts an icpId without its last digit.",
        lenient("icpId", _like(_UUID_FORM.pattern.replace("12", "11")), UUID)),
    _row("medium", "icp-long-taken", "icpId.format", "The server accepts an icpId with an extra digit.",
        lenient("icpId", _like(f"{_UUID_FORM.pattern}[0-9a-f]"), UUID)),
    _row("medium", "icp-any-letter-taken", "icpId.format", "The server accepts any letter as a digit of icpId.",
        lenient("icpId", _text(lambda text: len(text) == 36 and text.count("-") == 4 and not _is_uuid(text)), UUID)),
    _row("medium", "icp-underscore-taken", "icpId.format",
        "The server accepts underscores instead of hyphens in icpId.",
        lenient("icpId", _text(lambda text: "_" in text and _is_uuid(text.replace("_", "-"))), UUID)),
    _row("hard", "icp-after-text-taken", "icpId.format",
        "The server accepts text before icpId: its pattern has no start anchor.",
        lenient("icpId", _like(f"(?!urn:uuid:).+{_UUID_FORM.pattern}"), UUID)),
    _row("hard", "icp-hyphens-anywhere-taken", "icpId.format", "The server accepts the hyphens of icpId anywhere.",
        lenient("icpId", _like(f"(?!{_UUID_FORM.pattern})[0-9a-f-]{{36}}"), UUID)),
    # -- type
    _row("medium", "type-any-text-taken", "type.enum", "The server accepts any text as type.",
        lenient("type", _text(lambda text: text not in ("person", "company")), "person")),
    _row("medium", "type-capital-taken", "type.enum", "The server accepts Person as person.",
        lenient("type", _text(lambda text: text in ("Person", "Company")), str.lower)),
    _row("medium", "type-upper-case-taken", "type.enum", "The server accepts PERSON as person.",
        lenient("type", _text(lambda text: text in ("PERSON", "COMPANY")), str.lower)),
    _row("medium", "type-plural-taken", "type.enum", "The server accepts persons as person.",
        lenient("type", _text(lambda text: text in ("persons", "companys", "companies")), "person")),
    _row("medium", "type-with-blank-taken", "type.enum", "The server ignores spaces around type.",
        lenient("type", _text(lambda text: text != text.strip()), str.strip)),
    _row("medium", "type-empty-taken", "type.enum", "The server reads an empty type as person.",
        lenient("type", lambda value: value == "", "person")),
    # -- company ids
    _row("medium", "companies-any-text-taken", "companyIds.items.format",
        "The server accepts any text as a company ID.",
        _items("companyIds", _no_uuid, UUID)),
    _row("medium", "companies-first-checked", "companyIds.items.format",
        "The server checks only the first company ID.", _no_uuid_from(1)),
    _row("medium", "companies-two-checked", "companyIds.items.format",
        "The server checks only the first 2 company IDs.", _no_uuid_from(2)),
    _row("hard", "companies-10-checked", "companyIds.items.format", "The server checks only the first 10 company IDs.",
        _no_uuid_from(10)),
    _row("hard", "companies-unused-unchecked", "companyIds.items.format",
        "The server does not check the company IDs of a person list.", lenient_body(_unused_companies)),
    _row("medium", "companies-empty-item-taken", "companyIds.items.format", "The server drops an empty company ID.",
        _items("companyIds", lambda each: each == "", MISSING)),
    _row("medium", "companies-long-taken", "companyIds.items.format", "The server accepts text after a company ID.",
        _items("companyIds", _like(f"{_UUID_FORM.pattern}[0-9a-f].*"), UUID)),
)
# fmt: on
