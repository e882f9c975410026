"""Test that a client gets every response, whichever side of the connection ends first, on both drivers."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from mock_server import RunningMock, running_mock
from mock_server.connections import protocol
from mock_server.settings.values import Settings
from mock_server.tests.conftest import GOOD, LOGIN, PATH

BODY = json.dumps(GOOD).encode()
HEAD = f"POST {PATH} HTTP/1.1\r\nHost: x\r\n".encode()
SIGNED_IN = HEAD + f"Authorization: {LOGIN['authorization']}\r\n".encode()
WHOLE = SIGNED_IN + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
WAITS = WHOLE.replace(b"Host: x", b"Host: x\r\nPrefer: wait=0.05")
PATIENCE_S = 20


@pytest.fixture(scope="module", params=["direct", "connexion"])
def mock(request: pytest.FixtureRequest) -> Iterator[RunningMock]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(protocol, "LINGER_S", 5.0)  # the clients here need a hundredth of it
        with running_mock(Settings(port=0, driver=request.param)) as running:
            yield running


def connected(mock: RunningMock) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2])), timeout=PATIENCE_S)


def statuses(connection: socket.socket) -> list[bytes]:
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return re.findall(rb"HTTP/1.1 (\d+)", received)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (WHOLE, [b"201"]),
        (WAITS, [b"201"]),
        (WAITS + WHOLE, [b"201", b"201"]),
        (WHOLE * 500, [b"201"] * 500),
        (WHOLE + WHOLE[:-1], [b"201"]),
        (WHOLE + b"GET / HTT", [b"201"]),
        (WHOLE + b"\xff\xff", [b"201", b"400"]),
        (WHOLE[:-1], []),
        (b"", []),
    ],
    ids=["one", "late", "late and one", "many", "and a part", "and half a head", "and no HTTP", "a part", "nothing"],
)
def test_a_client_that_ends_its_side_gets_a_response_to_each_whole_request(
    sent: bytes, expected: list[bytes], mock: RunningMock
) -> None:
    with connected(mock) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        assert statuses(connection) == expected


def test_a_client_that_leaves_is_noticed(mock: RunningMock) -> None:
    journal = mock.mock.worlds["default"].journal
    with connected(mock) as connection:
        connection.sendall(b"GET /__mock__/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: bool(journal._watching))
    wait_until(lambda: not journal._watching)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (HEAD, b"401"),
        (SIGNED_IN + b"Content-Type: text/plain\r\n", b"400"),
        (SIGNED_IN.replace(b"POST", b"PUT"), b"405"),
        (b"POST /nowhere HTTP/1.1\r\nHost: x\r\n", b"404"),
        (b"GET /__mock__/state HTTP/1.1\r\nHost: x\r\n", b"403"),
        (SIGNED_IN + b"Prefer: code=500\r\n", b"500"),
    ],
)
def test_a_response_before_the_end_of_the_body_reaches_a_client_that_still_sends(
    head: bytes, status: bytes, mock: RunningMock
) -> None:
    with connected(mock) as connection:
        connection.sendall(head + b"Connection: close\r\nContent-Length: 2000\r\n\r\n")
        for _ in range(20):
            connection.sendall(b"x" * 100)  # raises if the server has closed
            time.sleep(0.01)
        assert statuses(connection) == [status]
