"""Test that the spec gate detects each kind of error: break one thing at a time in a copy of the contract."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract_tests.contract.loading import find_spec_folder
from contract_tests.contract.yaml_files import load_yaml
from contract_tests.spec_gate import problems
from contract_tests.tests.conftest import ROOT
from contract_tests.tests.programs import npm_file

PATH = "/api/v1/entities/leadlists"
Change = Callable[[Any], None]


def post(document: Any) -> Any:
    return document["paths"][PATH]["post"]


def example(document: Any) -> Any:
    return post(document)["requestBody"]["content"]["application/json"]["examples"]["page"]["value"]


CHANGES: dict[str, tuple[str, Change, str]] = {
    "a request example without a required field": ("openapi", lambda d: example(d).pop("endDate"), "endDate"),
    "a request example with a bad date": ("openapi", lambda d: example(d).update(endDate="2024-02-30"), "date-time"),
    "a response example with a bad id": (
        "openapi",
        lambda d: d["components"]["examples"]["LeadList"]["value"].update(id="x"),
        "does not",
    ),
    "an undefined security scheme": ("openapi", lambda d: post(d)["security"].append({"nothing": []}), "nothing"),
    "a missing operationId": ("openapi", lambda d: post(d).pop("operationId"), "operationId"),
    "an operationId with a Python path": ("openapi", lambda d: post(d).update(operationId="a.b"), "operationId"),
    "an operationId twice": (
        "openapi",
        lambda d: d["paths"].update({"/x": {"post": {**post(d)}}}),
        "createLeadList",
    ),
    "a uuid without pattern": ("openapi", lambda d: d["components"]["schemas"]["Uuid"].pop("pattern"), "pattern"),
    "a status that is a number": (
        "openapi",
        lambda d: post(d)["responses"].update({418: {"description": "x"}}),
        "418",
    ),
    "a keyword that OpenAPI does not have": ("openapi", lambda d: d.update(opanapi=1), "opanapi"),
    "a clause without oracle": (
        "clauses",
        lambda d: d["createLeadList"].append(
            {"id": "response.colour.shade", "statement": "x", "place": "x", "kind": "stated"}
        ),
        "response.colour.shade",
    ),
    "a clause twice": ("clauses", lambda d: d["createLeadList"].append(d["createLeadList"][0]), "twice"),
    "a clause that an oracle speaks of is gone": (
        "clauses",
        lambda d: d.update({"every-operation": [c for c in d["every-operation"] if c["id"] != "error.message"]}),
        "error.message",
    ),
    "a reading of no clause": ("readings", lambda d: d[0].update(clause="success.nothing"), "success.nothing"),
    "a treatment of no option": ("readings", lambda d: d[0].update(suite={"204": "fail"}), "204"),
    "a shown option without a status": ("readings", lambda d: d[0].update(shows={"200": []}), "shows must name"),
    "a form that is not open": ("readings", lambda d: d[0].update(form="any"), "form must be open"),
    "a mock default that is no option": ("readings", lambda d: d[0].update(mock="204"), "success-status"),
}


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    folder = tmp_path / "spec"
    shutil.copytree(find_spec_folder(), folder)
    return folder


def test_the_contract_is_sound(spec: Path) -> None:
    assert list(problems(spec)) == []


@pytest.mark.parametrize("name", CHANGES)
def test_an_error_in_the_contract_is_reported(name: str, spec: Path) -> None:
    file, change, says = CHANGES[name]
    path = spec / f"{file}.yaml"
    data = load_yaml(path)
    change(data)
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    assert any(says in problem for problem in problems(spec)), list(problems(spec))


def test_an_unquoted_timestamp_is_reported(spec: Path) -> None:
    text = (spec / "openapi.yaml").read_text()
    (spec / "openapi.yaml").write_text(text.replace("'2024-01-01T00:00:00.000Z'", "2024-01-01T00:00:00.000Z"))
    assert any("timestamp" in problem for problem in problems(spec))


def test_the_command_prints_the_error_and_fails(spec: Path) -> None:
    command = [sys.executable, "-m", "contract_tests.spec_gate", str(spec)]
    assert subprocess.run(command, cwd=ROOT, capture_output=True).returncode == 0
    (spec / "readings.yaml").write_text("- id: [")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "readings.yaml" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.once
def test_a_change_of_the_contract_is_listed_with_the_version_that_it_needs(tmp_path: Path) -> None:
    npm_file("@redocly/cli/package.json")
    folder = shutil.copytree(find_spec_folder(), tmp_path / "spec")

    def git(*words: str) -> None:
        subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@x", *words], cwd=folder, check=True)

    def compare(base: str) -> subprocess.CompletedProcess[str]:
        command = [str(ROOT / ".ci" / "spec-diff"), base, str(folder)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)

    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message=x")
    openapi, clauses = folder / "openapi.yaml", folder / "clauses.yaml"
    openapi.write_text(openapi.read_text().replace("endDate, personIds]", "endDate, personIds, companyIds]"))
    clauses.write_text(clauses.read_text().replace("endDate is required.", "endDate is needed."))
    done = compare("HEAD")
    assert (done.returncode, "major bump (2.0.0)" in done.stdout) == (1, True), done.stdout + done.stderr
    assert "became required: `companyIds`" in done.stdout
    assert "+    statement: endDate is needed." in done.stdout
    openapi.write_text(openapi.read_text().replace("version: 1.0.0", "version: 2.0.0"))
    assert compare("HEAD").returncode == 0
    assert compare("nowhere").returncode == 2
