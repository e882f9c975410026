"""Load a contract of two small operations from a folder, and report errors in a wrong one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from contract_tests.contract import loading, specification
from contract_tests.contract.loading import find_spec_folder, load_specification
from contract_tests.contract.specification import Operation, SpecificationError, Treatment
from contract_tests.contract.yaml_files import load_yaml

CREATED = {"type": "object", "required": ["id"]}
DOCUMENT: dict[str, Any] = {
    "security": [{"key": []}],
    "paths": {
        "/a": {
            "summary": "all about a",
            "post": {
                "operationId": "make",
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/A"}, "example": {"x": 1}},
                        "text/plain": {"schema": {}},
                    }
                },
                "responses": {
                    "201": {"content": {"application/json": {"schema": CREATED}}},
                    "202": {"content": {"text/plain": {"schema": {}}}},
                    "204": {"description": "nothing"},
                    "400": {"content": {"application/json": {"schema": {}}}},
                },
            },
            "get": {"operationId": "look", "security": [], "responses": {}},
        },
        "/b": {
            "put": {
                "operationId": "set",
                "requestBody": {
                    "content": {"application/json": {"examples": {"one": {"value": 1}, "two": {"value": 2}}}}
                },
                "responses": {},
            }
        },
    },
    "components": {
        "schemas": {"A": {"type": "object"}},
        "securitySchemes": {"bearer": {"type": "http"}, "key": {"in": "cookie", "name": "sid"}},
    },
}
CLAUSE = {"statement": "It holds.", "place": "A", "kind": "stated"}
CLAUSES = {
    "every-operation": [{"id": "error.code", **CLAUSE}],
    "make": [{"id": "request.x.type", **CLAUSE}, {"id": "make.request.y.type", **CLAUSE, "unjudged": "not possible"}],
}
READING = {"id": "q", "clause": "error.code", "question": "Which?", "options": {"a": "one", "b": "two"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path)
    return tmp_path


def write(folder: Path, document: Any = DOCUMENT, clauses: Any = CLAUSES, readings: Any = (READING,)) -> None:
    for name, data in (("openapi", document), ("clauses", clauses), ("readings", list(readings))):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")


def test_operations_are_read_in_the_order_of_the_paths(folder: Path) -> None:
    read = load_specification(folder)
    assert read.operations == (
        Operation("look", "GET", "/a", None, None, {}, False),
        Operation("make", "POST", "/a", {"type": "object"}, {"x": 1}, {201: CREATED}, True),
        Operation("set", "PUT", "/b", None, 1, {}, True),
    )
    assert (read.cookie_name, read.folder, read.document) == ("sid", folder, DOCUMENT)


@pytest.mark.parametrize(
    "components", [{}, {"securitySchemes": {}}, {"securitySchemes": {"key": {"in": "header", "name": "X"}, "b": {}}}]
)
def test_without_a_cookie_in_the_contract_the_usual_name_is_used(components: Any, folder: Path) -> None:
    write(folder, {**DOCUMENT, "paths": {}, "components": components})
    assert load_specification(folder).cookie_name == "__session"
    write(folder, {"paths": {}})
    assert load_specification(folder).cookie_name == "__session"


def test_a_clause_is_found_for_its_operation_and_one_of_all_for_each(folder: Path) -> None:
    read = load_specification(folder)
    look, make, _ = read.operations
    assert read.clause_for(make, "request.x.type") == "request.x.type"
    assert read.clause_for(make, "no", "request.y.type") == "make.request.y.type"
    assert read.clause_for(look, "request.x.type") is None
    assert read.clause_for(None, "request.x.type", "error.code") == read.clause_for(look, "error.code") == "error.code"
    assert [clause.id for clause in read.judged_clauses] == ["error.code", "request.x.type"]
    assert {clause.operation for clause in read.clauses.values()} == set(CLAUSES)


def test_an_option_passes_unless_the_data_treats_it_otherwise(folder: Path) -> None:
    write(folder, readings=[{**READING, "suite": {"b": "warn"}}])
    reading = load_specification(folder).readings["q"]
    assert (reading.treatments, reading.options) == ({"a": Treatment.PASS, "b": Treatment.WARN}, READING["options"])
    assert (reading.clause, reading.question) == ("error.code", "Which?")


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a kind that there is not": (
        {"clauses": {"every-operation": [{"id": "x", **CLAUSE, "kind": "guessed"}]}},
        "clauses.yaml: x has the unknown kind 'guessed'",
    ),
    "an id twice": ({"clauses": {"a": [{"id": "x", **CLAUSE}] * 2}}, "clauses.yaml: x is defined twice"),
    "a field too few": (
        {"clauses": {"a": [{"id": "x"}]}},
        "clauses.yaml: entry x: Clause.__init__() missing 3 required positional arguments: "
        "'statement', 'place', and 'kind'",
    ),
    "no id": (
        {"clauses": {"a": [CLAUSE]}},
        "clauses.yaml: entry ?: Clause.__init__() missing 1 required positional argument: 'id'",
    ),
    "a reading of no clause": (
        {"readings": [{**READING, "clause": "z"}]},
        "readings.yaml: q names no clause: 'z'",
    ),
    "a reading that also concerns no clause": (
        {"readings": [{**READING, "also": ["error.code", "z"]}]},
        "readings.yaml: q names no clause: 'z'",
    ),
    "an option that there is not": (
        {"readings": [{**READING, "suite": {"d": "warn", "c": "warn", "a": "pass"}}]},
        "readings.yaml: q treats options that it does not have: ['c', 'd']",
    ),
}


@pytest.mark.parametrize(("data", "said"), WRONG.values(), ids=WRONG.keys())
def test_the_error_for_wrong_data_is_complete(data: dict[str, Any], said: str, folder: Path) -> None:
    write(folder, **data)
    with pytest.raises(SpecificationError) as caught:
        load_specification(folder)
    assert str(caught.value) == f"{folder}/{said}"


def test_the_error_suggests_a_similar_name(folder: Path) -> None:
    read = load_specification(folder)
    with pytest.raises(SpecificationError) as caught:
        read.select(["eror.code"])
    assert str(caught.value) == "no clause begins with 'eror.code'; did you mean error.code?"
    with pytest.raises(SpecificationError) as caught:
        read.clause("error.co")
    assert str(caught.value) == "no clause is called 'error.co'; did you mean error.code?"
    with pytest.raises(SpecificationError) as caught:
        read.pin({"zzz": ["a"]})
    assert str(caught.value) == "no reading is called 'zzz'"
    assert specification._near("ab", ["abc", "abd", "x", "y"]) == "; did you mean abc or abd?"
    assert specification._near("ab", ["abc", "abd", "abe", "abf"]).count("ab") == 3


def test_a_timestamp_stays_the_text_that_it_is_and_text_is_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes("at: 2030-01-01T00:00:00Z\nname: Größe\n".encode())
    assert load_yaml(file) == {"at": "2030-01-01T00:00:00Z", "name": "Größe"}
    with pytest.raises(SpecificationError, match=r"b\.yaml cannot be read: "):
        load_yaml(tmp_path / "b.yaml")


def test_the_contract_is_searched_in_the_package_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "package"
    monkeypatch.setattr(loading, "__file__", str(package / "contract" / "loading.py"))
    with pytest.raises(SpecificationError) as caught:
        find_spec_folder()
    assert str(caught.value) == f"the contract data (spec/openapi.yaml) is missing next to {package}"
    for folder in (tmp_path / "spec", package / "spec"):
        folder.mkdir(parents=True)
        write(folder)
        assert find_spec_folder() == folder
