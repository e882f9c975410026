"""Find the spec folder and read its YAML files safely."""

from __future__ import annotations

import pickle
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

LINE_CHARACTERS = 300


class SpecError(Exception):
    """The mock cannot serve the spec; the message says what to change."""


class _PlainLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # base chosen at run time
    """A safe YAML loader that keeps timestamps as strings, as in JSON."""


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
    except (yaml.YAMLError, ValueError) as error:
        raise SpecError(f"{path} cannot be read: {shortened(str(error))}") from None


def content_of(source: bytes) -> Any:
    """Return the content of YAML as JSON types; raise yaml.YAMLError."""
    return pickle.loads(_parsed(source))


@lru_cache(maxsize=8)
def _parsed(source: bytes) -> bytes:
    """Return the pickled content of a YAML file: tests make many mocks of one spec, and copying is ten times faster."""
    return pickle.dumps(yaml.load(source, Loader=_PlainLoader))


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
