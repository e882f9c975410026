"""Follow and check the `$ref`s of a document: each must lead to a value in it, and they must not expand without end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mock_server.contract.spec_files import SpecError

ALTERNATIVES_MOST = 20_000  # schemas that apply to one value; real ones have some hundred at most
_IN_PLACE = ("allOf", "anyOf", "oneOf")


def look_up(document: Mapping[str, Any], reference: str) -> Any:
    """Return the node of the document that a `$ref` points to; raise SpecError."""
    node: Any = document
    for part in reference.removeprefix("#/").split("/"):
        try:
            node = node[part.replace("~1", "/").replace("~0", "~")]
        except (KeyError, TypeError):
            raise SpecError(f"$ref {reference} points to nothing") from None
    return node


def check_references(document: Mapping[str, Any]) -> None:
    """Raise SpecError unless every `$ref` stays inside the document: loading a spec opens no further file or URL."""
    counts = _Counts(document)
    for node in _mappings(document):
        reference = node.get("$ref")
        if isinstance(reference, str):
            if not reference.startswith("#/"):
                raise SpecError(
                    f"$ref {reference} leaves the document: bundle its files into one, for example with redocly bundle"
                )
            _check_end(document, reference)
            if counts.of(node) > ALTERNATIVES_MOST:
                raise SpecError(
                    f"$ref {reference} expands to more than {ALTERNATIVES_MOST} schemas for one value; its allOf, "
                    "anyOf and oneOf contain each other too often"
                )


class _Counts:
    """How many schemas apply to the same value, with `$ref`s expanded. One that contains itself counts once."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._known: dict[int, int] = {}  # by the identity of a node

    def of(self, node: Any) -> int:
        """Return the number for a node of the document."""
        if not isinstance(node, dict):
            return 1
        if id(node) not in self._known:
            self._known[id(node)] = 1
            parts = [part for keyword in _IN_PLACE if isinstance(node.get(keyword), list) for part in node[keyword]]
            if isinstance(node.get("$ref"), str) and node["$ref"].startswith("#/"):
                parts.append(look_up(self._document, node["$ref"]))
            self._known[id(node)] = 1 + sum(self.of(part) for part in parts)
        return self._known[id(node)]


def _check_end(document: Mapping[str, Any], reference: str) -> None:
    """Raise SpecError unless a `$ref` leads to a node that is not a `$ref`."""
    passed: list[Any] = []
    node: Any = {"$ref": reference}
    while isinstance(node, dict) and isinstance(node.get("$ref"), str):
        if node["$ref"] in passed:
            raise SpecError(f"$ref {reference} leads to itself")
        passed.append(node["$ref"])
        node = look_up(document, node["$ref"])


def _mappings(node: Any) -> Iterator[Mapping[str, Any]]:
    pending = [node]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            yield node
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
