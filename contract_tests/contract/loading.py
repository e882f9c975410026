"""Load the contract from the files of `spec/`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

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
from contract_tests.contract.yaml_files import DEPTH_MOST, VALUES_MOST, load_yaml

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
    with _content_of(folder / "openapi.yaml") as document:
        check_references(document)
        operations, cookie_name = tuple(_operations(document)), _cookie_name(document)
    with _content_of(folder / "clauses.yaml") as sections:
        clauses = _clauses(sections, folder / "clauses.yaml")
    readings = {}
    with _content_of(folder / "readings.yaml") as entries:
        for entry in entries:
            reading = _reading(entry, folder / "readings.yaml")
            if unknown := [clause for clause in reading.clauses if clause not in clauses]:
                raise SpecificationError(f"{folder / 'readings.yaml'}: {reading.id} names no clause: {unknown[0]!r}")
            readings[reading.id] = reading
    return Specification(
        folder=folder,
        document=document,
        operations=operations,
        clauses=clauses,
        readings=readings,
        cookie_name=cookie_name,
        _sections={s: frozenset(c.id for c in clauses.values() if c.operation == s) for s in sections},
    )


@contextmanager
def _content_of(path: Path) -> Iterator[Any]:
    """Yield the content of a file; raise SpecificationError if what the block reads in it has another form."""
    content = load_yaml(path)
    try:
        yield content
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise SpecificationError(f"{path} has another form than the bundled file: {error!r}") from None


def _clauses(sections: Mapping[str, Any], path: Path) -> dict[str, Clause]:
    clauses: dict[str, Clause] = {}
    for section, entries in sections.items():
        for entry in entries:
            statuses = tuple(entry.get("refused_with", ()))
            clause = _build(Clause, {**entry, "operation": section, "refused_with": statuses}, path)
            if clause.kind not in KINDS:
                raise SpecificationError(f"{path}: {clause.id} has the unknown kind {clause.kind!r}")
            if clause.id in clauses:
                raise SpecificationError(f"{path}: {clause.id} is defined twice")
            clauses[clause.id] = clause
    return clauses


def check_references(document: Any) -> None:
    """Raise SpecificationError unless every `$ref` stays inside the document: no other file or URL is ever opened."""
    pending = [document]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            if isinstance(ref := node.get("$ref"), str):
                _target(ref, document)
            pending += node.values()
        elif isinstance(node, list):
            pending += node


def resolve_refs(node: Any, document: Mapping[str, Any]) -> Any:
    """Replace every local `$ref` in the node by its target; raise SpecificationError if that has no end."""
    return _Resolving(document).resolve(node, ())


class _Resolving:
    """Replaces the references of one node. A few lines can refer to each other so that they expand without end."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._made = 0

    def resolve(self, node: Any, inside: tuple[str, ...]) -> Any:
        """Return a node without references. inside: the references that lead to it."""
        self._made += 1
        if self._made > VALUES_MOST:
            raise SpecificationError(f"openapi.yaml: its references expand to more than {VALUES_MOST} values")
        if isinstance(node, dict):
            if isinstance(ref := node.get("$ref"), str):
                if ref in inside:
                    raise SpecificationError(f"openapi.yaml: $ref {ref} leads to itself")
                if len(inside) >= DEPTH_MOST:
                    raise SpecificationError(f"openapi.yaml: $ref {ref} is the last of more than {DEPTH_MOST}")
                return self.resolve(_target(ref, self._document), (*inside, ref))
            return {key: self.resolve(value, inside) for key, value in node.items()}
        if isinstance(node, list):
            return [self.resolve(item, inside) for item in node]
        return node


def _target(ref: str, document: Mapping[str, Any]) -> Any:
    if not ref.startswith("#/"):
        raise SpecificationError(f"openapi.yaml: $ref {ref} leaves the document; only #/… is supported")
    node: Any = document
    for part in ref.removeprefix("#/").split("/"):
        try:
            node = node[part.replace("~1", "/").replace("~0", "~")]
        except (KeyError, TypeError):
            raise SpecificationError(f"openapi.yaml: $ref {ref} points to nothing") from None
    return node


def _operations(document: Mapping[str, Any]) -> Iterable[Operation]:
    for path, item in document["paths"].items():
        if "{" in path:
            raise SpecificationError(
                f"openapi.yaml: {path} has a parameter in its path, which the suite does not support; remove this path"
            )
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
    refuses, shows = (
        {option: tuple(statuses) for option, statuses in entry.get(key, {}).items()} for key in ("refuses", "shows")
    )
    if unknown := (refuses.keys() | shows.keys()) - set(options):
        raise SpecificationError(
            f"{path}: {entry['id']} names statuses of options that it does not have: {sorted(unknown)}"
        )
    kept = {key: entry[key] for key in ("id", "clause", "question", "options")}
    mock = entry.get("mock", "")
    kept["usual"] = mock.get("page", "") if isinstance(mock, dict) else mock
    more = {
        "treatments": treatments,
        "refuses": refuses,
        "shows": shows,
        "form": entry.get("form", ""),
        "group": entry.get("group", ""),
        "also": tuple(entry.get("also", ())),
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
