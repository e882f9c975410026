"""Create a response from the spec: its example, or else a value that matches its schema. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mock_server.contract.openapi import Contract, OperationSpec

DEEPEST = 8  # a schema can contain itself

Source = Literal["example", "schema", "nothing"]
Resolve = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Sample:
    """The body of a response, and its source in the spec."""

    value: Any
    source: Source


def sample_response(contract: Contract, operation: OperationSpec) -> Sample:
    """Return a body for the success response of an operation."""
    status = min(operation.success_statuses, default=200)
    response = operation.responses.get(status)
    if response is None or (response.schema is None and response.example is None):
        return Sample(None, "nothing")
    if response.example is not None:
        return Sample(response.example, "example")
    return Sample(sample_of(response.schema or {}, contract.resolve), "schema")


def sample_of(schema: Mapping[str, Any], resolve: Resolve, depth: int = 0) -> Any:
    """Return a value of the schema's type; ignore keywords that restrict it further, such as `pattern`."""
    schema = resolve(schema)
    for keyword in ("example", "default"):
        if keyword in schema:
            return schema[keyword]
    if schema.get("enum"):
        return schema["enum"][0]
    if depth > DEEPEST:
        return None
    if "allOf" in schema:
        return _merged([sample_of(each, resolve, depth + 1) for each in schema["allOf"]], schema, resolve, depth)
    for keyword in ("oneOf", "anyOf"):
        if schema.get(keyword):
            return sample_of(schema[keyword][0], resolve, depth + 1)
    return _of_type(schema, resolve, depth)


def _merged(parts: list[Any], schema: Mapping[str, Any], resolve: Resolve, depth: int) -> Any:
    """Return the members of all parts of an `allOf`, and of the schema that contains it."""
    if not all(isinstance(each, dict) for each in parts):
        return parts[0]
    beside = _object(schema, resolve, depth) if "properties" in schema else {}
    return {name: value for part in (*parts, beside) for name, value in part.items()}


def _of_type(schema: Mapping[str, Any], resolve: Resolve, depth: int) -> Any:
    kind = schema.get("type") or ("object" if "properties" in schema else "array" if "items" in schema else "string")
    match kind:
        case "object":
            return _object(schema, resolve, depth)
        case "array":
            count = max(1, schema.get("minItems", 0)) if depth < DEEPEST else 0
            return [sample_of(schema.get("items", {}), resolve, depth + 1) for _ in range(min(count, 100))]
        case "integer" | "number":
            least = schema.get("minimum", min(1, schema.get("maximum", 1)))
            return least + 1 if schema.get("exclusiveMinimum") else least
        case "boolean":
            return True
        case _:
            return _TEXTS.get(schema.get("format", ""), "text").ljust(min(schema.get("minLength", 0), 1000), ".")


def _object(schema: Mapping[str, Any], resolve: Resolve, depth: int) -> dict[str, Any]:
    properties: Mapping[str, Any] = schema.get("properties", {})
    required = schema.get("required", ())
    # Deep inside, only required members: a schema that contains itself would give a tree of thousands.
    names = [name for name in properties if depth < 3 or name in required]
    return {name: sample_of(properties[name], resolve, depth + 1) for name in names}


_TEXTS = {
    "date": "2024-01-31",
    "date-time": "2024-01-31T23:59:59.000Z",
    "email": "ana@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "time": "23:59:59Z",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uuid": "660e8400-e29b-41d4-a716-446655440001",
}
