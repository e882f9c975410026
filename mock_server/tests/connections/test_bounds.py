"""Bounds on what a client can make the server hold. Times are short here; `make hardening` has the real ones."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator

import httpx2
import pytest

from mock_server import RunningMock, running_mock
from mock_server.connections import deadlines, protocol, response_bytes
from mock_server.connections.request_queue import PIPELINED_MOST
from mock_server.tests.conftest import GOOD, LOGIN, PATH

BODY = json.dumps(GOOD).encode()
POST = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: {LOGIN['authorization']}\r\n".encode()
WHOLE = POST + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
PATIENCE_S = 20  # a hundred times what is usual here


@pytest.fixture
def mock(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningMock]:
    for module, name in (
        (protocol, "HEAD_S"),
        (protocol, "LINGER_S"),
        (deadlines, "UNUSED_S"),
        (deadlines, "KEPT_S"),
        (deadlines, "STALL_S"),
    ):
        monkeypatch.setattr(module, name, 0.2)
    with running_mock() as running:
        yield running


def connected(mock: RunningMock) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2])), timeout=PATIENCE_S)


def rest(connection: socket.socket) -> bytes:
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


@pytest.mark.parametrize("sent", [b"POST / HTT", POST, POST + b"X: a\r\n"], ids=["half a line", "no end", "headers"])
def test_a_head_that_does_not_end_is_refused(sent: bytes, mock: RunningMock) -> None:
    with connected(mock) as connection:
        connection.sendall(sent)
        answer = rest(connection)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"its head was not complete after 0.2 s" in answer


def test_a_head_that_drips_in_is_refused_all_the_same(mock: RunningMock) -> None:
    with connected(mock) as connection:
        connection.sendall(POST)
        with pytest.raises(OSError, match=r"."):  # noqa: PT012  # the server can close after any part
            for _ in range(int(PATIENCE_S / 0.05)):
                connection.sendall(b"X: a\r\n")
                time.sleep(0.05)
    assert httpx2.post(mock.endpoint, json=GOOD, headers=LOGIN).status_code == 201


def test_a_kept_connection_stays_open_longer_than_the_response_says() -> None:
    # A pool may send a request until the announced time is over; Node's agent does.
    announced = re.search(rb"timeout=(\d+)", response_bytes.KEPT)
    assert announced
    assert 1 <= deadlines.KEPT_S - int(announced[1]) <= 5


def test_a_client_without_a_whole_request_is_cut_within_75_s() -> None:
    assert deadlines.UNUSED_S + protocol.HEAD_S < 75  # silent first, then a part of a head


def test_a_used_connection_outlives_a_silent_one(mock: RunningMock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "KEPT_S", 600)
    with connected(mock) as silent, connected(mock) as used:
        used.sendall(WHOLE)
        assert used.recv(65536).startswith(b"HTTP/1.1 201")
        assert rest(silent) == b""
        time.sleep(0.4)  # twice the limit of the silent one
        used.sendall(WHOLE)
        assert used.recv(65536).startswith(b"HTTP/1.1 201")


@pytest.mark.parametrize("sent", [b"", b"\r\n", WHOLE], ids=["nothing", "an empty line", "a whole request"])
def test_a_connection_without_a_request_is_closed(sent: bytes, mock: RunningMock) -> None:
    with connected(mock) as connection:
        connection.sendall(sent)
        assert re.findall(rb"HTTP/1.1 (\d+)", rest(connection)) == ([b"201"] if sent == WHOLE else [])


def test_a_request_keeps_its_connection_open(mock: RunningMock) -> None:
    with httpx2.Client(headers=LOGIN) as client:
        for _ in range(8):
            assert client.post(mock.endpoint, json=GOOD).status_code == 201
            time.sleep(0.1)
        slow = {"Prefer": "wait=1"}
        assert client.post(mock.endpoint, json=GOOD, headers=slow).status_code == 201
    assert len(mock.requests(status="201")) == len(mock.requests()) == 9


def test_the_rest_of_a_refused_body_is_not_awaited_for_ever(mock: RunningMock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "KEPT_S", 600)
    with connected(mock) as connection:
        connection.sendall(b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab")
        assert re.findall(rb"HTTP/1.1 (\d+)", rest(connection)) == [b"404"]


def test_a_body_that_is_read_past_leaves_the_connection_fit_for_the_next_request(mock: RunningMock) -> None:
    with connected(mock) as connection:
        connection.sendall(b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab")
        assert connection.recv(65536).startswith(b"HTTP/1.1 404")
        connection.sendall(b"cdefghi" + WHOLE)
        assert connection.recv(65536).startswith(b"HTTP/1.1 201")


def test_a_head_is_not_late_while_the_mock_answers_the_requests_before_it(mock: RunningMock) -> None:
    """The mock reads a part of it, then waits until it has answered others, which takes longer than a head may."""
    mock.set_faults({"delayMs": 10})  # whole, the responses take ten times as long as a head may here
    last = WHOLE.replace(b"Host: x", b"Host: x\r\nConnection: close")
    with connected(mock) as connection:
        connection.sendall(WHOLE * 300 + last)
        assert re.findall(rb"HTTP/1.1 (\d+)", rest(connection)) == [b"201"] * 301


def test_pipelined_requests_are_parsed_a_few_at_a_time_and_all_answered(
    mock: RunningMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths = []
    parse = protocol.Connection._parse

    def watched(connection: protocol.Connection, data: bytes) -> None:
        parse(connection, data)
        lengths.append(len(connection._requests._ahead))

    monkeypatch.setattr(protocol, "HEAD_S", PATIENCE_S)
    monkeypatch.setattr(protocol.Connection, "_parse", watched)
    last = WHOLE.replace(b"Host: x", b"Host: x\r\nConnection: close")
    with connected(mock) as connection:
        connection.settimeout(120)
        connection.sendall(WHOLE * 500 + last)
        assert re.findall(rb"HTTP/1.1 (\d+)", rest(connection)) == [b"201"] * 501
    # What one slice holds may come on top.
    assert max(lengths) <= PIPELINED_MOST + protocol.SLICE_BYTES // len(WHOLE)


def test_a_client_that_reads_nothing_is_cut(mock: RunningMock) -> None:
    large = json.dumps(GOOD | {"name": "n" * 900_000}).encode()
    request = POST + b"Content-Length: %d\r\n\r\n" % len(large) + large
    with connected(mock) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(1)
        with pytest.raises(OSError, match=r"."):  # it stops reading, or has cut
            connection.sendall(request * 50)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            assert time.monotonic() < deadline, "not cut"
            try:
                connection.send(b"x")
                time.sleep(0.1)
            except TimeoutError:
                continue
            except OSError:
                break
    assert httpx2.post(mock.endpoint, json=GOOD, headers=LOGIN).status_code == 201


def test_a_client_that_reads_slowly_gets_everything(mock: RunningMock) -> None:
    large = json.dumps(GOOD | {"name": "n" * 900_000}).encode()
    with connected(mock) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.sendall(POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(large) + large)
        received = 0
        while chunk := connection.recv(65536):
            received += len(chunk)
            time.sleep(0.02)
    assert received > 900_000


# -- RFC 9112


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "it has 2 Host headers; send one"),
        (b"GET / HTTP/1.1\r\n\r\n", "it has no Host header; send one"),
        (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "its Host header is not a host name with an optional port"),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "its version is HTTP/2.0; use HTTP/1.1"),
        (WHOLE + b"rest of a body\r\n\r\n", "check the Content-Length of the request before it"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n{}" + WHOLE, "check the Content-Length of the request before it"),
    ],
    ids=["two hosts", "no host", "host with a space", "HTTP/2.0", "length too short", "body on GET"],
)
def test_what_http_forbids_is_refused_in_the_documented_form(head: bytes, reason: str, mock: RunningMock) -> None:
    with connected(mock) as connection:
        connection.sendall(head)
        last = b"4" + rest(connection).rpartition(b"HTTP/1.1 4")[2]
    assert last.startswith(b"400 ")
    assert b"content-type: application/json" in last
    assert reason in json.loads(last.partition(b"\r\n\r\n")[2])["error"]["message"]


@pytest.mark.parametrize("host", [b"", b"localhost", b"localhost:8080", b"[::1]:8080", b"t7.localhost", b"a_b:"])
def test_hosts_that_http_allows_are_accepted(host: bytes, mock: RunningMock) -> None:
    with connected(mock) as connection:
        connection.sendall(WHOLE.replace(b"Host: x", b"Host: " + host))
        assert connection.recv(65536).startswith(b"HTTP/1.1 201")
