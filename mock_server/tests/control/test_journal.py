"""Test the journal: what it records, masks, filters and keeps."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
import json
import socket
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import jsonschema_rs
import pytest
from starlette.types import Message

from mock_server import RunningMock, create_app, running_mock
from mock_server.tests.conftest import GOOD, LOGIN, ROOT
from mock_server.tests.control.conftest import create
from mock_server.worlds.journal import BODY_BYTES_KEPT, BYTES_KEPT, EXCHANGES_KEPT, Exchange, Journal


@pytest.fixture(scope="module")
def exchange_schema(control_document: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    components = json.loads(json.dumps(control_document["components"]), object_hook=_nullable)
    schema = {"$ref": "#/components/schemas/Exchange", "components": components}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]} if schema.get("nullable") is True else schema


def test_every_exchange_is_in_the_journal_with_its_verdict(
    lead_list_mock: RunningMock, exchange_schema: jsonschema_rs.Draft202012Validator
) -> None:
    mock = lead_list_mock
    create(mock)
    httpx2.post(mock.endpoint, json=GOOD | {"personIds": [5]}, headers=LOGIN)
    httpx2.post(mock.endpoint, json={})
    httpx2.get(f"{mock.url}/nothing?a=b")
    create(mock, prefer="code=503")
    create(mock, **{"x-mock-fault": "answer=not-json"})
    with contextlib.suppress(httpx2.TransportError):
        create(mock, **{"x-mock-fault": "answer=reset"})
    with socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2])), timeout=60) as connection:
        connection.sendall(b"NO HTTP\r\n\r\n")
        while connection.recv(65536):
            pass
    found = mock.requests()[::-1]
    for each in found:
        exchange_schema.validate(each)
    told = [(each["answer"]["status"], *each["verdict"].values(), each["user"]) for each in found]
    user = "user_xyz789"
    assert told == [
        (201, "valid", "valid", user),
        (400, "invalid", "valid", user),
        (401, "invalid", "valid", None),
        (404, "unjudged", "unjudged", None),
        (503, "valid", "invalid", user),
        (201, "valid", "invalid", user),
        (None, "valid", "invalid", user),
        (400, "unjudged", "unjudged", None),
    ]
    assert [(each["of"], each["path"]) for each in found[1]["problems"]] == [("request", "/personIds/0")]
    assert [each["fault"] and each["fault"]["what"] for each in found[4:7]] == [
        "status=503",
        "answer=not-json",
        "answer=reset",
    ]
    assert found[3]["query"] == "a=b"
    assert json.loads(found[1]["request"]["body"])["personIds"] == [5]
    assert json.loads(found[0]["answer"]["body"])["name"] == "n"


def test_a_response_that_breaks_the_spec_is_reported_by_json_pointer(page_request: dict[str, Any]) -> None:
    def forgetful(stages: Any) -> Any:
        def build(*arguments: Any) -> Any:
            return stages.build(*arguments) | {"userIds": [5], "type": "robot"}

        return dataclasses.replace(stages, build=build)

    with running_mock(stages=forgetful) as mock:
        assert create(mock).status_code == 201
        (found,) = mock.requests()
        assert found["verdict"] == {"request": "valid", "answer": "invalid"}
        assert {each["path"] for each in found["problems"] if each["of"] == "answer"} == {"/userIds/0", "/type"}


def test_a_lenient_mock_does_not_change_the_verdict_on_the_request() -> None:
    with running_mock(stages=lambda stages: dataclasses.replace(stages, validate=lambda operation, body: body)) as mock:
        assert httpx2.post(mock.endpoint, json=GOOD | {"personIds": [5]}, headers=LOGIN).status_code == 201
        assert mock.requests()[0]["verdict"] == {"request": "invalid", "answer": "invalid"}


@pytest.mark.parametrize(
    ("query", "statuses"),
    [
        ({}, [400, 201, 401]),
        ({"status": 201}, [201]),
        ({"status": "4xx"}, [400, 401]),
        ({"user": "user_xyz789"}, [400, 201]),
        ({"verdict": "invalid"}, [400]),
        ({"fault": "true"}, [400]),
        ({"fault": "false"}, [201, 401]),
        ({"method": "GET"}, []),
        ({"path": "/api/*"}, [400, 201, 401]),
        ({"path": "/api"}, []),
        ({"limit": 1}, [400]),
    ],
    ids=str,
)
def test_the_journal_is_filtered(query: dict[str, Any], statuses: list[int], lead_list_mock: RunningMock) -> None:
    httpx2.post(lead_list_mock.endpoint, json=GOOD)
    create(lead_list_mock)
    httpx2.post(lead_list_mock.endpoint, json={}, headers=LOGIN | {"prefer": "wait=0"})
    found = lead_list_mock.requests(**query)
    assert [each["answer"]["status"] for each in found] == statuses
    newest = lead_list_mock.requests(limit=1)[0]["id"]
    assert [each["id"] for each in lead_list_mock.requests(since=newest - 1)] == [newest]
    assert lead_list_mock.control("GET", f"requests/{newest}")["id"] == newest


def test_the_journal_shows_no_secret(lead_list_mock: RunningMock) -> None:
    secrets = [
        "xyz789-session",
        "abc123-session",
        "cookie-of-another-project",
        "hunter2",
        "key-in-a-header",
        "in-query",
    ]
    httpx2.post(
        f"{lead_list_mock.endpoint}?access_token=in-query&a=xyz789-session&page=2",
        content=b'{"name": "xyz789-session \xff"}',
        headers={
            "authorization": "Basic hunter2",
            "cookie": "__session=abc123-session; theme=cookie-of-another-project; mock_world=default",
            "x-api-key": "key-in-a-header",
            "content-type": "application/json",
            "x-other": "said xyz789-session aloud",
        },
    )
    httpx2.post(lead_list_mock.endpoint, json=GOOD | {"name": "xyz789-session"}, headers=LOGIN)
    httpx2.get(f"{lead_list_mock.url}/abc123-session")
    text = json.dumps(lead_list_mock.requests())
    assert not [secret for secret in secrets if secret in text]
    first = lead_list_mock.requests()[-1]
    headers = dict(first["request"]["headers"])
    assert headers["cookie"] == "__session=[masked]; theme=[masked]; mock_world=default"
    assert headers["authorization"] == "Basic [masked]"
    assert first["query"] == "access_token=[masked]&a=[masked]&page=2"
    assert b"xyz789" not in base64.b64decode(first["request"]["bodyBase64"])


def test_the_journal_shows_the_path_as_sent_if_spelled_differently(lead_list_mock: RunningMock) -> None:
    for path in ("/a%20b", "/a%2Fb", "/%61bc", "/%61bc123-session"):
        httpx2.get(lead_list_mock.url + path)
    told = [(each["path"], each.get("rawPath")) for each in reversed(lead_list_mock.requests())]
    assert told == [("/a b", None), ("/a/b", "/a%2Fb"), ("/abc", "/%61bc"), ("/[masked]", None)]


def test_the_journal_is_bounded_in_number_and_bytes() -> None:
    def exchange(size: int) -> Exchange:
        made = Exchange(datetime(2024, 1, 1), "GET", "/", b"", [])  # noqa: DTZ001
        made.take_body(b"x" * size)
        return made

    journal = Journal()
    for _ in range(EXCHANGES_KEPT + 5):
        journal.add(exchange(0))
    assert (len(journal), journal.dropped, journal.last_id) == (EXCHANGES_KEPT, 5, EXCHANGES_KEPT + 5)
    for _ in range(20):
        journal.add(exchange(BODY_BYTES_KEPT * 3))
    assert sum(each.size_bytes for each in journal) <= BYTES_KEPT
    newest = list(journal)[-1]
    assert (newest.id, len(newest.body), newest.body_bytes) == (
        EXCHANGES_KEPT + 25,
        BODY_BYTES_KEPT,
        BODY_BYTES_KEPT * 3,
    )
    journal.clear()
    journal.add(exchange(0))
    assert [each.id for each in journal] == [EXCHANGES_KEPT + 26]


def test_an_exchange_is_recorded_before_its_response_ends() -> None:
    mock = create_app()
    lengths = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        lengths.append(len(mock.worlds["default"].journal))

    scope = {"type": "http", "method": "GET", "path": "/nothing", "headers": [], "query_string": b"", "state": {}}
    asyncio.run(mock(scope, receive, send))
    assert lengths == [0, 1]


def test_a_large_body_is_counted_and_not_kept(lead_list_mock: RunningMock) -> None:
    create(lead_list_mock, name="x" * 500_000)
    (found,) = lead_list_mock.requests()
    assert found["request"]["body"] is None
    assert found["request"]["bodyBytes"] > 500_000
    assert found["verdict"] == {"request": "unjudged", "answer": "unjudged"}


def test_the_journal_is_an_http_archive(lead_list_mock: RunningMock) -> None:
    mock = lead_list_mock
    create(mock)
    httpx2.post(f"{mock.endpoint}?token=xyz789-session&a=1", content=b"\xff", headers=LOGIN)
    archive = mock.control("GET", "har")["log"]
    one, other = archive["entries"]
    assert (archive["version"], archive["creator"]["name"]) == ("1.2", "leadlists-mock")
    assert (one["request"]["method"], one["request"]["url"]) == ("POST", mock.endpoint)
    assert json.loads(one["request"]["postData"]["text"]) == GOOD
    assert json.loads(one["response"]["content"]["text"])["name"] == GOOD["name"]
    assert [one["response"]["status"], other["response"]["status"]] == [201, 400]
    assert other["request"]["url"] == f"{mock.endpoint}?token=[masked]&a=1"
    assert datetime.fromisoformat(one["startedDateTime"]) <= datetime.fromisoformat(other["startedDateTime"])
    assert "xyz789-session" not in json.dumps(archive)
    last = mock.requests(limit=1)[0]["id"]
    assert [each["comment"] for each in mock.control("GET", f"har?since={last - 1}")["log"]["entries"]] == [str(last)]


def test_the_contract_tests_judge_the_archive(lead_list_mock: RunningMock, tmp_path: Path) -> None:
    create(lead_list_mock)
    create(lead_list_mock, name="x" * 70_000)
    file = tmp_path / "requests.har"
    file.write_text(json.dumps(lead_list_mock.control("GET", "har")))
    command = [sys.executable, "-m", "contract_tests", "watch", f"--har={file}", f"--run-folder={tmp_path / 'run'}"]
    judged = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert "2 requests" in judged.stdout
