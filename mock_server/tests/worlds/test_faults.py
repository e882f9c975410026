"""Test faults: which one a request meets, how requests name them, and the bytes that reach the client."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import statistics
import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from mock_server import RunningMock
from mock_server.contract.openapi import read_yaml
from mock_server.middleware.requested_faults import from_text, requested_fault
from mock_server.pipeline.words import STATUSES
from mock_server.tests.conftest import GOOD, LOGIN, PATH, ROOT, Running, StartMock
from mock_server.worlds.faults import (
    ANSWERS,
    LONGEST_DELAY_MS,
    Fault,
    FaultError,
    Faults,
    decide,
    from_json,
)

Post = Callable[..., httpx2.Response]


@pytest.fixture
def post(lead_list_mock: RunningMock) -> Post:
    """Return a function that sends a valid request with more headers."""
    return lambda **headers: httpx2.post(lead_list_mock.endpoint, json=GOOD, headers=LOGIN | headers, timeout=60)


# -- selecting a fault


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


# -- headers and cookies that force a fault


@pytest.mark.parametrize(
    ("prefer", "status", "delay_s", "applied"),
    [
        ("code=500", 500, 0, "code=500"),
        ("code=500, wait=2", 500, 2, "code=500, wait=2"),
        ("wait=0.5", None, 0.5, "wait=0.5"),
        ('Code="404"; a=b', 404, 0, "code=404"),
        ('respond-async, foo="a, code=1", code=503', 503, 0, "code=503"),
        ("code=500, code=400", 500, 0, "code=500"),
        ("code=99, wait=1", None, 1, "wait=1"),
    ],
)
def test_preferences_are_read_as_in_rfc_7240(prefer: str, status: int | None, delay_s: float, applied: str) -> None:
    touch = requested_fault([(b"prefer", prefer.encode())])
    assert touch is not None
    assert (touch.fault.status, touch.preferences, touch.door) == (status, applied, "prefer")
    assert touch.fault.draw_delay_s(lambda: 0.5) == delay_s


@pytest.mark.parametrize(
    "prefer", ["", "respond-async", "code", "code=abc", "code=600", "wait=-1", "wait=61", '=,;"', "example=a"]
)
def test_unsupported_preferences_are_ignored(prefer: str) -> None:
    assert requested_fault([(b"prefer", prefer.encode())]) is None


def test_long_preferences_cost_nothing() -> None:
    started = time.perf_counter()
    assert requested_fault([(b"prefer", b'"\\"' * 20_000)]) is None
    assert time.perf_counter() - started < 5


UNDOCUMENTED = {429: ("TOO_MANY_REQUESTS", "Too Many Requests"), 503: ("SERVICE_UNAVAILABLE", "Service Unavailable")}


@pytest.mark.parametrize(
    ("headers", "status", "marked"),
    [
        ({"prefer": "code=500"}, 500, "status=500; door=prefer"),
        ({"x-mock-fault": "status=503"}, 503, "status=503; door=header"),
        ({"cookie": "a=b; mock_fault=status=429"}, 429, "status=429; door=cookie"),
        ({"cookie": "mock_fault=status=429", "prefer": "code=500"}, 500, "status=500; door=prefer"),
        ({"prefer": "code=500", "x-mock-fault": "status=503"}, 503, "status=503; door=header"),
        ({}, 404, "status=404; door=control"),
    ],
    ids=["Prefer", "header", "cookie", "Prefer before cookie", "header before Prefer", "control"],
)
def test_each_way_forces_a_status_and_the_response_names_the_fault(
    headers: dict[str, str], status: int, marked: str, lead_list_mock: RunningMock, post: Post
) -> None:
    lead_list_mock.set_faults({"status": 404})
    answer = post(**headers)
    assert (answer.status_code, answer.headers["x-mock-fault"]) == (status, marked)
    code, message = {**STATUSES, **UNDOCUMENTED}[status]
    assert answer.json()["error"] == {"code": code, "message": message}
    assert answer.headers.get("preference-applied") == ("code=500" if "door=prefer" in marked else None)
    lead_list_mock.reset()
    assert "x-mock-fault" not in post().headers
    assert len(lead_list_mock.lists()) == 1  # a forced response creates nothing


NO_EFFECT = "at least one of status, delayMs, answer, session and headers"
NO_MEDIAN = "delayMs, the median, and a p99Ms that is not below it"


@pytest.mark.parametrize(
    ("text", "got", "want"),
    [
        ("status=xx", '"xx"', "an integer, from 200 to 599"),
        ("status=", '""', "an integer, from 200 to 599"),
        ("status=600", '"600"', "an integer, from 200 to 599"),
        ("status=500&status=404", "two values", "one value"),
        ("delayMs=1e400", '"1e400"', "a number, from 0 to 60000"),
        ("delayMs=nan", '"nan"', "a number, from 0 to 60000"),
        ("statsu=500", '"statsu"', "names of status, delayMs, p99Ms, answer, session, share, body, headers"),
        ("answer=none", '"none"', "hang or reset or empty or half or dribble or bad-chunk or not-json"),
        ("share=0.5", "no effect", NO_EFFECT),
        ("status=500&p99Ms=1", "1", NO_MEDIAN),
    ],
)
def test_a_malformed_fault_is_reported(
    text: str, got: str, want: str, post: Post, assert_error: Callable[..., Any]
) -> None:
    for headers in ({"x-mock-fault": text}, {"cookie": f"mock_fault={text}"}):
        error = assert_error(post(**headers), 400, "BAD_REQUEST")
        assert [(each["got"], each["want"]) for each in error["details"]] == [(got, want)]
        assert "mock_fault" in error["message"]


# -- responses


@pytest.mark.parametrize("status", [400, 401, 500])
def test_a_forced_status_has_the_documented_body(status: int, post: Post, assert_error: Callable[..., Any]) -> None:
    codes = {400: "BAD_REQUEST", 401: "UNAUTHORIZED", 500: "INTERNAL_ERROR"}
    assert_error(post(prefer=f"code={status}"), status, codes[status])


def test_any_other_status_has_a_plausible_body_of_the_same_format(post: Post, document: dict[str, Any]) -> None:
    assert post(prefer="code=429").json()["error"]["code"] == "TOO_MANY_REQUESTS"
    assert post(prefer="code=429").headers["retry-after"] == "1"
    assert post(prefer="code=599").json()["error"]["code"] == "HTTP_599"
    assert (post(prefer="code=204").content, post(prefer="code=304").content) == (b"", b"")
    assert "content-length" not in post(prefer="code=204").headers
    page = document["components"]["examples"]["LeadList"]["value"]
    for status in (200, 201, 202):
        assert post(prefer=f"code={status}").json().keys() == page.keys()


def test_the_fault_session_expired_equals_the_response_to_an_expired_token(
    lead_list_mock: RunningMock, post: Post
) -> None:
    lead_list_mock.set_faults({"session": "expired", "times": 1})
    true = httpx2.post(lead_list_mock.endpoint, json=GOOD, headers={"authorization": "Bearer expired"})
    lead_list_mock.set_faults({"session": "expired", "times": 1})
    forced = post()
    assert (forced.status_code, forced.json()) == (401, true.json())
    assert post().status_code == 201


def test_a_delay_comes_before_processing_and_lasts_as_requested(post: Post) -> None:
    started = time.perf_counter()
    assert post(**{"x-mock-fault": "delayMs=300"}).status_code == 201
    assert 0.3 <= time.perf_counter() - started < 30


def test_a_preflight_meets_no_fault_and_other_origins_can_read_forced_responses(lead_list_mock: RunningMock) -> None:
    lead_list_mock.set_faults({"status": 500, "times": 1})
    origin = {"origin": "http://localhost:3000"}
    asked = {"access-control-request-method": "POST"}
    assert httpx2.options(lead_list_mock.endpoint, headers=origin | asked).status_code == 204
    foreign = httpx2.options(lead_list_mock.endpoint, headers={"origin": "https://evil.test"} | asked)
    assert (foreign.status_code, foreign.headers.get("x-mock-fault")) == (403, None)
    answer = httpx2.post(lead_list_mock.endpoint, json=GOOD, headers=origin | LOGIN)
    assert answer.status_code == 500
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert "X-Mock-Fault" in answer.headers["access-control-expose-headers"]


# -- the wire


def raw(mock: Running | RunningMock, answer: str) -> bytes:
    """Return the bytes that a socket receives for a valid request; raise OSError if the connection is reset."""
    host, port = mock.url.removeprefix("http://").split(":")
    body = json.dumps(GOOD).encode()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer xyz789-session\r\nX-Mock-Fault: answer={answer}\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(head.encode() + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


def create(mock: RunningMock, name: str = "n", **headers: str) -> httpx2.Response:
    return httpx2.post(mock.endpoint, json=GOOD | {"name": name}, headers=LOGIN | headers, timeout=30)


def test_a_fault_has_its_own_body_and_headers(lead_list_mock: RunningMock) -> None:
    taken = {"error": {"code": "TAKEN", "message": "There is a list of this name"}}
    lead_list_mock.set_faults({"status": 409, "body": taken, "headers": {"Retry-After": "3", "X-Trace": "abc"}})
    answer = create(lead_list_mock, origin="http://localhost:5173")
    assert (answer.status_code, answer.json(), answer.headers["content-type"]) == (409, taken, "application/json")
    assert (answer.headers["retry-after"], answer.headers["x-trace"]) == ("3", "abc")
    assert "x-trace" in answer.headers["access-control-expose-headers"]  # the page may read it
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


def test_a_request_that_hangs_is_shown_and_ends_with_its_client(lead_list_mock: RunningMock) -> None:
    lead_list_mock.set_faults({"answer": "hang", "times": 1})
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.post(lead_list_mock.endpoint, json=GOOD, headers=LOGIN, timeout=0.5)
    (exchange,) = lead_list_mock.requests()
    assert (exchange["answer"]["status"], exchange["answer"]["complete"]) == (None, False)
    assert exchange["fault"]["what"] == "answer=hang"
    assert create(lead_list_mock).status_code == 201
    assert len(lead_list_mock.lists()) == 1


def test_spent_faults_are_not_counted(lead_list_mock: RunningMock) -> None:
    lead_list_mock.set_faults({"status": 500, "times": 1}, {"status": 503})
    for count in (2, 1):
        assert lead_list_mock.control("GET", "state")["counts"]["faults"] == count
        create(lead_list_mock)


def test_a_reset_fault_resets_the_connection(lead_list_mock: RunningMock) -> None:
    with pytest.raises(ConnectionResetError):
        raw(lead_list_mock, "reset")


@pytest.mark.parametrize("answer", ["reset", "empty", "half", "bad-chunk"])
def test_a_broken_connection_leaves_no_state(answer: str, start_mock: StartMock) -> None:
    running = start_mock()
    body = json.dumps(GOOD).encode()
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer xyz789-session\r\nContent-Length: {len(body)}\r\n"
    first = head.encode() + f"X-Mock-Fault: answer={answer}\r\n\r\n".encode() + body
    with contextlib.suppress(ConnectionResetError):
        running.send_raw(first + head.encode() + b"\r\n" + body)  # the second arrives before the response to the first
    running.process.terminate()
    assert running.process.communicate(timeout=60) == ("", "")


def test_an_empty_response_closes_the_connection_without_a_byte(lead_list_mock: RunningMock) -> None:
    assert raw(lead_list_mock, "empty") == b""


def test_half_a_body_ends_in_the_middle_of_its_length(lead_list_mock: RunningMock) -> None:
    head, _, body = raw(lead_list_mock, "half").partition(b"\r\n\r\n")
    (length,) = [int(line.split()[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
    assert head.startswith(b"HTTP/1.1 201 ")
    assert b"x-mock-fault: answer=half; door=header" in head
    assert len(body) == length // 2


def test_a_bad_chunk_breaks_the_transfer_coding(lead_list_mock: RunningMock) -> None:
    head, _, body = raw(lead_list_mock, "bad-chunk").partition(b"\r\n\r\n")
    assert b"transfer-encoding: chunked" in head.lower()
    size, _, rest = body.partition(b"\r\n")
    assert rest[int(size, 16) :] == b"\r\nno-hexadecimal-length\r\n"


def test_a_dribble_arrives_completely_and_slowly(post: Post) -> None:
    started = time.perf_counter()
    assert post(**{"x-mock-fault": "answer=dribble"}).json()["name"] == "n"
    assert time.perf_counter() - started > 1.9


def test_the_fault_not_json_has_the_media_type_of_html(post: Post) -> None:
    answer = post(**{"x-mock-fault": "answer=not-json"})
    assert (answer.status_code, answer.headers["content-type"]) == (201, "text/html; charset=utf-8")
    with pytest.raises(json.JSONDecodeError):
        answer.json()


@pytest.mark.parametrize("answer", ["half", "bad-chunk", "dribble", "not-json"])
@pytest.mark.parametrize(("method", "status"), [("POST", 204), ("POST", 304), ("HEAD", 500)])
def test_a_response_without_a_body_cannot_be_corrupted(
    answer: str, method: str, status: int, lead_list_mock: RunningMock
) -> None:
    with httpx2.Client() as client:
        for _ in range(2):  # an extra byte would be read as the start of the second response
            asked = {"x-mock-fault": f"status={status}&answer={answer}"}
            met = client.request(method, lead_list_mock.endpoint, headers=asked)
            assert (met.status_code, met.content) == (status, b"")
            assert f"answer={answer}" in met.headers["x-mock-fault"]
            assert method == "HEAD" or "content-length" not in met.headers


def test_two_header_lines_are_one_fault() -> None:
    touch = requested_fault([(b"x-mock-fault", b"status=500"), (b"x-mock-fault", b"delayMs=5")])
    assert touch is not None
    assert (touch.fault.status, touch.fault.delay_ms) == (500, 5)
    with pytest.raises(FaultError):
        requested_fault([(b"x-mock-fault", b"status=500"), (b"x-mock-fault", b"status=503")])


def test_a_corrupted_response_is_processed_first_and_a_replaced_one_is_not(lead_list_mock: RunningMock) -> None:
    for answer, lists in (("empty", 0), ("half", 1), ("bad-chunk", 2)):
        raw(lead_list_mock, answer)
        assert len(lead_list_mock.lists()) == lists


def test_a_forced_status_can_be_corrupted_too(post: Post) -> None:
    with pytest.raises(httpx2.RemoteProtocolError, match="complete message body"):
        post(**{"x-mock-fault": "status=500&answer=half"})


@pytest.mark.parametrize("answer", ANSWERS)
def test_the_next_request_is_processed_normally(answer: str, lead_list_mock: RunningMock) -> None:
    lead_list_mock.set_faults({"answer": answer, "times": 1})
    with httpx2.Client(headers=LOGIN) as client:
        with contextlib.suppress(httpx2.TransportError):
            client.post(lead_list_mock.endpoint, json=GOOD)
        assert client.post(lead_list_mock.endpoint, json=GOOD).status_code == 201
