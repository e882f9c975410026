"""Read a YAML or JSON file that a user gives: bounded in size, depth and aliases, and without a key twice."""

from __future__ import annotations

import pickle
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import ComposerError

from contract_tests.contract.specification import SpecificationError

FILE_MOST_BYTES = 10 * 2**20
VALUES_MOST = 250_000  # each alias counted as often as it is used; the bundled files have five thousand
DEPTH_MOST = 200  # the parser, which is written in C, crashes at some ten thousand


class _PlainLoader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """A YAML loader that keeps unquoted timestamps as text."""

    def construct_document(self, node: yaml.Node) -> Any:
        _Sizes().add(node)
        return super().construct_document(node)


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load_yaml(path: Path) -> Any:
    """Return the content of a YAML file, with timestamps as text; raise SpecificationError."""
    try:
        with path.open("rb") as file:
            source = file.read(FILE_MOST_BYTES + 1)
        if len(source) > FILE_MOST_BYTES:
            raise SpecificationError(f"{path} cannot be read: it is larger than {FILE_MOST_BYTES // 2**20} MiB")
        return pickle.loads(_parsed(source))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}," if mark else ""
        raise SpecificationError(f"{path}{place} cannot be read as YAML: {error.problem}") from None
    except OSError as error:
        raise SpecificationError(f"{path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise SpecificationError(f"{path} cannot be read as YAML: {' '.join(str(error).split())}") from None


@lru_cache(maxsize=8)
def _parsed(source: bytes) -> bytes:
    """Return the pickled content of YAML: tests load one spec many times, and copying is ten times faster."""
    _check_events(source)
    return pickle.dumps(yaml.load(source, Loader=_PlainLoader))


def _check_events(source: bytes) -> None:
    """Refuse a document before it is built: an event takes little memory, and no stack."""
    depth = 0
    for count, event in enumerate(yaml.parse(source, Loader=_PlainLoader)):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEPTH_MOST:
            raise _error(f"it is nested deeper than {DEPTH_MOST} levels", event.start_mark)
        if count > VALUES_MOST:
            raise _error(f"it has more than {VALUES_MOST} values", event.start_mark)


_SCALAR = (1, 1)


class _Sizes:
    """The number of values and of levels in each node of a document, with aliases expanded."""

    def __init__(self) -> None:
        self._sizes: dict[yaml.Node, tuple[int, int] | None] = {}  # None: for the nodes that contain the current one

    def add(self, node: yaml.Node) -> tuple[int, int]:
        """Count the values and the levels of a node; raise ComposerError if they are too many or have no end."""
        if node in self._sizes:
            known = self._sizes[node]
            if known is None:
                raise _error("an alias refers to a value that contains it", node.start_mark)
            return known
        self._sizes[node] = None
        parts = [_SCALAR if isinstance(part, yaml.ScalarNode) else self.add(part) for part in _parts(node)]
        values, levels = 1 + sum(each for each, _ in parts), 1 + max((each for _, each in parts), default=0)
        if values > VALUES_MOST:
            raise _error(f"its aliases expand to more than {VALUES_MOST} values", node.start_mark)
        if levels > DEPTH_MOST + 1:
            raise _error(f"its aliases expand to more than {DEPTH_MOST} levels", node.start_mark)
        self._sizes[node] = values, levels
        return values, levels


def _parts(node: yaml.Node) -> list[yaml.Node]:
    """Return the parts of a node; raise ComposerError if it has a key twice."""
    if not isinstance(node, yaml.MappingNode):
        return node.value if isinstance(node, yaml.SequenceNode) else []
    seen = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            if (key.tag, key.value) in seen:
                raise _error(f"the key {key.value!r} is defined twice", key.start_mark)
            seen.add((key.tag, key.value))
    return [part for pair in node.value for part in pair]


def _error(problem: str, mark: Any) -> ComposerError:
    return ComposerError(None, None, problem, mark)
