"""Forward plain HTTP to a server that speaks TLS, with the certificates of the options."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from contract_tests.tests.live.test_relay import PLAIN, REQUEST, connected, outcome, proxied, read_all
from contract_tests.tests.test_exit_codes import tls_server


def test_a_server_that_speaks_tls_gets_the_request_and_its_response_comes_back(tmp_path: Path) -> None:
    trusted = str(tmp_path / "cert.pem")
    with tls_server(tmp_path) as port, proxied(f"https://127.0.0.1:{port}", ca_file=trusted) as proxy:
        with connected(proxy.port) as client:
            client.sendall(REQUEST % (b"x", *PLAIN))
            client.shutdown(socket.SHUT_WR)
            received = read_all(client)
        seen, _ = outcome(proxy)
    assert received.startswith(b"HTTP/1.1 401 Unauthorized\r\n")
    assert [each.status for each in seen] == [401]


def test_a_certificate_that_is_not_trusted_gives_a_502(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)  # without any option, the system's certificates count
    with tls_server(tmp_path) as port, proxied(f"https://127.0.0.1:{port}") as proxy, connected(proxy.port) as client:
        client.sendall(REQUEST % (b"x", *PLAIN))
        received = read_all(client)
    assert received.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert b"certificate verify failed" in received
