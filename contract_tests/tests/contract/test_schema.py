"""Test how a schema of OpenAPI 3.0 judges a value, and how a value is shortened."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract_tests.contract.schema import Breach, breaches, formatted_strings, json_schema, pointer, short

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "example": 7, "default": 8},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "at": {"type": "string", "format": "date-time", "nullable": True, "pattern": "never"},
        "mail": {"type": "string", "format": "email"},
        "ids": {"type": "array", "items": {"type": "string", "format": "uuid"}},
    },
}
DEEP = json.loads("[" * 17 + "7" + "]" * 17)


@pytest.mark.parametrize(
    ("value", "breach"),
    [
        ({"name": "x"}, None),
        ({"name": "x", "at": None}, None),
        ({"name": "x", "at": "no date"}, None),
        ({}, Breach("required", ("name",), None)),
        ({"name": None}, Breach("type", ("name",), None)),
        ({"name": "x", "kind": "c"}, Breach("enum", ("kind",), "c")),
        ({"name": "x", "ids": ["a", 7]}, Breach("type", ("ids", 1), 7)),
        ({"name": "x", "at": 7}, Breach("type", ("at",), 7)),
        ([], Breach("type", (), [])),
    ],
)
def test_a_breach_names_the_keyword_and_the_place(value: Any, breach: Breach | None) -> None:
    assert breaches(SCHEMA, value) == ([breach] if breach else [])


def test_keywords_that_only_openapi_has_are_removed_from_a_schema() -> None:
    made = json_schema(SCHEMA)["properties"]
    assert made["name"] == {"type": "string"}
    assert made["at"] == {"type": ["string", "null"]}
    assert made["mail"] == {"type": "string", "format": "email"}
    assert json_schema({"allOf": [{"nullable": True, "enum": [1]}]}) == {"allOf": [{"enum": [1]}]}


def test_strings_are_listed_with_their_meaning() -> None:
    value = {"name": "n", "kind": "a", "at": "t", "ids": ["i", 7, "j"], "more": "x"}
    assert list(formatted_strings(value, SCHEMA)) == [
        (("name",), "n", "text"),
        (("kind",), "a", "enum"),
        (("at",), "t", "date-time"),
        (("ids", 0), "i", "uuid"),
        (("ids", 2), "j", "uuid"),
    ]
    assert (
        list(formatted_strings("x", {}))
        == list(formatted_strings(["x"], {}))
        == list(formatted_strings({"a": "x"}, {}))
        == []
    )


def test_a_place_is_a_json_pointer() -> None:
    assert pointer(("a/b", 0, "~c")) == "/a~1b/0/~0c"
    assert pointer(()) == ""


def test_values_deeper_than_any_schema_are_ignored() -> None:
    assert short(DEEP) == "[" * 17 + "]" * 17
    assert short(json.loads("[" * 15 + "7" + "]" * 15)) == "[" * 15 + "7" + "]" * 15
    assert short(json.loads('{"a":' * 17 + "7" + "}" * 17), 200) == "{'a': " * 16 + "{}" + "}" * 16


def test_a_value_is_shortened_to_one_line() -> None:
    assert short("x") == "'x'"
    assert short("x" * 78) == "'" + "x" * 78 + "'"
    assert short("x" * 79) == "'" + "x" * 76 + "..."
    assert len(short("x" * 1000)) == 80
    assert short(["abcdefg"], 8) == "['abc..."
    assert short(["abcdefg"], 11) == "['abcdefg']"
    assert short(["\ud800é"]) == "['\ufffdé']"
    assert breaches(SCHEMA, {"name": "x", "\ud800": 1, "kind": "a\ud800"}) == [Breach("enum", ("kind",), "a\ud800")]
