"""Test which fault a request meets: by its match, its share, how often."""

from __future__ import annotations

import random
import statistics
from typing import Any

import httpx2
import pytest

from mock_server import RunningMock
from mock_server.contract.spec_files import read_yaml
from mock_server.middleware.requested_faults import from_text
from mock_server.tests.conftest import GOOD, LOGIN, ROOT
from mock_server.tests.worlds.conftest import create
from mock_server.worlds.faults import (
    ANSWERS,
    LONGEST_DELAY_MS,
    Fault,
    FaultError,
    Faults,
    decide,
    from_json,
)


def test_the_first_matching_fault_applies_until_it_is_used_up() -> None:
    faults = Faults(seed=0)
    faults.put([Fault(path="/a*", times=2, status=500), Fault(method="POST", status=503)], None)
    met = [faults.choose("POST", path, []) for path in ("/abc", "/b", "/a", "/a", "/a")]
    assert [touch and touch.fault.status for touch in met] == [500, 503, 500, 503, 503]
    assert faults.choose("GET", "/b", []) is None
    faults.clear()
    assert faults.choose("POST", "/a", []) is None


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("/a", "/a", True),
        ("/a", "/ab", False),
        ("/a*", "/a/b", True),
        ("*b", "/a/b", True),
        ("/[a]", "/a", False),
        ("*", "", True),
        ("**", "/a", True),
        ("/a*", "/b/a", False),
        ("a*a", "a", False),
        ("*ab*b", "ab", False),
        ("*b*a", "/a/b", False),
        ("a*b*c", "abcbac", True),
        ("*ab*", "aab\n", True),
        ("*a" * 30 + "x", "a" * 100, False),  # a backtracking matcher would not return
    ],
)
def test_a_path_matches_exactly_or_by_its_stars(pattern: str, path: str, matches: bool) -> None:
    assert Fault(path=pattern, status=500).matches("GET", path) is matches


def test_a_share_selects_the_same_requests_for_the_same_seed() -> None:
    def met(seed: int) -> list[bool]:
        faults = Faults(seed=99)
        faults.put([Fault(share=0.3, status=500)], seed)
        return [faults.choose("GET", "/", []) is not None for _ in range(1000)]

    assert met(1) == met(1) != met(2)
    assert 250 < sum(met(1)) < 350


def test_a_share_of_0_selects_no_request_and_of_1_every_request() -> None:
    chance = random.Random(1).random
    assert all(decide([(Fault(share=0, status=500), None)], "GET", "/", chance) is None for _ in range(1000))
    assert all(decide([(Fault(share=1, status=500), None)], "GET", "/", chance) == 0 for _ in range(1000))


def test_a_latency_has_the_requested_median_and_99th_percentile() -> None:
    chance = random.Random(1).random
    fault = Fault(delay_ms=80, p99_ms=1200)
    drawn = sorted(fault.draw_delay_s(chance) * 1000 for _ in range(20_000))
    assert statistics.median(drawn) == pytest.approx(80, rel=0.05)
    assert drawn[19_800] == pytest.approx(1200, rel=0.15)
    assert drawn[-1] <= LONGEST_DELAY_MS
    assert {Fault(delay_ms=80).draw_delay_s(chance) for _ in range(10)} == {0.08}


@pytest.mark.parametrize(
    "attributes",
    [
        {}, {"share": 0.5}, {"p99_ms": 100}, {"delay_ms": 200, "p99_ms": 100}, {"body": {"a": 1}},
        {"headers": {"Content-Length": "3"}}, {"headers": {"a b": "c"}}, {"headers": {"a": "b\r\nc: d"}},
        {"headers": {"a": 5}}, {"status": 500, "headers": {"": "a"}},
    ],
    ids=[
        "nothing", "nothing but a share", "no median", "percentile below the median", "a body without a status",
        "a header of the connection", "no header name", "two headers in one", "a number", "an empty name",
    ],
)  # fmt: skip
def test_a_fault_without_effect_or_with_an_impossible_share_is_refused(attributes: dict[str, Any]) -> None:
    with pytest.raises(FaultError):
        Fault(**attributes)


@pytest.mark.parametrize(
    ("attributes", "name", "told"),
    [
        ({"session": "expired", "status": 503}, "status", "503 with a session"),
        ({"answer": "hang", "status": 500}, "status", "with answer hang"),
        ({"answer": "reset", "headers": {"Retry-After": "3"}}, "headers", "with answer reset"),
        ({"answer": "empty", "session": "expired"}, "session", "with answer empty"),
        ({"answer": "not-json", "status": 502, "body": {}}, "body", "with answer not-json"),
        ({"status": 204, "body": {"a": 1}}, "body", "with the status 204"),
    ],
)
def test_an_effect_that_another_one_would_hide_is_refused(attributes: dict[str, Any], name: str, told: str) -> None:
    with pytest.raises(FaultError) as refused:
        Fault(**attributes)
    assert (refused.value.name, refused.value.got.endswith(told)) == (name, True)


@pytest.mark.parametrize(
    "attributes",
    [
        {"answer": "hang", "delay_ms": 100},
        {"answer": "reset", "delay_ms": 100},
        {"answer": "half", "status": 500},
        {"answer": "not-json", "status": 502, "headers": {"Retry-After": "3"}},
        {"session": "expired", "headers": {"Retry-After": "3"}},
    ],
)
def test_effects_that_go_together_are_accepted(attributes: dict[str, Any]) -> None:
    assert Fault(**attributes)


def test_a_fault_survives_a_round_trip_through_json_and_text() -> None:
    fault = Fault(
        "POST",
        "/a",
        "user_1",
        {"name": "a"},
        2,
        0.5,
        409,
        80,
        100,
        "half",
        None,
        {"code": "TAKEN"},
        {"Retry-After": "3"},
    )
    assert from_json(fault.to_json(), lambda wanted: lambda body: True) == fault
    assert from_text('status=409&body={"a": 1}&headers={"X": "y"}') == Fault(
        status=409, body={"a": 1}, headers={"X": "y"}
    )
    assert from_text(str(from_text('status=409&body={"a": 1}'))) == Fault(status=409, body={"a": 1})
    assert len(str(Fault(status=409, body="b" * 1_000_000))) < 100
    assert from_text(str(Fault(status=500, delay_ms=80.0, answer="half"))) == Fault(
        status=500, delay_ms=80, answer="half"
    )


def test_the_control_api_document_has_the_bounds_of_the_headers() -> None:
    schema = read_yaml(ROOT / "mock_server" / "control" / "control.yaml")["components"]["schemas"]["Fault"][
        "properties"
    ]
    assert tuple(schema["answer"]["enum"]) == ANSWERS
    for name, number in schema.items():
        if name in ("status", "delayMs", "p99Ms", "share"):
            extra = "" if name != "p99Ms" else "&delayMs=0"
            rest = "" if name != "share" else "&status=500"
            for good in (number["minimum"], number["maximum"]):
                assert from_text(f"{name}={good}{extra}{rest}")
            for bad in (number["minimum"] - 1, number["maximum"] + 1):
                with pytest.raises(FaultError):
                    from_text(f"{name}={bad}{extra}{rest}")


def test_a_fault_has_its_own_body_and_headers(lead_list_mock: RunningMock) -> None:
    taken = {"error": {"code": "TAKEN", "message": "There is a list of this name"}}
    lead_list_mock.set_faults({"status": 409, "body": taken, "headers": {"Retry-After": "3", "X-Trace": "abc"}})
    answer = create(lead_list_mock, origin="http://localhost:5173")
    assert (answer.status_code, answer.json(), answer.headers["content-type"]) == (409, taken, "application/json")
    assert (answer.headers["retry-after"], answer.headers["x-trace"]) == ("3", "abc")
    assert "x-trace" in answer.headers["access-control-expose-headers"]  # the web page may read it
    assert lead_list_mock.lists() == []

    lead_list_mock.set_faults({"status": 502, "body": "<h1>Oops</h1>", "headers": {"Content-Type": "text/html"}})
    answer = create(lead_list_mock)
    assert (answer.text, answer.headers["content-type"]) == ("<h1>Oops</h1>", "text/html")

    lead_list_mock.set_faults({"headers": {"Deprecation": "true"}})  # of a request that is processed
    answer = create(lead_list_mock)
    assert (answer.status_code, answer.headers["deprecation"]) == (201, "true")

    lead_list_mock.set_faults()
    answer = create(lead_list_mock, **{"x-mock-fault": 'status=422&body={"a":[1]}'})
    assert (answer.status_code, answer.json()) == (422, {"a": [1]})


def test_a_fault_matches_the_body(lead_list_mock: RunningMock) -> None:
    lead_list_mock.set_faults({"match": {"body": {"name": {"$contains": "taken"}}}, "status": 409, "times": 1})
    assert [create(lead_list_mock, name).status_code for name in ("free", "taken", "taken")] == [201, 409, 201]
    assert [each["name"] for each in lead_list_mock.lists()] == ["free", "taken"]
    lead_list_mock.set_faults({"match": {"body": {"name": "n"}}, "status": 409})
    for content in (b"{", b"", b"x" * 2_000_000):
        assert httpx2.post(lead_list_mock.endpoint, content=content, headers=LOGIN).status_code == 400


def test_a_fault_matches_the_user(lead_list_mock: RunningMock) -> None:
    lead_list_mock.set_faults({"match": {"user": "user_abc123"}, "status": 403})
    assert create(lead_list_mock).status_code == 201
    assert create(lead_list_mock, authorization="Bearer abc123-session").status_code == 403
    by_cookie = httpx2.post(lead_list_mock.endpoint, json=GOOD, headers={"cookie": "__session=abc123-session"})
    assert by_cookie.status_code == 403
    assert httpx2.post(lead_list_mock.endpoint, json=GOOD).status_code == 401


def test_a_wrong_matcher_of_a_fault_is_named(lead_list_mock: RunningMock) -> None:
    with pytest.raises(ValueError, match=r"faults\[0\]\.match\.body\.name has"):
        lead_list_mock.set_faults({"match": {"body": {"name": {"$contain": "x"}}}, "status": 409})


def test_spent_faults_are_not_counted(lead_list_mock: RunningMock) -> None:
    lead_list_mock.set_faults({"status": 500, "times": 1}, {"status": 503})
    for count in (2, 1):
        assert lead_list_mock.control("GET", "state")["counts"]["faults"] == count
        create(lead_list_mock)
