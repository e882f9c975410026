"""However one side ends, the other one sees what it would see without the proxy: real sockets, a real proxy process."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from contract_tests.live.seen import EARLY, NOT_WHOLE, Seen
from contract_tests.tests.live.test_relay import JSON, PLAIN, REQUEST, connected, outcome, proxied, read_all
from contract_tests.tests.ports import free_port
from contract_tests.tests.servers.sockets import raw_server
from contract_tests.tests.test_exit_codes import certificates, listener

TOO_LARGE = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
RESET = b"\1\0\0\0\0\0\0\0"  # of SO_LINGER: close sends a reset


def answered_early(port: int, length: int) -> bytes:
    """Send a request with a long body, however the server ends it, and return what it answers."""
    with connected(port) as client:
        try:
            client.sendall(REQUEST % (b"x", b"Content-Length: %d\r\n" % length, b""))
            for _ in range(length // 100_000):
                client.sendall(b"x" * 100_000)
        except ConnectionError:
            pass
        try:
            return client.recv(65536)
        except ConnectionError:
            return b""


@pytest.mark.parametrize("length", [400_000, 4_000_000])
@pytest.mark.parametrize("tls", [False, True])
def test_a_response_arrives_although_the_server_resets_the_connection_on_which_the_client_still_sends(
    length: int, tls: bool, tmp_path: Path
) -> None:
    """Many servers refuse a long body like this; a client that reads what has arrived gets the refusal."""

    def refuse(listener: socket.socket, times: int) -> None:
        for _ in range(times):
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a reset drops what is not sent yet
            with context.wrap_socket(connection, server_side=True) if tls else connection as connection:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += connection.recv(1000)
                connection.sendall(TOO_LARGE)  # what it has not read makes the close a reset

    tries = 8
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates(tmp_path))
    scheme = "https" if tls else "http"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = threading.Thread(target=refuse, args=(listener, tries), daemon=True)
        serving.start()
        url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        with proxied(url, ca_file=str(tmp_path / "cert.pem")) as proxy:
            answers = Counter(answered_early(proxy.port, length) for _ in range(tries))
            seen, _ = outcome(proxy)
        serving.join(10)
    assert answers == {TOO_LARGE: tries}
    assert [each.failure for each in seen if each.failure] == []


@pytest.mark.parametrize("ending", ["reset", "reset under TLS", "end without close_notify"])
def test_a_reset_reaches_the_other_side_as_a_reset(ending: str, tmp_path: Path) -> None:
    """Without a length, an end in order would make half a response look whole."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates(tmp_path))

    def answer(connection: socket.socket) -> None:
        if ending != "reset":
            connection = context.wrap_socket(connection, server_side=True)
        connection.recv(65536)
        connection.sendall(JSON + b"\r\n{")
        time.sleep(0.2)
        if ending.startswith("reset"):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        socket.socket(fileno=connection.detach()).close()

    scheme = "http" if ending == "reset" else "https"
    with listener(answer) as port, proxied(f"{scheme}://127.0.0.1:{port}", ca_file=str(tmp_path / "cert.pem")) as proxy:
        with connected(proxy.port) as client:
            client.sendall(REQUEST % (b"x", *PLAIN))
            received = client.recv(len(JSON) + 3, socket.MSG_WAITALL)
            with pytest.raises(ConnectionResetError):
                client.recv(65536)
        seen, _ = outcome(proxy)
    assert received.endswith(b"{")
    assert [each.failure is not None for each in seen] == [True]


def test_a_client_that_stops_in_its_body_is_counted_as_such() -> None:
    with raw_server() as server, proxied(server.url) as proxy:
        with connected(proxy.port) as client:
            client.sendall((REQUEST % (b"x", *PLAIN))[:-1])
            time.sleep(0.2)
        time.sleep(0.2)
        seen, counts = outcome(proxy)
    assert (seen, counts.left_out) == ([], {NOT_WHOLE: 1})


def test_a_response_arrives_while_a_server_that_has_answered_still_reads_a_slow_body() -> None:
    """As nginx does: it ends its side, and reads on, because a close would lose the response (RFC 9112 section 9.6)."""
    read = []

    def answer(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(TOO_LARGE)
            connection.shutdown(socket.SHUT_WR)
            while data := connection.recv(65536):
                read.append(len(data))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = threading.Thread(target=answer, args=(listener,), daemon=True)
        serving.start()
        with proxied(f"http://127.0.0.1:{listener.getsockname()[1]}") as proxy:
            with connected(proxy.port) as client:
                client.sendall(REQUEST % (b"x", b"Content-Length: 80\r\n", b""))
                for _ in range(80):
                    client.sendall(b"x")
                    time.sleep(0.1)
                assert read_all(client) == TOO_LARGE
            _, counts = outcome(proxy)
        serving.join(10)
    assert sum(read) >= 80 - 1
    assert counts.left_out == {EARLY: 1}


def test_a_proxy_that_would_forward_to_itself_says_so() -> None:
    port = free_port()
    with proxied(f"http://127.0.0.1:{port}", port=port) as proxy:
        with connected(proxy.port) as client:
            client.sendall(REQUEST % (b"x", *PLAIN))
            received = read_all(client)
        _, counts = outcome(proxy)
    assert received.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert b"forwards to itself" in received
    assert counts.forwarded < 5


@pytest.mark.parametrize("first", [b"\x16\x03\x01\x02\x00\x01", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
def test_connections_that_are_not_http_1_1_are_counted(first: bytes) -> None:
    with raw_server() as server, proxied(server.url) as proxy:
        with connected(proxy.port) as client:
            client.sendall(first)
            client.shutdown(socket.SHUT_WR)
            read_all(client)
        everything, counts = outcome(proxy)
    assert (everything, counts.forwarded, counts.not_http) == ([], 0, 1)
    assert not any(isinstance(each, Seen) for each in everything)
