"""Compile schemas of OpenAPI 3.0 with jsonschema-rs, and list the breaches of a value, keyword by keyword."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jsonschema_rs

Formats = Mapping[str, Callable[[str], bool]]
JsonPath = tuple[str | int, ...]

_ADDRESS = "json-schema:///document"
BREACHES_LISTED = 5000  # a client decides how many members its objects have
WRONG_ITEMS_LISTED = 50  # of one array: more than anyone reads, and the errors of the next field must not wait for them
_ANNOTATIONS = frozenset({"default", "deprecated", "description", "readOnly", "title", "writeOnly"})  # break nothing
# Keywords of OpenAPI 3.1 that break together with others, so that none of them can be checked alone.
_JOINED = {
    "if": ("then", "else"),
    "contains": ("minContains", "maxContains"),
    "patternProperties": ("properties", "additionalProperties"),
    "prefixItems": ("items",),
    "unevaluatedItems": ("allOf", "anyOf", "contains", "if", "items", "oneOf", "prefixItems", "then"),
    "unevaluatedProperties": ("additionalProperties", "allOf", "anyOf", "if", "oneOf", "properties", "then"),
}
_CLASSES = {"array": list, "boolean": bool, "object": dict, "string": str}


@dataclass(frozen=True, slots=True, eq=False)
class KeywordCheck:
    """One keyword of a schema, compiled alone."""

    keyword: str
    schema: Mapping[str, Any]  # with the keyword
    compiled: Any
    is_valid: Callable[[Any], bool]

    def error(self, got: Any) -> str:
        """Return the words of jsonschema-rs for a value that breaks the keyword."""
        return str(next(self.compiled.iter_errors(got)).message)


Breach = tuple[JsonPath, KeywordCheck, Any]  # a path, and the value there, which breaks one keyword of the schema


class Components:
    """The component schemas of a document as JSON Schema; each `$ref` of a validator leads to one of them."""

    def __init__(self, document: Mapping[str, Any], formats: Formats) -> None:
        schemas = document.get("components", {}).get("schemas", {})
        # They keep their place in the document, so that every `$ref` resolves.
        self.document = {
            "components": {"schemas": {name: _to_json_schema(node, formats) for name, node in schemas.items()}}
        }
        self.formats = dict(formats)
        # Shared, because large documents have thousands of schemas, each with parts that are compiled alone.
        self._registry = jsonschema_rs.Registry([(_ADDRESS, _absolute(self.document))])

    def compile(self, schema: Mapping[str, Any]) -> Any:
        """Compile a schema."""
        return jsonschema_rs.Draft202012Validator(
            _absolute(schema), validate_formats=True, formats=self.formats, offline=True, registry=self._registry
        )


class Validator:
    """A schema of the document, compiled once."""

    def __init__(self, schema: Mapping[str, Any], components: Components) -> None:
        self._components = components
        self._formats = components.formats
        self._root = _to_json_schema(schema, components.formats)
        self._compiled = self._components.compile(self._root)
        self._nodes: dict[str, _Node] = {}  # by `$ref`

        # Caches for callers: what each check expects of a value, the words for its breach, and problems, by place.
        self.expected: dict[Any, Any] = {}
        self.phrases: dict[Any, Any] = {}
        self.problems: dict[Any, Any] = {}

    @property
    def schema(self) -> Mapping[str, Any]:
        """The compiled schema, as JSON Schema."""
        return self.resolve(self._root)

    def is_valid(self, value: Any) -> bool:
        """Return whether `value` matches the schema; far cheaper than listing breaches."""
        return bool(self._compiled.is_valid(value))

    def breaches(self, value: Any, most: int = BREACHES_LISTED) -> list[Breach]:
        """Return the first `most` breaches, of each array those of its first WRONG_ITEMS_LISTED wrong items.

        jsonschema-rs itself finds all errors before it returns the first: 250,000 wrong IDs take two seconds.
        """
        found: list[Breach] = []
        self._node.collect(value, (), found, most)
        return found[:most]

    def resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow `$ref`s from a schema."""
        while "$ref" in schema:
            node: Any = self._components.document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                node = node[part]
            schema = node
        return schema

    # Most mocks see no invalid body for some time: this waits for the first.
    @cached_property
    def _node(self) -> _Node:
        return self._node_of(self._root)

    def _node_of(self, schema: Mapping[str, Any]) -> _Node:
        if "$ref" in schema:
            name = schema["$ref"]
            if name not in self._nodes:
                self._nodes[name] = node = _Node(self._components.compile(schema).is_valid)
                self._fill(node, self.resolve(schema))  # afterwards, because a schema can refer to itself
            return self._nodes[name]
        node = _Node(self._components.compile(schema).is_valid)
        self._fill(node, schema)
        node.is_leaf = not (node.required or node.properties or node.additional or node.items or node.all_of)
        return node

    def _fill(self, node: _Node, schema: Mapping[str, Any]) -> None:
        joined: set[str] = set()
        for keyword, others in _JOINED.items():
            if keyword in schema:
                alone = {name: schema[name] for name in (keyword, *others) if name in schema}
                if "properties" in alone:
                    alone["properties"] = {name: {} for name in alone["properties"]}
                joined |= alone.keys() - {"properties"}
                node.checks.append(self._check(keyword, schema, alone))
        for keyword, value in schema.items():
            if keyword in joined:
                continue
            match keyword, value:
                case "properties", _:
                    node.properties = {name: self._node_of(each) for name, each in value.items()}
                case "additionalProperties", dict():
                    node.additional = self._node_of(value)
                case "items", _:
                    node.items = self._node_of(value)
                case "allOf", _:
                    node.all_of = [self._node_of(each) for each in value]
                case "required", _:
                    node.required = {name: self._check(keyword, schema, {keyword: [name]}) for name in value}
                case "additionalProperties", _:
                    known: Mapping[str, Any] = {name: {} for name in schema.get("properties", ())}
                    node.checks.append(self._check(keyword, schema, {keyword: value, "properties": known}))
                case _ if keyword not in _ANNOTATIONS:
                    node.checks.append(self._check(keyword, schema, {keyword: value}))

    def _check(self, keyword: str, schema: Mapping[str, Any], alone: Mapping[str, Any]) -> KeywordCheck:
        compiled = self._components.compile(alone)
        return KeywordCheck(keyword, schema, compiled, self._own_check(keyword, alone[keyword]) or compiled.is_valid)

    def _own_check(self, keyword: str, expected: Any) -> Callable[[Any], bool] | None:
        """Return a check for a keyword that takes less time than a call of jsonschema-rs, or None."""
        if keyword == "type" and (kind := _CLASSES.get(str(expected))):
            return lambda got: isinstance(got, kind)
        if keyword == "format" and (accepts := self._formats.get(expected)):
            return lambda got: not isinstance(got, str) or accepts(got)
        return None


@dataclass(slots=True, eq=False)
class _Node:
    """A schema, taken apart: its own checks, and the schemas for the parts of a value."""

    is_valid: Callable[[Any], bool]
    checks: list[KeywordCheck] = field(default_factory=list)
    required: dict[str, KeywordCheck] = field(default_factory=dict)
    properties: dict[str, _Node] = field(default_factory=dict)
    additional: _Node | None = None
    items: _Node | None = None
    all_of: list[_Node] = field(default_factory=list)
    is_leaf: bool = False  # a value has no parts with schemas of their own

    def collect(self, value: Any, path: JsonPath, found: list[Breach], most: int) -> None:
        """Add the breaches of a value to those found; beyond `most`, look at no further part of it."""
        for check in self.checks:
            if not check.is_valid(value):
                found.append((path, check, value))
        for part in self.all_of:
            part.collect(value, path, found, most)
        if isinstance(value, dict):
            for name, check in self.required.items():
                if name not in value:
                    found.append(((*path, name), check, value))
            node_of, additional = self.properties.get, self.additional
            for name, got in value.items():
                node = node_of(name, additional)
                if node is None:
                    continue
                if node.is_leaf:  # most fields are; a call for each would take longer than its checks
                    for check in node.checks:
                        if not check.is_valid(got):
                            found.append(((*path, name), check, got))
                elif not node.is_valid(got):
                    node.collect(got, (*path, name), found, most)
                if len(found) >= most:
                    return
        elif isinstance(value, list) and self.items is not None:
            is_valid = self.items.is_valid
            wrong = ((i, got) for i, got in enumerate(value) if not is_valid(got))
            for i, got in itertools.islice(wrong, WRONG_ITEMS_LISTED):
                self.items.collect(got, (*path, i), found, most)


def _absolute(node: Any) -> Any:
    """Return a copy with the address of the registered document in each `$ref`."""
    if isinstance(node, list):
        return [_absolute(each) for each in node]
    if not isinstance(node, dict):
        return node
    absolute = {key: _absolute(value) for key, value in node.items()}
    if isinstance(absolute.get("$ref"), str):
        absolute["$ref"] = _ADDRESS + absolute["$ref"]
    return absolute


def _to_json_schema(schema: Mapping[str, Any], formats: Formats) -> dict[str, Any]:
    """Convert a schema of OpenAPI 3.0 to JSON Schema 2020-12."""
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}  # OpenAPI 3.0.3, Reference Object: other keywords next to it are ignored
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
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        converted["type"] = [*types, "null"]
        if "enum" in schema:
            converted["enum"] = [*schema["enum"], None]
    if schema.get("format") in formats:
        converted.pop("pattern", None)  # a reading decides the format; the pattern states the default only
    return converted
