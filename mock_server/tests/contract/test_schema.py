from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mock_server.contract.schema import WRONG_ITEMS_LISTED, Components, Validator

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "nullable": True, "enum": ["a", "b"]},
        "ids": {"type": "array", "maxItems": 1000, "items": {"$ref": "#/components/schemas/Id"}},
        "first": {"$ref": "#/components/schemas/Id", "maxLength": 0},
        "pairs": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
        "size": {"type": "number", "minimum": 0, "exclusiveMinimum": True, "nullable": False},
    },
}
DOCUMENT = {"components": {"schemas": {"Id": {"type": "string", "maxLength": 2}}}}
VALIDATOR = Validator(SCHEMA, Components(DOCUMENT, {}))


def breaches(value: Any) -> list[tuple[tuple[str | int, ...], str]]:
    return [(path, check.keyword) for path, check, _ in VALIDATOR.breaches(value)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"name": "a"}, []),
        ({"name": None, "size": 0.1}, []),
        ({"name": "c"}, [(("name",), "enum")]),
        ({"name": "a", "size": 0}, [(("size",), "exclusiveMinimum")]),
        ({"name": "a", "size": None}, [(("size",), "type")]),
        ({"name": "a", "first": "1"}, []),
        ({}, [(("name",), "required")]),
        ([], [((), "type")]),
    ],
)
def test_openapi_schemas_mean_what_they_say(value: Any, expected: Any) -> None:
    assert breaches(value) == expected


@pytest.mark.parametrize("at", [0, 1, 500, 999])
def test_a_violation_in_a_long_array_is_found_once_at_its_place(at: int) -> None:
    ids = ["ok"] * 1000
    ids[at] = "long"
    found = breaches({"ids": ids, "pairs": [["x"]]})
    assert sorted(found, key=str) == sorted(
        [(("ids", at), "maxLength"), (("name",), "required"), (("pairs", 0, 0), "type")], key=str
    )


TREE: dict[str, Any] = {
    "type": "object",
    "minProperties": 1,
    "properties": {
        "a": {"type": "string", "maxLength": 2, "pattern": "^x", "enum": ["x", "xx", "xxx", "y"]},
        "b": {
            "type": ["array", "null"],
            "minItems": 1,
            "uniqueItems": True,
            "items": {"$ref": "#/components/schemas/T"},
        },
        "c": {"allOf": [{"type": "integer"}, {"anyOf": [{"minimum": 1}, {"maximum": -1}]}], "not": {"enum": [5]}},
        "d": {"type": "object", "additionalProperties": {"type": "boolean"}, "required": ["a", "c"]},
        "e": {"$ref": "#/components/schemas/T"},
        "f": {"type": "string", "format": "short"},
        "g": {"type": ["string", "boolean"], "format": "short"},
    },
    "required": ["a", "b"],
    "additionalProperties": False,
}
FORMATS: dict[str, Callable[[str], bool]] = {"short": lambda text: len(text) < 3}
TREES = Validator({"$ref": "#/components/schemas/T"}, Components({"components": {"schemas": {"T": TREE}}}, FORMATS))
REFERENCE = jsonschema_rs.Draft202012Validator(
    {"$ref": "#/components/schemas/T", "components": {"schemas": {"T": TREE}}}, validate_formats=True, formats=FORMATS
)
LEAF = st.sampled_from([None, True, 0, 1, 5, 1.5, "x", "xxx", "y", ""])


@given(
    st.recursive(
        LEAF,
        lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from("abcdefgh"), inside),
        max_leaves=8,
    )
)
@example({"d": {"b": 1}})
@example({"f": "xxx", "g": "xxx", "a": [], "b": [{}]})
@example({"f": True, "g": True})
def test_the_breaches_are_the_errors_of_jsonschema_rs(value: Any) -> None:
    expected = []
    for error in REFERENCE.iter_errors(value):
        path, keyword, kind = tuple(error.instance_path), str(error.schema_path[-1]), error.kind.as_dict()
        expected.append(((*path, kind["property"]) if keyword == "required" else path, keyword, error.message))
    found = [(path, check.keyword, check.error(got)) for path, check, got in TREES.breaches(value)]
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert TREES.is_valid(value) == (not found)


def test_places_inside_long_arrays_of_arrays_are_kept() -> None:
    pairs: list[list[Any]] = [[1, 2]] * 500 + [[1, "x"]]
    assert breaches({"name": "a", "pairs": pairs}) == [(("pairs", 500, 1), "type")]


def test_a_violation_of_a_long_array_itself_names_the_whole_array() -> None:
    (first, *_) = [got for _, check, got in VALIDATOR.breaches({"name": ["x"] * 1000}) if check.keyword == "type"]
    assert len(first) == 1000


def test_a_violation_of_the_whole_array_is_found() -> None:
    assert breaches({"name": "a", "ids": ["ok"] * 1001}) == [(("ids",), "maxItems")]


def test_of_many_wrong_items_the_first_are_listed() -> None:
    found = breaches({"name": "a", "ids": ["ok"] + ["long"] * 250_000, "size": "x"})
    places = [path for path, _ in found]
    assert places == [("ids",), *[("ids", i + 1) for i in range(WRONG_ITEMS_LISTED)], ("size",)]


def test_no_part_of_a_schema_is_compiled_with_all_components(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large specs have thousands of parts, each compiled alone at the first invalid body: together minutes."""
    fields = {"f": {"type": "string", "minLength": 1}}
    schemas: dict[str, Any] = {
        f"S{number}": {"properties": fields | {"next": {"$ref": f"#/components/schemas/S{number + 1}"}}}
        for number in range(100)
    }
    schemas["S100"] = {"type": "object"}
    components = Components({"components": {"schemas": schemas}}, {})
    sizes = []
    compiled = jsonschema_rs.Draft202012Validator

    def watched(schema: Any, **options: Any) -> Any:
        sizes.append(len(str(schema)))
        return compiled(schema, **options)

    monkeypatch.setattr(jsonschema_rs, "Draft202012Validator", watched)
    validator = Validator({"$ref": "#/components/schemas/S0"}, components)
    assert [path for path, _, _ in validator.breaches({"f": ""})] == [("f",)]
    assert len(sizes) > 300
    assert max(sizes) < 300
