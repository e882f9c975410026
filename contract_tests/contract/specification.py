"""Load the contract from `spec/` as frozen values: operations, clauses and readings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml

EVERY_OPERATION = "every-operation"
KINDS = ("stated", "shown", "inferred")
# The subjects of readings other than the body: the login, the media type, the transport.
GROUPS = ("login", "media-type", "transport")
T = TypeVar("T")
HTTP_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class SpecificationError(Exception):
    """The contract data, or a choice from it, is invalid; the message names the problem and the place."""


class Treatment(StrEnum):
    """The result of a run for an observed option: pass, warn or fail."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Clause:
    """One documented statement."""

    id: str
    statement: str
    place: str
    kind: Literal["stated", "shown", "inferred"]
    operation: str
    rfc: str | None = None
    unjudged: str | None = None
    advisory: bool = False  # a breach only warns, because the API page does not forbid it
    needs: str = ""  # the option of a run that the clause needs to be judged
    refused_with: tuple[int, ...] = ()  # statuses besides 400 that say the server does not support this

    @property
    def group(self) -> str:
        """The first word of the ID, or the first two for a clause of a request or response field."""
        words = self.id.split(".")
        return ".".join(words[:2]) if words[0] in {"request", "response"} else words[0]


@dataclass(frozen=True, slots=True)
class Reading:
    """One open question of the API page, with the treatment of each option."""

    id: str
    clause: str
    question: str
    options: Mapping[str, str]
    treatments: Mapping[str, Treatment]
    refuses: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # refusing option -> its statuses
    group: str = ""  # one of GROUPS, or none: the request's body decides
    usual: str = ""  # the option that the mock follows
    limit: str = ""  # what the mock cannot follow of an option other than its default
    seen_in: str = ""  # "response": only a field of the response shows which option the server follows

    def treatment(self, option: str) -> Treatment:
        """Return the treatment of an option; other correct behaviour passes as well."""
        return self.treatments.get(option, Treatment.PASS)

    @property
    def refusals(self) -> tuple[str, ...]:
        """The options with which the server refuses the request."""
        return tuple(self.refuses)

    @property
    def refusal_statuses(self) -> frozenset[int]:
        """The statuses with which an accepted option refuses."""
        accepted = (o for o in self.refuses if self.treatment(o) is not Treatment.FAIL)
        return frozenset(status for option in accepted for status in self.refuses[option])

    def refusing_option(self, status: int) -> str | None:
        """Return the option that a refusal with this status shows; None if it could be one of several."""
        named = [option for option, statuses in self.refuses.items() if status in statuses]
        options = named or list(self.refuses)
        return options[0] if len(options) == 1 else None

    @property
    def must_refuse(self) -> bool:
        """Whether every accepted option refuses the request."""
        taking = [option for option in self.options if option not in self.refusals]
        return bool(self.refusals and taking) and all(self.treatment(o) is Treatment.FAIL for o in taking)

    def pinned(self, options: Iterable[str]) -> Reading:
        """Return the same question with only these options accepted."""
        chosen = tuple(options)
        for option in chosen:
            if option not in self.options:
                known = ", ".join(self.options)
                raise SpecificationError(f"reading {self.id} has no option {option!r}; it has {known}")
        return replace(self, treatments={o: Treatment.PASS if o in chosen else Treatment.FAIL for o in self.options})


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the contract, with schemas without `$ref`."""

    id: str
    method: str
    path: str
    request_schema: Mapping[str, Any] | None
    request_example: Any
    success_schemas: Mapping[int, Mapping[str, Any]]
    secured: bool


@dataclass(frozen=True)
class Specification:
    """The whole contract data."""

    folder: Path
    document: Mapping[str, Any]
    operations: tuple[Operation, ...]
    clauses: Mapping[str, Clause]
    readings: Mapping[str, Reading]
    cookie_name: str
    _sections: Mapping[str, frozenset[str]] = field(repr=False)

    def clause_for(self, operation: Operation | None, *rules: str) -> str | None:
        """Return the ID of the first of the rules that is a clause of the operation or of every operation.

        A clause of a further operation can have the operationId as a prefix: the rule `request.text.required` of
        `createNote` is then the clause `createNote.request.text.required`.
        """
        own = self._sections.get(operation.id, frozenset()) if operation else frozenset()
        for rule in rules:
            if operation and f"{operation.id}.{rule}" in own:
                return f"{operation.id}.{rule}"
            if rule in own or rule in self._sections[EVERY_OPERATION]:
                return rule
        return None

    def clause(self, clause_id: str) -> Clause:
        """Return the clause with this ID; raise SpecificationError if there is none."""
        if clause_id not in self.clauses:
            raise SpecificationError(f"no clause is called {clause_id!r}{_near(clause_id, self.clauses)}")
        return self.clauses[clause_id]

    def select(self, prefixes: Iterable[str]) -> frozenset[str]:
        """Return the IDs of the clauses that start with one of the prefixes; all if there is none."""
        wanted = tuple(prefixes)
        for prefix in wanted:
            if not any(clause.startswith(prefix) for clause in self.clauses):
                raise SpecificationError(f"no clause begins with {prefix!r}{_near(prefix, self.clauses)}")
        return frozenset(c for c in self.clauses if not wanted or c.startswith(wanted))

    def pin(self, choices: Mapping[str, Iterable[str]]) -> Specification:
        """Return the same contract with some readings pinned to the given options."""
        readings = dict(self.readings)
        for reading_id, options in choices.items():
            if reading_id not in readings:
                raise SpecificationError(f"no reading is called {reading_id!r}{_near(reading_id, readings)}")
            readings[reading_id] = readings[reading_id].pinned(options)
        return replace(self, readings=readings)

    @cached_property
    def judged_clauses(self) -> tuple[Clause, ...]:
        """The clauses that need an oracle."""
        return tuple(c for c in self.clauses.values() if c.unjudged is None)


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


def _near(word: str, known: Iterable[str]) -> str:
    matches = [each for each in known if each.startswith(word)][:3] or get_close_matches(word, list(known), n=3)
    return f"; did you mean {' or '.join(matches)}?" if matches else ""
