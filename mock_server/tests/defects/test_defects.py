"""Test the catalogue of defects, and the command that lists and serves them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
import yaml

from mock_server.defects import catalogue
from mock_server.settings.values import SettingError
from mock_server.tests.conftest import PAGE, ROOT, StartMock

RunCli = Callable[..., subprocess.CompletedProcess[str]]

ALL = [defect for module in catalogue.MODULES for defect in module.DEFECTS]
GROUPS = {
    "shape", "echo", "defaults", "server-made", "access", "mass-assignment", "sign-in", "validation", "over-refusal",
    "errors", "parser", "method-and-media-type", "state", "transport",
}  # fmt: skip


def test_defect_ids_are_unique() -> None:
    assert len(ALL) == len(catalogue.CATALOGUE) >= 150
    assert all(defect.id == defect.id.lower() and " " not in defect.id for defect in ALL)


def test_every_defect_breaks_a_clause_that_is_judged() -> None:
    sections = yaml.safe_load((ROOT / "spec" / "clauses.yaml").read_text())
    judged = {clause["id"] for section in sections.values() for clause in section if "unjudged" not in clause}
    assert {defect.clause for defect in ALL} <= judged


def test_there_are_defects_of_every_class_and_difficulty() -> None:
    assert {defect.group for defect in ALL} == GROUPS
    count = {word: sum(defect.difficulty == word for defect in ALL) for word in ("easy", "medium", "hard")}
    assert sum(count.values()) == len(ALL)
    assert count["hard"] >= 30


def test_every_description_is_one_short_sentence() -> None:
    for defect in ALL:
        assert len(defect.description) <= 100, defect.id
        assert defect.description.endswith("."), defect.id


def test_the_error_for_an_unknown_defect_suggests_similar_ones(run_cli: RunCli) -> None:
    with pytest.raises(SettingError, match='no defect "id-mising"; did you mean id-missing'):
        catalogue.find("id-mising")
    ended = run_cli("--defect", "id-mising")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "did you mean id-missing" in ended.stderr


def test_a_broken_mock_prints_a_warning(start_mock: StartMock) -> None:
    running = start_mock("--defect", "id-missing")
    assert "id" not in running.post(json=PAGE).json()
    running.process.terminate()
    _, told = running.process.communicate(timeout=60)
    assert (
        told == "leadlists-mock: BROKEN ON PURPOSE: id-missing breaks response.id.required: The response has no id.\n"
    )


def test_a_mock_can_have_several_defects(start_mock: StartMock) -> None:
    running = start_mock("--defect", "name-cut-at-64", "--defect", "id-missing", "--defect", "id-missing")
    created = running.post(json=PAGE | {"name": "x" * 70}).json()
    assert ("id" in created, len(created["name"])) == (False, 64)
    running.process.terminate()
    _, told = running.process.communicate(timeout=60)
    assert [line.split()[4] for line in told.splitlines()] == ["name-cut-at-64", "id-missing"]


def test_the_list_is_plain_when_piped_and_json_when_asked(run_cli: RunCli) -> None:
    table, array = run_cli("defects").stdout, json.loads(run_cli("defects", "--json").stdout)
    assert len(table.splitlines()) == len(array) == len(ALL)
    assert "\x1b" not in table
    assert array[0] == {
        "id": "id-missing",
        "class": "shape",
        "difficulty": "easy",
        "clause": "response.id.required",
        "description": "The response has no id.",
    }


def test_a_mock_without_a_defect_does_not_load_the_catalogue() -> None:
    code = "import sys, mock_server.cli; print([name for name in sys.modules if 'defect' in name])"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True, timeout=60
    )
    assert ended.stdout == "[]\n"
