"""Test exchanges over real sockets: only failures of the server are attributed to it."""

from __future__ import annotations

import gzip
import itertools
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from email.utils import formatdate

import pytest

from contract_tests.target import client as target_module
from contract_tests.target.client import Outgoing, Target
from contract_tests.target.exchange import HUNG_UP, NOT_HTTP, NOT_SENT, UNREACHABLE, Request, silent
from contract_tests.target.renewal import Renewal
from contract_tests.tests.ports import free_port
from contract_tests.tests.servers.attackers import MORE, UNENDING, WRONG, attackers
from contract_tests.tests.servers.sockets import OK, raw_server

PATIENCE_S = 30  # far longer than any test here takes


@pytest.fixture
def target() -> Iterator[Target]:
    with Target(timeout_s=PATIENCE_S, connections=4) as made:
        yield made


def post(url: str, body: bytes = b"{}", **more: object) -> Request:
    return Request("POST", url, (("Content-Type", "application/json"),), body, **more)  # type: ignore[arg-type]


def limited(retry_after: str | None) -> bytes:
    line = f"Retry-After: {retry_after}\r\n" if retry_after is not None else ""
    return f"HTTP/1.1 429 Too Many\r\n{line}Content-Length: 0\r\n\r\n".encode("latin-1")


def test_the_bytes_of_the_request_are_sent_unchanged(target: Target) -> None:
    body = bytes(range(256))
    with raw_server() as server:
        exchange = target.send(Request("POST", server.url + "/a?b=%20", (("X-E", "caf\xe9"),), body), "x")
        target.send(post(server.url, body, chunked=True))
        target.send(post(server.url, body, in_parts=True))
    first, second, third = server.received
    assert third.headers["content-length"] == "256"
    assert third.body == body
    assert (first.line, first.body, first.headers["x-e"]) == ("POST /a?b=%20 HTTP/1.1", body, "caf\xe9")
    assert set(first.headers) == {"host", "content-length", "x-e"}
    assert second.headers["transfer-encoding"] == "chunked"
    assert second.body == body
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.json, exchange.label) == (201, {}, "x")
    assert exchange.sent_at_s <= exchange.received_at_s <= time.time()


def test_the_second_part_of_a_body_comes_later(target: Target) -> None:
    received: list[bytes] = []

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            while not b"".join(received).endswith(b"ab\xc3\xa9cd"):
                received.append(connection.recv(4096))
            connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve)
        server.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        target.send(post(url, "abécd".encode(), in_parts=True))
        server.join(10)
    assert received[-2].endswith(b"ab\xc3")
    assert received[-1] == b"\xa9cd"


@pytest.mark.parametrize("chunked", [False, True])
def test_an_empty_body_is_sent(target: Target, chunked: bool) -> None:
    with raw_server() as server:
        assert target.send(post(server.url, b"", chunked=chunked)).response is not None
    assert server.received[0].body == b""


@pytest.mark.parametrize("retry_after", ["0", "1", "DATE", None, "soon", "", "-1", "\xb2", "1.5", "9" * 20])
def test_the_target_waits_out_a_rate_limit(
    target: Target, retry_after: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if retry_after == "DATE":
        retry_after = formatdate(time.time() + 1, usegmt=True)
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    with raw_server(lambda c, number: c.sendall(OK if number == 2 else limited(retry_after))) as server:
        exchange = target.send(post(server.url))
    assert exchange.response is not None
    if retry_after == "9" * 20:
        assert (exchange.response.status, slept) == (429, [])
        return
    assert (exchange.response.status, len(server.received)) == (201, 3)
    assert all(0 < pause <= 2 for pause in slept)  # Flask-Limiter rounds the rest of a second down to 0
    if retry_after == "1":
        assert slept == [1, 1]


def test_an_endless_rate_limit_is_returned(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    with raw_server(lambda c, _: c.sendall(limited("0"))) as server:
        exchange = target.send(post(server.url))
    assert exchange.response is not None
    assert exchange.response.status == 429
    assert len(server.received) == target_module.MAX_RATE_LIMIT_TRIES
    assert len(slept) == target_module.MAX_RATE_LIMIT_TRIES - 1  # no request follows the last response


def test_an_unreachable_server_is_distinguished(target: Target) -> None:
    exchange = target.send(post(f"http://127.0.0.1:{free_port()}"))
    assert exchange.response is None
    assert (exchange.failure or "").startswith(UNREACHABLE)


def test_a_dropped_connection_is_a_failure(target: Target) -> None:
    with raw_server(lambda c, _: c.shutdown(socket.SHUT_RDWR)) as server:
        exchange = target.send(post(server.url))
    assert (exchange.response, exchange.failure) == (None, HUNG_UP)
    assert len(server.received) == 1  # a POST is not sent again


def test_a_dropped_reused_connection_is_a_failure(target: Target) -> None:
    with raw_server(lambda c, n: c.sendall(OK) if n == 0 else c.shutdown(socket.SHUT_RDWR)) as server:
        target.send(post(server.url))
        assert target.send(post(server.url)).failure == HUNG_UP


def test_stale_connections_are_not_a_failure(target: Target) -> None:
    def answer(connection: socket.socket, number: int) -> None:
        connection.sendall(OK)
        if number < 4:
            time.sleep(0.05)
            connection.shutdown(socket.SHUT_RDWR)  # without having said `Connection: close`

    with raw_server(answer) as server:
        assert all(e.response for e in target.send_burst([(post(server.url), "", 0)] * 4))
        time.sleep(0.2)
        for _ in range(3):
            assert target.send(post(server.url)).response is not None


def cut(data: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + data


@pytest.mark.parametrize(
    "answer",
    [
        cut(b"{}"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"SMTP ready\r\n\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
        b"\x00\xff\x00" * 99,
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    ],
)
def test_an_incomplete_response_is_a_failure(target: Target, answer: bytes) -> None:
    def send(connection: socket.socket, _: int) -> None:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_RDWR)

    with raw_server(send) as server:
        exchange = target.send(post(server.url))
    assert exchange.response is None
    assert exchange.failure
    assert exchange.failure != HUNG_UP
    assert len(server.received) == 1


def failures(urls: Mapping[str, str], timeout_s: float) -> dict[str, str]:
    """Send a request to each URL, all at once; return the failures by name."""
    with Target(timeout_s=timeout_s, connections=1) as target:
        exchanges = target.send_burst([(post(url), name, 0) for name, url in urls.items()])
    assert max(each.elapsed_s for each in exchanges) < PATIENCE_S / 2
    return {each.label: each.failure or "none" for each in exchanges}


def test_a_response_that_never_ends_ends_at_the_timeout() -> None:
    with attackers(UNENDING) as urls:
        found = failures(urls, timeout_s=0.5)
    assert found == dict.fromkeys(UNENDING, silent(0.5, 1)) | {"sends nothing": silent(0.5, 0)}


def test_a_wrong_response_is_reported_as_what_it_is() -> None:
    with attackers({name: attack for name, (attack, _) in WRONG.items()}) as urls:
        found = failures(urls, timeout_s=PATIENCE_S)
    assert {name: failure for name, failure in found.items() if WRONG[name][1] not in failure} == {}


def test_a_response_may_be_longer_to_a_longer_request(target: Target) -> None:
    data = b" " * 5_000_000
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(data)
    with raw_server(lambda connection, _: connection.sendall(head + data)) as server:
        large = target.send(post(server.url, b" " * 500_000))
        assert target.send(post(server.url)).failure == f"{NOT_HTTP}: it is longer than 4 MiB"
    assert large.response is not None
    assert large.response.body == data


def test_what_follows_a_whole_response_is_not_a_part_of_it(target: Target) -> None:
    with attackers(MORE) as urls:
        for url in urls.values():
            for exchange in (target.send(post(url)), target.send(post(url))):
                assert exchange.response is not None
                assert exchange.response.body == b"{}"


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x03\x40\x00"])
def test_a_handshake_that_never_ends_ends_at_the_timeout(sent: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.sendall(sent)
                while connection.recv(4096):
                    connection.sendall(sent[:1])

        server = threading.Thread(target=serve)
        server.start()
        # A context of its own: loading the trusted certificates would be a part of the time.
        with Target(timeout_s=0.5, connections=1, tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)) as target:
            exchange = target.send(post(f"https://127.0.0.1:{listener.getsockname()[1]}"))
        server.join(10)
    assert exchange.failure == f"{UNREACHABLE}: the server did not finish the TLS handshake in time"


def test_a_compressed_response_is_decoded(target: Target) -> None:
    data = gzip.compress(b'{"a":1}')
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(data)}\r\n\r\n".encode()
    with raw_server(lambda c, _: c.sendall(head + data)) as server:
        exchange = target.send(post(server.url))
    assert exchange.response is not None
    assert exchange.response.json == {"a": 1}


def test_a_redirect_is_a_response(target: Target) -> None:
    moved = b"HTTP/1.1 307 Moved\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n"
    with raw_server(lambda c, _: c.sendall(moved)) as server:
        exchange = target.send(post(server.url))
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.header("location"), len(server.received)) == (307, "/other", 1)


@pytest.mark.parametrize(("to", "times"), [("/sign-in", 3), ("https://login.example/a", 3), ("/x/", 0), ("", 0)])
def test_a_redirect_that_no_new_token_changes_stops_the_renewals(to: str, times: int) -> None:
    fetched = []

    def fetch() -> str:
        fetched.append("token")
        return f"token-{len(fetched)}"

    moved = f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()
    renewal = Renewal("token-0", fetch, lambda tokens: None)
    with raw_server(lambda c, _: c.sendall(moved)) as server, Target(
        timeout_s=5, connections=1, renewal=renewal
    ) as target:  # fmt: skip
        request = Request("POST", f"{server.url}/x", (("Authorization", "Bearer token-0"),), b"{}")
        statuses = [each.response.status for each in map(target.send, [request] * 6) if each.response]
    assert (statuses, len(fetched)) == ([302] * 6, times)


def test_a_response_before_the_end_of_the_body_is_accepted(target: Target) -> None:
    early = b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(early)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(1 << 20):  # a server that reads on, so that the response is not lost
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        exchange = target.send(post(url, b"n" * 5_000_000))
        thread.join()
    assert exchange.response is not None
    assert exchange.response.status == 413


def slowly(connection: socket.socket, _: int) -> None:
    time.sleep(0.05)
    connection.sendall(OK)


def test_responses_are_yielded_as_they_arrive_and_the_requests_may_end(target: Target) -> None:
    taken: list[int] = []

    def supply() -> Iterator[tuple[Outgoing]]:
        for number in itertools.count():
            taken.append(number)
            yield ((post(server.url), str(number), number),)

    with raw_server(slowly) as server:
        with closing(target.send_concurrently(supply())) as exchanges:
            answers = list(itertools.islice(exchanges, 20))
        assert {e.response.status for e in answers if e.response} == {201}
        assert len(taken) <= 20 + 2 * target.connections
        assert server.connections <= target.connections
        assert list(target.send_concurrently([])) == []


def test_a_burst_works_with_fewer_connections_than_requests() -> None:
    with (
        Target(timeout_s=PATIENCE_S, connections=1) as target,
        raw_server(slowly) as server,
    ):
        begun = time.monotonic()
        assert all(e.response for e in target.send_burst([(post(server.url), "", 0)] * 12))
        assert time.monotonic() - begun < PATIENCE_S / 2
        assert server.connections == 12


def test_an_unsendable_request_is_not_attributed_to_the_server(target: Target) -> None:
    with raw_server() as server:
        for request in (Request("POST", server.url, (("a b", "c"),)), Request("POST", server.url, (("X", "a\nb"),))):
            assert (target.send(request).failure or "").startswith(NOT_SENT)
    assert server.received == []
