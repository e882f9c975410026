"""Test the responses that faults force, and the bytes that reach the client."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from mock_server import RunningMock
from mock_server.tests.conftest import GOOD, LOGIN, PATH, Running, StartMock
from mock_server.tests.worlds.conftest import Post, create
from mock_server.worlds.faults import (
    ANSWERS,
)


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


def test_a_request_that_hangs_is_shown_and_ends_with_its_client(lead_list_mock: RunningMock) -> None:
    lead_list_mock.set_faults({"answer": "hang", "times": 1})
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.post(lead_list_mock.endpoint, json=GOOD, headers=LOGIN, timeout=0.5)
    (exchange,) = lead_list_mock.requests()
    assert (exchange["answer"]["status"], exchange["answer"]["complete"]) == (None, False)
    assert exchange["fault"]["what"] == "answer=hang"
    assert create(lead_list_mock).status_code == 201
    assert len(lead_list_mock.lists()) == 1


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
