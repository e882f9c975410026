"""Find the spec folder and read its YAML files safely."""

from __future__ import annotations

import itertools
import json
import pickle
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import ComposerError

LINE_CHARACTERS = 300
FILE_MOST_BYTES = 10 * 2**20
VALUES_MOST = 250_000  # of a YAML file, each alias counted as often as it is used; the bundled spec has a thousand
DEPTH_MOST = 200  # of a YAML file; the parser, which is written in C, crashes at some ten thousand


class SpecError(Exception):
    """The mock cannot serve the spec; the message says what to change."""


class _PlainLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # base chosen at run time
    """A safe YAML loader that keeps timestamps as strings, as in JSON, and refuses endless aliases and equal keys."""

    def construct_document(self, node: yaml.Node) -> Any:
        _Sizes().add(node)
        return super().construct_document(node)


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path) -> Any:
    """Return the content of a YAML file as JSON types; raise SpecError."""
    return read_with_source(path)[0]


def read_with_source(path: Path) -> tuple[Any, bytes]:
    """Return the content of a YAML file and its bytes."""
    try:
        with path.open("rb") as file:
            source = file.read(FILE_MOST_BYTES + 1)
        if len(source) > FILE_MOST_BYTES:
            raise SpecError(f"{path} cannot be read: it is larger than {FILE_MOST_BYTES // 2**20} MiB")
        return content_of(source), source
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}," if mark else ""
        raise SpecError(f"{path}{place} cannot be read as YAML: {error.problem}") from None
    except OSError as error:
        raise SpecError(f"{path} cannot be read: {error.strerror}") from None
    except RecursionError:
        raise SpecError(f"{path} cannot be read: it is nested too deeply") from None
    except (yaml.YAMLError, ValueError) as error:
        raise SpecError(f"{path} cannot be read: {shortened(str(error))}") from None


def content_of(source: bytes) -> Any:
    """Return the content of YAML as JSON types; raise yaml.YAMLError."""
    return pickle.loads(_parsed(source))


@lru_cache(maxsize=8)
def _parsed(source: bytes) -> bytes:
    """Return the pickled content of a YAML file: tests make many mocks of one spec, and copying is ten times faster."""
    if source.lstrip().startswith(b"{"):
        try:  # YAML has no surrogate pairs, with which JSON writers escape an emoji
            content = json.loads(source, object_pairs_hook=_unique)
            _check_json(content)
            return pickle.dumps(content)
        except (ValueError, RecursionError):
            pass  # YAML in the same style, or an error that it explains better
    _check_events(source)
    return pickle.dumps(yaml.load(source, Loader=_PlainLoader))


def _check_json(content: Any) -> None:
    """Raise ValueError if the content is too deep or too large."""
    pending = [(content, 1)]
    for count in itertools.count():
        if not pending:
            return
        node, depth = pending.pop()
        if count > VALUES_MOST or depth > DEPTH_MOST:
            raise ValueError("too deep or too large")
        if isinstance(node, dict | list):
            pending.extend((each, depth + 1) for each in (node.values() if isinstance(node, dict) else node))


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(members)) < len(members):
        raise ValueError("a key is defined twice")
    return found


def _check_events(source: bytes) -> None:
    """Raise yaml.YAMLError if a document is too deep or too large to be loaded: each event takes constant memory."""
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
        parts = [self.add(part) for part in _parts(node)]
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


def find_spec_dir(named: str | None = None) -> Path:
    """Return the spec folder: the named one, else the one in the package (wheel) or next to it (clone)."""
    if named is not None:
        if Path(named).is_file():
            raise SpecError(f"--spec: {named} is a file; name its folder, in which it must be called openapi.yaml")
        if not (Path(named) / "openapi.yaml").is_file():
            if (Path(named) / "openapi.json").is_file():
                raise SpecError(f"--spec: rename openapi.json in {named} to openapi.yaml, which can be JSON")
            raise SpecError(f"--spec: {named} has no openapi.yaml; name a folder that has one")
        return Path(named)
    package = Path(__file__).resolve().parent.parent
    candidates = (package / "spec", package.parent / "spec")
    for candidate in candidates:
        if (candidate / "openapi.yaml").is_file():
            return candidate
    raise SpecError(f"there is no openapi.yaml in {candidates[0]} or {candidates[1]}; name its folder with --spec")


def shortened(text: str) -> str:
    """Return a text on one line, cut after LINE_CHARACTERS."""
    line = " ".join(text.split())
    return line if len(line) <= LINE_CHARACTERS else f"{line[: LINE_CHARACTERS - 1]}…"
