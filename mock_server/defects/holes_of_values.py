"""Validation holes: the server accepts missing, null or mistyped values, one rule of one field each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_server.defects.changes import MISSING, Change, Test, lenient, lenient_body, lenient_items
from mock_server.defects.defect import Defect, Group

UUID = "660e8400-e29b-41d4-a716-446655440001"
START, END = "2030-01-01T00:00:00.000Z", "2030-12-31T00:00:00.000Z"


validation = Group("validation")


# -- tests of the sent value


def _missing(value: Any) -> bool:
    return value is MISSING


def _null(value: Any) -> bool:
    return value is None


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _of(kind: type) -> Test:
    return lambda value: isinstance(value, kind)


# -- conversions


def _joined(value: list[Any]) -> str:
    return ", ".join(map(str, value))


# -- items and whole bodies


def _items(name: str, test: Callable[[Any], object], becomes: Any) -> Change:
    return lenient_items(name, lambda i, each: test(each), becomes)


def _any_case_keys(payload: Any) -> Any:
    """Match the keys without regard to case, as some decoders do."""
    return {**payload, "name": payload["Name"]} if isinstance(payload, dict) and "Name" in payload else payload


def _unless_people(payload: Any) -> Any:
    """Accept a company list without personIds."""
    if not isinstance(payload, dict) or payload.get("type") != "company":
        return payload
    return {"personIds": [], **payload}


def _checked_up_to(name: str, size: int, becomes: Any, right: Test) -> Change:
    return lenient_items(name, lambda i, each: i >= size and not right(each), becomes)


def _row(difficulty: str, id: str, rule: str, description: str, change: Change) -> Defect:
    return Defect(id, f"request.{rule}", difficulty, validation.name, description, change)


# fmt: off
DEFECTS = (
    # -- missing
    _row("medium", "name-missing-taken", "name.required", "The server accepts a request without name.",
        lenient("name", _missing, "Untitled")),
    _row("medium", "icp-missing-taken", "icpId.required", "The server reads a missing icpId as null.",
        lenient("icpId", _missing, None)),
    _row("medium", "start-missing-taken", "startDate.required", "The server accepts a request without startDate.",
        lenient("startDate", _missing, START)),
    _row("medium", "end-missing-taken", "endDate.required", "The server accepts a request without endDate.",
        lenient("endDate", _missing, END)),
    _row("medium", "people-missing-taken", "personIds.required", "The server accepts a request without personIds.",
        lenient("personIds", _missing, [])),
    _row("hard", "people-missing-of-companies-taken", "personIds.required",
        "The server accepts a company list without personIds.", lenient_body(_unless_people)),
    Defect("key-case-overrides", "response.name.echo", "hard", validation.name,
        "A key Name overrides name.", lenient_body(_any_case_keys)),
    # -- null
    _row("medium", "name-null-taken", "name.nullability",
        "The server accepts null as name.", lenient("name", _null, "null")),
    _row("medium", "type-null-taken", "type.nullability",
        "The server accepts null as type.", lenient("type", _null, "person")),
    _row("medium", "start-null-taken", "startDate.nullability", "The server accepts null as startDate.",
        lenient("startDate", _null, START)),
    _row("medium", "end-null-taken", "endDate.nullability",
        "The server accepts null as endDate.", lenient("endDate", _null, END)),
    _row("medium", "people-null-taken", "personIds.nullability", "The server accepts null as personIds.",
        lenient("personIds", _null, [])),
    _row("medium", "companies-null-taken", "companyIds.nullability", "The server accepts null as companyIds.",
        lenient("companyIds", _null, [])),
    # -- types
    _row("medium", "name-number-taken", "name.type",
        "The server accepts a number as name.", lenient("name", _number, str)),
    _row("medium", "name-boolean-taken", "name.type",
        "The server accepts a boolean as name.", lenient("name", _of(bool), str)),
    _row("medium", "name-array-taken", "name.type", "The server accepts an array as name.",
        lenient("name", _of(list), _joined)),
    _row("medium", "name-object-taken", "name.type", "The server accepts an object as name.",
        lenient("name", _of(dict), "[object Object]")),
    _row("medium", "type-number-taken", "type.type", "The server accepts a number as type.",
        lenient("type", _number, "person")),
    _row("medium", "type-boolean-taken", "type.type", "The server accepts a boolean as type.",
        lenient("type", _of(bool), "person")),
    _row("medium", "type-array-taken", "type.type", "The server accepts an array as type.",
        lenient("type", _of(list), "person")),
    _row("medium", "icp-number-taken", "icpId.type", "The server accepts a number as icpId.",
        lenient("icpId", _number, UUID)),
    _row("medium", "icp-boolean-taken", "icpId.type", "The server reads a boolean icpId as null.",
        lenient("icpId", _of(bool), None)),
    _row("medium", "icp-array-taken", "icpId.type", "The server reads an array icpId as null.",
        lenient("icpId", _of(list), None)),
    _row("medium", "icp-object-taken", "icpId.type", "The server accepts an object as icpId.",
        lenient("icpId", _of(dict), UUID)),
    _row("medium", "start-number-taken", "startDate.type", "The server accepts a number as startDate.",
        lenient("startDate", _number, START)),
    _row("medium", "start-array-taken", "startDate.type", "The server accepts an array as startDate.",
        lenient("startDate", _of(list), START)),
    _row("medium", "end-boolean-taken", "endDate.type", "The server accepts a boolean as endDate.",
        lenient("endDate", _of(bool), END)),
    _row("medium", "end-object-taken", "endDate.type", "The server accepts an object as endDate.",
        lenient("endDate", _of(dict), END)),
    _row("medium", "people-text-taken", "personIds.type", "The server accepts a string as personIds.",
        lenient("personIds", _of(str), lambda text: text.split(","))),
    _row("medium", "people-object-taken", "personIds.type", "The server accepts an object as personIds.",
        lenient("personIds", _of(dict), lambda value: list(map(str, value.values())))),
    _row("medium", "people-number-taken", "personIds.type", "The server accepts a number as personIds.",
        lenient("personIds", _number, lambda value: [str(value)])),
    _row("medium", "people-boolean-taken", "personIds.type", "The server accepts a boolean as personIds.",
        lenient("personIds", _of(bool), [])),
    _row("medium", "companies-text-taken", "companyIds.type", "The server accepts a string as companyIds.",
        lenient("companyIds", _of(str), [])),
    _row("medium", "companies-object-taken", "companyIds.type", "The server accepts an object as companyIds.",
        lenient("companyIds", _of(dict), [])),
    _row("medium", "companies-number-taken", "companyIds.type", "The server accepts a number as companyIds.",
        lenient("companyIds", _number, [])),
    # -- items
    _row("medium", "people-item-null-taken", "personIds.items.type", "The server drops null among the person IDs.",
        _items("personIds", _null, MISSING)),
    _row("medium", "people-item-boolean-taken", "personIds.items.type", "The server accepts a boolean as a person ID.",
        _items("personIds", _of(bool), "True")),
    _row("medium", "people-item-object-taken", "personIds.items.type", "The server accepts an object as a person ID.",
        _items("personIds", _of(dict), "[object Object]")),
    _row("medium", "people-item-array-taken", "personIds.items.type", "The server drops an array among the person IDs.",
        _items("personIds", _of(list), MISSING)),
    _row("medium", "people-first-checked", "personIds.items.type", "The server checks only the first person ID.",
        _checked_up_to("personIds", 1, "None", _of(str))),
    _row("hard", "people-16-checked", "personIds.items.type", "The server checks only the first 16 person IDs.",
        _checked_up_to("personIds", 16, "None", _of(str))),
    _row("hard", "people-256-checked", "personIds.items.type", "The server checks only the first 256 person IDs.",
        _checked_up_to("personIds", 256, "None", _of(str))),
    _row("medium", "companies-item-null-taken", "companyIds.items.type", "The server drops null among the company IDs.",
        _items("companyIds", _null, MISSING)),
    _row("medium", "companies-item-number-taken", "companyIds.items.type",
        "The server accepts a number as a company ID.",
        _items("companyIds", _number, UUID)),
    _row("medium", "companies-item-object-taken", "companyIds.items.type",
        "The server accepts an object as a company ID.",
        _items("companyIds", _of(dict), UUID)),
)
# fmt: on
