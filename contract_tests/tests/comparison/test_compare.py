"""Compare real servers: equal ones, ones that follow other readings, one with a defect, one that is gone."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from contract_tests.comparison.forms import form
from contract_tests.tests.conftest import ROOT, mock_process
from contract_tests.tests.starting import finished
from contract_tests.tests.test_cli import environment

SIGNED_IN = ("--bearer=xyz789-session",)


def compare(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    done = finished("contract_tests", "compare", *arguments, env=environment(**variables))
    assert "Traceback" not in done.stdout + done.stderr
    return done


def readings_that_differ_between(one: str, other: str) -> set[str]:
    """The readings of which the two profiles of the mock follow different options, from the contract's data."""
    found = yaml.safe_load((ROOT / "spec" / "readings.yaml").read_text(encoding="utf-8"))
    profiles = {entry["id"]: entry["mock"] for entry in found if isinstance(entry["mock"], dict)}
    return {reading for reading, mock in profiles.items() if mock[one] != mock[other]}


def test_two_profiles_of_the_mock_differ_in_exactly_their_readings_and_a_folder_is_used_once(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    reports = [f"--report={name}" for name in ("json", "markdown", "html")]
    with mock_process() as page, mock_process("--profile=strict") as strict:
        done = compare(page, strict, *SIGNED_IN, f"--run-folder={folder}", *reports)
        again = compare(page, strict, *SIGNED_IN, f"--run-folder={folder}")
    assert (again.returncode, "holds another run" in again.stderr) == (2, True), again.stderr
    assert done.returncode == 1, done.stdout + done.stderr
    report = json.loads((folder / "comparison.json").read_text())
    found = {(each["kind"], each["id"]) for each in report["differences"]}
    expected = readings_that_differ_between("page", "strict")
    assert len(expected) > 3
    assert found == {("reading", reading) for reading in expected}
    assert {each["id"]: (each["a"], each["b"]) for each in report["differences"]}["blank-name"] == (
        "accepted",
        "refused",
    )
    assert all(each["parts"][0] == ["status", "201", "400"] for each in report["differences"])
    assert '"companyIds":[1]' not in done.stdout  # both refuse it
    for name in ("comparison.md", "comparison.html"):
        written = (folder / name).read_text()
        assert all(reading in written for reading in expected)
        assert "xyz789" not in written
    assert all((folder / server / "run.ndjson").exists() for server in ("a", "b"))


def test_equal_servers_do_the_same_though_ids_and_clocks_differ() -> None:
    with mock_process() as one, mock_process("--seed", "7") as other:
        done = compare(one, other, *SIGNED_IN)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^The two servers do the same: \d{3} requests to each\.$", done.stdout, re.MULTILINE)


def test_a_defect_of_one_server_with_another_login_is_a_difference_in_a_clause(tmp_path: Path) -> None:
    user = "--user=user_xyz789=another-session"
    with mock_process() as right, mock_process("--defect=name-cut-at-64", user) as wrong:
        login = (*SIGNED_IN, "--b-bearer=another-session")
        done = compare(right, wrong, *login, f"--report=json={tmp_path / 'found.json'}")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "-session" not in done.stdout
    report = json.loads((tmp_path / "found.json").read_text())
    assert {(each["kind"], each["id"]) for each in report["differences"]} == {("clause", "response.name.echo")}
    assert report["differences"][0]["a"] == "held"


@pytest.mark.parametrize("gone_first", [True, False])
def test_a_server_that_is_gone_cannot_be_compared(right_url: str, gone_first: bool) -> None:
    urls = ["http://127.0.0.1:9", right_url] if gone_first else [right_url, "http://127.0.0.1:9"]
    done = compare(*urls, "--bearer=token-1")
    assert done.returncode == 3, done.stdout + done.stderr
    assert f"Server {'A' if gone_first else 'B'} cannot be compared" in done.stdout
    assert "Readings in which" not in done.stdout


def test_an_unknown_format_is_wrong_usage() -> None:
    done = compare("http://127.0.0.1:9", "http://127.0.0.1:9", "--report=pdf")
    assert (done.returncode, "choose json, markdown, html" in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0b7a1c52-93f4-4d0e-8a6b-5e2f7c9d1a34", "a UUID of version 4"),
        ("2030-01-01T00:00:00.000Z", "a time with 3 decimals and Z"),
        ("2030-01-01T00:00:00+00:00", "a time with 0 decimals and an offset"),
        ("wl_123", "a text"),
        ("", "an empty text"),
        (7, "a number"),
        (True, "true or false"),
        (None, "null"),
    ],
)
def test_values_that_a_server_makes_are_compared_by_their_form(value: object, expected: str) -> None:
    assert form(value) == expected
