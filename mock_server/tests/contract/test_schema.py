from __future__ import annotations

import time
from typing import Any

import pytest

from mock_server.contract.schema import ITEMS_PER_SLICE, Validator

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "nullable": True, "enum": ["a", "b"]},
        "ids": {"type": "array", "maxItems": 1000, "items": {"$ref": "#/components/schemas/Id"}},
        "pairs": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
        "size": {"type": "number", "minimum": 0, "exclusiveMinimum": True, "nullable": False},
    },
}
DOCUMENT = {"components": {"schemas": {"Id": {"type": "string", "maxLength": 2}}}}
VALIDATOR = Validator(SCHEMA, DOCUMENT, {})


def breaches(value: Any) -> list[tuple[tuple[str | int, ...], str]]:
    return [(breach.path, breach.keyword) for breach in VALIDATOR.breaches(value)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"name": "a"}, []),
        ({"name": None, "size": 0.1}, []),
        ({"name": "c"}, [(("name",), "enum")]),
        ({"name": "a", "size": 0}, [(("size",), "exclusiveMinimum")]),
        ({"name": "a", "size": None}, [(("size",), "type")]),
        ({}, [(("name",), "required")]),
        ([], [((), "type")]),
    ],
)
def test_openapi_schemas_mean_what_they_say(value: Any, expected: Any) -> None:
    assert breaches(value) == expected


@pytest.mark.parametrize("at", [0, 1, ITEMS_PER_SLICE - 1, ITEMS_PER_SLICE, 2 * ITEMS_PER_SLICE + 1, 999])
def test_a_violation_in_a_long_array_is_found_once_at_its_place(at: int) -> None:
    ids = ["ok"] * 1000
    ids[at] = "long"
    found = breaches({"ids": ids, "pairs": [["x"]]})
    assert sorted(found, key=str) == sorted(
        [(("ids", at), "maxLength"), (("name",), "required"), (("pairs", 0, 0), "type")], key=str
    )


def test_places_inside_long_arrays_of_arrays_are_kept() -> None:
    pairs: list[list[Any]] = [[1, 2]] * 500 + [[1, "x"]]
    assert breaches({"name": "a", "pairs": pairs}) == [(("pairs", 500, 1), "type")]


def test_a_violation_of_a_long_array_itself_names_the_whole_array() -> None:
    (first, *_) = [breach for breach in VALIDATOR.breaches({"name": ["x"] * 1000}) if breach.keyword == "type"]
    assert len(first.got) == 1000


def test_a_violation_of_the_whole_array_is_found() -> None:
    assert breaches({"name": "a", "ids": ["ok"] * 1001}) == [(("ids",), "maxItems")]


def test_stopping_early_does_not_search_the_rest() -> None:
    wrong = {"name": "a", "ids": ["long"] * 250_000}
    started = time.perf_counter()
    assert len(list(VALIDATOR.breaches(wrong))) == 250_000
    all_s = time.perf_counter() - started
    first_s = []
    for _ in range(5):
        started = time.perf_counter()
        assert next(VALIDATOR.breaches(wrong)).path == ("ids", 0)
        first_s.append(time.perf_counter() - started)
    assert min(first_s) < all_s / 10
