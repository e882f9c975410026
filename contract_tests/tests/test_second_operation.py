"""Serve and judge a second operation: it costs its spec entries, one coroutine and its oracles."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from contract_tests import Request, assert_clause
from contract_tests.campaign.allowance import Allowance
from contract_tests.campaign.permit import permit_for
from contract_tests.composition.campaign import open_campaign
from contract_tests.composition.run import open_run
from contract_tests.composition.suites import gather
from contract_tests.contract.loading import find_spec_folder
from contract_tests.contract.yaml_files import load_yaml
from contract_tests.judging.case import Case, Oracle
from contract_tests.judging.judge import OperationRules
from contract_tests.judging.verdict import Judgement, broken, held
from contract_tests.lead_lists import LEAD_LISTS
from contract_tests.operation_suite import OperationSuite
from contract_tests.settings.values import Depth, Settings
from contract_tests.spec_gate import problems
from contract_tests.tests.conftest import MOCK_FIRST, ROOT, judged, with_fewer_requests
from contract_tests.tests.starting import finished
from contract_tests.tests.test_cli import environment

NOTES: dict[str, Any] = {
    "post": {
        "operationId": "createNote",
        "tags": ["leadlists"],
        "summary": "Create a note",
        "description": "A note, for this test alone.",
        "security": [{"sessionCookie": []}, {"sessionBearer": []}],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["text"],
                        "properties": {
                            "text": {"type": "string"},
                            "priority": {"type": "integer"},
                            "dueDate": {"type": "string", "format": "date-time"},
                        },
                    },
                    "example": {"text": "Call them back", "priority": 1, "dueDate": "2030-01-01T00:00:00.000Z"},
                }
            },
        },
        "responses": {
            "201": {
                "description": "The note.",
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["id", "text"],
                            "properties": {"id": {"type": "string"}, "text": {"type": "string"}},
                        },
                        "example": {"id": "note_1", "text": "Call them back"},
                    }
                },
            }
        },
    }
}
STATEMENTS = {
    "success.created": "A note is created.",
    "success.status": "Success is 201.",
    "success.bare": "The note is the body itself.",
    "request.body.required": "A body must be sent.",
    "request.body.json": "The body must be JSON.",
    "request.body.type": "The body must be an object.",
    "request.text.required": "text must be sent.",
    "request.text.type": "text must be a string.",
    "request.text.nullability": "text may not be null.",
    "request.priority.type": "priority must be an integer.",
    "request.dueDate.format": "dueDate must be a date.",
    "response.id.required": "The note has an id.",
    "response.text.required": "The note has a text.",
    "response.text.echo": "text is the one that was sent.",
}
SERVER = """
import socket, sys
from pathlib import Path
import uvicorn
from mock_server import Settings, create_app

async def create_note(payload, user):
    text = payload["text"]
    return {"id": "note_1", "text": text.upper() if "--shouting" in sys.argv else text}

app = create_app(Settings(), spec_dir=Path(sys.argv[1]), operations={"createNote": create_note})
listener = socket.create_server(("127.0.0.1", 0))
print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
uvicorn.Server(uvicorn.Config(app, lifespan="on", log_level="error")).run(sockets=[listener])
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """Copy the contract and add an operation."""
    folder = tmp_path / "spec"
    shutil.copytree(find_spec_folder(), folder)
    document = load_yaml(folder / "openapi.yaml")
    document["paths"]["/api/v1/entities/notes"] = NOTES
    (folder / "openapi.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    clauses = load_yaml(folder / "clauses.yaml")
    clauses["createNote"] = [
        {"id": f"createNote.{rule}", "statement": statement, "place": "Notes", "kind": "stated"}
        for rule, statement in STATEMENTS.items()
    ]
    (folder / "clauses.yaml").write_text(yaml.safe_dump(clauses, sort_keys=False))
    return folder


@contextmanager
def served(folder: Path, *flags: str) -> Iterator[str]:
    command = [sys.executable, "-c", SERVER, str(folder), *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def text_echo(case: Case) -> Iterator[Judgement]:
    """The oracle of the new operation."""
    if case.created is None or "text" not in case.sent:
        return
    clause = "createNote.response.text.echo"
    if case.created.get("text") == case.sent["text"]:
        yield held(clause, case.exchange)
    else:
        yield broken(clause, case.exchange, expected=case.sent["text"], actual=str(case.created.get("text")))


NOTE_SUITE = OperationSuite(OperationRules("createNote", oracles=(Oracle(("response.text.echo",), text_echo),)))
SUITES = (LEAD_LISTS, NOTE_SUITE)


def judge(
    folder: Path, url: str, run_folder: Path, lead_lists: tuple[OperationSuite, ...] = (LEAD_LISTS,)
) -> tuple[set[str], set[str]]:
    """Return the broken clauses and the judged ones."""
    settings = Settings(url, MOCK_FIRST, spec_folder=folder, depth=Depth.QUICK)
    result = judged(settings, folder=run_folder, suites=(*lead_lists, NOTE_SUITE))
    seen = {found.clause.id for found in result.clauses if found.judged}
    return {found.clause.id for found in result.broken}, seen


def test_it_is_served_and_judged(spec: Path, tmp_path: Path) -> None:
    with served(spec) as url:
        broken_clauses, seen = judge(spec, url, tmp_path / "run")
    assert broken_clauses == set()
    assert {f"createNote.{rule}" for rule in STATEMENTS} <= seen
    assert {"request.name.required", "response.name.echo"} <= seen  # lead lists as before


@pytest.mark.parametrize(
    ("clauses", "paths"),
    [
        ("createNote.request", {"/api/v1/entities/notes"}),
        ("request.name", {"/api/v1/entities/leadlists"}),
        ("access", {"/api/v1/entities/notes", "/api/v1/entities/leadlists"}),
    ],
)
def test_a_run_and_a_campaign_send_only_to_operations_with_a_chosen_clause(
    spec: Path, clauses: str, paths: set[str]
) -> None:
    """The clauses on access are those of every operation."""
    settings = Settings("http://127.0.0.1:9", MOCK_FIRST, spec_folder=spec, depth=Depth.QUICK, clauses=(clauses,))
    with open_run(settings, suites=SUITES) as run:
        assert {urlsplit(plan.first.request.url).path for plan in run._job.plans} == paths
    with open_campaign(settings, Allowance(requests=2000), permit_for(settings), suites=SUITES) as campaign:
        assert {urlsplit(plan.first.request.url).path for plan in campaign._job.plans} == paths


def test_its_own_oracle_detects_a_broken_clause(spec: Path, tmp_path: Path) -> None:
    with served(spec, "--shouting") as url:
        broken_clauses, _ = judge(spec, url, tmp_path / "run", with_fewer_requests(lambda sent: False))
    assert broken_clauses == {"createNote.response.text.echo"}


OWN_SUITE = """
from contract_tests import OperationRules, OperationSuite, Oracle, broken, held
from contract_tests.settings.options import Option

def text_echo(case):
    if case.created:
        got = str(case.created.get("text"))
        clause = case.clause("response.text.echo")
        is_same = got == case.sent["text"]
        yield held(clause, case.exchange) if is_same else broken(
            clause, case.exchange, expected=case.sent["text"], actual=got
        )

RULES = OperationRules("createNote", oracles=(Oracle(("response.text.echo",), text_echo),))
NONE = OperationSuite(OperationRules("createNote"))
NOTES = OperationSuite(RULES, id_options=(Option("note_id", "ID", "ID of a note", many=True),))
"""
OWN = ("--suite=own_suite:NOTES", "--spec=spec", "--clauses=createNote")


def call(*arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    login = {"LEADLISTS_BEARER": "xyz789-session", "SENDS_ONE_IN": "8"}
    return finished(arguments[0], *arguments[1:], env=environment(**login, **variables), cwd=cwd)


@pytest.fixture
def own_suite(spec: Path) -> Path:
    """Return a folder with the suite of a user."""
    (spec.parent / "own_suite.py").write_text(OWN_SUITE)
    return spec.parent


def test_commands_and_generated_tests_judge_with_the_suite_of_a_user(own_suite: Path) -> None:
    broken_again = "createNote.response.text.echo: broken again: "
    with served(own_suite / "spec", "--shouting") as url:
        flags = ("--depth=quick", "--run-folder=run", "--report=pytest=failures.py")
        done = call("contract_tests", "run", url, *OWN, *flags, cwd=own_suite)
        assert (done.returncode, "✗ createNote.response.text.echo" in done.stdout) == (1, True), done.stderr
        again = ("replay", "run", "--suite=own_suite:NOTES")
        done = call("contract_tests", *again, "--spec=spec", cwd=own_suite)
        assert (done.returncode, broken_again in done.stdout) == (1, True), done.stdout + done.stderr
        done = call("contract_tests", *again, cwd=own_suite)
        assert (done.returncode, "name the spec that has it with --spec" in done.stderr) == (2, True), done.stderr
        done = call("contract_tests", "replay", "run", "--spec=spec", cwd=own_suite)
        assert done.returncode == 2, done.stdout
        assert "name the suite of its operation: --suite own_suite:NOTES" in done.stderr
        variables = {"LEADLISTS_URL": url, "LEADLISTS_SPEC": "spec"}
        done = call("pytest", "-q", "-p", "no:cacheprovider", "failures.py", cwd=own_suite, **variables)
        assert (done.returncode, "1 failed" in done.stdout) == (1, True), done.stdout
        plugin = [flag.replace("--", "--leadlists-", 1) for flag in (*OWN, "--depth=quick")]
        done = call(
            "pytest", "-q", "-p", "contract_tests.plugin", "--leadlists", *plugin, cwd=own_suite, LEADLISTS_URL=url
        )
        assert (done.returncode, "createNote.response.text.echo" in done.stdout) == (1, True), done.stdout
    with served(own_suite / "spec") as url:
        variables["LEADLISTS_URL"] = url
        done = call("pytest", "-q", "-p", "no:cacheprovider", "failures.py", cwd=own_suite, **variables)
        assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout


def test_a_campaign_and_a_comparison_judge_with_the_suite_of_a_user(own_suite: Path) -> None:
    with served(own_suite / "spec", "--shouting") as shouting, served(own_suite / "spec") as right:
        done = call("contract_tests", "fuzz", shouting, *OWN, "--budget=450 requests", cwd=own_suite)
        assert (done.returncode, "createNote.response.text.echo" in done.stdout) == (1, True), done.stdout + done.stderr
        done = call("contract_tests", "compare", right, shouting, *OWN, cwd=own_suite)
        assert (done.returncode, "createNote.response.text.echo" in done.stdout) == (1, True), done.stdout + done.stderr


def test_a_generated_test_fails_for_a_clause_without_an_oracle(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLISTS_SPEC", str(spec))
    request = Request("POST", "http://127.0.0.1:9/api/v1/entities/notes")
    with pytest.raises(ValueError, match="name the suite of its operation in `suites`"):
        assert_clause("createNote.response.text.echo", request, url="http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("own_suite", "--suite: 'own_suite' names no suite; write it as MODULE:NAME"),
        ("own_suites:NOTES", "there is no module 'own_suites'"),
        ("own_suite:NOTE", "--suite own_suite:NOTE: NOTE does not exist; name an OperationSuite of own_suite"),
        ("own_suite:OWN", "OWN is not an OperationSuite"),
        ("failing:NOTES", "failing cannot be imported: ZeroDivisionError"),
        ("lacking:NOTES", "lacking cannot be imported: ModuleNotFoundError: No module named 'nowhere'"),
    ],
)
def test_a_suite_that_cannot_be_used_is_reported(own_suite: Path, name: str, problem: str) -> None:
    (own_suite / "failing.py").write_text("1 / 0")
    (own_suite / "lacking.py").write_text("import nowhere")
    (own_suite / "own_suite.py").write_text("OWN = 1")
    done = call("contract_tests", "run", "http://127.0.0.1:9", f"--suite={name}", cwd=own_suite)
    assert (done.returncode, problem in done.stderr) == (2, True), done.stderr


def test_the_ids_of_a_users_suite_are_settings(own_suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(own_suite)
    monkeypatch.syspath_prepend(own_suite)
    (own_suite / "leadlists.toml").write_text('[contract]\nsuite = "own_suite:NOTES"\nnote-id = ["n1", "n2"]\n')
    assert gather({"url": "http://127.0.0.1:9"}).existing_ids == {"note_id": ("n1", "n2")}
    monkeypatch.setenv("LEADLISTS_NOTE_ID", "n3")
    assert gather({"url": "http://127.0.0.1:9"}).existing_ids == {"note_id": ("n3",)}


def test_the_gate_requires_an_oracle_for_every_new_clause(spec: Path) -> None:
    assert list(problems(spec, SUITES)) == []
    clauses = load_yaml(spec / "clauses.yaml")
    new = "createNote.response.name.echo"  # that of lead lists has an oracle
    clauses["createNote"].append({"id": new, "statement": "x", "place": "x", "kind": "stated"})
    (spec / "clauses.yaml").write_text(yaml.safe_dump(clauses))
    assert any(new in problem for problem in problems(spec, SUITES))
    lead_list_echo = Oracle(("response.icpId.echo",), text_echo)
    notes = OperationSuite(OperationRules("createNote", oracles=(*NOTE_SUITE.rules.oracles, lead_list_echo)))
    assert "an oracle judges response.icpId.echo, which is not a clause of createNote" in [
        *problems(spec, (LEAD_LISTS, notes))
    ]
