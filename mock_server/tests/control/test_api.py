"""Test the control API's document, and how the API reports wrong calls."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import openapi_spec_validator
import pytest

from mock_server import RunningMock, Settings, running_mock
from mock_server.control.api import HANDLERS, control_contract
from mock_server.tests.conftest import GOOD
from mock_server.tests.control.conftest import OURS, create


def test_the_document_lists_exactly_the_served_calls() -> None:
    assert control_contract().operations.keys() == HANDLERS.keys()


def test_the_document_is_valid_openapi(control_document: dict[str, Any]) -> None:
    openapi_spec_validator.validate(control_document)


def test_an_unknown_call_and_a_wrong_method_are_reported(lead_list_mock: RunningMock) -> None:
    assert httpx2.get(f"{lead_list_mock.url}/__mock__/nothing").status_code == 404
    near = httpx2.get(f"{lead_list_mock.url}/__mock__/Faults/")
    assert near.json()["error"]["message"].endswith("did you mean /__mock__/faults instead of /__mock__/Faults/?")
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
    with pytest.raises(ValueError, match='user is ""; send "user_xyz789"'):
        lead_list_mock.requests(user="")


def test_an_unexpected_body_is_refused_and_nothing_changes(lead_list_mock: RunningMock) -> None:
    create(lead_list_mock, "a")
    answer = httpx2.post(f"{lead_list_mock.url}/__mock__/reset", json={"world": "t1"}, headers=OURS)
    assert (answer.status_code, answer.json()["error"]["details"][0]["rule"]) == (400, "no_body")
    assert len(lead_list_mock.lists()) == 1


@pytest.mark.parametrize(
    ("method", "call", "body", "told"),
    [
        (
            "PUT",
            "faults",
            {"faults": [{"staus": 500}]},
            "staus is an unknown field; the nearest known one is status.",
        ),
        (
            "PUT",
            "faults",
            {"faults": [{"delay": 5}]},
            "delay is an unknown field; the nearest known one is delayMs.",
        ),
        (
            "PUT",
            "faults",
            {"faults": [{"status": 500, "match": {"url": "/x"}}]},
            "faults[0].match.url is an unknown field; omit it; known here are method, path, user, body.",
        ),
        ("POST", "verify", {"time": 1}, "time is an unknown field; the nearest known one is times."),
        ("POST", "sessions", {"userId": "user_xyz789"}, "userId is an unknown field; the nearest known one is user."),
        ("POST", "sessions", {"n" * 10_000: "a"}, "n… is an unknown field; omit it; known here are user, expired."),
        ("GET", "requests?staus=4xx", None, 'the query parameter "staus"; the nearest known one is status.'),
        ("GET", "requests?page=2", None, 'the query parameter "page"; omit it.'),
        (
            "PUT",
            "faults",
            [{"status": 500}],
            'send a JSON object, for example {"faults": [{"match": {"method": "POST"}, "times": 2, "status": 500}]}.',
        ),
    ],
)
def test_an_unknown_name_gets_the_name_that_was_meant(
    method: str, call: str, body: Any, told: str, lead_list_mock: RunningMock
) -> None:
    answer = httpx2.request(method, f"{lead_list_mock.url}/__mock__/{call}", json=body, headers=OURS)
    problem, *_ = answer.json()["error"]["details"]
    assert problem["message"].endswith(told)


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
            "without an effect",
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
