"""Test the contract data: find, check, select by prefix, pin readings."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract_tests.contract.loading import find_spec_folder, load_specification, resolve_refs
from contract_tests.contract.specification import SpecificationError, Treatment
from contract_tests.spec_gate import problems


def test_the_data_is_read() -> None:
    specification = load_specification()
    operation = specification.operations[0]
    assert (operation.id, operation.method, operation.path) == ("createLeadList", "POST", "/api/v1/entities/leadlists")
    assert set(operation.success_schemas) == {200, 201}
    assert operation.secured
    assert operation.request_example["startDate"] == "2024-01-01T00:00:00.000Z"
    assert specification.cookie_name == "__session"
    assert specification.clauses["request.name.required"].group == "request.name"
    assert specification.clauses["error.400.code"].group == "error"
    assert "request.name.descriptive" not in {clause.id for clause in specification.judged_clauses}


def test_the_optional_keys_of_clauses_and_readings_are_read() -> None:
    specification = load_specification()
    clauses, readings = specification.clauses, specification.readings
    assert (clauses["http.request.charset"].refused_with, clauses["request.name.type"].refused_with) == ((415,), ())
    assert (readings["empty-name"].usual, readings["surrounding-blanks"].usual) == ("accepted", "kept")
    assert (readings["other-media-types"].group, readings["empty-name"].group) == ("media-type", "")
    assert (readings["lone-surrogate"].seen_in, readings["empty-name"].seen_in) == ("response", "")
    assert readings["long-name"].limit.startswith("the mock has one limit")
    assert readings["empty-name"].limit == ""


def test_clauses_are_selected_by_prefix() -> None:
    specification = load_specification()
    assert specification.select(()) == set(specification.clauses)
    assert "request.name.type" in specification.select(["request.name"])
    assert specification.select(["error.400."]) == {"error.400.status", "error.400.code", "error.400.details"}
    with pytest.raises(SpecificationError, match=r"request\.nane"):
        specification.select(["request.nane"])


def test_readings_are_pinned() -> None:
    specification = load_specification()
    narrowed = specification.pin({"success-status": ["200"]}).readings["success-status"]
    assert (narrowed.treatment("200"), narrowed.treatment("201")) == (Treatment.PASS, Treatment.FAIL)
    assert specification.readings["success-status"].treatment("201") is Treatment.PASS
    with pytest.raises(SpecificationError, match=r"sucess-status.*did you mean success-status"):
        specification.pin({"sucess-status": ["200"]})
    with pytest.raises(SpecificationError, match=r"has no option '202'; it has 201, 200"):
        specification.pin({"success-status": ["202"]})


def test_refusals_of_a_reading() -> None:
    readings = load_specification().readings
    assert readings["unknown-icp"].refusal_statuses == {400, 403, 404}
    assert readings["empty-name"].refusal_statuses == {400}
    assert readings["date-echo"].refusal_statuses == set()
    assert readings["type-null"].must_refuse
    assert not readings["empty-name"].must_refuse
    assert not readings["malformed-login"].must_refuse


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("clauses.yaml", "- id: request.body.json", "- id: request.body.type", "is defined twice"),
        ("clauses.yaml", "kind: stated", "kinds: stated", "kinds"),
        ("readings.yaml", "clause: success.status", "clause: success.stat", "names no clause"),
        ("readings.yaml", "suite: {later: warn}", "suite: {latest: warn}", "treats options that it does not have"),
        ("readings.yaml", "- id: success-status", "- id: [", "cannot be read"),
    ],
)
def test_an_error_names_the_wrong_data(file: str, old: str, new: str, said: str, tmp_path: Path) -> None:
    folder = tmp_path / "spec"
    shutil.copytree(find_spec_folder(), folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SpecificationError, match=said) as caught:
        load_specification(folder)
    assert file in str(caught.value)


BOMB = "\n".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefg", "bcdefgh", strict=True))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 200_000, "line 1, column 201, .* nested deeper than 200 levels"),
        ('{"a":' * 200_000, "nested deeper than 200 levels"),
        ("- " * 200_000, "nested deeper than 200 levels"),
        (f"a: &a {'[' * 150}{']' * 150}\nb: {'[' * 150}*a{']' * 150}", "expand to more than 200 levels"),
        (f"a: &a [1]\n{BOMB}", "expand to more than 250000 values"),
        ("a: &a [*a]", "refers to a value that contains it"),
        ("- a\n" * 300_000, "more than 250000 values"),
        ("# " + "x" * (10 << 20), "larger than 10 MiB"),
        ("a: 1\nb: 2\na: 3", "line 3, column 1, .* the key 'a' is defined twice"),
        ("a: !!python/object/apply:os.system [exit]", "could not determine a constructor"),
        ("[1, 2]", "another form"),
        ("", "another form"),
    ],
)
def test_a_file_that_has_another_form_or_no_end_is_refused(text: str, said: str, tmp_path: Path) -> None:
    file = ("openapi.yaml", "clauses.yaml", "readings.yaml")[len(text) % 3]
    folder = tmp_path / "spec"
    shutil.copytree(find_spec_folder(), folder)
    (folder / file).write_text(text, encoding="utf-8")
    with pytest.raises(SpecificationError, match=said) as caught:
        load_specification(folder)
    assert file in str(caught.value)
    assert list(problems(folder))


@pytest.mark.parametrize(
    ("schemas", "said"),
    [
        ({"a": {"$ref": "other.yaml#/a"}}, "leaves the document"),
        ({"a": {"$ref": "http://127.0.0.1:9/a"}}, "leaves the document"),
        ({"a": {"$ref": "#/components/schemas/b"}}, "points to nothing"),
        ({"a": {"$ref": "#/components/schemas/a"}}, "leads to itself"),
        ({"a": {"x": {"$ref": "#/components/schemas/a"}}}, "leads to itself"),
        (
            {"abcdefghi"[i]: {str(n): {"$ref": f"#/components/schemas/{'bcdefghij'[i]}"} for n in range(9)}
             for i in range(9)} | {"j": {}},
            "expand to more than 250000 values",
        ),
    ],
)  # fmt: skip
def test_references_without_an_end_are_refused(schemas: Any, said: str, tmp_path: Path) -> None:
    folder = tmp_path / "spec"
    shutil.copytree(find_spec_folder(), folder)
    document = yaml.safe_load((folder / "openapi.yaml").read_text(encoding="utf-8"))
    document["paths"]["/api/v1/entities/leadlists"]["post"]["description"] = {"$ref": "#/components/schemas/a"}
    document["components"]["schemas"] |= schemas
    (folder / "openapi.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(SpecificationError, match=said):
        load_specification(folder)


def test_an_error_names_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(SpecificationError, match=r"openapi\.yaml"):
        load_specification(tmp_path)


def test_references_are_resolved() -> None:
    document = {"a~b": {"c/d": [1]}, "x": {"$ref": "#/a~0b/c~1d"}}
    assert resolve_refs({"y": [{"$ref": "#/x"}]}, document) == {"y": [[1]]}
