"""`verify`: never a false yes, the matchers, and waiting until it holds."""

from __future__ import annotations

import gzip
import json
import threading
import time
from typing import Any

import httpx2
import pytest

from mock_server import NotHeld, RunningMock, Settings, running_mock
from mock_server.tests.conftest import GOOD, LOGIN
from mock_server.worlds.journal import EXCHANGES_KEPT

OURS = {"X-Mock-Control": "1", "Content-Type": "application/json"}
JSON = {"Content-Type": "application/json"}
HUGE_NUMBER = json.dumps(GOOD | {"name": "n", "other": 0}).replace('"other": 0', '"other": 1e999').encode()
HOLDS = "it holds"


def create(
    mock: RunningMock, name: str = "n", *, query: str = "", headers: dict[str, str] | None = None, **more: Any
) -> None:
    answer = httpx2.post(mock.endpoint + query, json=GOOD | {"name": name} | more, headers=LOGIN | (headers or {}))
    assert answer.status_code in (201, 400)


def asked(mock: RunningMock, question: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = httpx2.post(f"{mock.url}/__mock__/verify", json=question, headers=OURS, timeout=30)
    return answer.status_code, answer.json()


# -- never a false yes


def test_large_bodies_leave_the_journal_and_their_requests_stay(lead_list_mock: RunningMock) -> None:
    for _ in range(10):
        create(lead_list_mock, "n" * 166 * 1024)
    assert len(lead_list_mock.requests(limit=100)) == 10
    lead_list_mock.verify(times=10)
    with pytest.raises(NotHeld, match="expected 0 to 9 of these requests, got 10"):
        lead_list_mock.verify(atMost=9)


def test_a_bound_on_bodies_that_were_dropped_does_not_hold(lead_list_mock: RunningMock) -> None:
    for i in range(10):
        create(lead_list_mock, f"{i}" * 166 * 1024)
    status, outcome = asked(lead_list_mock, {"atMost": 9, "body": {"personIds": []}})
    assert (status, outcome["held"]) == (409, False)
    assert outcome["count"] + outcome["unknown"] == 10
    assert outcome["unknown"] > 0
    assert "reset the world" in outcome["reason"]
    lead_list_mock.verify(atMost=10, body={"personIds": []})  # so many it is at most, whatever was dropped
    lead_list_mock.verify(atLeast=1, body={"personIds": []})
    lead_list_mock.verify(times=0, method="PUT", body={"personIds": []})  # none of them is a PUT


def test_a_body_is_read_as_the_mock_reads_it() -> None:
    with running_mock(Settings(reading=(("compressed-body", "decoded"),))) as mock:
        for content, headers in ((HUGE_NUMBER, {}), (gzip.compress(HUGE_NUMBER), {"Content-Encoding": "gzip"})):
            mock.reset()
            mock.set_faults({"match": {"body": {"name": "n"}}, "headers": {"X-Met": "1"}})
            answer = httpx2.post(mock.endpoint, content=content, headers=LOGIN | JSON | headers)
            assert answer.status_code == 201
            assert ("x-met" in answer.headers) == (not headers)  # a fault looks at the body as sent
            mock.verify(times=1, body={"name": "n"})
            assert asked(mock, {"times": 0, "body": {"name": "n"}})[0] == 409


def test_a_bound_on_requests_that_were_dropped_does_not_hold(lead_list_mock: RunningMock) -> None:
    with httpx2.Client() as client:
        for _ in range(EXCHANGES_KEPT + 5):
            client.get(f"{lead_list_mock.url}/page")
    assert lead_list_mock.control("GET", "requests?limit=1")["dropped"] == 5
    for question in ({"times": EXCHANGES_KEPT}, {"atMost": EXCHANGES_KEPT}, {"times": 0, "method": "POST"}):
        status, outcome = asked(lead_list_mock, question)
        assert (status, outcome["unknown"]) == (409, 5)
        assert "the journal has dropped 5 requests" in outcome["reason"]
    lead_list_mock.verify(atLeast=EXCHANGES_KEPT)
    lead_list_mock.reset()
    lead_list_mock.verify(times=0)


def test_a_body_that_is_longer_than_the_journal_keeps_is_unknown(lead_list_mock: RunningMock) -> None:
    create(lead_list_mock, "n" * 300 * 1024)
    assert asked(lead_list_mock, {"times": 0, "body": {"name": "m"}})[1]["unknown"] == 1
    lead_list_mock.verify(times=1, status=201)


def test_a_bound_on_requests_in_progress_does_not_hold_until_they_end(lead_list_mock: RunningMock) -> None:
    lead_list_mock.set_faults({"delayMs": 1500})
    second = threading.Thread(target=create, args=(lead_list_mock, "double click"))
    second.start()
    while not lead_list_mock.mock.worlds["default"].journal.in_progress:
        time.sleep(0.01)
    of_user = {"user": "user_xyz789", "body": {"name": "double click"}}
    for question in ({"atMost": 0}, {"times": 0, "status": 201}, {"times": 0, **of_user}, {"times": 1}):
        status, outcome = asked(lead_list_mock, question)
        assert (status, outcome["unknown"]) == (409, 1), question
        assert outcome["reason"].endswith("because 1 request is in progress; wait for the end with withinMs")
    lead_list_mock.verify(times=0, method="PUT")  # the one in progress cannot be that
    assert asked(lead_list_mock, {"times": 1, "status": 201, **of_user, "withinMs": 20_000})[1] == {
        "held": True,
        "count": 1,
    }
    second.join()
    assert asked(lead_list_mock, {"atMost": 0})[1]["count"] == 1


def test_a_request_in_progress_at_a_reset_belongs_to_no_later_test(lead_list_mock: RunningMock) -> None:
    lead_list_mock.set_faults({"delayMs": 500})
    left_over = threading.Thread(target=create, args=(lead_list_mock, "of the test before"))
    left_over.start()
    while not lead_list_mock.mock.worlds["default"].journal.in_progress:
        time.sleep(0.01)
    lead_list_mock.reset()
    lead_list_mock.verify(times=0)
    left_over.join()
    lead_list_mock.verify(times=0)


@pytest.mark.parametrize(
    ("bounds", "path"),
    [
        ({"times": 1, "atMost": 0}, "/times"),
        ({"times": 1, "atLeast": 2}, "/times"),
        ({"atLeast": 2, "atMost": 1}, "/atMost"),
    ],
    ids=str,
)
def test_bounds_that_contradict_each_other_are_refused(
    bounds: dict[str, int], path: str, lead_list_mock: RunningMock
) -> None:
    create(lead_list_mock)
    status, answer = asked(lead_list_mock, bounds)
    assert status == 400
    assert [each["path"] for each in answer["error"]["details"]] == [path]


# -- preflights


def test_preflights_count_only_where_they_are_asked_for(lead_list_mock: RunningMock) -> None:
    headers = {"Origin": "http://localhost:5173", "Access-Control-Request-Method": "POST"}
    httpx2.options(lead_list_mock.endpoint, headers=headers)
    create(lead_list_mock)
    lead_list_mock.verify(times=1)
    lead_list_mock.verify(times=1, method="OPTIONS")
    assert [each["method"] for each in lead_list_mock.requests()] == ["POST", "OPTIONS"]
    assert [each["method"] for each in lead_list_mock.requests(preflights="false")] == ["POST"]
    httpx2.options(lead_list_mock.endpoint)  # no browser asks so
    lead_list_mock.verify(times=2)


# -- waiting


def test_a_verification_waits_until_it_holds(lead_list_mock: RunningMock) -> None:
    later = threading.Timer(0.5, create, (lead_list_mock, "late"))
    later.start()
    started = time.monotonic()
    lead_list_mock.verify(times=1, body={"name": "late"}, withinMs=20_000)
    assert 0.4 < time.monotonic() - started < 19
    later.join()


def test_a_verification_that_never_holds_ends_in_time(lead_list_mock: RunningMock) -> None:
    create(lead_list_mock)
    started = time.monotonic()
    with pytest.raises(NotHeld, match="expected exactly 2 of these requests, got 1 within 300 ms"):
        lead_list_mock.verify(times=2, withinMs=300)
    assert 0.25 < time.monotonic() - started < 20


def test_a_mock_that_stops_ends_the_waiting(start_mock: Any) -> None:
    running = start_mock()
    answers: list[int] = []

    def wait() -> None:
        asked_for = {"times": 1, "withinMs": 60_000}
        answers.append(
            httpx2.post(f"{running.url}/__mock__/verify", json=asked_for, headers=OURS, timeout=70).status_code
        )

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.5)
    running.process.terminate()
    assert running.process.wait(timeout=20) == 0
    waiting.join(timeout=20)
    assert answers == [409]


# -- matchers

HEADERS = {"X-Tag": "a, b"}
IDS = ["lead_1", "lead_2", "lead_3"]
QUERY = "?page=2&tag=x&tag=y"


def differs(path: str, want: str, got: str) -> dict[str, str]:
    return {"path": path, "want": want, "got": got}


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ({"headers": {"x-tag": "a, b"}}, HOLDS),
        ({"headers": {"X-TAG": {"$contains": "b"}}}, HOLDS),
        ({"headers": {"x-tag": "a"}}, differs("/headers/x-tag", '"a"', '"a, b"')),
        ({"headers": {"x-other": "a"}}, differs("/headers/x-other", '"a"', "nothing")),
        ({"headers": {"x-other": None}}, HOLDS),
        ({"headers": {"x-tag": None}}, differs("/headers/x-tag", "nothing", '"a, b"')),
        ({"query": {"page": "2"}}, HOLDS),
        ({"query": {"page": "3"}}, differs("/query/page", '"3"', '"2"')),
        ({"query": {"tag": ["x", "y"]}}, HOLDS),
        ({"query": {"tag": {"$anyOrder": ["y", "x"]}, "more": None}}, HOLDS),
        ({"body": {"name": {"$contains": "urt"}}}, HOLDS),
        ({"body": {"name": {"$contains": "x"}}}, differs("/body/name", 'a text that contains "x"', '"Fourth"')),
        ({"body": {"name": {"$matches": "^Fo[a-z]+h$"}}}, HOLDS),
        ({"body": {"name": {"$matches": "^o"}}}, differs("/body/name", "a text that matches ^o", '"Fourth"')),
        ({"body": {"icpId": {"$matches": "."}}}, differs("/body/icpId", "a text that matches .", "null")),
        ({"body": {"personIds": IDS}}, HOLDS),
        ({"body": {"personIds": IDS[::-1]}}, differs("/body/personIds/0", '"lead_3"', '"lead_1"')),
        ({"body": {"personIds": {"$anyOrder": IDS[::-1]}}}, HOLDS),
        (
            {"body": {"personIds": {"$anyOrder": [*IDS, "lead_3"]}}},
            differs("/body/personIds", "these 4 in any order", "an array of 3"),
        ),
        ({"body": {"personIds": {"$anyOrder": [{"$matches": "_"}, {"$matches": "1"}, "lead_2"]}}}, HOLDS),
        (
            {"body": {"personIds": {"$anyOrder": ["lead_1", "lead_1", {"$matches": "."}]}}},
            differs("/body/personIds", "these 3 in any order", "an array of 3"),
        ),
        ({"body": {"personIds": {"$contains": "lead_2"}}}, HOLDS),
        ({"body": {"personIds": {"$contains": {"$matches": "_2$"}}}}, HOLDS),
        (
            {"body": {"personIds": {"$contains": "lead_9"}}},
            differs("/body/personIds", 'an array that contains "lead_9"', "an array of 3"),
        ),
        ({"body": {"name": {"$equals": "Fourth"}}}, HOLDS),
        ({"body": {"name": {"$equals": {"$contains": "x"}}}}, differs("/body/name", "an object", '"Fourth"')),
        ({"body": {"name": {"$equals": {"contains": "x"}}}}, differs("/body/name", "an object", '"Fourth"')),
        ({"path": {"$matches": "/leadlists$"}}, HOLDS),
        ({"user": {"$contains": "xyz"}}, HOLDS),
    ],
    ids=str,
)  # fmt: skip
def test_matchers(question: dict[str, Any], told: Any, lead_list_mock: RunningMock) -> None:
    create(lead_list_mock, "Fourth", query=QUERY, headers=HEADERS, personIds=IDS)
    status, outcome = asked(lead_list_mock, {"times": 1, **question})
    found = HOLDS if status == 200 else outcome["nearest"][0]["differences"][0]
    assert found == told


@pytest.mark.parametrize(
    ("question", "path", "got"),
    [
        ({"body": {"name": {"$contain": "x"}}}, "/body/name", '"$contain"'),
        ({"body": {"name": {"$contains": 1, "x": 2}}}, "/body/name", '"$contains"'),
        ({"headers": {"x-tag": {"$matches": "("}}}, "/headers/x-tag", '"("'),
        ({"query": {"page": {"$matches": "(?=a)"}}}, "/query/page", '"(?=a)"'),
        ({"body": [{"a": {"$matches": 5}}]}, "/body/0/a", "5"),
        ({"body": {"personIds": {"$anyOrder": "x"}}}, "/body/personIds", '"x"'),
        ({"body": {"name": {"contains": "x"}}}, "/body/name", '"contains"'),
        ({"body": {"matches": "x"}}, "/body", '"matches"'),
        ({"body": {"personIds": {"any_order": []}}}, "/body/personIds", '"any_order"'),
        ({"body": {"personIds": {"$contains": {"Equals": 1}}}}, "/body/personIds", '"Equals"'),
        ({"headers": {"x-tag": {"contains": "x"}}}, "/headers/x-tag", '"contains"'),
        # Headers, parameters, paths and users are texts, which nothing else matches.
        ({"query": {"page": 2}}, "/query/page", "2"),
        ({"query": {"page": ["2", {"$equals": 3}]}}, "/query/page/1", "3"),
        ({"headers": {"x-tag": ["a", "b"]}}, "/headers/x-tag", "an array of 2"),
        ({"headers": {"x-tag": {"$contains": True}}}, "/headers/x-tag", "true"),
        ({"headers": {"x-tag": {"has": "a"}}}, "/headers/x-tag", "an object"),
        ({"user": {"id": "user_xyz789"}}, "/user", "an object"),
        ({"path": 5}, "/path", "5"),
        ({"user": "user_xyz788"}, "/user", '"user_xyz788"'),
    ],
    ids=str,
)
def test_a_wrong_matcher_names_itself(
    question: dict[str, Any], path: str, got: str, lead_list_mock: RunningMock
) -> None:
    status, answer = asked(lead_list_mock, question)
    assert status == 400
    (problem,) = answer["error"]["details"]
    assert (problem["path"], problem["got"]) == (path, got)
    assert asked(lead_list_mock, {"times": 0, **question})[0] == 400


def test_a_costly_pattern_is_quick(lead_list_mock: RunningMock) -> None:
    create(lead_list_mock, "a" * 50_000 + "b")
    started = time.monotonic()
    lead_list_mock.verify(times=0, body={"name": {"$matches": "^(a+)+$"}})
    assert time.monotonic() - started < 5


def test_differences_show_no_secret(lead_list_mock: RunningMock) -> None:
    create(lead_list_mock, "xyz789-session", headers={"Cookie": "__session=abc123-session"})
    for question in ({"headers": {"authorization": "x", "cookie": "x"}}, {"body": {"name": "x"}}):
        answer = httpx2.post(f"{lead_list_mock.url}/__mock__/verify", json=question, headers=OURS)
        assert answer.status_code == 409
        assert "-session" not in answer.text
