"""The plugin among a team's own tests, in processes of their own: what it adds, what it leaves alone, what it says."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from contract_tests.tests.conftest import ROOT, USERS
from contract_tests.tests.readmes import python_with
from contract_tests.tests.servers.faulty_servers import FAULTY_SERVERS
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.starting import loaded
from contract_tests.tests.test_cli import environment

Pytest = Callable[..., subprocess.CompletedProcess[str]]
QUICK = ("--leadlists-bearer=token-1", "--leadlists-user-id=user_1", "--leadlists-depth=quick")
FEW = ("--leadlists-clauses=request.name",)
HURRY = ("--leadlists-max-time=1", "--leadlists-rate=10")
APP = """
from contract_tests.tests.servers.right_core import RightCore

def create():
    return RightCore({"token-1": "user_1"})
"""
LIVE_SERVER = """
import pytest, types

@pytest.fixture(scope="session")
def live_server():
    return types.SimpleNamespace(url="{url}")
"""


@pytest.fixture
def run_pytest(tmp_path: Path) -> Pytest:
    """`pytest -p contract_tests.plugin …` in a folder with one test of the team's own."""
    (tmp_path / "test_theirs.py").write_text("def test_theirs(): pass\n")

    def call(*arguments: str, with_schemathesis: bool = False, **variables: str) -> subprocess.CompletedProcess[str]:
        others = [] if with_schemathesis else ["-p", "no:schemathesis"]  # that plugin takes half of the start
        known = ["-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"]  # in a forked process
        command = [*loaded("pytest"), "-p", "contract_tests.plugin", *known, *others, *arguments]
        variables = {"SENDS_ONE_IN": "8", **variables}
        return subprocess.run(
            command, cwd=tmp_path, env=environment(**variables), capture_output=True, text=True, timeout=120
        )

    return call


def test_the_suite_is_added_to_the_teams_own_tests(run_pytest: Pytest, right_url: str) -> None:
    done = run_pytest(f"--leadlists-url={right_url}", *QUICK, *FEW, "-v", with_schemathesis=True)
    assert done.returncode == 0, done.stdout
    assert "test_theirs.py::test_theirs PASSED" in done.stdout
    assert "test_clause[request.name.required] PASSED" in done.stdout
    assert "leadlists: 5 clauses added to the tests" in done.stdout
    assert "This server follows: " in done.stdout


def test_a_variable_alone_adds_nothing_and_says_so(run_pytest: Pytest, right_url: str) -> None:
    done = run_pytest(LEADLISTS_URL=right_url)
    assert done.returncode == 0
    assert "1 passed" in done.stdout
    assert "the suite is added only by --leadlists" in done.stdout


def test_without_a_target_other_tests_run_alone(run_pytest: Pytest) -> None:
    done = run_pytest()
    assert done.returncode == 0
    assert "1 passed" in done.stdout
    assert "leadlists" not in done.stdout


def test_the_fixture_of_the_readme_gives_the_url(run_pytest: Pytest, right_url: str, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(LIVE_SERVER.format(url=right_url) + python_with("live_server"))
    done = run_pytest("--leadlists", *QUICK, *FEW)
    assert done.returncode == 0, done.stdout
    assert "6 passed" in done.stdout


def test_an_app_of_the_teams_own_is_served_for_the_run(run_pytest: Pytest, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(APP)
    done = run_pytest("--leadlists", "--leadlists-app=shop:create", *QUICK, *FEW, "-n", "2")
    assert done.returncode == 0, done.stdout
    assert "6 passed" in done.stdout
    done = run_pytest("--leadlists", "--leadlists-app=shop:creates", *QUICK, *FEW)
    assert done.returncode == 1
    assert "UsageError: --app shop:creates: shop has no 'creates'; there is 'create'" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_asked_for_without_a_target_is_one_sentence(run_pytest: Pytest) -> None:
    done = run_pytest("--leadlists", *QUICK, *FEW)
    assert done.returncode == 1
    assert "give --leadlists-url URL, --leadlists-app MODULE:NAME, or a session fixture" in done.stdout


def test_junit_names_are_the_same_wherever_the_kit_is_installed(
    run_pytest: Pytest, right_url: str, tmp_path: Path
) -> None:
    """Outside or inside the root folder of the tests, to which pytest relates the names of files."""
    found = []
    for processes, rootdir in (("0", tmp_path), ("2", ROOT)):
        flags = ("-n", processes, f"--rootdir={rootdir}", "--junitxml=junit.xml")
        done = run_pytest(f"--leadlists-url={right_url}", *QUICK, *FEW, *flags)
        assert done.returncode == 0, done.stdout
        assert "6 passed" in done.stdout
        cases = Xml.parse(tmp_path / "junit.xml").iter("testcase")
        names = {(str(case.get("classname")), str(case.get("name"))) for case in cases}
        found.append({name for name in names if name[1] != "test_theirs"})
    assert found[0] == found[1]
    assert ("contract_tests.suite.test_clauses", "test_clause[request.name.required]") in found[0]
    assert len(list(tmp_path.glob(".leadlists/runs/*"))) == 2  # two processes share one run and its verdicts


def test_a_broken_clause_is_a_failing_test_that_is_run_again_with_the_teams_own_failures(
    run_pytest: Pytest, tmp_path: Path
) -> None:
    (tmp_path / "test_theirs.py").write_text("def test_theirs(): assert False\ndef test_well(): pass\n")
    app = next(server.app for server in FAULTY_SERVERS if server.name == "end-date-optional")
    with serve(app(USERS)) as url:
        flags = (f"--leadlists-url={url}", *QUICK, "--leadlists-clauses=request.endDate")
        done = run_pytest(*flags)
        assert (done.returncode, "2 failed, " in done.stdout) == (1, True), done.stdout
        assert "test_clause[request.endDate.required]" in done.stdout
        assert "expected  400" in done.stdout
        done = run_pytest(*flags, "--lf")
        assert "2 failed" in done.stdout
        assert "passed" not in done.stdout
        (name,) = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("FAILED contract_tests")]
        done = run_pytest(*flags, name)
        assert "1 failed in" in done.stdout, done.stdout + done.stderr


def test_wrong_credentials_are_one_sentence_and_exit_3(run_pytest: Pytest, right_url: str) -> None:
    done = run_pytest(f"--leadlists-url={right_url}", "--leadlists-bearer=wrong", *FEW)
    assert done.returncode == 3
    assert "the given login is not accepted" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_wrong_credentials_are_one_sentence_with_several_processes_too(run_pytest: Pytest, right_url: str) -> None:
    pytest.importorskip("xdist")
    done = run_pytest(f"--leadlists-url={right_url}", "--leadlists-bearer=wrong", *FEW, "-n", "2")
    assert done.returncode == 3, done.stdout
    assert "1 passed, 5 skipped" in done.stdout
    assert done.stdout.count("the given login is not accepted") == 1
    assert "INTERNALERROR" not in done.stdout + done.stderr


FAILING_RUN = """
from contract_tests.engine.traffic import Traffic

def judge_together(self):
    raise KeyError("a mistake")

Traffic.judge_together = judge_together
"""


def test_a_run_that_fails_itself_passes_no_test_of_any_process(
    run_pytest: Pytest, right_url: str, tmp_path: Path
) -> None:
    (tmp_path / "conftest.py").write_text(FAILING_RUN)
    done = run_pytest(f"--leadlists-url={right_url}", *QUICK, *FEW, "-n", "2")
    assert done.returncode == 1, done.stdout
    assert "1 passed" in done.stdout  # of the team's own
    assert "The run itself failed: KeyError: 'a mistake'" in done.stdout


def test_too_little_time_passes_no_test_of_any_process(run_pytest: Pytest, right_url: str) -> None:
    done = run_pytest(f"--leadlists-url={right_url}", *QUICK, *FEW, *HURRY, "-n", "2")
    assert done.returncode == 3, done.stdout
    assert "1 passed, 5 skipped" in done.stdout


def test_what_is_only_collected_sends_nothing(run_pytest: Pytest) -> None:
    done = run_pytest("--leadlists-url=http://127.0.0.1:1", *QUICK, *FEW, "--collect-only", "-q")
    assert done.returncode == 0
    assert "test_clause[request.name.required]" in done.stdout
