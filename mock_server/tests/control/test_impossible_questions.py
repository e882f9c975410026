"""Test that the control API refuses what no request can match: a test that expects none would always pass."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from mock_server import RunningMock
from mock_server.tests.conftest import PATH
from mock_server.tests.control.conftest import OURS, create

STARTS = "a path that starts with /, without scheme and host; * matches any text"
NO_QUERY = "a path without query and fragment"
NO_CONTROL = "a path outside of /__mock__/, because calls of the control API are not recorded"
METHODS = '"GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS" or "TRACE"'
USERS = '"user_xyz789" or "user_abc123"'
WRONG_PATHS = {
    "api/v1/entities/leadlists": STARTS,
    "leadlists": STARTS,
    "": STARTS,
    f"http://localhost:8080{PATH}": STARTS,
    f"{PATH}?page=2": NO_QUERY,
    f"*{PATH}#top": NO_QUERY,
    "/api/v1/entities/lead%20lists": "a decoded path",
    "/__mock__/sessions": NO_CONTROL,
    "/__mock__/*": NO_CONTROL,
    "/__mock__": NO_CONTROL,
}


def refusal(response: httpx2.Response) -> tuple[int, str, str]:
    (problem,) = response.json()["error"]["details"]
    return response.status_code, problem["path"], problem["want"]


@pytest.mark.parametrize(
    ("question", "pointer", "want"),
    [
        *(({"path": path}, "/path", want) for path, want in WRONG_PATHS.items()),
        ({"method": "post"}, "/method", METHODS),
        ({"method": "PSOT"}, "/method", METHODS),
        ({"status": 2001}, "/status", "an integer, from 200 to 599"),
        ({"user": "ana"}, "/user", USERS),
        ({"headers": {"x tag": "a"}}, "/headers/x tag", "the name of a header, such as Content-Type"),
        ({"headers": {"x-tag:": None}}, "/headers/x-tag:", "the name of a header, such as Content-Type"),
        (
            {"body": {"name": {"$matches": "/^Q1/"}}},
            "/body/name",
            "a regular expression without the slashes of JavaScript",
        ),
        ({"path": {"$matches": "/leadlists$/i"}}, "/path", "a regular expression without the slashes of JavaScript"),
    ],
    ids=str,
)
def test_no_verification_passes_for_a_question_that_no_request_can_match(
    question: dict[str, Any], pointer: str, want: str, lead_list_mock: RunningMock
) -> None:
    asked = httpx2.post(f"{lead_list_mock.url}/__mock__/verify", json={"times": 0, **question}, headers=OURS)
    assert refusal(asked) == (400, pointer, want)


@pytest.mark.parametrize(
    ("match", "pointer", "want"),
    [
        *(({"path": path}, "/path", want) for path, want in WRONG_PATHS.items()),
        ({"method": "PSOT"}, "/method", METHODS),
        ({"user": "ana"}, "/user", USERS),
    ],
    ids=str,
)
def test_no_fault_waits_for_a_request_that_cannot_come(
    match: dict[str, Any], pointer: str, want: str, lead_list_mock: RunningMock
) -> None:
    faults = {"faults": [{"status": 500}, {"status": 500, "match": match}]}
    set_ = httpx2.put(f"{lead_list_mock.url}/__mock__/faults", json=faults, headers=OURS)
    assert refusal(set_) == (400, f"/faults/1/match{pointer}", want)


@pytest.mark.parametrize(
    ("query", "pointer", "want"),
    [
        *(({"path": path}, "/path", want) for path, want in WRONG_PATHS.items()),
        ({"method": "post"}, "/method", METHODS),
        ({"user": "ana"}, "/user", USERS),
    ],
    ids=str,
)
def test_no_list_is_empty_because_of_a_misspelled_filter(
    query: dict[str, str], pointer: str, want: str, lead_list_mock: RunningMock
) -> None:
    listed = httpx2.get(f"{lead_list_mock.url}/__mock__/requests", params=query)
    assert refusal(listed) == (400, pointer, want)


@pytest.mark.parametrize(
    "question",
    [
        {"path": PATH},
        {"path": "*"},
        {"path": "*/leadlists"},
        {"path": "/other"},  # of a client that calls a wrong path
        {"path": {"$equals": "/a?b"}},  # sent as /a%3Fb
        {"path": {"$matches": "/leadlists/"}},
        {"body": {"name": {"$matches": "/a/"}}},
        {"user": None},
        {"headers": {"X-Tag": None}},
    ],
    ids=str,
)
def test_questions_that_a_request_can_match_are_accepted(question: dict[str, Any], lead_list_mock: RunningMock) -> None:
    create(lead_list_mock)
    asked = httpx2.post(f"{lead_list_mock.url}/__mock__/verify", json=question, headers=OURS)
    assert asked.status_code in (200, 409)
