"""Test the mock inside a Python program, and `leadlists-mock wait`."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mock_server import NotHeld, RunningMock, Settings, running_mock
from mock_server.connections.listening import listen
from mock_server.tests.conftest import GOOD, ROOT, Loaded


def create(mock: RunningMock) -> httpx2.Response:
    token = next(iter(mock.users.values()))
    return httpx2.post(mock.endpoint, json=GOOD, headers={"authorization": f"Bearer {token}"})


def test_several_mocks_run_at_once_and_are_isolated() -> None:
    with running_mock() as one, running_mock(Settings(success_status="200")) as other:
        assert one.url != other.url
        one.set_faults({"status": 500})
        assert (create(one).status_code, create(other).status_code) == (500, 200)
        assert (len(one.requests()), len(other.lists())) == (1, 1)
    for each in (one, other):
        with pytest.raises(httpx2.ConnectError):
            create(each)


def test_a_mock_starts_fast() -> None:
    took_s = []
    for _ in range(5):
        started = time.perf_counter()
        with running_mock() as mock:
            took_s.append(time.perf_counter() - started)
            assert create(mock).status_code == 201
    assert min(took_s) <= 1.5  # usually a tenth of that


def test_serving_does_not_load_pytest_nor_the_control_api() -> None:
    program = "import sys, mock_server; print(sorted({'pytest', 'mock_server.control.api'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_an_exception_in_the_block_stops_the_mock() -> None:
    with pytest.raises(ZeroDivisionError), running_mock() as mock:
        raise ZeroDivisionError
    with pytest.raises(httpx2.ConnectError):
        create(mock)


USERS_TESTS = """
import http.client, json
from mock_server import lead_list_mock

BODY = {"name": "n", "icpId": None, "startDate": "2024-01-01", "endDate": "2024-01-02", "personIds": []}

def create(mock):
    connection = http.client.HTTPConnection(mock.url.removeprefix("http://"))
    login = {"Authorization": "Bearer xyz789-session"}
    connection.request("POST", "/api/v1/entities/leadlists", json.dumps(BODY), login)
    return connection.getresponse().status

def test_one(lead_list_mock):
    lead_list_mock.set_faults({"status": 503})
    assert create(lead_list_mock) == 503

def test_two_starts_empty(lead_list_mock):
    assert lead_list_mock.requests() == []
    assert create(lead_list_mock) == 201
    lead_list_mock.verify(times=1, body={"name": "n"})

def test_three_fails_with_the_nearest_miss(lead_list_mock):
    create(lead_list_mock)
    lead_list_mock.verify(times=1, body={"name": "m"})
"""


def test_the_fixture_gives_each_test_a_clean_mock(tmp_path: Path) -> None:
    (tmp_path / "test_users.py").write_text(USERS_TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis", "test_users.py"]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60
    )
    assert "1 failed, 2 passed" in done.stdout
    assert "NotHeld: expected exactly 1 of these requests, got 0" in done.stdout
    assert '/body/name: want "m", got "n"' in done.stdout


def test_a_wrong_call_from_a_program_raises_an_error(lead_list_mock: RunningMock) -> None:
    with pytest.raises(ValueError, match=r"faults\[0\]\.stats"):
        lead_list_mock.set_faults({"stats": 500})
    with pytest.raises(NotHeld):
        lead_list_mock.verify(times=1)


def test_a_mock_beyond_loopback_can_be_controlled_from_the_program() -> None:
    with running_mock(Settings(host="0.0.0.0")) as mock:
        mock.set_faults({"status": 503})
        assert create(mock).status_code == 503


# -- leadlists-mock wait


def test_waiting_ends_once_the_mock_responds(loaded: Loaded, run_cli: Any) -> None:
    with listen("127.0.0.1", 0) as listener:
        port = str(listener.port)
    command = [*loaded("mock_server"), "--port", port, "wait"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as waiting:
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(timeout=1.5)
        command = [*loaded("mock_server"), "--port", port, "--ready-json"]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as serving:
            try:
                assert waiting.communicate(timeout=60) == ("", "")
                assert waiting.returncode == 0
                assert run_cli("wait", f"http://127.0.0.1:{port}").returncode == 0
            finally:
                serving.terminate()


@pytest.mark.parametrize(
    ("url", "reason"),
    [("http://127.0.0.1:9", "Connection refused"), (f"http://{'x' * 70}.test", "too long")],
    ids=["no server", "a name that is none"],
)
def test_a_wait_timeout_is_reported_on_one_line(url: str, reason: str, run_cli: Any) -> None:
    ended = run_cli("wait", url, "--for-s", "0.2")
    assert ended.returncode == 3
    assert reason in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "url",
    ["localhost:8080", "ftp://localhost", "http://", "http://a:x", "http://a:99999", "http://[::1", "http://a b"],
)
def test_an_invalid_url_is_refused_without_waiting(url: str, run_cli: Any) -> None:
    ended = run_cli("wait", url)  # half a minute, if it were valid
    told = f"leadlists-mock: {url!r} is not a URL to wait for; write one such as http://localhost:8080\n"
    assert (ended.returncode, ended.stderr) == (2, told)


def test_another_server_is_not_mistaken_for_a_mock(run_cli: Any, tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as serving:
        assert serving.stdout is not None
        port = re.findall(r"port (\d+)", serving.stdout.readline())[0]
        ended = run_cli("wait", f"http://127.0.0.1:{port}", "--for-s", "0.2")
        serving.terminate()
    assert ended.returncode == 3
    assert "it answers 404" in ended.stderr


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_a_dev_server_that_serves_html_at_every_path_is_not_mistaken_for_a_mock(run_cli: Any) -> None:
    with HTTPServer(("127.0.0.1", 0), _Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        ended = run_cli("wait", f"http://127.0.0.1:{server.server_port}", "--for-s", "0.2")
        server.shutdown()
    assert ended.returncode == 3
    assert "it answers 200 text/html" in ended.stderr
