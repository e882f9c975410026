"""Run the code and read the data that the READMEs show."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract_tests.contract.deviations import load_deviations
from contract_tests.contract.loading import load_specification
from contract_tests.contract.terms import Terms
from contract_tests.judging.judge import Judge
from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.operation_suite import judge_with
from contract_tests.requests.plan import Sender
from contract_tests.results.record_reading import read_result
from contract_tests.results.result import RunResult
from contract_tests.settings.sources import gather
from contract_tests.settings.values import Session, Settings
from contract_tests.target.exchange import Exchange, Response
from contract_tests.tests.readmes import called, of_language, python_with
from contract_tests.tests.shell import ROOT
from contract_tests.tests.starting import finished
from contract_tests.tests.test_cli import environment


def test_the_file_of_accepted_breaches_can_be_read(tmp_path: Path) -> None:
    (content,) = [content for content in of_language("toml") if "[[deviation]]" in content]
    (tmp_path / "known.toml").write_text(content)
    (entry,) = load_deviations(tmp_path / "known.toml", load_specification())
    assert entry.clause == "response.name.echo"


def test_both_commands_read_the_settings_file(tmp_path: Path) -> None:
    (content,) = [content for content in of_language("toml") if "[contract]" in content]
    assert set(tomllib.loads(content)) == {"mock", "contract"}
    (tmp_path / "leadlists.toml").write_text(content)
    settings = gather({"bearer": "token-1", "second_bearer": "token-2"}, folder=tmp_path)
    assert settings.first.user_id == "ana"
    assert settings.second is not None
    told = called("-m", "mock_server", "readings", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert "  * refused: answers 400" in told.stdout.partition("empty-name:")[2].partition("blank-name:")[0]


def test_the_pytest_fixture_works_as_shown(tmp_path: Path) -> None:
    (tmp_path / "test_page.py").write_text(python_with("lead_list_mock"))
    done = called("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis", "test_page.py", cwd=tmp_path)
    assert "1 passed" in done.stdout, done.stdout


SERVE = """
import socket, sys
import uvicorn

listener = socket.create_server(("127.0.0.1", 0))
print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
uvicorn.Server(uvicorn.Config(app, lifespan="on", log_level="error")).run(sockets=[listener])
"""


@pytest.fixture
def second_endpoint(tmp_path: Path) -> Path:
    """Copy the parts of the clone that the mock needs, and add the spec entries of the README."""
    shutil.copytree(ROOT / "spec", tmp_path / "spec")
    shutil.copytree(
        ROOT / "mock_server", tmp_path / "mock_server", ignore=shutil.ignore_patterns("tests", "__pycache__")
    )
    path, clauses = of_language("yaml")
    document: dict[str, Any] = yaml.safe_load((tmp_path / "spec" / "openapi.yaml").read_text())
    document["paths"] |= yaml.safe_load(path)
    (tmp_path / "spec" / "openapi.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    with (tmp_path / "spec" / "clauses.yaml").open("a") as file:
        file.write(clauses)
    return tmp_path


def _judge(folder: Path, url: str) -> tuple[RunResult, Judge]:
    """Judge the second endpoint by the command of the README, with its suite; return the result and the judge."""
    (folder / "notes_suite.py").write_text(code := python_with("OperationSuite("))
    (line,) = [line for content in of_language("sh") for line in content.splitlines() if "notes_suite:NOTES" in line]
    words = line.replace("http://127.0.0.1:8080", url).split()[1:]
    variables = environment(LEADLISTS_BEARER="xyz789-session", LEADLISTS_DEPTH="quick", SENDS_ONE_IN="8")
    done = finished("contract_tests", *words, "--run-folder=run", env=variables, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    names: dict[str, Any] = {}
    exec(code, names)
    settings = Settings(url, Session("first", bearer="xyz789-session"), spec_folder=folder / "spec")
    judge = judge_with(Terms.of(load_specification(settings.spec_folder), settings), (names["NOTES"],))
    return read_result(folder / "run"), judge


def test_the_second_endpoint_is_served_and_judged(second_endpoint: Path) -> None:
    command = [sys.executable, "-c", python_with("create_note") + SERVE]
    environment = {**os.environ, "PYTHONPATH": str(second_endpoint)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=second_endpoint, env=environment) as process:
        try:
            assert process.stdout is not None
            result, judge = _judge(second_endpoint, process.stdout.readline().strip())
        finally:
            process.terminate()
    assert not result.broken
    seen = {found.clause.id for found in result.clauses if found.judged}
    assert seen == {"createNote.request.text.required", "createNote.response.text.echo"}
    terms = judge.terms
    operation = next(o for o in terms.specification.operations if o.id == "createNote")
    sent = Sender(terms, operation).request({"text": "Call them back"})
    headers = (("Content-Type", "application/json"),)
    wrong = Exchange(sent, Response(201, headers, b'{"text": "CALL THEM BACK"}'), None, 0, 0)
    (verdict,) = [f for f in judge.judge(judge.case(wrong)) if getattr(f, "outcome", None) is Outcome.BROKEN]
    assert isinstance(verdict, Verdict)
    assert verdict.clause == "createNote.response.text.echo"
