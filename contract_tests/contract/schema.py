"""Validate JSON values by the schemas of the contract, and classify their texts. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
import orjson
from jsonschema_rs import ValidationErrorKind

JsonPath = tuple[str | int, ...]

CLASSIFIED_FORMATS = frozenset({"date-time", "uuid"})  # judged by `formats`, which knows their open readings
MAX_DEPTH = 16  # no schema of the contract is deeper; the validator fails on values of a few hundred levels


@dataclass(frozen=True, slots=True)
class Breach:
    """One keyword of the schema that the value violates; value is the value at the place, None if it is missing."""

    keyword: str
    place: JsonPath
    value: Any


def breaches(schema: Mapping[str, Any], value: Any) -> list[Breach]:
    """Return all breaches of an OpenAPI 3.0 schema; for a missing field, the place ends with its name."""
    found = []
    for error in _validator(schema).iter_errors(_shallow(value)):
        place: JsonPath = tuple(error.instance_path)
        if isinstance(error.kind, ValidationErrorKind.Required):
            found.append(Breach("required", (*place, error.kind.property), None))
        else:
            found.append(Breach(error.kind.name, place, _at(value, place)))
    return found


def formatted_strings(
    value: Any, schema: Mapping[str, Any], place: JsonPath = ()
) -> Iterator[tuple[JsonPath, str, str]]:
    """Yield every string that the schema describes, with its kind: the name of a format, `enum` or `text`."""
    if isinstance(value, str):
        if schema:
            yield place, value, _kind(schema)
    elif isinstance(value, dict):
        for key, part in schema.get("properties", {}).items():
            if key in value:
                yield from formatted_strings(value[key], part, (*place, key))
    elif isinstance(value, list) and (items := schema.get("items")):
        kind = _kind(items)
        for index, item in enumerate(value):
            if isinstance(item, str):
                yield (*place, index), item, kind
            else:
                yield from formatted_strings(item, items, (*place, index))


def _kind(schema: Mapping[str, Any]) -> str:
    return "enum" if "enum" in schema else str(schema.get("format", "text"))


def json_schema(node: Any) -> Any:
    """Convert an OpenAPI 3.0 schema to JSON Schema: `nullable` becomes a type; `formats` checks formats."""
    if isinstance(node, list):
        return [json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    left_out = {"nullable", "example", "default"}
    if node.get("format") in CLASSIFIED_FORMATS:
        left_out |= {"format", "pattern"}
    made = {key: json_schema(item) for key, item in node.items() if key not in left_out}
    if node.get("nullable") and isinstance(node.get("type"), str):
        made["type"] = [node["type"], "null"]
    return made


def pointer(place: JsonPath) -> str:
    """Return the place as a JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in place)


def short(value: Any, most: int = 80) -> str:
    """Return a value as one line of limited length, with the words of JSON."""
    text = _written(value[: most + 1] if isinstance(value, str) else _shallow(value))
    return text if len(text) <= most else text[: most - 3] + "..."


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_written(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)


# By identity, since a schema has no hash; it is kept, so that no other object gets its identity.
_VALIDATORS: dict[int, tuple[Mapping[str, Any], jsonschema_rs.Draft202012Validator]] = {}
_KEPT_VALIDATORS = 64  # a contract has two for each operation


def _validator(schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """Return the validator of a schema, which must not change from now on."""
    known = _VALIDATORS.get(id(schema))
    if known is not None:
        return known[1]
    if len(_VALIDATORS) >= _KEPT_VALIDATORS:
        _VALIDATORS.clear()
    made = jsonschema_rs.Draft202012Validator(orjson.dumps(json_schema(schema)).decode())
    _VALIDATORS[id(schema)] = schema, made
    return made


def _shallow(value: Any, depth: int = MAX_DEPTH) -> Any:
    """Return the value for the validator: without lone surrogates, and without levels below all schemas."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_shallow(key): _shallow(item, depth - 1) for key, item in value.items()} if depth else {}
    if isinstance(value, list):
        return [_shallow(item, depth - 1) for item in value] if depth else []
    return value


def _at(value: Any, place: JsonPath) -> Any:
    for part in place:
        value = value[part]
    return value
