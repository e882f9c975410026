"""Schemas of OpenAPI 3.0, compiled by jsonschema-rs; their breaches, each with the part of the schema it breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import getitem
from typing import Any

import jsonschema_rs

# jsonschema-rs finds every error before it hands out the first: 250,000 bad ids (a body of 1 MiB) take it two
# seconds, during which nobody else is served. So the long arrays of a wrong body are judged in slices, and a reader
# who has enough breaches stops.
ITEMS_JUDGED_AT_ONCE = 200

Formats = Mapping[str, Callable[[str], bool]]


@dataclass(frozen=True, slots=True)
class Breach:
    """One breach of a schema: where in the value, of which keyword, and the schema that has the keyword."""

    path: tuple[str | int, ...]
    keyword: str
    got: Any
    schema: Mapping[str, Any]
    text: str


class Validator:
    """A schema of the document, compiled once."""

    def __init__(self, schema: Mapping[str, Any], document: Mapping[str, Any], formats: Formats) -> None:
        components = document.get("components", {}).get("schemas", {})
        # The component schemas stand where they stand in the document, so that every `$ref` holds.
        self._root: dict[str, Any] = {
            **_to_json_schema(schema, formats),
            "components": {"schemas": {name: _to_json_schema(node, formats) for name, node in components.items()}},
        }
        self._compiled = jsonschema_rs.Draft202012Validator(
            self._root, validate_formats=True, formats=dict(formats), offline=True
        )

    @property
    def schema(self) -> Mapping[str, Any]:
        """What is compiled, as JSON Schema."""
        return self.resolve(self._root)

    def is_valid(self, value: Any) -> bool:
        """Whether `value` keeps the schema; a fraction of the cost of listing breaches."""
        return self._compiled.is_valid(value)

    def breaches(self, value: Any) -> Iterator[Breach]:
        """Every breach; the later slices of long arrays are judged only when they are asked for."""
        if self.is_valid(value):
            return
        long = _long_arrays(value)
        found = False
        for start in range(0, max(map(len, long.values()), default=1), ITEMS_JUDGED_AT_ONCE):
            part = value
            if long:
                part = value | {name: items[start : start + ITEMS_JUDGED_AT_ONCE] for name, items in long.items()}
            for error in () if self.is_valid(part) else self._compiled.iter_errors(part):
                name, *rest = error.instance_path or [""]
                if start and not (name in long and rest):
                    continue  # what does not lie inside a slice was told with the first one
                found = True
                if start:
                    rest[0] = int(rest[0]) + start
                path = (name, *rest) if error.instance_path else ()
                # What is told of an array is told of the whole one.
                yield self._breach(error, path, error.instance if part is value else reduce(getitem, path, value))
        if not found:  # what only the whole array shows, as too many items
            for error in self._compiled.iter_errors(value):
                yield self._breach(error, tuple(error.instance_path), error.instance)

    def resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema that a `$ref` stands for."""
        while "$ref" in schema:
            schema = self._at(schema["$ref"].removeprefix("#/").split("/"))
        return schema

    def _at(self, path: list[Any]) -> Any:
        node: Any = self._root
        for part in path:
            node = node[part]
        return node

    def _breach(self, error: jsonschema_rs.ValidationError, path: tuple[Any, ...], got: Any) -> Breach:
        *place, keyword = error.schema_path
        kind = error.kind
        return Breach(
            path=(*path, kind.property) if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required) else path,
            keyword=str(keyword),
            got=got,
            schema=self.resolve(self._at(place)),
            text=error.message,
        )


def _long_arrays(value: Any) -> dict[str, list[Any]]:
    if not isinstance(value, dict):
        return {}
    return {k: v for k, v in value.items() if isinstance(v, list) and len(v) > ITEMS_JUDGED_AT_ONCE}


def _to_json_schema(schema: Mapping[str, Any], formats: Formats) -> dict[str, Any]:
    """The JSON Schema (2020-12) that means what a schema of OpenAPI 3.0 means."""
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
        converted.pop("pattern", None)  # a reading judges the format; the pattern says only what the default takes
    return converted
