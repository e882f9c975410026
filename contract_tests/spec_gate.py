"""Check the contract data: with openapi-spec-validator, and with rules that it lacks."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from openapi_spec_validator import OpenAPIV30SpecValidator

from contract_tests.composition.suites import SUITES, load_suites
from contract_tests.contract.loading import check_references, find_spec_folder, load_specification, resolve_refs
from contract_tests.contract.specification import GROUPS, HTTP_METHODS, Specification, SpecificationError
from contract_tests.contract.terms import Terms
from contract_tests.contract.yaml_files import load_yaml
from contract_tests.operation_suite import OperationSuite, judge_with
from contract_tests.settings.values import Settings, UsageError

PROFILES = frozenset({"page", "strict"})


def problems(folder: Path, suites: tuple[OperationSuite, ...] = SUITES) -> Iterator[str]:
    """Yield a sentence for each problem of the files of a spec folder and of the oracles for it."""
    try:
        yield from _changed_types(folder)
        document = load_yaml(folder / "openapi.yaml")
        check_references(document)
        if unquoted := list(_statuses(document)):
            yield from unquoted  # the validator would fail on them
            return
        yield from _openapi(document)
        yield from _operations(document, suites)
        yield from _examples(document)
        yield from _uuid_patterns(document, "")
        yield from _oracles(load_specification(folder), suites)
        yield from _options(folder)
    except SpecificationError as error:
        yield str(error)
    except (AttributeError, LookupError, RecursionError, TypeError) as error:
        yield f"{folder}: a file has another form than the bundled one: {error!r}"


def _changed_types(folder: Path) -> Iterator[str]:
    """Find unquoted timestamps: they are text in some YAML parsers and dates in others."""
    for path in sorted(folder.glob("*.yaml")):
        ours = load_yaml(path)
        if yaml.safe_load(path.read_text(encoding="utf-8")) != ours:
            yield f"{path.name}: a value looks like a timestamp and is not quoted"


def _openapi(document: Mapping[str, Any]) -> Iterator[str]:
    for error in OpenAPIV30SpecValidator(dict(document)).iter_errors():
        yield f"openapi.yaml: {'/'.join(map(str, error.absolute_path))}: {error.message}"


def _operations(document: Mapping[str, Any], suites: tuple[OperationSuite, ...]) -> Iterator[str]:
    schemes = document.get("components", {}).get("securitySchemes", {})
    ids: Counter[str] = Counter()
    for path, method, operation in _each_operation(document):
        ids[str(operation.get("operationId"))] += 1
        if not str(operation.get("operationId", "")).isidentifier():
            yield f"openapi.yaml: {method} {path}: the operationId is missing or not a plain word"
        for requirement in operation.get("security", document.get("security", ())):
            yield from (
                f"openapi.yaml: {path}: no security scheme {name!r}" for name in requirement if name not in schemes
            )
    for name in sorted({suite.operation for suite in suites} - set(ids)):
        yield f"openapi.yaml: no operation is called {name}, which the suite has a plan for"
    yield from (f"openapi.yaml: operationId {name} occurs {count} times" for name, count in ids.items() if count > 1)


def _statuses(document: Mapping[str, Any]) -> Iterator[str]:
    for path, _, operation in _each_operation(document):
        for status in operation.get("responses", {}):
            if not isinstance(status, str):
                yield f"openapi.yaml: {path}: the response {status} is not quoted"


def _each_operation(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in document["paths"].items():
        for method in HTTP_METHODS:
            if method in item:
                yield path, method.upper(), item[method]


def _examples(document: Mapping[str, Any]) -> Iterator[str]:
    """Check that every example of a body fits its schema, formats included."""
    for path, method, operation in _each_operation(document):
        resolved = resolve_refs(operation, document)
        parts = {"request": resolved.get("requestBody", {}), **resolved.get("responses", {})}
        for where, part in parts.items():
            for media in part.get("content", {}).values():
                examples = {name: example["value"] for name, example in media.get("examples", {}).items()}
                if "example" in media:
                    examples["example"] = media["example"]
                validator = OAS30Validator(media["schema"], format_checker=oas30_format_checker)
                for name, value in examples.items():
                    for error in validator.iter_errors(value):
                        yield f"openapi.yaml: {method} {path} {where}: example {name} does not fit: {error.message}"


def _uuid_patterns(node: Any, place: str) -> Iterator[str]:
    """Find UUIDs without a pattern: validators of OpenAPI 3.0 can ignore `format: uuid`, but not `pattern`."""
    if isinstance(node, dict):
        if node.get("format") == "uuid" and "pattern" not in node:
            yield f"openapi.yaml: {place}: format uuid without a pattern"
        for key, value in node.items():
            yield from _uuid_patterns(value, f"{place}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _uuid_patterns(value, f"{place}/{index}")


def _oracles(specification: Specification, suites: tuple[OperationSuite, ...]) -> Iterator[str]:
    """Check that every clause has an oracle, a reading or a reason, and every oracle an existing clause."""
    asked = {reading.clause for reading in specification.readings.values()}
    terms = Terms.of(specification, Settings(""))
    of_all = judge_with(terms, ()).patterns
    existing = {operation.id for operation in specification.operations}
    suites = tuple(suite for suite in suites if suite.operation in existing)  # `_operations` reports the others
    of_each = {suite.operation: judge_with(terms, (suite,)).patterns - of_all for suite in suites}
    unmet = {("", pattern) for pattern in of_all} | {(name, each) for name in of_each for each in of_each[name]}
    for clause in specification.clauses.values():
        rule = clause.id.removeprefix(f"{clause.operation}.")
        judging = {("", pattern) for pattern in of_all if fnmatchcase(rule, pattern)} | {
            (clause.operation, pattern) for pattern in of_each.get(clause.operation, ()) if fnmatchcase(rule, pattern)
        }
        unmet -= judging
        if not judging and clause.id not in asked and clause in specification.judged_clauses:
            yield f"clauses.yaml: {clause.id} has neither an oracle nor a reason in `unjudged`"
    for name, pattern in sorted(unmet):
        yield f"an oracle judges {pattern}, which is not a clause{f' of {name}' if name else ''}"


def _options(folder: Path) -> Iterator[str]:
    """Check that each profile of the mock follows an option, and that refusing options name their statuses."""
    for entry in load_yaml(folder / "readings.yaml"):
        where, options = f"readings.yaml: {entry['id']}", entry["options"]
        choice = entry.get("mock")
        chosen = choice if isinstance(choice, dict) else dict.fromkeys(PROFILES, choice)
        if set(chosen) != PROFILES or not set(chosen.values()) <= set(options):
            yield f"{where}: mock must name one of its options, or one for each profile"
        if entry.get("group", GROUPS[0]) not in GROUPS:
            yield f"{where}: group must be one of {', '.join(GROUPS)}"
        refuses = entry.get("refuses", {})
        for option in options:
            if (option == "refused" or (option.isdigit() and int(option) >= 400)) and option not in refuses:
                yield f"{where}: refuses must name the statuses of option {option}"
        for option, statuses in entry.get("shows", {}).items():
            if option in refuses or not statuses or not all(isinstance(status, int) for status in statuses):
                yield f"{where}: shows must name the statuses of option {option}, which does not refuse the request"
        if entry.get("form", "open") != "open":
            yield f"{where}: form must be open, or missing"
        for option, statuses in refuses.items():
            if not statuses or not all(isinstance(status, int) and 400 <= status < 500 for status in statuses):
                yield f"{where}: refuses must name statuses from 400 to 499 for option {option}"


def main() -> None:
    """Print the problems and exit with 1, or print that the contract is sound."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else find_spec_folder()
    try:
        found = list(problems(folder, load_suites(os.environ.get("LEADLISTS_SUITE", "").split())))
    except UsageError as error:
        found = [str(error)]
    for problem in found:
        print(problem, file=sys.stderr)
    if found:
        sys.exit(1)
    specification = load_specification(folder)
    print(f"The contract is sound: {len(specification.clauses)} clauses, {len(specification.readings)} readings.")


if __name__ == "__main__":
    main()
