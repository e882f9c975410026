"""Serve and judge a second operation: it costs its spec entries, one coroutine and its oracles."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

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


def test_its_own_oracle_detects_a_broken_clause(spec: Path, tmp_path: Path) -> None:
    with served(spec, "--shouting") as url:
        broken_clauses, _ = judge(spec, url, tmp_path / "run", with_fewer_requests(lambda sent: False))
    assert broken_clauses == {"createNote.response.text.echo"}


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
