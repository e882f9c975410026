"""Say in words what a schema expects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from mock_server.contract.schema import Validator
from mock_server.contract.spelling import near
from mock_server.pipeline.problems import shorten
from mock_server.pipeline.words import FORMATS, TYPES, UUID_EXAMPLE

NAMES_LISTED = 12  # more would hide the first words of the message
OBJECT_CHARACTERS = 80  # of an example: a line of a terminal


def wanted(schema: Mapping[str, Any], validator: Validator) -> str:
    """Return in words what a schema expects."""
    types = schema.get("type", "value")
    names = [types] if isinstance(types, str) else types
    words = [TYPES.get(name, f"a {name}") for name in names]
    if "enum" in schema:
        words = [json.dumps(option, ensure_ascii=False) for option in schema["enum"]]
    elif schema.get("format") in FORMATS:
        words[0] = FORMATS[schema["format"]]
    elif names[0] == "array" and (items := validator.resolve(schema.get("items", {}))):
        item = wanted(items, validator)
        if " or " not in item:
            words[0] += f" of {item.removeprefix('an ').removeprefix('a ')}s"
    elif "pattern" in schema:
        words[0] = schema.get("description", f"a string that matches {schema['pattern']}")
    return " or ".join(words) + _limits(schema)


_LIMITS = (
    ("", "minimum", "maximum"),
    (" characters", "minLength", "maxLength"),
    (" items", "minItems", "maxItems"),
)


def _limits(schema: Mapping[str, Any]) -> str:
    """Return the limits of a number, a length or a count as the end of a sentence; empty if there are none."""
    for of, least, most in _LIMITS:
        match schema.get(least), schema.get(most):
            case None, None:
                continue
            case low, None:
                return f", at least {low}{of}"
            case None, high:
                return f", at most {high}{of}"
            case low, high:
                return f", from {low} to {high}{of}"
    return ""


def remedy_for(name: str, known: Iterable[str], *, lists_known: bool = False) -> str:
    """Return what to do about an unknown name, as the end of a sentence: what it can mean, else to omit it.

    `lists_known` adds all known names, if there are few.
    """
    if meant := near(name, known):
        return f"the nearest known one is {meant}"
    names = [*known]
    if not (lists_known and 0 < len(names) <= NAMES_LISTED):
        return "omit it"
    return f"omit it; known here {'are' if len(names) > 1 else 'is'} {', '.join(names)}"


def example_at(example: Any, path: Iterable[str | int]) -> Any:
    """Return the value at `path` in the request example of the spec, or None."""
    for part in path:
        if isinstance(example, list):
            part = 0 if example else -1
        try:
            example = example[part]
        except (KeyError, IndexError, TypeError):
            return None
    return example


def shown_example(value: Any, schema: Mapping[str, Any], validator: Validator) -> str:
    """Return `value`, or a valid one for the schema, as the end of a sentence; empty if neither is short."""
    if schema.get("type") == "array":
        items = validator.resolve(schema.get("items", {}))
        item = shown_example(value[0] if isinstance(value, list) and value else None, items, validator)
        return item and f", for example [{item.removeprefix(', for example ')}]"
    if value is None and schema.get("format") == "uuid":
        value = UUID_EXAMPLE
    if isinstance(value, dict):
        text = json.dumps(value, ensure_ascii=False)
        return f", for example {text}" if len(text) <= OBJECT_CHARACTERS else ""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    return f", for example {shorten(value)}"
