"""Test who may use the control API: no forged request changes anything, each sent byte for byte."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import httpx2
import pytest
from starlette.datastructures import Headers

from mock_server import RunningMock, Settings, create_app, running_mock
from mock_server.control.guard import Guard
from mock_server.middleware.cors import own_origins
from mock_server.pipeline.errors import Refused
from mock_server.tests.conftest import StartMock

FAULTS = b'{"faults":[{"status":500}]}'
JSON = "Content-Type: application/json"
OURS = "X-Mock-Control: 1"
HERE = "Host: localhost:8080"


@pytest.fixture(scope="module")
def mock() -> Iterator[RunningMock]:
    with running_mock() as running:
        yield running


def ask(mock: RunningMock, head: str, *headers: str, body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
    """Return the response to a request of exactly these bytes."""
    lines = [head, *headers, "Connection: close", *([f"Content-Length: {len(body)}"] if body else [])]
    with socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2])), timeout=60) as connection:
        connection.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    start, _, content = received.partition(b"\r\n\r\n")
    first, *rest = start.decode("latin-1").split("\r\n")
    answered = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    return int(first.split()[1]), answered, content


def state(mock: RunningMock) -> str:
    """Return all state that a call can change."""
    calls = ("faults", "lists", "snapshots", "clock", "requests")
    found = {call: mock.control("GET", call) for call in calls}
    found["clock"].pop("now")
    found["requests"] = [each for each in found["requests"]["requests"] if each["method"]]  # else it was not HTTP
    worlds = sorted(each["name"] for each in mock.control("GET", "worlds")["worlds"])
    return json.dumps([found, worlds])


PUT = "PUT /__mock__/faults HTTP/1.1"
RESET = "POST /__mock__/reset HTTP/1.1"
FORGED = {
    # -- DNS rebinding: foreign names that resolve to this machine
    "rebound name": (PUT, "Host: evil.test:8080", OURS, JSON),
    "our name as a part": (PUT, "Host: localhost.evil.test", OURS, JSON),
    "our name at the end": (PUT, "Host: evil-localhost", OURS, JSON),
    "our address as a part": (PUT, "Host: 127.0.0.1.evil.test", OURS, JSON),
    "our address in another form": (PUT, "Host: 2130706433", OURS, JSON),
    "unspecified address": (PUT, "Host: 0.0.0.0:8080", OURS, JSON),
    "dot after the name": (PUT, "Host: localhost.", OURS, JSON),
    "user in front of the name": (PUT, "Host: localhost@evil.test", OURS, JSON),
    "no host": (PUT.replace("1.1", "1.0"), OURS, JSON),
    "empty host": (PUT, "Host:", OURS, JSON),
    "two hosts": (PUT, HERE, "Host: evil.test", OURS, JSON),
    "two hosts, ours last": (PUT, "Host: evil.test", HERE, OURS, JSON),
    "rebound web page, its own origin": (PUT, "Host: evil.test", "Origin: http://evil.test", OURS, JSON),
    "name forwarded": (PUT, "Host: evil.test", "X-Forwarded-Host: localhost", OURS, JSON),
    # -- web pages of other origins
    "foreign origin": (PUT, HERE, "Origin: https://evil.test", OURS, JSON),
    "another port": (PUT, HERE, "Origin: http://localhost:3000", OURS, JSON),
    "another scheme": (PUT, HERE, "Origin: https://localhost:8080", OURS, JSON),
    "sandboxed page": (PUT, HERE, "Origin: null", OURS, JSON),
    "empty origin": (PUT, HERE, "Origin:", OURS, JSON),
    "two origins": (PUT, HERE, "Origin: http://localhost:8080", "Origin: https://evil.test", OURS, JSON),
    "cross-site without an origin": (PUT, HERE, "Sec-Fetch-Site: cross-site", OURS, JSON),
    "same-site without an origin": (PUT, HERE, "Sec-Fetch-Site: same-site", OURS, JSON),
    "a form that navigates": (
        RESET, HERE, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", OURS,
    ),
    # -- requests without a preflight: no custom header, three media types
    "no header of ours": (PUT, HERE, JSON),
    "empty header of ours": (PUT, HERE, "X-Mock-Control:", JSON),
    "text/plain": (PUT, HERE, OURS, "Content-Type: text/plain"),
    "a form": (PUT, HERE, OURS, "Content-Type: application/x-www-form-urlencoded"),
    "text/plain that looks like JSON": (PUT, HERE, OURS, "Content-Type: text/plain; application/json"),
    "two media types": (PUT, HERE, OURS, JSON, "Content-Type: text/plain"),
    "no media type": (PUT, HERE, OURS),
    "reset by a form": (RESET, HERE, "Content-Type: text/plain"),
    "reset by an image": ("GET /__mock__/reset HTTP/1.1", HERE, "Sec-Fetch-Site: cross-site"),
    "method in a header": ("POST /__mock__/faults HTTP/1.1", HERE, OURS, JSON, "X-HTTP-Method-Override: PUT"),
    "preflight": ("OPTIONS /__mock__/faults HTTP/1.1", HERE, "Origin: http://localhost:3000",
                  "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: x-mock-control"),
    "sign-in of a foreign page": ("POST /__mock__/sessions HTTP/1.1", HERE, "Origin: https://evil.test", OURS, JSON),
    "sign-in of a rebound page": ("POST /__mock__/sessions HTTP/1.1", "Host: evil.test", OURS, JSON),
    "preflight of a foreign web page's sign-in": ("OPTIONS /__mock__/sessions HTTP/1.1", HERE, "Origin: https://evil.test",
                                              "Access-Control-Request-Method: POST"),
}  # fmt: skip


@pytest.mark.parametrize("forged", FORGED.values(), ids=list(FORGED))
def test_a_forged_request_changes_nothing_and_reads_nothing(forged: tuple[str, ...], mock: RunningMock) -> None:
    before = state(mock)
    head, *headers = forged
    is_sign_in = "sessions" in head
    body = b'{"user":"user_xyz789"}' if is_sign_in else b"" if "reset" in head else FAULTS
    status, answered, content = ask(mock, head, *headers, "X-Mock-World: forged", body=body)
    assert status in (403, 404, 405) or (status == 400 and b"Host" in b"".join(each.encode() for each in headers))
    assert not [name for name in answered if name.startswith("access-control-allow")]
    assert "set-cookie" not in answered
    assert b"session" not in content.replace(b"/__mock__/sessions", b"")
    assert state(mock) == before


def test_the_genuine_requests_change_something(mock: RunningMock) -> None:
    """Show that the table above could detect a change."""
    for headers in (
        (HERE, OURS, JSON),
        (HERE, "Origin: http://localhost:8080", "Sec-Fetch-Site: same-origin", OURS, JSON),
    ):
        assert ask(mock, PUT, *headers, body=FAULTS)[0] == 200
        assert len(mock.control("GET", "faults")["faults"]) == 1
        assert ask(mock, RESET, *headers[:-1])[0] == 204
        assert mock.control("GET", "faults")["faults"] == []
    assert (
        "set-cookie"
        in ask(mock, "POST /__mock__/sessions HTTP/1.1", HERE, OURS, JSON, body=b'{"user":"user_xyz789"}')[1]
    )


@pytest.mark.parametrize(
    "headers",
    [
        ("Host: evil.test",),
        (HERE, "Origin: http://localhost:3000"),
        (HERE, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"),
        (HERE, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"),
    ],
    ids=["rebound name", "another port", "script", "frame"],
)
def test_no_foreign_web_page_reads_anything(headers: tuple[str, ...], mock: RunningMock) -> None:
    for call in ("requests", "state", "lists", "events"):
        status, answered, _ = ask(mock, f"GET /__mock__/{call} HTTP/1.1", *headers)
        assert status == 403
        assert not [name for name in answered if name.startswith("access-control")]
        assert answered["cross-origin-resource-policy"] == "same-origin"
        assert answered["x-content-type-options"] == "nosniff"


def test_a_link_to_a_web_page_of_the_mock_works(mock: RunningMock) -> None:
    visit = ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document")
    assert ask(mock, "GET /__mock__/state HTTP/1.1", HERE, *visit)[0] == 200


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1:8080", "[::1]", "[::1]:8080", "t7.localhost:8080", "a.b.localhost"]
)
def test_every_loopback_host_name_is_accepted(host: str, mock: RunningMock) -> None:
    status, answered, _ = ask(mock, "GET /__mock__/state HTTP/1.1", f"Host: {host}")
    assert status == 200
    assert not [name for name in answered if name.startswith("access-control")]


def test_allowed_origins_may_sign_in_and_nothing_else(mock: RunningMock) -> None:
    page = ("Origin: http://localhost:3000", "Sec-Fetch-Site: same-site")
    asked = ("Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type,x-mock-control")
    status, answered, _ = ask(mock, "OPTIONS /__mock__/sessions HTTP/1.1", HERE, *page, *asked)
    assert (status, answered["access-control-allow-headers"]) == (204, "content-type,x-mock-control")
    head = "POST /__mock__/sessions HTTP/1.1"
    status, answered, _ = ask(mock, head, HERE, *page, OURS, JSON, body=b'{"user":"user_xyz789"}')
    assert (status, answered["access-control-allow-credentials"]) == (200, "true")
    assert ask(mock, head, HERE, *page, JSON, body=b'{"user":"user_xyz789"}')[0] == 403
    for call in ("faults", "requests", "state", "lists"):
        for head in (f"GET /__mock__/{call} HTTP/1.1", f"OPTIONS /__mock__/{call} HTTP/1.1"):
            status, answered, _ = ask(mock, head, HERE, *page, *asked)
            assert status in (403, 405)
            assert not [name for name in answered if name.startswith("access-control")]


# -- beyond loopback


def test_beyond_loopback_a_token_is_generated_printed_and_required(start_mock: StartMock) -> None:
    running = start_mock("--host", "0.0.0.0")
    token = running.ready["controlToken"]
    url = f"http://127.0.0.1:{running.address[1]}/__mock__"
    assert httpx2.get(f"{url}/ready").status_code == 200
    for headers in ({}, {"x-mock-control": "1"}, {"x-mock-control": token[:-1]}, {"x-mock-control": token.swapcase()}):
        assert httpx2.get(f"{url}/state", headers=headers).status_code == 403
        assert httpx2.post(f"{url}/reset", headers=headers).status_code == 403
    # A link must not be enough to change state.
    assert httpx2.post(f"{url}/reset?token={token}", headers={"x-mock-control": "1"}).status_code == 403
    assert httpx2.get(f"{url}/state?token={token}").status_code == 200
    assert httpx2.get(f"{url}/state", headers={"x-mock-control": token}).status_code == 200
    assert httpx2.post(f"{url}/reset", headers={"x-mock-control": token}).status_code == 204
    assert httpx2.get(f"{url}/state", headers={"x-mock-control": token, "host": "mock.test"}).status_code == 403


def test_another_host_and_a_token_can_be_configured(start_mock: StartMock) -> None:
    running = start_mock("--allow-host", "mock.test", "--control-token", "open-sesame")
    headers = {"x-mock-control": "open-sesame", "host": "mock.test:80"}
    assert httpx2.get(f"{running.url}/__mock__/state", headers=headers).status_code == 200
    assert httpx2.get(f"{running.url}/__mock__/state", headers={"host": "mock.test"}).status_code == 403
    httpx2.get(f"{running.url}/open-sesame")
    assert "open-sesame" not in httpx2.get(f"{running.url}/__mock__/requests", headers=headers).text


def test_an_app_beyond_loopback_without_a_token_has_no_control_api() -> None:
    guard = Guard(own_host="127.0.0.1", allowed_hosts=(), is_own_origin=own_origins(()), token="")
    for server, is_refused in ((("192.0.2.1", 80), True), (("127.0.0.1", 80), False), (("testserver", 80), False)):
        scope = {"method": "GET", "query_string": b"", "server": server}
        if is_refused:
            with pytest.raises(Refused):
                guard.check_token(scope, Headers({}))
        else:
            guard.check_token(scope, Headers({}))


def test_loopback_needs_no_token() -> None:
    assert create_app(Settings(host="127.0.0.1")).control_token == ""
    assert create_app(Settings(host="::1")).control_token == ""
    assert create_app(Settings(host="localhost")).control_token == ""
    assert len({create_app(Settings(host=host)).control_token for host in ("0.0.0.0", "::", "192.0.2.1")} - {""}) == 3
