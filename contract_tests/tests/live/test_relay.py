"""Through the proxy, client and server see the bytes that they see without it: real sockets, a real proxy process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from contract_tests.live.proxy import Address, ProxyProcess
from contract_tests.live.seen import EARLY, NOT_WHOLE, OPAQUE, RACE, TOO_LONG, Counts, Seen
from contract_tests.target.exchange import HUNG_UP
from contract_tests.tests.conftest import USERS
from contract_tests.tests.live.conftest import PATH
from contract_tests.tests.ports import free_port
from contract_tests.tests.servers.right_core import RightCore
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.servers.sockets import raw_server

REQUEST = b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: %b\r\nx-LOWER: 1\r\nX-Upper:2\r\n%b\r\n%b"
PLAIN = (b"Content-Length: 2\r\n", b"{}")
JSON = b"HTTP/1.1 201 Created\r\ncontent-TYPE: application/json\r\n"


@contextmanager
def proxied(url: str, **options: object) -> Iterator[ProxyProcess]:
    with ProxyProcess(Address(url, (PATH,), **options)) as proxy:  # type: ignore[arg-type]
        yield proxy


def connected(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), 10)
    connection.settimeout(10)
    return connection


def read_all(connection: socket.socket) -> bytes:
    found = b""
    while data := connection.recv(65536):
        found += data
    return found


def outcome(proxy: ProxyProcess) -> tuple[list[Seen], Counts]:
    """End the proxy and return what it has seen."""
    proxy.stop()
    everything = list(proxy.seen())
    counts = [each for each in everything if isinstance(each, Counts)]
    return [each for each in everything if isinstance(each, Seen)], counts[-1]


def in_steps(*steps: bytes) -> Callable[[socket.socket, int], None]:
    """A server that sends these bytes with pauses, then closes its side."""

    def answer(connection: socket.socket, number: int) -> None:
        for step in steps:
            connection.sendall(step)
            time.sleep(0.02)
        connection.shutdown(socket.SHUT_WR)

    return answer


RESPONSES = {
    "with a length": (JSON + b"Content-Length: 2\r\n\r\n{}",),
    "in chunks, with extension and trailer": (
        JSON + b"Transfer-Encoding: chunked\r\n\r\n1;a=b\r\n{\r\n",
        b"1\r\n}\r\n0\r\nX-Trailer: 1\r\n\r\n",
    ),
    "after 100 and 103": (
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
        JSON + b"Content-Length: 2\r\n\r\n{}",
    ),
    "without a length": (JSON + b"\r\n{", b"}"),
    "byte by byte": tuple(bytes([byte]) for byte in JSON + b"Content-Length: 2\r\n\r\n{}"),
    "compressed": (JSON + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00",),
    "two headers of one name": (JSON + b"Set-Cookie: a=1\r\nset-cookie: b=2\r\nContent-Length: 2\r\n\r\n{}",),
    "an error": (b"HTTP/1.1 500 Oh no\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",),
}


@pytest.mark.parametrize("name", RESPONSES)
def test_a_response_comes_through_byte_for_byte(name: str) -> None:
    with raw_server(in_steps(*RESPONSES[name])) as server, proxied(server.url) as proxy:
        with connected(proxy.port) as client:
            client.sendall(REQUEST % (b"client.example", *PLAIN))
            received = read_all(client)
        seen, counts = outcome(proxy)
    assert received == b"".join(RESPONSES[name])
    sent = server.received[0]
    port = server.url.rpartition(":")[2].encode()
    assert sent.head == (REQUEST % (b"127.0.0.1:" + port, *PLAIN)).partition(b"\r\n\r\n")[0] + b"\r\n"
    assert sent.body == b"{}"
    assert [each.status for each in seen] == [500 if name == "an error" else 201]
    assert (counts.forwarded, counts.of_operation, counts.dropped) == (1, 1, 0)
    if "compressed" not in name:
        assert seen[0].response_body == b"{}"


REQUESTS = {
    "in chunks": (b"Transfer-Encoding: chunked\r\n", b"1\r\n{\r\n1;x\r\n}\r\n0\r\n\r\n"),
    "with a length": PLAIN,
    "that expects 100": (b"Expect: 100-continue\r\nContent-Length: 2\r\n", b"{}"),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_comes_through_byte_for_byte_also_when_it_is_slow(name: str) -> None:
    with raw_server() as server, proxied(server.url, keeps_host=True) as proxy:
        with connected(proxy.port) as client:
            for byte in REQUEST % (b"client.example", *REQUESTS[name]):
                client.sendall(bytes([byte]))
            assert client.recv(65536).startswith(b"HTTP/1.1 201")
        seen, _ = outcome(proxy)
    assert server.received[0].body == b"{}"
    assert server.received[0].headers["host"] == "client.example"
    assert seen[0].request_body == b"{}"
    assert seen[0].request_headers[:3] == (("Host", "client.example"), ("x-LOWER", "1"), ("X-Upper", "2"))


def test_a_response_to_head_has_a_length_and_no_body() -> None:
    answer = JSON + b"Content-Length: 2\r\n\r\n"
    with raw_server(lambda connection, _: connection.sendall(answer)) as server, proxied(server.url) as proxy:
        with connected(proxy.port) as client:
            for _ in range(2):  # the second one shows that the connection is still in step
                client.sendall(b"HEAD " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\n\r\n")
                assert client.recv(65536) == answer
        seen, _ = outcome(proxy)
    assert [(each.method, each.status, each.response_body) for each in seen] == [("HEAD", 201, b"")] * 2
    assert server.connections == 1


def test_pipelined_requests_are_answered_in_order_on_one_connection() -> None:
    def answer(connection: socket.socket, number: int) -> None:
        connection.sendall(JSON + b"Content-Length: 1\r\n\r\n%d" % number)

    with raw_server(answer) as server, proxied(server.url) as proxy:
        with connected(proxy.port) as client:
            client.sendall(REQUEST % (b"x", *PLAIN) * 5)
            received = b""
            while received.count(b"HTTP/1.1") < 5 or not received.endswith(b"4"):
                received += client.recv(65536)
        seen, _ = outcome(proxy)
    assert server.connections == 1
    assert [each.response_body for each in seen] == [b"0", b"1", b"2", b"3", b"4"]


def test_a_half_closed_client_still_gets_its_response() -> None:
    def answer(connection: socket.socket, number: int) -> None:
        time.sleep(0.2)
        connection.sendall(JSON + b"Content-Length: 2\r\n\r\n{}")

    with raw_server(answer) as server, proxied(server.url) as proxy:
        with connected(proxy.port) as client:
            client.sendall(REQUEST % (b"x", *PLAIN))
            client.shutdown(socket.SHUT_WR)
            assert read_all(client).endswith(b"{}")
        seen, _ = outcome(proxy)
    assert len(seen) == 1


def test_a_large_body_streams_both_ways_while_it_is_still_being_sent() -> None:
    """The server echoes each block before the client sends the next one, so nothing may wait for the whole."""

    def echo(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(65536)
            connection.sendall(JSON + b"Content-Length: 8000000\r\n\r\n")
            left = 8_000_000 - len(head.partition(b"\r\n\r\n")[2])
            connection.sendall(head.partition(b"\r\n\r\n")[2])
            while left:
                data = connection.recv(65536)
                connection.sendall(data)
                left -= len(data)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=echo, args=(listener,), daemon=True).start()
        with proxied(f"http://127.0.0.1:{listener.getsockname()[1]}") as proxy:
            with connected(proxy.port) as client:
                client.sendall(REQUEST % (b"x", b"Content-Length: 8000000\r\n", b""))
                received = b""
                while b"\r\n\r\n" not in received:
                    received += client.recv(65536)
                received = received.partition(b"\r\n\r\n")[2]
                for block in range(80):
                    client.sendall(bytes([block]) * 100_000)
                    while len(received) < 100_000:
                        received += client.recv(65536)
                    assert received == bytes([block]) * 100_000
                    received = b""
            _, counts = outcome(proxy)
    assert counts.left_out in ({TOO_LONG: 1}, {EARLY: 1})


def test_an_upgraded_connection_is_a_tunnel() -> None:
    def answer(connection: socket.socket, number: int) -> None:
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n")
        while data := connection.recv(100):
            connection.sendall(data)

    with raw_server(answer) as server, proxied(server.url) as proxy:
        with connected(proxy.port) as client:
            client.sendall(REQUEST % (b"x", b"Connection: Upgrade\r\nUpgrade: echo\r\n", b""))
            assert client.recv(1000).startswith(b"HTTP/1.1 101")
            for sent in (b"\x81\x05hello", b"no end of a line", b"\r\n\r\n"):
                client.sendall(sent)
                assert client.recv(1000) == sent
        _, counts = outcome(proxy)
    assert counts.left_out == {OPAQUE: 1}


def test_connect_is_refused_with_a_word() -> None:
    with raw_server() as server, proxied(server.url) as proxy, connected(proxy.port) as client:
        client.sendall(b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n")
        received = read_all(client)
    assert received.startswith(b"HTTP/1.1 501 ")
    assert b"is a reverse proxy for http://127.0.0.1:" in received
    assert server.connections == 0


@pytest.mark.parametrize("method", [b"POST", b"HEAD"])
def test_a_server_that_is_gone_gives_a_502_that_names_the_proxy(method: bytes) -> None:
    port = free_port()
    with proxied(f"http://127.0.0.1:{port}") as proxy:
        with connected(proxy.port) as client:
            client.sendall((REQUEST % (b"x", *PLAIN)).replace(b"POST", method, 1))
            received = read_all(client)
        seen, counts = outcome(proxy)
    assert received.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    words = f"leadlists-contract watch: http://127.0.0.1:{port} cannot be reached: Connection refused\n".encode()
    assert received.partition(b"\r\n\r\n")[2] == (b"" if method == b"HEAD" else words)
    assert (seen, sum(counts.left_out.values())) == ([], 1)


def test_a_response_that_the_server_cuts_is_reported_and_cut_for_the_client_too() -> None:
    cut = JSON + b"Content-Length: 20\r\n\r\n{"
    with raw_server(in_steps(cut)) as server, proxied(server.url) as proxy:
        with connected(proxy.port) as client:
            client.sendall(REQUEST % (b"x", *PLAIN))
            assert read_all(client) == cut
        seen, _ = outcome(proxy)
    assert [each.failure for each in seen] == [
        "the response is incomplete: the server closed the connection in the middle of it"
    ]


def test_no_response_is_reported_only_on_a_new_connection() -> None:
    def answer(connection: socket.socket, number: int) -> None:
        if number == 1:
            connection.sendall(JSON + b"Content-Length: 2\r\n\r\n{}")
        else:
            connection.shutdown(socket.SHUT_RDWR)

    with raw_server(answer) as server, proxied(server.url) as proxy:
        with connected(proxy.port) as client:
            client.sendall(REQUEST % (b"x", *PLAIN))
            assert read_all(client) == b""
        with connected(proxy.port) as client:
            client.sendall(REQUEST % (b"x", *PLAIN))
            assert client.recv(65536).endswith(b"{}")
            client.sendall(REQUEST % (b"x", *PLAIN))
            assert read_all(client) == b""
        seen, counts = outcome(proxy)
    assert [each.failure for each in seen] == [HUNG_UP, None]
    assert counts.left_out == {RACE: 1}


def test_a_client_that_goes_away_is_no_failure_of_the_server() -> None:
    def answer(connection: socket.socket, number: int) -> None:
        time.sleep(0.3)

    with raw_server(answer) as server, proxied(server.url) as proxy:
        client = connected(proxy.port)
        client.sendall(REQUEST % (b"x", *PLAIN))
        time.sleep(0.1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # close with a reset
        client.close()
        time.sleep(0.2)
        seen, counts = outcome(proxy)
    assert (seen, counts.left_out) == ([], {NOT_WHOLE: 1})


def test_other_paths_are_forwarded_and_not_kept() -> None:
    with raw_server() as server, proxied(server.url) as proxy:
        with connected(proxy.port) as client:
            client.sendall(b"GET /other HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 201")
        seen, counts = outcome(proxy)
    assert (seen, counts.forwarded, counts.of_operation) == ([], 1, 0)


def test_traffic_goes_on_while_nothing_is_judged_and_drops_are_counted() -> None:
    """Read nothing from the pipe, as a slow judge does."""
    with serve(RightCore(USERS)) as url, proxied(url) as proxy:
        requests = 1600  # more than the queue and the pipe hold
        with connected(proxy.port) as client:
            body = b'{"name": "%b"}' % (b"x" * 400)
            request = REQUEST % (b"x", b"Content-Length: %d\r\n" % len(body), body)
            for _ in range(requests):
                client.sendall(request)
                received = b""
                while not received.endswith(b"}"):
                    received += client.recv(65536)
                assert received.startswith(b"HTTP/1.1 401")
        seen, counts = outcome(proxy)
    assert counts.of_operation == requests
    assert counts.dropped > 0
    assert len(seen) + counts.dropped == requests
