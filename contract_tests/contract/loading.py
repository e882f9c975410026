"""Load the contract from the files of `spec/`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml

from contract_tests.contract.specification import (
    HTTP_METHODS,
    KINDS,
    Clause,
    Operation,
    Reading,
    Specification,
    SpecificationError,
    Treatment,
)

T = TypeVar("T")


def find_spec_folder() -> Path:
    """Return the spec folder of this package: inside it in a wheel, next to it in a clone."""
    here = Path(__file__).resolve().parent.parent
    for folder in (here / "spec", here.parent / "spec"):
        if (folder / "openapi.yaml").is_file():
            return folder
    raise SpecificationError(f"the contract data (spec/openapi.yaml) is missing next to {here}")


def load_specification(folder: Path | None = None) -> Specification:
    """Read `openapi.yaml`, `clauses.yaml` and `readings.yaml` from the folder.

    Raise SpecificationError with the file and the invalid entry.
    """
    folder = folder or find_spec_folder()
    document = load_yaml(folder / "openapi.yaml")
    sections = load_yaml(folder / "clauses.yaml")
    operations = tuple(_operations(document))
    clauses: dict[str, Clause] = {}
    for section, entries in sections.items():
        for entry in entries:
            statuses = tuple(entry.get("refused_with", ()))
            clause = _build(Clause, {**entry, "operation": section, "refused_with": statuses}, folder / "clauses.yaml")
            if clause.kind not in KINDS:
                raise SpecificationError(f"{folder / 'clauses.yaml'}: {clause.id} is of no kind: {clause.kind!r}")
            if clause.id in clauses:
                raise SpecificationError(f"{folder / 'clauses.yaml'}: {clause.id} is there twice")
            clauses[clause.id] = clause
    readings = {}
    for entry in load_yaml(folder / "readings.yaml"):
        reading = _reading(entry, folder / "readings.yaml")
        if reading.clause not in clauses:
            raise SpecificationError(f"{folder / 'readings.yaml'}: {reading.id} names no clause: {reading.clause!r}")
        readings[reading.id] = reading
    return Specification(
        folder=folder,
        document=document,
        operations=operations,
        clauses=clauses,
        readings=readings,
        cookie_name=_cookie_name(document),
        _sections={s: frozenset(c.id for c in clauses.values() if c.operation == s) for s in sections},
    )


class _PlainLoader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """A YAML loader that keeps unquoted timestamps as text."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load_yaml(path: Path) -> Any:
    """Return the content of a YAML file, with timestamps as text."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_PlainLoader)
    except (OSError, yaml.YAMLError) as error:
        raise SpecificationError(f"{path} cannot be read: {error}") from None


def resolve_refs(node: Any, document: Mapping[str, Any]) -> Any:
    """Replace every local `$ref` in the node by its target."""
    if isinstance(node, dict):
        if isinstance(ref := node.get("$ref"), str):
            target: Any = document
            for part in ref.removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            return resolve_refs(target, document)
        return {key: resolve_refs(value, document) for key, value in node.items()}
    if isinstance(node, list):
        return [resolve_refs(item, document) for item in node]
    return node


def _operations(document: Mapping[str, Any]) -> Iterable[Operation]:
    for path, item in document["paths"].items():
        for method in HTTP_METHODS:
            if method not in item:
                continue
            raw = resolve_refs(item[method], document)
            content = raw.get("requestBody", {}).get("content", {}).get("application/json", {})
            examples = [e["value"] for e in content.get("examples", {}).values()]
            yield Operation(
                id=raw["operationId"],
                method=method.upper(),
                path=path,
                request_schema=content.get("schema"),
                request_example=examples[0] if examples else content.get("example"),
                success_schemas={
                    int(status): response["content"]["application/json"]["schema"]
                    for status, response in raw["responses"].items()
                    if status.startswith("2") and "application/json" in response.get("content", {})
                },
                secured=bool(raw.get("security", document.get("security"))),
            )


def _reading(entry: dict[str, Any], path: Path) -> Reading:
    options = entry["options"]
    suite = entry.get("suite", {})
    if unknown := set(suite) - set(options):
        raise SpecificationError(f"{path}: {entry['id']} treats options that it does not have: {sorted(unknown)}")
    treatments = {option: Treatment(suite.get(option, "pass")) for option in options}
    refuses = {option: tuple(statuses) for option, statuses in entry.get("refuses", {}).items()}
    if unknown := set(refuses) - set(options):
        raise SpecificationError(
            f"{path}: {entry['id']} refuses under options that it does not have: {sorted(unknown)}"
        )
    kept = {key: entry[key] for key in ("id", "clause", "question", "options")}
    mock = entry.get("mock", "")
    kept["usual"] = mock.get("page", "") if isinstance(mock, dict) else mock
    more = {
        "treatments": treatments,
        "refuses": refuses,
        "group": entry.get("group", ""),
        "seen_in": entry.get("seen_in", ""),
        "limit": entry.get("limit", ""),
    }
    return _build(Reading, {**kept, **more}, path)


def _build(kind: type[T], entry: dict[str, Any], path: Path) -> T:
    try:
        return kind(**entry)
    except TypeError as error:
        raise SpecificationError(f"{path}: entry {entry.get('id', '?')}: {error}") from None


def _cookie_name(document: Mapping[str, Any]) -> str:
    schemes = document.get("components", {}).get("securitySchemes", {})
    return next((s["name"] for s in schemes.values() if s.get("in") == "cookie"), "__session")
