"""Create a response from the spec: its example, or else a value that matches its schema. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mock_server.contract.openapi import JSON, Contract, OperationSpec, is_json
from mock_server.contract.spec_files import SpecError

DEEPEST = 8  # a schema can contain itself
VALUES_MOST = 20_000  # in an example: a megabyte of JSON

Source = Literal["example", "schema", "nothing"]
Resolve = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Sample:
    """The body of a response, and its source in the spec."""

    value: Any
    source: Source
    media_type: str = JSON


def sample_response(contract: Contract, operation: OperationSpec) -> Sample:
    """Return a body for the success response of an operation."""
    status = min(operation.success_statuses, default=200)
    response = operation.responses.get(status)
    if response is None or (response.schema is None and response.example is None):
        return Sample(None, "nothing")
    if response.example is not None:
        return Sample(response.example, "example", response.media_type)
    if not is_json(response.media_type) and contract.resolve(response.schema or {}).get("format") in ("binary", "byte"):
        return Sample("", "nothing", response.media_type)
    try:
        return Sample(sample_of(response.schema or {}, contract.resolve), "schema", response.media_type)
    except _TooLarge:
        raise SpecError(
            f"{operation.method} {operation.path}: the schema of its response {status} expands to more than "
            f"{VALUES_MOST} values; give the response an `example`"
        ) from None


class _TooLarge(Exception):
    """The example of a schema has more than VALUES_MOST values."""


def sample_of(schema: Mapping[str, Any], resolve: Resolve) -> Any:
    """Return a value of the schema's type; ignore keywords that restrict it further, such as `pattern`."""
    left = VALUES_MOST

    def counted(node: Mapping[str, Any]) -> Mapping[str, Any]:
        nonlocal left
        left -= 1
        if left < 0:
            raise _TooLarge
        return resolve(node)

    return _sample(schema, counted, 0)


def _sample(schema: Mapping[str, Any], resolve: Resolve, depth: int) -> Any:
    schema = resolve(schema)
    for keyword in ("example", "default"):
        if keyword in schema:
            return schema[keyword]
    if schema.get("enum"):
        return schema["enum"][0]
    if depth > DEEPEST:
        return None
    if "allOf" in schema:
        return _merged([_sample(each, resolve, depth + 1) for each in schema["allOf"]], schema, resolve, depth)
    for keyword in ("oneOf", "anyOf"):
        if schema.get(keyword):
            return _sample(schema[keyword][0], resolve, depth + 1)
    return _of_type(schema, resolve, depth)


def _merged(parts: list[Any], schema: Mapping[str, Any], resolve: Resolve, depth: int) -> Any:
    """Return the members of all parts of an `allOf`, and of the schema that contains it."""
    if not all(isinstance(each, dict) for each in parts):
        return parts[0]
    own = _object(schema, resolve, depth) if "properties" in schema else {}
    return {name: value for part in (*parts, own) for name, value in part.items()}


def _of_type(schema: Mapping[str, Any], resolve: Resolve, depth: int) -> Any:
    kind = schema.get("type") or ("object" if "properties" in schema else "array" if "items" in schema else "string")
    match kind[0] if isinstance(kind, list) else kind:
        case "object":
            return _object(schema, resolve, depth)
        case "array":
            count = max(1, schema.get("minItems", 0)) if depth < DEEPEST else 0
            return [_sample(schema.get("items", {}), resolve, depth + 1) for _ in range(min(count, 100))]
        case "integer" | "number":
            least = schema.get("minimum", min(1, schema.get("maximum", 1)))
            return least + 1 if schema.get("exclusiveMinimum") else least
        case "boolean":
            return True
        case _:
            text = _TEXTS.get(schema.get("format", ""), "text").ljust(min(schema.get("minLength", 0), 1000), ".")
            return text[: schema.get("maxLength")]


def _object(schema: Mapping[str, Any], resolve: Resolve, depth: int) -> dict[str, Any]:
    properties: Mapping[str, Any] = schema.get("properties", {})
    required = schema.get("required", ())
    # Deep inside, only required members: a schema that contains itself would give a tree of thousands.
    names = [name for name in properties if depth < 3 or name in required]
    return {name: _sample(properties[name], resolve, depth + 1) for name in names}


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
