"""Both drivers give the same responses, byte for byte: `connexion` is the reference, `direct` the default."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server import RunningMock, Settings, running_mock
from mock_server.settings.values import DRIVERS
from mock_server.tests.conftest import GOOD, LOGIN, PATH, Loaded
from mock_server.tests.corpus import Case, corpus

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
JSON = {"content-type": "application/json", **LOGIN}
Pair = tuple[RunningMock, RunningMock]


@contextmanager
def both_drivers(**options: Any) -> Iterator[Pair]:
    """Two mocks with the same ids and the same clock, one on each driver."""
    with ExitStack() as stack:
        one, other = (
            stack.enter_context(running_mock(Settings(port=0, seed=7, now=NOW, driver=driver, **options)))
            for driver in DRIVERS
        )
        yield one, other


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with both_drivers() as mocks:
        yield mocks


class Client:
    """Sends requests exactly as they are over one kept connection."""

    def __init__(self, mock: RunningMock) -> None:
        self._connection = HTTPConnection(urlsplit(mock.url).netloc, timeout=10)
        self._own_port = f":{urlsplit(mock.url).port}".encode()  # some advice names the address of the mock

    def close(self) -> None:
        self._connection.close()

    def send(self, case: Case) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = self._connection
        connection.putrequest(case.method, case.target, skip_accept_encoding=True)
        for name, value in case.headers.items():
            connection.putheader(name, value.encode("latin-1", "replace"))
        if case.body is not None:
            connection.putheader("content-length", str(len(case.body)))
        with suppress(OSError):  # refused for its size before it was sent; the response is there
            connection.endheaders(case.body)
        response = connection.getresponse()
        body = response.read()
        if response.will_close:
            connection.close()
        return response.status, response.getheaders(), body.replace(self._own_port, b":PORT")


def differences(pair: Pair, cases: list[Case]) -> list[str]:
    """Describe every case that the drivers answer differently."""
    found = []
    with closing(Client(pair[0])) as one, closing(Client(pair[1])) as other:
        for case in cases:
            direct, connexion = one.send(case), other.send(case)
            if direct != connexion:
                found.append(f"{case.name}:\n  direct    {direct!r:.300}\n  connexion {connexion!r:.300}")
    return found


@pytest.mark.parametrize("one_in", [32, pytest.param(1, marks=pytest.mark.long)])
def test_the_corpus_gets_the_same_responses(one_in: int, pair: Pair, tmp_path: Path, loaded: Loaded) -> None:
    with running_mock() as judged:
        cases = corpus(judged.url, tmp_path / "run", loaded("contract_tests"))
    assert len(cases) > 4000
    found = differences(pair, cases[::one_in])
    assert not found, f"{len(found)} of {len(cases)}:\n" + "\n".join(found[:10])


SOME = [
    Case("good", json.dumps(GOOD).encode()),
    Case("all wrong", b'{"name": 1, "type": "x", "icpId": 2, "startDate": "soon", "endDate": null, "personIds": [7]}'),
    Case("no login", json.dumps(GOOD).encode(), {"content-type": "application/json"}),
    Case("wrong login and wrong body", b"{", {"authorization": "Bearer unknown"}),
    Case(
        "cookie", json.dumps(GOOD).encode(), {"content-type": "application/json", "cookie": "__session=xyz789-session"}
    ),
    Case("two logins", json.dumps(GOOD).encode(), {**JSON, "cookie": "__session=nobody"}),
    Case("basic", json.dumps(GOOD).encode(), {"content-type": "application/json", "authorization": "Basic eA=="}),
    Case("foreign origin", json.dumps(GOOD).encode(), {**JSON, "origin": "https://evil.example"}),
    Case("own origin", json.dumps(GOOD).encode(), {**JSON, "origin": "http://localhost:5173"}),
    Case("idempotent", json.dumps(GOOD).encode(), {**JSON, "idempotency-key": "k"}),
    Case("idempotent again", json.dumps(GOOD).encode(), {**JSON, "idempotency-key": "k"}),
    Case("query", json.dumps(GOOD).encode(), JSON, target=f"{PATH}?a=1"),
    Case("slash", json.dumps(GOOD).encode(), JSON, target=f"{PATH}/"),
    Case("form", b"name=x", {**JSON, "content-type": "application/x-www-form-urlencoded"}),
    Case("no media type", json.dumps(GOOD).encode(), LOGIN),
    Case("forced 500", json.dumps(GOOD).encode(), {**JSON, "prefer": "code=500"}),
    Case("forced session", json.dumps(GOOD).encode(), {**JSON, "x-mock-fault": "session=expired"}),
    Case("in a world", json.dumps(GOOD).encode(), {**JSON, "x-mock-world": "w"}),
    Case("html", json.dumps(GOOD).encode(), {**JSON, "accept": "text/html"}),
    *(Case(method, None, LOGIN, method) for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")),
    Case("elsewhere", None, LOGIN, "GET", "/api/v1"),
]
OPTIONS = [
    {"profile": "strict"},
    {"reading": (("login-before-validation", "validation-first"),)},
    {"reading": (("mixed-logins", "all-good"), ("foreign-origin", "403"), ("malformed-login", "400"))},
    {"reading": (("location-header", "present"), ("idempotency-key", "honoured"), ("success-status", "200"))},
    {"reading": (("error-shape", "flat"), ("request-id-header", "present"), ("response-charset", "present"))},
    {"reading": (("unknown-query-parameters", "refused"), ("trailing-slash", "served"), ("accept-header", "406"))},
    {"reading": (("session-carrier", "cookie"), ("type-null", "default"))},
]


def test_the_drivers_choose_the_same_one_of_two_refusals() -> None:
    foreign = {"cookie": "__session=xyz789-session", "origin": "http://evil.test"}  # 403
    expired = {"cookie": "__session=expired"}  # 401
    pairs = [
        ("Basic abc", foreign),  # 400 and 403
        ("Basic abc", expired),
        ("Bearer unknown", foreign),
        ("Bearer unknown", expired),
    ]
    cases = [Case(str(pair), BODY, {**JSON, "authorization": pair[0], **pair[1]}) for pair in pairs]
    with both_drivers(reading=(("foreign-origin", "403"), ("malformed-login", "400"))) as mocks:
        assert differences(mocks, cases) == []


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_drivers_agree_whatever_the_readings(options: dict[str, Any]) -> None:
    with both_drivers(**options) as mocks:
        assert differences(mocks, SOME) == []


def raw(mock: RunningMock, request: bytes) -> bytes:
    """Everything that comes back for these bytes."""
    address = urlsplit(mock.url)
    with socket.create_connection((str(address.hostname), address.port or 0), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        with suppress(OSError):
            while chunk := connection.recv(65536):
                received += chunk
        return received


BODY = json.dumps(GOOD, separators=(",", ":")).encode()
HEAD = (
    f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
    f"Authorization: {LOGIN['authorization']}\r\nContent-Length: {len(BODY)}\r\n\r\n"
).encode()


@settings(max_examples=300)
@given(st.integers(0, len(HEAD + BODY) - 1), st.binary(max_size=2), st.integers(0, 2))
def test_mutated_bytes_get_the_same_responses(pair: Pair, at: int, put: bytes, cut: int) -> None:
    request = HEAD + BODY
    mutated = request[:at] + put + request[at + cut :]
    # Ids go on with each created list, so both must have created equally many before.
    direct, connexion = raw(pair[0], mutated), raw(pair[1], mutated)
    assert direct == connexion


def test_the_default_is_the_direct_driver() -> None:
    assert Settings().driver == "direct"
