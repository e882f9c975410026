"""Test what validation keeps of the problems of earlier requests."""

from __future__ import annotations

from typing import Any

from mock_server.contract.schema import Components, Validator
from mock_server.pipeline.validation import WORDS_KEPT, schema_problems

SCHEMA = {"properties": {"a": {"type": "string", "maxLength": 1}}, "additionalProperties": {"type": "array"}}


def got_of(validator: Validator, value: Any) -> list[str]:
    return [each.got for each in schema_problems(validator, value, date_reason=str)]


def test_a_repeated_mistake_has_the_same_problem_and_an_equal_value_its_own() -> None:
    validator = Validator(SCHEMA, Components({}, {}))
    for _ in range(2):
        for value, got in ((1, "1"), (True, "true"), (1.0, "1.0"), (0.0, "0.0"), (-0.0, "-0.0"), (None, "null")):
            assert got_of(validator, {"a": value}) == [got]
            assert got_of(validator, {"b": value}) == [got]
        assert got_of(validator, {"a": "xy"}) == ['"xy"']


def test_values_and_names_that_a_client_invents_do_not_fill_the_memory() -> None:
    validator = Validator(SCHEMA, Components({}, {}))
    for number in range(WORDS_KEPT + 50):
        assert got_of(validator, {"a": number, f"name {number}": number, "x" * 61 + str(number): 1})
    caches = (validator.expected, validator.phrases, validator.problems)
    assert max(map(len, caches)) == WORDS_KEPT
    assert not [key for cache in caches for key in cache if "x" * 61 in str(key)]
