"""Test that the selfcheck counts detected defects and false positives, in its table and exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from contract_tests.contract.specification import Specification
from contract_tests.contract.yaml_files import load_yaml
from contract_tests.report.selfcheck import confusion, promised, summary, watch
from contract_tests.selfcheck import subjects
from contract_tests.selfcheck.check import Result, check
from contract_tests.selfcheck.subjects import FOREIGN, MOCK, RIGHT, Subject, breaking_several, known_servers
from contract_tests.settings.values import Depth, Settings
from contract_tests.tests.conftest import ROOT
from contract_tests.tests.starting import finished

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return finished("contract_tests", "selfcheck", *arguments, cwd=ROOT, env=os.environ)

    return call


def test_the_sample_has_defects_of_every_class(specification: Specification) -> None:
    every, sample = (known_servers(specification, {}, quick=quick) for quick in (False, True))
    assert {subject.kind for subject in sample} == {subject.kind for subject in every} - {FOREIGN}
    assert 20 <= len([subject for subject in sample if subject.clause]) <= 40
    assert len([subject for subject in sample if subject.clause is None]) <= 5


def test_an_error_names_an_unknown_defect(command: Command) -> None:
    done = command("--defect", "no-such-defect")
    assert done.returncode == 2
    assert "no-such-defect" in done.stderr


def test_only_the_selected_servers_are_judged_and_the_mock_follows_the_readings_that_are_pinned(
    command: Command,
) -> None:
    selected = ("--defect", "page, 200", "--defect", "id-missing", "--defect", "name-cut-at-100")
    done = command("--quick", "--reading", "success-status=200", *selected)
    assert done.returncode == 0
    assert done.stdout.strip().endswith("detected 2/2, false positives 0/1"), done.stdout + done.stderr


def test_a_missed_defect_and_a_false_positive_fail() -> None:
    broken = (*MOCK, "--defect", "id-missing")
    missed = Subject("x", broken, "shape", "easy", "response.name.echo")
    wrongly_reported = Subject("x", broken)
    settings = Settings("http://x", depth=Depth.QUICK)
    results = {result.subject.kind: result for result in check([missed, wrongly_reported], settings)}
    assert not results["shape"].right
    assert not results[RIGHT].right
    assert "response.id.required" in results[RIGHT].broken


def test_a_server_that_cannot_be_judged_fails() -> None:
    missed = Subject("x", MOCK, "shape", "easy", "success.created", carriers=())
    results = list(check([missed, Subject("x", MOCK, carriers=())], Settings("http://x", depth=Depth.QUICK)))
    assert [result.right for result in results] == [False, False]
    watch(results, 2, Console(file=(printed := StringIO())))
    assert "not judged: the correct server x: http://" in printed.getvalue()


def test_a_result_passes_if_the_clause_is_reported_or_a_correct_server_has_no_findings() -> None:
    subject = Subject("x", (), clause="a")
    assert Result(subject, ("b", "a")).right
    assert Result(subject, (), ("a",)).right
    assert not Result(subject, ("b",)).right
    assert Result(replace(subject, clause=None), ()).right


def test_correct_servers_cover_every_option_of_every_reading(specification: Specification) -> None:
    right = {subject.id: subject for subject in known_servers(specification, {}) if subject.clause is None}
    several = sum(len(reading.options) - 1 for reading in specification.readings.values())
    assert sum("=" in id for id in right) == several
    assert sum(len(subject.seeds) == 5 for subject in right.values()) >= 12


def test_there_are_defects_of_every_class_and_difficulty(specification: Specification) -> None:
    faulty = [subject for subject in known_servers(specification, {}) if subject.clause]
    assert len(faulty) >= 500
    assert {subject.difficulty for subject in faulty} == {"easy", "medium", "hard"}
    assert len({subject.id for subject in faulty}) == len(faulty)


JUDGE_THAT_IS_KILLED = """
import os, signal
from contract_tests.selfcheck.serving import serve
from contract_tests.selfcheck.subjects import MOCK, Subject

if __name__ == "__main__":
    with serve(Subject("x", MOCK)) as ready:
        print(ready["pid"], flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


CHECK_THAT_IS_KILLED = """
import multiprocessing, os, signal
from contract_tests.selfcheck.check import check
from contract_tests.selfcheck.subjects import MOCK, Subject
from contract_tests.settings.values import Depth, Settings

if __name__ == "__main__":
    faulty = Subject("x", (*MOCK, "--defect", "status-202"), clause="success.status")
    for result in check([faulty], Settings("http://127.0.0.1", depth=Depth.QUICK)):
        print(multiprocessing.active_children()[0].pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("program", [JUDGE_THAT_IS_KILLED, CHECK_THAT_IS_KILLED], ids=["its judge", "the selfcheck"])
def test_no_process_outlives_the_one_that_started_it(program: str, tmp_path: Path) -> None:
    judge = tmp_path / "judge.py"
    judge.write_text(program)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    killed = subprocess.run([sys.executable, judge], env=environment, stdout=subprocess.PIPE, text=True, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 20
    while _is_alive(int(killed.stdout)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def result_of(
    id: str, clause: str | None, *named: str, kind: str = "shape", also: tuple[str, ...] = (), group: str = ""
) -> Result:
    return Result(Subject(id, (), kind, "easy", clause, also=also, group=group), named)


def test_the_confusion_lists_clauses_on_other_subjects_than_the_defect() -> None:
    results = [
        result_of("one", "response.id.type", "response.id.type", "response.id.format"),  # the same field
        result_of("two", "response.id.type", "response.id.type", "success.created"),
        result_of("three", "response.id.type", "success.created"),
        result_of("four", "response.id.type", "success.created", also=("success.status",)),
        result_of("five", None, "success.created"),
    ]
    instead = "success.created instead of response.id.type: three"
    assert confusion(results) == [
        "Other clauses that 4 runs named: 2, and 0 expected ones",
        instead,
        "success.created next to response.id.type: two",
    ]
    assert confusion(results, ["two", "three"]) == [
        "Other clauses that 4 runs named: 1, and 1 expected ones",
        instead,  # a missed defect is never expected
    ]


def test_the_servers_that_break_several_clauses_exist_and_are_listed_once(specification: Specification) -> None:
    entries = load_yaml(Path(subjects.__file__).with_name("several_clauses.yaml"))
    listed = [server for entry in entries for server in entry["servers"]]
    assert len(set(listed)) == len(listed)
    assert breaking_several() == set(listed)
    assert breaking_several() <= {subject.id for subject in known_servers(specification, {})}


def test_the_foreign_sets_are_counted_apart_and_decide_only_if_alone() -> None:
    own, missed = result_of("one", "a", "a"), result_of("two", "a", "b", kind=FOREIGN, group="set 2")
    found = result_of("three", "a", "a", kind=FOREIGN, group="set 1")
    lines = ["foreign, set 1: detected 1/1", "foreign, set 2: detected 0/1"]
    assert summary([own, missed, found]).splitlines() == [*lines, "own catalogue: detected 1/1, false positives 0/0"]
    assert promised([own, missed]) == [own]
    assert promised([missed]) == [missed]
    assert summary([missed]) == lines[1]


@pytest.mark.long
def test_a_run_for_the_confusion_goes_on_after_the_defect(command: Command) -> None:
    done = command("--depth", "quick", "--defect", "escapes-kept", "--confusion")
    assert "Other clauses that 1 runs named: 0, and 1 expected ones" in done.stdout, done.stdout
