"""Compile schemas of OpenAPI 3.0 with jsonschema-rs, and list the breaches of a value, keyword by keyword."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from operator import getitem
from typing import Any, NamedTuple

import jsonschema_rs

# jsonschema-rs finds all errors before it returns the first: 250,000 bad IDs (a body of 1 MiB) take two seconds, which
# block the event loop. Therefore long arrays are validated in slices, and the caller can stop early.
ITEMS_PER_SLICE = 200

PLACES_KEPT = 1_000  # a schema that refers to itself has a place for each level of a body

Formats = Mapping[str, Callable[[str], bool]]


class Breach(NamedTuple):
    """One error of a validation: the place in the value, the keyword, and the schema that has the keyword."""

    path: tuple[str | int, ...]
    keyword: str
    got: Any
    schema: Mapping[str, Any]
    text: str


class Validator:
    """A schema of the document, compiled once."""

    def __init__(self, schema: Mapping[str, Any], document: Mapping[str, Any], formats: Formats) -> None:
        components = document.get("components", {}).get("schemas", {})
        # The component schemas keep their place in the document, so that every `$ref` resolves.
        self._root: dict[str, Any] = {
            **_to_json_schema(schema, formats),
            "components": {"schemas": {name: _to_json_schema(node, formats) for name, node in components.items()}},
        }
        self._compiled = jsonschema_rs.Draft202012Validator(
            self._root, validate_formats=True, formats=dict(formats), offline=True
        )

        self.words: dict[Any, tuple[str, str, str]] = {}  # a cache for callers: the words for each of its schemas
        self._places: dict[tuple[str | int, ...], tuple[str, Mapping[str, Any]]] = {}  # schema path -> keyword, schema

    @property
    def schema(self) -> Mapping[str, Any]:
        """The compiled schema, as JSON Schema."""
        return self.resolve(self._root)

    def is_valid(self, value: Any) -> bool:
        """Return whether `value` matches the schema; far cheaper than listing breaches."""
        return self._compiled.is_valid(value)

    def breaches(self, value: Any) -> Iterator[Breach]:
        """Yield every breach; validate the next slice of a long array only when the caller continues."""
        long = _long_arrays(value)
        if not long:
            for error in self._compiled.iter_errors(value):
                yield self._breach(error, tuple(error.instance_path), error.instance)
            return
        found = False
        for start in range(0, max(map(len, long.values())), ITEMS_PER_SLICE):
            part = value | {name: items[start : start + ITEMS_PER_SLICE] for name, items in long.items()}
            for error in () if self.is_valid(part) else self._compiled.iter_errors(part):
                name, *rest = error.instance_path or [""]
                if start and not (name in long and rest):
                    continue  # an error outside the slices came with the first one
                found = True
                if start:
                    rest[0] = int(rest[0]) + start
                path = (name, *rest) if error.instance_path else ()
                # An error of an array itself reports the whole array, not the slice.
                yield self._breach(error, path, reduce(getitem, path, value))
        if not found:  # an error that only the whole array shows, such as maxItems
            for error in self._compiled.iter_errors(value):
                yield self._breach(error, tuple(error.instance_path), error.instance)

    def resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow `$ref`s from a schema."""
        while "$ref" in schema:
            schema = self._at(schema["$ref"].removeprefix("#/").split("/"))
        return schema

    def _at(self, path: list[Any]) -> Any:
        node: Any = self._root
        for part in path:
            node = node[part]
        return node

    def _breach(self, error: jsonschema_rs.ValidationError, path: tuple[Any, ...], got: Any) -> Breach:
        where = tuple(error.schema_path)
        found = self._places.get(where)
        if found is None:
            *place, keyword = where
            found = str(keyword), self.resolve(self._at(place))
            if len(self._places) < PLACES_KEPT:
                self._places[where] = found
        keyword, schema = found
        if keyword == "required":
            path = (*path, error.kind.property)  # type: ignore[attr-defined]  # an error of this keyword has one
        return Breach(path, keyword, got, schema, error.message)


def _long_arrays(value: Any) -> dict[str, list[Any]]:
    if not isinstance(value, dict):
        return {}
    return {k: v for k, v in value.items() if isinstance(v, list) and len(v) > ITEMS_PER_SLICE}


def _to_json_schema(schema: Mapping[str, Any], formats: Formats) -> dict[str, Any]:
    """Convert a schema of OpenAPI 3.0 to JSON Schema 2020-12."""
    converted: dict[str, Any] = {}
    for keyword, value in schema.items():
        match keyword, value:
            case ("properties", dict()):
                converted[keyword] = {name: _to_json_schema(node, formats) for name, node in value.items()}
            case ("items" | "not" | "additionalProperties", dict()):
                converted[keyword] = _to_json_schema(value, formats)
            case ("allOf" | "anyOf" | "oneOf", list()):
                converted[keyword] = [_to_json_schema(node, formats) for node in value]
            case ("exclusiveMinimum" | "exclusiveMaximum", True):
                converted[keyword] = schema[keyword.replace("exclusiveM", "m")]
            case ("exclusiveMinimum" | "exclusiveMaximum" | "nullable" | "discriminator" | "example", _):
                pass
            case _:
                converted[keyword] = value
    if schema.get("nullable") and "type" in schema:
        converted["type"] = [schema["type"], "null"]
        if "enum" in schema:
            converted["enum"] = [*schema["enum"], None]
    if schema.get("format") in formats:
        converted.pop("pattern", None)  # a reading decides the format; the pattern states the default only
    return converted
