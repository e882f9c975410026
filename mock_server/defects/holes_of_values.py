"""Holes in the validation: what is missing, null or of a wrong type is taken, each rule of each field by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_server.defects.changes import MISSING, Change, Test, forgiven, forgiven_body, forgiven_items
from mock_server.defects.defect import Defect, Group

UUID = "660e8400-e29b-41d4-a716-446655440001"
START, END = "2030-01-01T00:00:00.000Z", "2030-12-31T00:00:00.000Z"


validation = Group("validation")


# -- what is sent


def _missing(value: Any) -> bool:
    return value is MISSING


def _null(value: Any) -> bool:
    return value is None


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _of(kind: type) -> Test:
    return lambda value: isinstance(value, kind)


# -- what is made of it


def _joined(value: list[Any]) -> str:
    return ", ".join(map(str, value))


# -- other places than a field


def _items(name: str, test: Callable[[Any], object], becomes: Any) -> Change:
    return forgiven_items(name, lambda i, each: test(each), becomes)


def _any_case_keys(payload: Any) -> Any:
    """Keys are matched without regard to case, as some decoders do."""
    if not isinstance(payload, dict) or "name" in payload or "Name" not in payload:
        return payload
    return {**payload, "name": payload["Name"]}


def _unless_people(payload: Any) -> Any:
    """A list of companies needs no personIds."""
    if not isinstance(payload, dict) or payload.get("type") != "company":
        return payload
    return {"personIds": [], **payload}


def _checked_up_to(name: str, size: int, becomes: Any, right: Test) -> Change:
    return forgiven_items(name, lambda i, each: i >= size and not right(each), becomes)


def _row(difficulty: str, id: str, rule: str, description: str, change: Change) -> Defect:
    return Defect(id, f"request.{rule}", difficulty, validation.name, description, change)


# fmt: off
DEFECTS = (
    # -- missing
    _row("medium", "name-missing-taken", "name.required", "name may be left out.",
        forgiven("name", _missing, "Untitled")),
    _row("medium", "icp-missing-taken", "icpId.required", "icpId may be left out, as if it were null.",
        forgiven("icpId", _missing, None)),
    _row("medium", "start-missing-taken", "startDate.required", "startDate may be left out.",
        forgiven("startDate", _missing, START)),
    _row("medium", "end-missing-taken", "endDate.required", "endDate may be left out.",
        forgiven("endDate", _missing, END)),
    _row("medium", "people-missing-taken", "personIds.required", "personIds may be left out.",
        forgiven("personIds", _missing, [])),
    _row("hard", "people-missing-of-companies-taken", "personIds.required",
        "personIds may be left out of a list of companies.", forgiven_body(_unless_people)),
    _row("hard", "keys-any-case-taken", "name.required", "Name counts as name.", forgiven_body(_any_case_keys)),
    # -- null
    _row("medium", "name-null-taken", "name.nullability", "name may be null.", forgiven("name", _null, "null")),
    _row("medium", "type-null-taken", "type.nullability", "type may be null.", forgiven("type", _null, "person")),
    _row("medium", "start-null-taken", "startDate.nullability", "startDate may be null.",
        forgiven("startDate", _null, START)),
    _row("medium", "end-null-taken", "endDate.nullability", "endDate may be null.", forgiven("endDate", _null, END)),
    _row("medium", "people-null-taken", "personIds.nullability", "personIds may be null.",
        forgiven("personIds", _null, [])),
    _row("medium", "companies-null-taken", "companyIds.nullability", "companyIds may be null.",
        forgiven("companyIds", _null, [])),
    # -- types
    _row("medium", "name-number-taken", "name.type", "A number is taken for a name.", forgiven("name", _number, str)),
    _row("medium", "name-boolean-taken", "name.type", "true is taken for a name.", forgiven("name", _of(bool), str)),
    _row("medium", "name-array-taken", "name.type", "An array is taken for a name.",
        forgiven("name", _of(list), _joined)),
    _row("medium", "name-object-taken", "name.type", "An object is taken for a name.",
        forgiven("name", _of(dict), "[object Object]")),
    _row("medium", "type-number-taken", "type.type", "A number is taken for a type.",
        forgiven("type", _number, "person")),
    _row("medium", "type-boolean-taken", "type.type", "true is taken for a type.",
        forgiven("type", _of(bool), "person")),
    _row("medium", "type-array-taken", "type.type", "An array is taken for a type.",
        forgiven("type", _of(list), "person")),
    _row("medium", "icp-number-taken", "icpId.type", "A number is taken for an icpId.",
        forgiven("icpId", _number, UUID)),
    _row("medium", "icp-boolean-taken", "icpId.type", "A boolean is taken for an icpId of null.",
        forgiven("icpId", _of(bool), None)),
    _row("medium", "icp-array-taken", "icpId.type", "An array is taken for an icpId of null.",
        forgiven("icpId", _of(list), None)),
    _row("medium", "icp-object-taken", "icpId.type", "An object is taken for an icpId.",
        forgiven("icpId", _of(dict), UUID)),
    _row("medium", "start-number-taken", "startDate.type", "A number is taken for a startDate.",
        forgiven("startDate", _number, START)),
    _row("medium", "start-array-taken", "startDate.type", "An array is taken for a startDate.",
        forgiven("startDate", _of(list), START)),
    _row("medium", "end-boolean-taken", "endDate.type", "true is taken for an endDate.",
        forgiven("endDate", _of(bool), END)),
    _row("medium", "end-object-taken", "endDate.type", "An object is taken for an endDate: now.",
        forgiven("endDate", _of(dict), END)),
    _row("medium", "people-text-taken", "personIds.type", "A text is taken for personIds.",
        forgiven("personIds", _of(str), lambda text: text.split(","))),
    _row("medium", "people-object-taken", "personIds.type", "An object is taken for personIds.",
        forgiven("personIds", _of(dict), lambda value: list(map(str, value.values())))),
    _row("medium", "people-number-taken", "personIds.type", "A number is taken for personIds.",
        forgiven("personIds", _number, lambda value: [str(value)])),
    _row("medium", "people-boolean-taken", "personIds.type", "true is taken for personIds.",
        forgiven("personIds", _of(bool), [])),
    _row("medium", "companies-text-taken", "companyIds.type", "A text is taken for companyIds.",
        forgiven("companyIds", _of(str), [])),
    _row("medium", "companies-object-taken", "companyIds.type", "An object is taken for companyIds.",
        forgiven("companyIds", _of(dict), [])),
    _row("medium", "companies-number-taken", "companyIds.type", "A number is taken for companyIds.",
        forgiven("companyIds", _number, [])),
    # -- items
    _row("medium", "people-item-null-taken", "personIds.items.type", "null among the person ids is passed over.",
        _items("personIds", _null, MISSING)),
    _row("medium", "people-item-boolean-taken", "personIds.items.type", "true is taken for a person id.",
        _items("personIds", _of(bool), "True")),
    _row("medium", "people-item-object-taken", "personIds.items.type", "An object is taken for a person id.",
        _items("personIds", _of(dict), "[object Object]")),
    _row("medium", "people-item-array-taken", "personIds.items.type", "An array is taken for a person id.",
        _items("personIds", _of(list), MISSING)),
    _row("medium", "people-first-checked", "personIds.items.type", "Of the person ids only the first is looked at.",
        _checked_up_to("personIds", 1, "None", _of(str))),
    _row("hard", "people-16-checked", "personIds.items.type", "Of the person ids the first 16 are looked at.",
        _checked_up_to("personIds", 16, "None", _of(str))),
    _row("hard", "people-256-checked", "personIds.items.type", "Of the person ids the first 256 are looked at.",
        _checked_up_to("personIds", 256, "None", _of(str))),
    _row("medium", "companies-item-null-taken", "companyIds.items.type", "null among the company ids is passed over.",
        _items("companyIds", _null, MISSING)),
    _row("medium", "companies-item-number-taken", "companyIds.items.type", "A number is taken for a company id.",
        _items("companyIds", _number, UUID)),
    _row("medium", "companies-item-object-taken", "companyIds.items.type", "An object is taken for a company id.",
        _items("companyIds", _of(dict), UUID)),
)
# fmt: on
