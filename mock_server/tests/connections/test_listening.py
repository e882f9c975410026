"""The addresses that a mock listens on, and how it names them."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import httpx2
import pytest

from mock_server.connections.listening import PortTaken, listen
from mock_server.tests.conftest import GOOD, LOGIN, ROOT, Loaded, StartMock
from mock_server.tests.node_tools import run_node

RunCli = Callable[..., subprocess.CompletedProcess[str]]


def test_localhost_is_both_loopback_addresses(start_mock: StartMock) -> None:
    running = start_mock()
    port = running.address[1]
    assert running.url == f"http://localhost:{port}"
    for host in ("127.0.0.1", "[::1]", "localhost"):
        fetched = f"fetch('http://{host}:{port}/__mock__/ready').then(r => r.json()).then(r => console.log(r.ready))"
        assert run_node("node", "--eval", fetched).stdout == "true\n"
        answer = httpx2.post(running.endpoint.replace("localhost", host), json=GOOD, headers=LOGIN)
        assert answer.status_code == 201


def test_a_port_that_another_program_uses_on_the_other_address_is_in_use(run_cli: RunCli) -> None:
    with listen("::1", 0) as other:
        ended = run_cli("--port", str(other.port))
    assert ended.returncode == 3
    assert f"cannot listen on ::1 port {other.port}: address already in use" in ended.stderr


def test_a_free_port_is_free_on_both_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    with listen("::1", 0) as other, listen("localhost", 0) as listener:
        assert listener.port != other.port
        assert {each.getsockname()[1] for each in listener.sockets} == {listener.port}


def test_without_ipv6_localhost_is_the_ipv4_address(monkeypatch: pytest.MonkeyPatch) -> None:
    made = socket.socket

    def without_ipv6(family: int = -1, *more: Any) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError("Address family not supported by protocol")
        return made(family, *more)

    monkeypatch.setattr(socket, "socket", without_ipv6)
    with listen("localhost", 0) as listener:
        assert [each.getsockname()[0] for each in listener.sockets] == ["127.0.0.1"]


def test_a_listener_is_named_by_a_url_that_reaches_it() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert listener.url() == f"http://127.0.0.1:{listener.port}"
        with pytest.raises(PortTaken, match="address already in use"):
            listen("127.0.0.1", listener.port)
    with listen("::1", 0) as listener:
        assert listener.url("https") == f"https://[::1]:{listener.port}"
    for everywhere in ("0.0.0.0", "::"):
        with listen(everywhere, 0) as listener:
            assert listener.url() == f"http://localhost:{listener.port}"


def test_the_banner_names_the_addresses_in_the_network_and_the_dashboard_opens_there(loaded: Loaded) -> None:
    command = [*loaded("mock_server"), "--host", "0.0.0.0", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            banner = "".join(iter(process.stdout.readline, "Try:\n"))
            urls = re.findall(r"^On the network: (http://[0-9.]+:\d+)/", banner, re.MULTILINE)
            assert urls or not _has_a_network()
            token = re.findall(r"#token=(\S+)", banner)[0]
            for url in urls:
                assert httpx2.get(f"{url}/__mock__/").status_code == 200
                assert httpx2.get(f"{url}/__mock__/state", headers={"X-Mock-Control": token}).status_code == 200
                assert httpx2.get(f"{url}/__mock__/state").status_code == 403
        finally:
            process.terminate()


def _has_a_network() -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        return probe.connect_ex(("192.0.2.1", 9)) == 0


# -- being ready


def test_a_probe_with_any_host_name_finds_the_mock_ready(start_mock: StartMock) -> None:
    running = start_mock()
    for host in ("10.1.2.3:8080", "mock.default.svc.cluster.local", "evil.test"):
        assert httpx2.get(f"{running.url}/__mock__/ready", headers={"Host": host}).status_code == 200
        assert httpx2.get(f"{running.url}/__mock__/state", headers={"Host": host}).status_code == 403
    assert b'"ready":true' in running.send_raw(b"GET /__mock__/ready HTTP/1.0\r\n\r\n")


class _Refusing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b'{"error": {"code": "FORBIDDEN", "message": "Web pages of another origin may not."}}'
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_waiting_ends_at_once_where_the_mock_refuses(run_cli: RunCli) -> None:
    with HTTPServer(("127.0.0.1", 0), _Refusing) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        ended = run_cli("wait", f"http://127.0.0.1:{server.server_port}", "--for-s", "600")
        server.shutdown()
    assert ended.returncode == 3
    assert ended.stderr.endswith("it answers 403: Web pages of another origin may not.\n")


# -- variables


def test_a_port_that_kubernetes_sets_is_ignored_with_a_warning(start_mock: StartMock) -> None:
    variables = {"LEADLISTS_MOCK_PORT": "tcp://10.0.0.5:8080", "LEADLISTS_MOCK_SEED": "", "LEADLISTS_MOCK_HOST": " "}
    running = start_mock(env=variables)
    assert httpx2.get(f"{running.url}/__mock__/ready").status_code == 200
    running.process.terminate()
    assert running.process.communicate(timeout=10)[1] == ""  # the flag --port decided


def test_the_ignored_port_is_reported_on_stderr(run_cli: RunCli) -> None:
    ended = run_cli("readings", env={**os.environ, "LEADLISTS_MOCK_PORT": "tcp://10.0.0.5:8080"})
    assert ended.returncode == 0
    assert ended.stderr == (
        "leadlists-mock: LEADLISTS_MOCK_PORT=tcp://10.0.0.5:8080 is ignored: Kubernetes sets it for a Service of this "
        "name; choose the port with --port\n"
    )
