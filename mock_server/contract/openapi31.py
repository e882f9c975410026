"""Rewrite a document of OpenAPI 3.1 in the words of 3.0, which the rest of the mock reads.

Keywords of JSON Schema that 3.0 lacks, such as `if` or `prefixItems`, stay as they are: the validator knows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_server.contract.references import look_up
from mock_server.contract.spec_files import SpecError

_DATA = frozenset({"example", "examples", "value"})  # may hold anything, also a key `schema`
_ONE = frozenset({"additionalProperties", "items", "not"})
_LISTS = frozenset({"allOf", "anyOf", "oneOf"})
_NAMED = frozenset({"$defs", "properties"})
_BASES = frozenset({"$anchor", "$dynamicAnchor", "$dynamicRef", "$id"})
_DROPPED = frozenset({"$comment", "$schema", "nullable"})
_NOTES = frozenset({"deprecated", "description", "summary", "title"})  # next to a `$ref`, they change no value


def in_words_of_30(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of the document in the words of OpenAPI 3.0; raise SpecError for what has none."""
    paths = {path: _path_item(document, item) for path, item in document["paths"].items()}
    components = dict(document.get("components", {}))
    schemas = {name: _schema(schema) for name, schema in components.pop("schemas", {}).items()}
    return {
        **_rewritten({key: value for key, value in document.items() if key not in ("components", "paths", "webhooks")}),
        "paths": _rewritten(paths),
        "components": {**_rewritten(components), "schemas": schemas},
    }


def _path_item(document: Mapping[str, Any], item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a path item with its `$ref`, which can have other members next to it, expanded."""
    own = {key: value for key, value in item.items() if key != "$ref"}
    return {**look_up(document, item["$ref"]), **own} if "$ref" in item else own


def _rewritten(node: Any) -> Any:
    """Return a copy of any object of OpenAPI, with the schemas in it rewritten."""
    if isinstance(node, list):
        return [_rewritten(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _schema(value) if key == "schema" else value if key in _DATA else _rewritten(value)
        for key, value in node.items()
    }


def _schema(schema: Any) -> Any:
    if isinstance(schema, bool):
        return {} if schema else {"not": {}}
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        rest = {keyword: value for keyword, value in schema.items() if keyword != "$ref" and keyword not in _NOTES}
        reference = {"$ref": schema["$ref"]}
        return {"allOf": [reference, _schema(rest)]} if rest else reference
    converted: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in _BASES:
            raise SpecError(f"the mock does not follow the keyword {keyword} in a schema; use $ref: '#/components/...'")
        if keyword == "additionalProperties" and isinstance(value, bool):
            converted[keyword] = value
        elif keyword in _ONE:
            converted[keyword] = _schema(value)
        elif keyword in _LISTS:
            converted[keyword] = [_schema(each) for each in value]
        elif keyword in _NAMED:
            converted[keyword] = {name: _schema(each) for name, each in value.items()}
        elif keyword == "const":
            converted["enum"] = [value]
        elif keyword == "examples" and isinstance(value, list):
            converted.update({"example": value[0]} if value else {})
        elif keyword not in _DROPPED:
            converted[keyword] = value
    _rewrite_type(converted)
    _rewrite_limits(converted)
    return converted


def _rewrite_type(schema: dict[str, Any]) -> None:
    """Write `null` as `nullable`."""
    named = schema.get("type")
    types = [named] if isinstance(named, str) else named
    if not isinstance(types, list):
        return
    others = [each for each in types if each != "null"]
    if not others:
        del schema["type"]
        schema["enum"] = [None]
        return
    schema["type"] = others[0] if len(others) == 1 else others
    if "null" in types:
        schema["nullable"] = True
        if isinstance(schema.get("enum"), list):
            schema["enum"] = [each for each in schema["enum"] if each is not None] or [None]


def _rewrite_limits(schema: dict[str, Any]) -> None:
    """Write exclusive limits, which are numbers, as limits with a flag; keep the stricter one of two."""
    for limit, exclusive, stricter in (("minimum", "exclusiveMinimum", max), ("maximum", "exclusiveMaximum", min)):
        bound = schema.pop(exclusive, None)
        if isinstance(bound, int | float) and not isinstance(bound, bool):
            inclusive = schema.get(limit, bound)
            schema[limit] = stricter(bound, inclusive)
            if schema[limit] == bound:
                schema[exclusive] = True
