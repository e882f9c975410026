"""Remove the extensions (`x-…`) of a document: no part of the mock reads them, and Connexion would import functions."""

from __future__ import annotations

from typing import Any

_DATA = frozenset({"default", "enum", "example", "examples", "value"})  # may hold anything, also keys of OpenAPI
# The members of these objects have names that the author of the document chose, such as X-Request-Id.
_NAMED = frozenset(
    {
        "$defs", "callbacks", "content", "encoding", "headers", "links", "mapping", "parameters", "pathItems", "paths",
        "patternProperties", "properties", "requestBodies", "responses", "schemas", "scopes", "security",
        "securitySchemes", "variables",
    }
)  # fmt: skip


def without_extensions(node: Any, *, is_named: bool = False) -> Any:
    """Return a copy of an object of OpenAPI without its extensions; is_named: its keys are names."""
    if isinstance(node, list):
        return [without_extensions(each, is_named=is_named) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        key: value
        if key in _DATA and not is_named
        else without_extensions(value, is_named=key in _NAMED and not is_named)
        for key, value in node.items()
        if is_named or not str(key).startswith("x-")
    }
