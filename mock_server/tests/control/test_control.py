"""Test the control API: its document, every call, worlds, the journal and its event stream."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
import json
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import jsonschema_rs
import openapi_spec_validator
import pytest
import yaml
from starlette.types import Message

from mock_server import NotHeld, RunningMock, Settings, create_app, running_mock
from mock_server.control import journal_calls as control_journal
from mock_server.control.api import HANDLERS, control_contract
from mock_server.tests.conftest import GOOD, LOGIN, PATH, ROOT, StartMock
from mock_server.worlds import worlds
from mock_server.worlds.journal import BODY_BYTES_KEPT, BYTES_KEPT, EXCHANGES_KEPT, Exchange, Journal
from mock_server.worlds.worlds import SNAPSHOTS_KEPT, WORLDS_KEPT

OURS = {"x-mock-control": "1"}


def create(mock: RunningMock, name: str = "n", **headers: str) -> httpx2.Response:
    return httpx2.post(mock.endpoint, json=GOOD | {"name": name}, headers=LOGIN | headers)


@pytest.fixture(scope="module")
def control_document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "mock_server" / "control" / "control.yaml").read_text())
    return loaded


@pytest.fixture(scope="module")
def exchange_schema(control_document: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    components = json.loads(json.dumps(control_document["components"]), object_hook=_nullable)
    schema = {"$ref": "#/components/schemas/Exchange", "components": components}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]} if schema.get("nullable") is True else schema


# -- the document


def test_the_document_lists_exactly_the_served_calls() -> None:
    assert control_contract().operations.keys() == HANDLERS.keys()


def test_the_document_is_valid_openapi(control_document: dict[str, Any]) -> None:
    openapi_spec_validator.validate(control_document)


def test_an_unknown_call_and_a_wrong_method_are_reported(lead_list_mock: RunningMock) -> None:
    assert httpx2.get(f"{lead_list_mock.url}/__mock__/nothing").status_code == 404
    answer = httpx2.put(f"{lead_list_mock.url}/__mock__/reset", headers=OURS)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_head_works_where_get_works(lead_list_mock: RunningMock) -> None:
    answer = httpx2.head(f"{lead_list_mock.url}/__mock__/ready")
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "application/json", b"")
    assert httpx2.head(f"{lead_list_mock.url}/__mock__/reset", headers=OURS).status_code == 405


@pytest.mark.parametrize("call", ["requests?stauts=500", "requests?stauts=", "state?wrold=t1"])
def test_a_misspelled_filter_does_not_list_everything(call: str, lead_list_mock: RunningMock) -> None:
    answer = httpx2.get(f"{lead_list_mock.url}/__mock__/{call}")
    assert (answer.status_code, answer.json()["error"]["details"][0]["rule"]) == (400, "query")
    assert httpx2.get(f"{lead_list_mock.url}/__mock__/state?world=t1&token=1").status_code == 200


def test_a_filter_without_a_value_is_an_error(lead_list_mock: RunningMock) -> None:
    create(lead_list_mock, "a")
    assert len(lead_list_mock.requests()) == 1
    assert lead_list_mock.requests(user="") == []


def test_an_unexpected_body_is_refused_and_nothing_changes(lead_list_mock: RunningMock) -> None:
    create(lead_list_mock, "a")
    answer = httpx2.post(f"{lead_list_mock.url}/__mock__/reset", json={"world": "t1"}, headers=OURS)
    assert (answer.status_code, answer.json()["error"]["details"][0]["rule"]) == (400, "no_body")
    assert len(lead_list_mock.lists()) == 1


YEARS = "an offset with which the clock shows a year from 1970 to 9998"


@pytest.mark.parametrize(
    ("method", "call", "body", "pointer", "got", "want"),
    [
        ("PUT", "faults", {"faults": [{"stats": 500}]}, "/faults/0/stats", "500", "no such field"),
        (
            "PUT",
            "faults",
            {"faults": [{"status": 500, "times": 0}]},
            "/faults/0/times",
            "0",
            "an integer, from 1 to 1000000",
        ),
        (
            "PUT",
            "faults",
            '{"faults": [{"status": 500, "times": 1e400}]}',
            "/faults/0/times",
            "1.7976931348623157e+308",
            "an integer, from 1 to 1000000",
        ),
        (
            "PUT",
            "faults",
            {"faults": [{"delayMs": 6e9}]},
            "/faults/0/delayMs",
            "6000000000.0",
            "a number, from 0 to 60000",
        ),
        (
            "PUT",
            "faults",
            {"faults": [{"status": 500}] * 101},
            "/faults",
            "an array of 101",
            "an array of JSON objects, at most 100 items",
        ),
        (
            "PUT",
            "faults",
            {"faults": [{}]},
            "/faults/0",
            "no effect",
            "at least one of status, delayMs, answer, session and headers",
        ),
        (
            "PUT",
            "faults",
            {"faults": [{"delayMs": 9, "p99Ms": 1}]},
            "/faults/0/p99Ms",
            "1 with a delayMs of 9",
            "delayMs, the median, and a p99Ms that is not below it",
        ),
        ("PUT", "faults", {"faults": [], "seed": -1}, "/seed", "-1", "an integer, from 0 to 9007199254740991"),
        ("POST", "sessions", {"user": "nobody"}, "/user", '"nobody"', '"user_xyz789" or "user_abc123"'),
        ("POST", "sessions", {}, "/user", "nothing", "a string"),
        ("POST", "verify", {"tims": 1}, "/tims", "1", "no such field"),
        ("POST", "verify", {"times": -1}, "/times", "-1", "an integer, at least 0"),
        ("PUT", "lists", {"lists": [{"name": 5}]}, "/lists/0/name", "5", "a string"),
        ("PUT", "lists", {"lists": [GOOD | {"id": "x"}]}, "/lists/0/id", '"x"', "a UUID"),
        ("PUT", "clock", {"offsetS": "1"}, "/offsetS", '"1"', "a number"),
        ("PUT", "clock", {"offsetS": 1e300}, "/offsetS", "1e+300", YEARS),
        ("PUT", "clock", {"offsetS": 1e12}, "/offsetS", "1000000000000.0", YEARS),
        ("PUT", "clock", {"offsetS": -3e9}, "/offsetS", "-3000000000.0", YEARS),
        ("GET", "requests?status=abc", None, "/status", '"abc"', "a status such as 201 or 4xx"),
        ("GET", "requests?limit=0", None, "/limit", "0", "an integer, at least 1"),
        (
            "POST",
            "verify",
            "{",
            "",
            "Expecting property name enclosed in double quotes, line 1, column 2",
            "well-formed JSON",
        ),
    ],
)
def test_a_wrong_call_is_reported_by_json_pointer(
    method: str, call: str, body: Any, pointer: str, got: str, want: str, lead_list_mock: RunningMock
) -> None:
    content = body if isinstance(body, str) else None if body is None else json.dumps(body)
    headers = OURS | {"content-type": "application/json"}
    answer = httpx2.request(method, f"{lead_list_mock.url}/__mock__/{call}", content=content, headers=headers)
    assert answer.status_code == 400
    told = [(each["path"], each["got"], each["want"]) for each in answer.json()["error"]["details"]]
    assert (pointer, got, want) in told


def test_readings_do_not_change_the_control_api() -> None:
    settings = Settings(reading=(("error-shape", "flat"), ("details-form", "map"), ("other-methods", "404")))
    with running_mock(settings) as mock:
        assert httpx2.get(f"{mock.url}/nothing").json().keys() == {"code", "message"}
        assert httpx2.get(f"{mock.url}/__mock__/nothing").json().keys() == {"error"}


# -- sign-in


def test_signing_in_sets_an_http_only_cookie_and_returns_the_token(lead_list_mock: RunningMock) -> None:
    with httpx2.Client(base_url=lead_list_mock.url) as browser:
        assert browser.get("/__mock__/sessions").json() == {"user": None, "expired": False}
        assert browser.post(PATH, json=GOOD).status_code == 401
        answer = browser.post("/__mock__/sessions", json={"user": "user_abc123"}, headers=OURS)
        assert answer.json() == {"user": "user_abc123", "token": "abc123-session"}
        assert answer.headers.get_list("set-cookie")[0] == "__session=abc123-session; HttpOnly; Path=/; SameSite=Lax"
        assert browser.get("/__mock__/sessions").json() == {"user": "user_abc123", "expired": False}
        assert browser.post(PATH, json=GOOD).json()["userIds"] == ["user_abc123"]
        assert browser.delete("/__mock__/sessions", headers=OURS).status_code == 204
        assert browser.post(PATH, json=GOOD).status_code == 401


def test_a_browser_can_sign_in_with_an_expired_session(lead_list_mock: RunningMock) -> None:
    with httpx2.Client(base_url=lead_list_mock.url) as browser:
        body = {"user": "user_abc123", "expired": True}
        assert browser.post("/__mock__/sessions", json=body, headers=OURS).json()["token"] == "expired"
        assert browser.get("/__mock__/sessions").json() == {"user": None, "expired": True}
        assert "session has expired" in browser.post(PATH, json=GOOD).json()["error"]["message"]
        browser.post("/__mock__/sessions", json=body | {"expired": False}, headers=OURS)
        assert browser.post(PATH, json=GOOD).status_code == 201


# -- the journal


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
            return dataclasses.replace(stages.build(*arguments), user_ids=[5], type="robot")

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


# -- verification


def test_expected_requests_are_verified(lead_list_mock: RunningMock) -> None:
    for name in ("a", "b", "b"):
        create(lead_list_mock, name)
    lead_list_mock.verify(times=1, method="POST", path=PATH, status=201, user="user_xyz789", body={"name": "a"})
    lead_list_mock.verify(times=3, body={"personIds": []})
    lead_list_mock.verify(times=0, body={"personIds": ["x"]})
    lead_list_mock.verify(atLeast=1, atMost=2, body={"name": "b"})
    lead_list_mock.verify()


@pytest.mark.parametrize(
    ("question", "expected", "told"),
    [
        ({"times": 1, "body": {"name": "c"}}, "exactly 1", {"path": "/body/name", "want": '"c"', "got": '"b"'}),
        ({"body": {"x": 1}}, "at least 1", {"path": "/body/x", "want": "1", "got": "nothing"}),
        ({"atMost": 1}, "0 to 1", None),
        ({"times": 1, "status": 400}, "exactly 1", {"path": "/status", "want": "400", "got": "201"}),
        ({"times": 1, "user": None}, "exactly 1", {"path": "/user", "want": "null", "got": '"user_xyz789"'}),
        ({"times": 1, "method": "GET"}, "exactly 1", {"path": "/method", "want": '"GET"', "got": '"POST"'}),
        ({"body": {"icpId": False}}, "at least 1", {"path": "/body/icpId", "want": "false", "got": "null"}),
        ({"body": {"personIds": ["a"]}}, "at least 1", None),
    ],
    ids=str,
)
def test_a_failed_verification_shows_the_nearest_requests(
    question: dict[str, Any], expected: str, told: dict[str, str] | None, lead_list_mock: RunningMock
) -> None:
    httpx2.post(lead_list_mock.endpoint, content=b"{", headers=LOGIN | {"prefer": "code=418"})
    create(lead_list_mock, "a")
    create(lead_list_mock, "b")
    answer = httpx2.post(f"{lead_list_mock.url}/__mock__/verify", json=question, headers=OURS)
    assert answer.status_code == 409
    assert (answer.json()["held"], answer.json()["expected"]) == (False, expected)
    nearest = answer.json()["nearest"]
    assert nearest
    assert told is None or nearest[0]["differences"] == [told]
    with pytest.raises(NotHeld, match=f"expected {expected} of these requests"):
        lead_list_mock.verify(**question)


# -- the event stream


@contextlib.contextmanager
def events(url: str, **headers: str) -> Iterator[Iterator[dict[str, Any]]]:
    def read(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
        event: dict[str, Any] = {}
        for line in lines:
            name, colon, value = line.partition(": ")
            if colon and name:
                event[name] = json.loads(value) if name == "data" else value
            elif not line and event:
                yield event
                event = {}

    with httpx2.stream("GET", url, headers=headers, timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store, no-transform"
        assert answer.headers["x-accel-buffering"] == "no"
        stream = read(answer.iter_lines())
        assert next(stream) == {"event": "hello", "data": {}}
        yield stream


def test_exchanges_and_changes_are_streamed(lead_list_mock: RunningMock) -> None:
    create(lead_list_mock, "before")
    with events(f"{lead_list_mock.url}/__mock__/events") as stream:
        create(lead_list_mock, "live")
        event = next(stream)
        assert event["event"] == "request"
        assert event["data"] == lead_list_mock.requests(limit=1)[0]
        assert int(event["id"]) == event["data"]["id"]
        lead_list_mock.set_faults({"status": 500})
        assert next(stream) == {"event": "change", "data": {"of": "faults"}}
        lead_list_mock.in_world("other").reset()
        create(lead_list_mock.in_world("other"), **{"x-mock-world": "other"})
        lead_list_mock.reset()
        assert [next(stream)["data"]["of"] for _ in range(5)] == ["lists", "faults", "requests", "clock", "notices"]


def test_clearing_the_journal_is_streamed_before_later_requests() -> None:
    world = create_app(Settings()).worlds["t1"]

    def add() -> None:
        world.journal.add(Exchange(datetime.now(UTC), "GET", "/", b"", []))

    async def follow() -> list[bytes]:
        events = control_journal._events(world, 0, lambda exchange: exchange.id)  # type: ignore[arg-type]
        await anext(events)
        add()
        world.journal.clear()
        world.journal.notify("requests")
        add()
        return [await anext(events), await anext(events)]

    assert [each.splitlines()[0] for each in asyncio.run(follow())] == [b"event: change", b"event: request"]


def test_a_stream_resumes_where_it_stopped(lead_list_mock: RunningMock) -> None:
    for name in ("a", "b", "c"):
        create(lead_list_mock, name)
    newest = lead_list_mock.requests(limit=1)[0]["id"]
    with events(f"{lead_list_mock.url}/__mock__/events", **{"last-event-id": str(newest - 2)}) as stream:
        assert [next(stream)["data"]["id"] for _ in range(2)] == [newest - 1, newest]
    with events(f"{lead_list_mock.url}/__mock__/events?last=1&world=default") as stream:
        assert next(stream)["data"]["id"] == newest


@pytest.mark.parametrize("last", ["1000000", "9" * 5000])
def test_a_stream_of_a_restarted_mock_shows_all_its_requests(last: str, lead_list_mock: RunningMock) -> None:
    create(lead_list_mock, "a")
    newest = lead_list_mock.requests(limit=1)[0]["id"]
    with events(f"{lead_list_mock.url}/__mock__/events", **{"last-event-id": last}) as stream:
        assert next(stream)["data"]["id"] == newest


def test_a_mock_with_open_streams_stops_quickly(start_mock: StartMock) -> None:
    running = start_mock()
    with events(f"{running.url}/__mock__/events") as one, events(f"{running.url}/__mock__/events?world=t1") as other:
        started = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        assert (list(one), list(other)) == ([], [])  # they end like complete responses, not by a broken connection
        assert running.process.communicate(timeout=60) == ("", "")
        assert time.monotonic() - started < 20  # usually under two
        assert running.process.returncode == 0


# -- worlds and state


@pytest.mark.parametrize(
    "headers",
    [{"x-mock-world": "t7"}, {"cookie": "a=b; mock_world=t7"}, {"host": "t7.localhost:8080"}, {"host": "T7.LocalHost"}],
    ids=["header", "cookie", "host", "host in capitals"],
)
def test_a_world_is_named_by_header_cookie_or_host(headers: dict[str, str], lead_list_mock: RunningMock) -> None:
    t7 = lead_list_mock.in_world("t7")
    with contextlib.suppress(ValueError):
        t7.control("DELETE", "worlds/t7")
    create(lead_list_mock, "here")
    create(lead_list_mock, "there", **headers)
    t7.set_faults({"status": 500})
    t7.control("PUT", "clock", {"offsetS": 86400})
    assert [each["name"] for each in t7.lists()] == ["there"]
    assert [each["name"] for each in lead_list_mock.lists()] == ["here"]
    assert (len(t7.requests()), len(lead_list_mock.requests())) == (1, 1)
    assert create(lead_list_mock).status_code == 201
    assert create(lead_list_mock, **headers).status_code == 500
    assert lead_list_mock.control("GET", "clock")["offsetS"] == 0
    got = httpx2.get(f"{lead_list_mock.url}/__mock__/clock", headers=headers).json()
    assert got["offsetS"] == 86400


def test_eight_concurrent_worlds_are_isolated(lead_list_mock: RunningMock) -> None:
    def run(name: str) -> list[int]:
        world, header = lead_list_mock.in_world(name), {"x-mock-world": name}
        statuses = []
        for i in range(5):
            world.set_faults({"times": 1, "status": 500 + int(name[-1])})
            statuses += [create(world, f"{name}-{i}", **header).status_code for _ in range(2)]
        world.verify(times=10)
        world.verify(times=5, status=201)
        assert [each["name"] for each in world.lists()] == [f"{name}-{i}" for i in range(5)]
        return statuses

    names = [f"side{i}" for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(run, names)) == [[500 + i, 201] * 5 for i in range(8)]
    assert lead_list_mock.requests() == []


def test_the_world_header_precedes_the_host_and_the_host_the_cookie(lead_list_mock: RunningMock) -> None:
    def world(**headers: str) -> str:
        name: str = httpx2.get(f"{lead_list_mock.url}/__mock__/state", headers=headers).json()["world"]
        return name

    headers = {"x-mock-world": "h", "host": "n.localhost", "cookie": "mock_world=c"}
    assert [world(**dict(list(headers.items())[i:])) for i in range(4)] == ["h", "n", "c", "default"]
    assert world(host="localhost") == "default"


def test_worlds_are_bounded_and_the_most_recently_used_stay(lead_list_mock: RunningMock) -> None:
    with running_mock() as mock:
        create(mock)
        for i in range(WORLDS_KEPT + 5):
            create(mock.in_world("first"), **{"x-mock-world": "first"})
            create(mock, **{"x-mock-world": f"w{i}"})
        names = [each["name"] for each in mock.control("GET", "worlds")["worlds"]]
        assert len(names) == WORLDS_KEPT
        assert {"default", "first", f"w{WORLDS_KEPT + 4}"} <= set(names)
        assert "w0" not in names
        assert len(mock.lists()) == 1


def test_an_idle_world_is_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    made = create_app().worlds
    made["old"].take_snapshot("s")
    monkeypatch.setattr(worlds, "WORLD_IDLE_S", -1.0)
    assert made["old"].snapshots == {}
    assert made["new"].name == "new"
    assert [world.name for world in made] == ["default", "new"]


def test_the_same_seed_gives_each_world_the_same_ids(lead_list_mock: RunningMock) -> None:
    with running_mock(Settings(seed=1)) as mock:
        ids = [create(mock, **{"x-mock-world": world}).json()["id"] for world in ("a", "b", "default")]
        assert len(set(ids)) == 1
        mock.reset()
        assert create(mock).json()["id"] == ids[0]


def test_an_imported_export_gives_the_same_lists(lead_list_mock: RunningMock, page_request: dict[str, Any]) -> None:
    created = httpx2.post(lead_list_mock.endpoint, json=page_request, headers=LOGIN).json()
    create(lead_list_mock, "\u0000 \U0001f600 <b>")
    exported = lead_list_mock.lists()
    assert exported[0] == created
    other = lead_list_mock.in_world("other")
    other.set_lists(*exported)
    assert other.lists() == exported
    other.set_lists()
    assert other.lists() == []


def test_an_export_may_exceed_the_body_limit_of_the_api(lead_list_mock: RunningMock) -> None:
    for _ in range(3):
        create(lead_list_mock, name="x" * 1_000_000)
    exported = lead_list_mock.lists()
    lead_list_mock.reset()
    lead_list_mock.set_lists(*exported)
    assert lead_list_mock.lists() == exported


def test_a_mock_starts_with_the_seed_file_and_resets_to_it(tmp_path: Path) -> None:
    file = tmp_path / "lists.json"
    file.write_text(json.dumps({"lists": [GOOD, GOOD | {"name": "m", "userIds": ["ana"]}]}))
    with running_mock(Settings(seed_file=str(file))) as mock:
        seeded = mock.lists()
        assert [(each["name"], each["userIds"]) for each in seeded] == [("n", ["user_xyz789"]), ("m", ["ana"])]
        assert mock.in_world("other").lists() == seeded
        create(mock)
        assert len(mock.lists()) == 3
        mock.reset()
        assert mock.lists() == seeded


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read"),
        ("{", "is not JSON"),
        ("[]", "the whole"),
        (json.dumps({"lists": [GOOD | {"name": 5}]}), "/lists/0/name: lists[0].name is the number 5"),
        (json.dumps({"lists": [GOOD | {"id": "550e8400-e29b-41d4-a716-446655440000"}] * 2}), "Two lists have the ID"),
    ],
    ids=["no file", "not JSON", "no object", "wrong list", "same id"],
)
def test_a_wrong_seed_file_is_reported_on_one_line(
    content: str | None, told: str, tmp_path: Path, run_cli: Any
) -> None:
    file = tmp_path / "lists.json"
    if content is not None:
        file.write_text(content)
    ended = run_cli("--seed-file", str(file), "--port", "0")
    assert ended.returncode == 2
    assert told in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_snapshot_can_be_restored_repeatedly(lead_list_mock: RunningMock) -> None:
    create(lead_list_mock)
    kept = lead_list_mock.lists()
    lead_list_mock.control("PUT", "snapshots/one%20list")
    for _ in range(2):
        create(lead_list_mock)
        lead_list_mock.control("POST", "snapshots/one%20list/restore")
        assert lead_list_mock.lists() == kept
    lead_list_mock.reset()
    assert lead_list_mock.control("GET", "snapshots") == {"snapshots": [{"name": "one list", "lists": 1}]}
    for i in range(SNAPSHOTS_KEPT - 1):
        lead_list_mock.control("PUT", f"snapshots/{i}")
    with pytest.raises(ValueError, match="There are already 20 snapshots"):
        lead_list_mock.control("PUT", "snapshots/more")
    lead_list_mock.control("DELETE", "snapshots/0")
    with pytest.raises(ValueError, match="There is no snapshot"):
        lead_list_mock.control("POST", "snapshots/0/restore")


def test_the_clock_of_a_world_is_moved() -> None:
    with running_mock(Settings(now=datetime.fromisoformat("2024-01-02T10:30:00Z"))) as mock:
        for offset_s, created_at in ((86_400, "2024-01-03"), (-86_400, "2024-01-01"), (0, "2024-01-02")):
            mock.control("PUT", "clock", {"offsetS": offset_s})
            assert create(mock).json()["createdAt"] == f"{created_at}T10:30:00.000Z"


def test_a_reset_takes_milliseconds(tmp_path: Path) -> None:
    file = tmp_path / "lists.json"
    file.write_text(json.dumps({"lists": [GOOD] * 1000}))
    with running_mock(Settings(seed_file=str(file))) as mock, httpx2.Client(base_url=mock.url, headers=OURS) as client:
        took_s = []
        for _ in range(20):
            started = time.perf_counter()
            assert client.post("/__mock__/reset").status_code == 204
            took_s.append(time.perf_counter() - started)
        assert min(took_s) < 0.05  # usually two or three


def test_the_state_lists_clock_faults_and_readings(lead_list_mock: RunningMock, document: dict[str, Any]) -> None:
    create(lead_list_mock)
    state = lead_list_mock.control("GET", "state")
    assert state["counts"] == {"lists": 1, "requests": 1, "faults": 0, "snapshots": 0}
    assert state["users"] == ["user_xyz789", "user_abc123"]
    assert [each["id"] for each in state["operations"]] == ["createLeadList"]
    assert state["operations"][0]["statuses"] == [200, 201, 400, 401, 500]
    readings = {each["id"]: each for each in state["readings"]}
    assert readings["success-status"]["option"] == "201"
    assert readings["success-status"]["option"] in readings["success-status"]["options"]
    assert "xyz789-session" not in json.dumps(state)
