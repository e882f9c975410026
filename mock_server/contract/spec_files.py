"""Find the spec folder and read its YAML files safely."""

from __future__ import annotations

import pickle
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import ComposerError

LINE_CHARACTERS = 300
VALUES_MOST = 1_000_000  # of a YAML file, each alias counted as often as it is used


class SpecError(Exception):
    """The mock cannot serve the spec; the message says what to change."""


class _PlainLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # base chosen at run time
    """A safe YAML loader that keeps timestamps as strings, as in JSON, and refuses aliases that would not end."""

    def construct_document(self, node: yaml.Node) -> Any:
        _check_aliases(node)
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
        source = path.read_bytes()
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
    return pickle.dumps(yaml.load(source, Loader=_PlainLoader))


def _check_aliases(root: yaml.Node) -> None:
    """Raise yaml.YAMLError if aliases form a loop, or a file of a few lines expands to more than VALUES_MOST values."""
    sizes: dict[yaml.Node, int] = {}
    unfinished: set[yaml.Node] = set()  # the nodes that contain the current one
    pending = [(root, False)]
    while pending:
        node, is_counted = pending.pop()
        parts = _parts(node)
        if is_counted:
            unfinished.discard(node)
            sizes[node] = 1 + sum(sizes[part] for part in parts)
            if sizes[node] > VALUES_MOST:
                raise ComposerError(
                    None, None, f"its aliases expand to more than {VALUES_MOST} values", node.start_mark
                )
        elif node in unfinished:
            raise ComposerError(None, None, "an alias refers to a value that contains it", node.start_mark)
        elif node not in sizes:
            unfinished.add(node)
            pending.append((node, True))
            pending += [(part, False) for part in parts]


def _parts(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def find_spec_dir(named: str | None = None) -> Path:
    """Return the spec folder: the named one, else the one in the package (wheel) or next to it (clone)."""
    if named is not None:
        if not (Path(named) / "openapi.yaml").is_file():
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
