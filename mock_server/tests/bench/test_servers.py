"""The benchmark measures real servers, and leaves out what it cannot trust."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from mock_server.bench.load import CONNECTIONS, load, send_many
from mock_server.bench.processes import NotServed, descendants, wait_for_success
from mock_server.bench.requests import BRIEF, CREATE, EVERY, Expected
from mock_server.bench.rounds import Rounds, check_responses, started
from mock_server.bench.servers import BY_NAME, Server
from mock_server.bench.tools import Tools, bring
from mock_server.tests.conftest import ROOT

pytestmark = pytest.mark.long
NO_TOOLS = Tools({}, {})
WITHOUT_INSTALLING = [server for server in BY_NAME.values() if not server.needs and server.name != "mock-connexion"]


def ignore(line: str) -> None:
    pass


@pytest.fixture
def wrk() -> str:
    found = shutil.which("wrk")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("there is no wrk; .ci/tools wrk brings it")
        pytest.skip("no wrk here; .ci/tools wrk brings it where it can")
    return found


@pytest.mark.parametrize("server", WITHOUT_INSTALLING, ids=lambda server: server.name)
def test_a_server_responds_as_its_row_says(server: Server) -> None:
    with started(server, NO_TOOLS) as one:
        assert wait_for_success(one, CREATE) > 0
        check_responses(server, one, EVERY)
        assert one.pss_mib() > 1


def test_the_hand_written_server_keeps_the_contract(tmp_path: Path) -> None:
    users = ["--bearer", "xyz789-session", "--cookie", "__session=xyz789-session", "--user-id", "user_xyz789"]
    users += ["--second-bearer", "abc123-session", "--second-user-id", "user_abc123", "--expired-bearer", "expired"]
    with started(BY_NAME["hand-written"], NO_TOOLS) as one:
        wait_for_success(one, CREATE)
        command = [sys.executable, "-m", "contract_tests", "run", one.url, *users, "--depth", "quick"]
        done = subprocess.run(
            [*command, "--run-folder", str(tmp_path / "run")],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr


def test_load_is_counted(wrk: str, tmp_path: Path) -> None:
    server = BY_NAME["bare"]
    with started(server, NO_TOOLS) as one:
        wait_for_success(one, CREATE)
        before_s = one.cpu_s()
        measured = load(one, CREATE, server.expected(CREATE), tmp_path)
        assert one.cpu_s() > before_s
    assert measured.per_s > 50
    assert measured.cpu_us > 1
    assert measured.p99_ms > 0


def test_as_many_requests_are_sent_as_asked_for(wrk: str, tmp_path: Path) -> None:
    server = BY_NAME["mock"]
    with started(server, NO_TOOLS) as one:
        wait_for_success(one, CREATE)
        send_many(one, CREATE, server.expected(CREATE), tmp_path, 300)
        with urllib.request.urlopen(f"{one.url}/__mock__/state", timeout=10) as response:
            counts = json.load(response)["counts"]
    assert 301 <= counts["lists"] <= 301 + CONNECTIONS  # those under way when the last one arrives, and the first


@pytest.mark.parametrize("expected", [Expected(200, '"id"'), Expected(201, "no such text")], ids=["status", "body"])
def test_a_server_with_unexpected_responses_is_left_out(expected: Expected, wrk: str, tmp_path: Path) -> None:
    server = BY_NAME["bare"]
    with started(server, NO_TOOLS) as one:
        wait_for_success(one, CREATE)
        with pytest.raises(NotServed, match=f"not {expected.status} with {expected.marker}.*first: 201 "):
            load(one, CREATE, expected, tmp_path)


def test_a_server_that_ends_at_its_start_is_left_out_and_the_others_are_measured(wrk: str) -> None:
    def broken(tools: Tools, port: int, folder: Path) -> list[str]:
        return [sys.executable, "-c", "raise SystemExit(1)"]

    bare = BY_NAME["bare"]
    bench = Rounds([bare, replace(bare, name="broken", command=broken)], NO_TOOLS, ignore)
    assert [start.server for start in bench.starts(1)] == ["bare"]
    assert "no lead list was created" in bench.left_out["broken"]
    samples = bench.loads(1)
    assert {sample.server for sample in samples} == {"bare"}
    assert {sample.request for sample in samples} >= {request.name for request in BRIEF}


def test_a_terminated_benchmark_stops_its_servers(wrk: str) -> None:
    command = [sys.executable, "-m", "mock_server.bench", "--only", "bare", "--growth", "none"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while len(started_by_it := descendants(process.pid)) == 1 and process.poll() is None:
            time.sleep(0.02)
        process.terminate()
    assert process.returncode == 128 + signal.SIGTERM
    assert len(started_by_it) > 1
    deadline = time.monotonic() + 30
    while left := [pid for pid in started_by_it if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, left
        time.sleep(0.02)


def test_what_cannot_be_installed_is_named_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    for _ in range(2):  # what was half installed does not count as installed the next time
        tools = bring({"fastapi"}, ignore)
        assert tools.paths == {}
        reason = tools.lacks(BY_NAME["fastapi"].needs)
        assert reason is not None
        assert reason.startswith("fastapi: ")
        assert "\n" not in reason
