"""The selfcheck tells caught from missed and right from accused, and says so by table and exit code."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from contract_tests.selfcheck import Result, Subject, check, defects, right_servers
from contract_tests.settings import Settings
from contract_tests.specification import Specification
from contract_tests.tests.conftest import ROOT

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "contract_tests", "selfcheck", *arguments]
        return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=300)

    return call


def test_a_spread_of_defects_is_caught_and_no_right_server_accused(command: Command) -> None:
    done = command("--quick")
    numbers = re.fullmatch(r"caught (\d+)/(\d+), accused (\d+)/4", done.stdout.strip().splitlines()[-1])
    assert numbers, done.stdout + done.stderr
    caught, all_of_them, accused = map(int, numbers.groups())
    assert accused == 0
    # Which answer is the n-th depends on the order of arrival: one such defect may stay unseen in a run this short.
    assert caught >= all_of_them - 1 >= 25, done.stdout


def test_chosen_defects_alone(command: Command) -> None:
    done = command("--defect", "id-missing", "--defect", "name-missing")
    assert done.returncode == 0
    assert done.stdout.strip().endswith("caught 2/2, accused 0/0")


def test_an_unknown_defect_is_named(command: Command) -> None:
    done = command("--defect", "no-such-defect")
    assert done.returncode == 2
    assert "no-such-defect" in done.stderr


def test_a_missed_defect_and_an_accused_server_are_wrong(specification: Specification) -> None:
    missed = Subject("x", ("--defect", "id-missing"), "shape", "easy", "response.name.echo")
    accused = Subject("x", ("--defect", "id-missing"))
    results = {result.subject: result for result in check([missed, accused], Settings("http://x"), specification)}
    assert not results[missed].right
    assert not results[accused].right
    assert "response.id.required" in results[accused].broken


def test_a_result_is_right_when_the_clause_is_named_or_nobody_is() -> None:
    assert Result(Subject("x", (), clause="a"), ("b", "a")).right
    assert not Result(Subject("x", (), clause="a"), ("b",)).right
    assert Result(Subject("x", ()), ()).right


def test_right_servers_cover_every_option_of_every_reading(specification: Specification) -> None:
    ids = {subject.id for subject in right_servers(specification)}
    assert {f"{r.id}={option}" for r in specification.readings.values() for option in r.options} <= ids
    assert len(defects(classes=["shape"])) > 10
