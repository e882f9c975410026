"""A request that is answered at once gets the response and the journal entry that it gets through the middleware."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from mock_server import RunningMock, Settings, assembly, create_app, running_mock
from mock_server.middleware.at_once import Answer, AtOnce
from mock_server.tests.conftest import PATH
from mock_server.tests.corpus import Case
from mock_server.tests.pipeline.test_drivers import BODY, HEAD, JSON, NOW, OPTIONS, SOME, differences

OTHERS = [
    Case("wrong JSON", b"{", JSON),
    Case("nothing", b"", JSON),
    Case("larger than a read", b'{"name": "' + b"x" * 100_000 + b'"}', JSON),
    Case("cookie of another port", BODY, {**JSON, "cookie": "__session=xyz789-session; __session_port=1"}),
    Case("fault by cookie", BODY, {**JSON, "cookie": "mock_fault=status%3D503"}),
    Case("world by cookie", BODY, {**JSON, "cookie": "mock_world=v"}),
    Case("world by host", BODY, {**JSON, "x-mock-world": "u"}),
]


class Counting:
    """Counts the responses of an `AtOnce`."""

    def __init__(self, at_once: AtOnce) -> None:
        self._at_once = at_once
        self.answers = 0

    def __call__(self, *arguments: Any) -> Answer | None:
        answer = self._at_once(*arguments)
        self.answers += answer is not None
        return answer


@pytest.fixture
def counted() -> Iterator[tuple[RunningMock, Counting]]:
    with running_mock(Settings(port=0)) as running:
        assert running.mock.at_once is not None
        running.mock.at_once = counting = Counting(running.mock.at_once)  # type: ignore[assignment]  # the same call
        yield running, counting


@pytest.mark.parametrize("options", [{}, *OPTIONS], ids=str)
def test_response_and_journal_are_those_of_the_middleware(options: dict[str, Any]) -> None:
    plain = Settings(port=0, seed=7, now=NOW, **options)
    logging = Settings(port=0, seed=7, now=NOW, log=True, **options)  # a log treats each request, so none is short
    with running_mock(plain) as short, running_mock(logging) as long:
        assert long.mock.at_once is None
        assert differences((short, long), [*SOME, *OTHERS]) == []
        for world in ("default", "w", "v"):
            assert _journal(short.in_world(world)) == _journal(long.in_world(world))


def _journal(mock: RunningMock) -> list[dict[str, Any]]:
    port = urlsplit(mock.url).port
    text = json.dumps([{**each, "elapsedMs": 0} for each in mock.requests()])
    text = re.sub(rf"(?<!\d){port}(?!\d)", "PORT", text)  # the digits may also occur in a UUID
    entries: list[dict[str, Any]] = json.loads(text)
    return entries


@pytest.mark.parametrize(
    ("case", "is_short"),
    [
        (Case("good", BODY, JSON), True),
        (Case("400", b"{}", JSON), True),
        (Case("401", BODY, {"content-type": "application/json"}), True),
        (
            Case("session cookie", BODY, {"content-type": "application/json", "cookie": "__session=xyz789-session"}),
            True,
        ),
        (Case("another world", BODY, {**JSON, "x-mock-world": "w"}), True),
        (Case("a web page", BODY, {**JSON, "origin": "http://localhost:5173"}), False),
        (Case("a fault", BODY, {**JSON, "x-mock-fault": "status=503"}), False),
        (Case("another path", BODY, JSON, target=f"{PATH}/"), False),
        (Case("another method", BODY, JSON, "PUT"), False),
        (Case("100 Continue", BODY, {**JSON, "expect": "100-continue"}), False),
        (Case("a large body", b'{"name": "' + b"x" * 100_000 + b'"}', JSON), False),
    ],
    ids=lambda each: each.name if isinstance(each, Case) else "",
)
def test_the_middleware_is_left_out_only_where_it_has_nothing_to_do(
    counted: tuple[RunningMock, Counting], case: Case, is_short: bool
) -> None:
    mock, counting = counted
    headers = {"host": "localhost", "connection": "close", "content-length": str(len(case.body or b"")), **case.headers}
    head = f"{case.method} {case.target} HTTP/1.1\r\n" + "".join(f"{name}: {headers[name]}\r\n" for name in headers)
    assert _statuses(mock, [head.encode() + b"\r\n" + (case.body or b"")])
    assert counting.answers == is_short


def test_further_middleware_gets_every_request(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = assembly._middleware
    monkeypatch.setattr(assembly, "_middleware", lambda *parts: [lambda app: app, *listed(*parts)])
    assert create_app().at_once is None


def test_a_fault_in_force_reaches_the_next_request(counted: tuple[RunningMock, Counting]) -> None:
    mock, counting = counted
    assert _statuses(mock, [HEAD + BODY]) == [201]
    mock.set_faults({"status": 503, "times": 1})
    assert [_statuses(mock, [HEAD + BODY]) for _ in range(2)] == [[503], [201]]
    assert counting.answers == 1
    mock.set_faults()
    assert _statuses(mock, [HEAD + BODY]) == [201]
    assert counting.answers == 2


def test_requests_in_one_packet_are_answered_in_their_order(counted: tuple[RunningMock, Counting]) -> None:
    mock, counting = counted
    kept = HEAD.replace(b"Connection: close\r\n", b"")
    elsewhere = kept.replace(PATH.encode(), b"/elsewhere")
    packet = kept + BODY + elsewhere + BODY + kept + b"{" * len(BODY) + HEAD + BODY
    assert _statuses(mock, [packet]) == [201, 404, 400, 201]
    assert counting.answers == 1  # the others wait for the 404


@pytest.mark.parametrize("cut", [10, len(HEAD) - 1, len(HEAD), len(HEAD) + 5], ids=str)
def test_a_request_in_two_packets_gets_one_response(counted: tuple[RunningMock, Counting], cut: int) -> None:
    mock, _ = counted
    request = HEAD + BODY
    assert _statuses(mock, [request[:cut], request[cut:]]) == [201]
    assert len(mock.requests()) == 1
    assert mock.requests()[0]["request"]["body"] == BODY.decode()


def _statuses(mock: RunningMock, packets: list[bytes], *, waits: bool = True) -> list[int]:
    address = urlsplit(mock.url)
    with socket.create_connection((str(address.hostname), address.port or 0), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for packet in packets:
            connection.sendall(packet)
            if waits:
                mock.control("GET", "ready")  # a round trip: the server has read the packet
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return [
        int(line.split()[1]) for line in received.replace(b"}HTTP", b"}\nHTTP").splitlines() if line[:5] == b"HTTP/"
    ]


def test_a_response_that_cannot_be_sent_is_a_500(counted: tuple[RunningMock, Counting]) -> None:
    mock, _ = counted
    mock.mock.at_once = lambda *_: (201, [(b"bad name", b"x")], b"")  # type: ignore[assignment]
    kept = HEAD.replace(b"Connection: close\r\n", b"")
    assert _statuses(mock, [kept + BODY + HEAD + BODY], waits=False) == [500]
    mock.mock.at_once = None
    assert mock.requests() == []  # the request is not carried out a second time, through the middleware


@pytest.mark.parametrize("packets", [1, 2])
def test_a_trailer_is_no_header(counted: tuple[RunningMock, Counting], packets: int) -> None:
    mock, _ = counted
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n".encode()
    )
    head += b"Transfer-Encoding: chunked\r\n\r\n"
    chunks = b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\nAuthorization: Bearer xyz789-session\r\n\r\n"
    assert _statuses(mock, [head + chunks] if packets == 1 else [head, chunks]) == [401]
    assert "authorization" not in dict(mock.requests()[0]["request"]["headers"])
