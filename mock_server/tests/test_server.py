"""Test process and protocol: malformed HTTP from raw sockets, bounds, ports, signals."""

from __future__ import annotations

import json
import re
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

import httpx2
import jsonschema_rs
import pytest

from mock_server.connections.listening import listen
from mock_server.tests.conftest import PATH, Running, StartMock

AUTH = b"Authorization: Bearer xyz789-session\r\n"
BODY = b'{"name":"n","icpId":null,"startDate":"2024-01-01","endDate":"2024-01-02","personIds":[]}'
POST = b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\n" + AUTH
CLOSE = b"Connection: close\r\n\r\n"
SIZED = POST + b"Content-Length: %d\r\n" % len(BODY)
SIZED_1_0 = SIZED.replace(b"Host: x\r\n", b"").replace(b"HTTP/1.1", b"HTTP/1.0")


def parts(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(first.split()[1]), headers, body


def documented(answer: bytes, schema: jsonschema_rs.Draft202012Validator, rule: str) -> dict[str, str]:
    status, headers, body = parts(answer)
    assert status == 400
    assert headers["content-type"] == "application/json"
    assert headers["connection"] == "close"
    assert int(headers["content-length"]) == len(body)
    schema.validate(json.loads(body))
    assert [problem["rule"] for problem in json.loads(body)["error"]["details"]] == [rule]
    return headers


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", id="TLS"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2 preface"),
        pytest.param(b"FETCH / HTTP/1.1\r\nHost: x\r\n\r\n", id="unknown method token"),
        pytest.param(b"POST / HTTP/9.9\r\nHost: x\r\n\r\n", id="unknown version"),
        pytest.param(b"POST /a b HTTP/1.1\r\nHost: x\r\n\r\n", id="space in the path"),
        pytest.param(POST + b"Content-Length: -1\r\n\r\n", id="negative length"),
        pytest.param(POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", id="two lengths"),
        pytest.param(
            POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="length and chunks"
        ),
        pytest.param(POST + b"X: a\rb\r\n\r\n", id="CR in a header"),
        pytest.param(POST + b"X : a\r\n\r\n", id="space before the colon"),
        pytest.param(POST + b"X\0: a\r\n\r\n", id="NUL in a header name"),
        pytest.param(POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", id="chunk size that is not a number"),
    ],
)
def test_malformed_http_gets_the_documented_error_format(
    request_bytes: bytes, mock: Running, error_schema: jsonschema_rs.Draft202012Validator
) -> None:
    documented(mock.send_raw(request_bytes), error_schema, "http")
    assert mock.post(content=BODY).status_code == 201


@pytest.mark.parametrize(
    ("request_bytes", "reason"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "this is HTTPS; use http://, or start the mock with --tls"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "this is HTTP/2; use HTTP/1.1"),
        (b"POST /a b HTTP/1.1\r\nHost: x\r\n\r\n", "write a space in a path as %20"),
        (POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", "Duplicate Content-Length"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "Invalid character in chunk size"),
    ],
    ids=["TLS", "HTTP/2", "blank", "two lengths", "chunk size"],
)
def test_the_error_for_malformed_http_names_the_reason(request_bytes: bytes, reason: str, mock: Running) -> None:
    assert json.loads(parts(mock.send_raw(request_bytes))[2])["error"]["message"].endswith(f"{reason}.")


@pytest.mark.parametrize(("origin", "granted"), [("http://localhost:3000", True), ("http://evil.test", False)])
def test_web_pages_of_localhost_can_read_errors_about_malformed_http(origin: str, granted: bool, mock: Running) -> None:
    broken = POST + b"Origin: " + origin.encode() + b"\r\nCookie: a=b\r\nX : a\r\n\r\n"
    headers = parts(mock.send_raw(broken))[1]
    assert headers["vary"] == "Origin"
    assert headers.get("access-control-allow-origin") == (origin if granted else None)
    assert ("access-control-allow-credentials" in headers) == granted


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        pytest.param(SIZED + CLOSE + BODY, 201, id="plain"),
        pytest.param(SIZED_1_0 + b"\r\n" + BODY, 201, id="HTTP/1.0"),
        pytest.param(SIZED.replace(b"POST ", b"POST http://evil.test") + CLOSE + BODY, 201, id="absolute"),
        pytest.param(SIZED.replace(b"leadlists", b"lead%6Cists") + CLOSE + BODY, 201, id="percent"),
        pytest.param(SIZED.replace(b"leadlists", b"%ff%fe") + CLOSE + BODY, 404, id="bytes in the path"),
        pytest.param(
            SIZED + b"Connection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n" + BODY, 201, id="h2c"
        ),
        pytest.param(b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400, id="CONNECT"),
        pytest.param(b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404, id="OPTIONS *"),
        pytest.param(
            b"GET " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
            405,
            id="websocket",
        ),
        pytest.param(b"HEAD " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 405, id="HEAD"),
        pytest.param(SIZED + b"Cookie: \xff\xfe=\xfd\r\nConnection: close\r\n\r\n" + BODY, 201, id="bytes in a cookie"),
        pytest.param(POST.replace(AUTH, b"Authorization: Bearer \xff\r\n") + CLOSE, 401, id="bytes in a token"),
        pytest.param(POST.replace(AUTH, b"Authorization: Bearer \r\n") + CLOSE, 401, id="empty token"),
        pytest.param(POST + b"Content-Length: 0\r\nConnection: close\r\n\r\n", 400, id="no body"),
        pytest.param(POST + CLOSE, 400, id="neither length nor body"),
    ],
)
def test_odd_http_gets_a_response(request_bytes: bytes, status: int, mock: Running) -> None:
    assert parts(mock.send_raw(request_bytes))[0] == status


def test_a_truncated_chunked_body_gets_one_response(mock: Running) -> None:
    answer = mock.send_raw(POST.replace(AUTH, b"") + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\nzz\r\n")
    assert answer.count(b"HTTP/1.1 4") == 1


def test_a_malformed_rest_of_a_refused_body_gets_no_second_response(mock: Running) -> None:
    with socket.create_connection(mock.address, timeout=60) as connection:
        connection.sendall(POST.replace(AUTH, b"") + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n")
        answer = b""
        while not answer.endswith(b"}}"):
            answer += connection.recv(65536)
        assert parts(answer)[0] == 401
        connection.sendall(b"zz\r\n")
        assert connection.recv(65536) == b""


def test_bytes_that_are_no_request_are_refused_after_the_response_before_them(mock: Running) -> None:
    answer = mock.send_raw(SIZED + b"\r\n" + BODY + b"garbage\r\n\r\n")
    assert re.findall(rb"HTTP/1.1 (\d\d\d) ", answer) == [b"201", b"400"]


def test_pipelined_requests_are_answered_in_order(mock: Running) -> None:
    last = SIZED + b"Connection: close\r\n\r\n" + BODY
    answer = mock.send_raw(SIZED + b"\r\n" + BODY + POST.replace(AUTH, b"") + b"Content-Length: 0\r\n\r\n" + last)
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"201", b"401", b"201"]


def test_a_client_that_disconnects_leaves_no_trace(start_mock: StartMock) -> None:
    running = start_mock()
    with socket.create_connection(running.address) as connection:
        connection.sendall(SIZED + b"\r\n" + BODY[:5])
    assert running.post(content=BODY).status_code == 201
    running.process.terminate()
    assert running.process.communicate(timeout=60) == ("", "")


# -- bounds


def test_an_oversized_body_is_refused_before_it_is_read(
    mock: Running, error_schema: jsonschema_rs.Draft202012Validator
) -> None:
    answer = mock.send_raw(POST + b"Content-Length: 100000000\r\nExpect: 100-continue\r\n\r\n")
    documented(answer, error_schema, "size")


def test_an_oversized_chunked_body_is_refused_while_it_arrives(mock: Running) -> None:
    chunks = (b"x" * 65536 for _ in range(400))
    answer = mock.post(content=chunks)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"][0]["rule"] == "size"


def test_a_client_that_sends_a_whole_large_body_gets_the_response(mock: Running) -> None:
    answer = mock.send_raw(POST + b"Content-Length: 30000000\r\n\r\n", b"x" * 30_000_000)
    assert parts(answer)[0] == 400


def test_a_body_of_the_maximum_size_is_accepted(mock: Running) -> None:
    body = BODY.replace(b'"n"', b'"' + b"n" * (1024 * 1024 - len(BODY) + 1) + b'"')
    assert len(body) == 1024 * 1024
    assert mock.post(content=body).status_code == 201
    assert mock.post(content=body + b" ").status_code == 400


def test_a_slow_body_is_cut_off(start_mock: StartMock, error_schema: jsonschema_rs.Draft202012Validator) -> None:
    running = start_mock("--body-timeout-s", "0.3")
    started = time.monotonic()
    documented(running.send_raw(SIZED + b"\r\n" + BODY[:5]), error_schema, "timeout")
    assert time.monotonic() - started < 9  # without the flag it takes 10


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"X: " + b"a" * 70_000 + b"\r\n\r\n", id="one large header"),
        pytest.param(b"".join(b"X%d: a\r\n" % i for i in range(10_000)) + b"\r\n", id="many headers"),
        pytest.param(b"X: " + b"a" * 70_000, id="a header without end"),
    ],
)
def test_a_large_head_is_refused(head: bytes, mock: Running, error_schema: jsonschema_rs.Draft202012Validator) -> None:
    documented(mock.send_raw(POST + head), error_schema, "header_size")


def test_a_long_path_is_refused(mock: Running, error_schema: jsonschema_rs.Draft202012Validator) -> None:
    documented(mock.send_raw(b"GET /" + b"a" * 70_000), error_schema, "header_size")


def test_a_head_below_the_bound_is_accepted_and_the_connection_kept(mock: Running) -> None:
    with httpx2.Client(headers={"authorization": "Bearer xyz789-session", "x": "a" * 60_000}) as client:
        for _ in range(5):
            assert client.post(mock.endpoint, content=BODY).status_code == 201


def test_large_bodies_do_not_count_as_heads(mock: Running) -> None:
    body = BODY.replace(b'"n"', b'"' + b"n" * 200_000 + b'"')
    with httpx2.Client(headers={"authorization": "Bearer xyz789-session"}) as client:
        for _ in range(3):
            assert client.post(mock.endpoint, content=body).status_code == 201


# -- ports and signals


def test_a_port_in_use_is_reported_on_one_line(start_mock: StartMock, run_cli: Callable[..., Any]) -> None:
    port = start_mock().address[1]
    ended = run_cli("--port", str(port))
    assert ended.returncode == 3
    assert ended.stdout == ""
    assert ended.stderr == (
        f"leadlists-mock: cannot listen on 127.0.0.1 port {port}: address already in use; "
        "choose another port with --port, or a free one with --port 0\n"
    )


def test_a_foreign_host_address_is_reported_on_one_line(run_cli: Callable[..., Any]) -> None:
    for host in ("192.0.2.1", "no-such-host.invalid", ""):
        ended = run_cli("--host", host, "--port", "0")
        assert ended.returncode == 2
        assert ended.stderr.count("\n") == 1
        assert "--host must be an address of this machine" in ended.stderr
        assert "another port" not in ended.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_process_quickly_and_cleanly(number: signal.Signals, start_mock: StartMock) -> None:
    running = start_mock()
    with socket.create_connection(running.address) as half, socket.create_connection(running.address) as idle:
        half.sendall(SIZED + b"\r\n" + BODY[:5])
        idle.sendall(b"POST / HT")
        time.sleep(0.1)
        started = time.monotonic()
        running.process.send_signal(number)
        assert running.process.communicate(timeout=60) == ("", "")
        assert running.process.returncode == 0
        assert time.monotonic() - started < 20  # usually under two


def test_a_port_is_reusable_at_once(start_mock: StartMock) -> None:
    first = start_mock()
    assert first.post(content=BODY).status_code == 201
    first.process.terminate()
    first.process.wait(timeout=10)
    listen("localhost", first.address[1]).close()
