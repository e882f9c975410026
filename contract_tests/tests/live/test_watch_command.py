"""Run `leadlists-contract watch` as a user does: real processes, real traffic, real signals."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from contract_tests.composition.watch import open_watching, proxy_of
from contract_tests.results.events import Ending
from contract_tests.results.record_reading import read_result
from contract_tests.settings.values import Depth, Settings
from contract_tests.tests.conftest import judged, mock_process, settings_for
from contract_tests.tests.live.conftest import BODY, PATH
from contract_tests.tests.ports import free_port
from contract_tests.tests.servers import second_server
from contract_tests.tests.servers.right_core import RightCore
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.starting import loaded
from contract_tests.tests.test_cli import environment

LONG_NAMED = BODY | {"name": "Q1 and a name of more than sixty-four characters, which some column cuts"}
SIGNED_IN = {"Authorization": "Bearer xyz789-session"}


@contextmanager
def watching(
    upstream: str, *options: str, folder: Path, start: Sequence[str] = ()
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command; yields the process and the URL of the proxy. start: how, if not in a fork."""
    command = [
        *(start or loaded("contract_tests")),
        "watch",
        "--upstream",
        upstream,
        "--run-folder",
        str(folder),
        *options,
    ]
    with subprocess.Popen(
        command, env=environment(PYTHONUNBUFFERED="1"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.match(r"Forwarding (http://127\.0\.0\.1:\d+) to ", line)
            assert found, line + process.stdout.read()
            yield process, found[1]
        finally:
            process.kill()


def ended(process: subprocess.Popen[str], by: signal.Signals = signal.SIGINT) -> tuple[int, str]:
    process.send_signal(by)
    output, _ = process.communicate(timeout=60)
    assert "Traceback" not in output
    return process.returncode, output


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_a_right_server_ends_with_0_record_and_reports(by: signal.Signals, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with mock_process() as url, watching(url, "--report=json", "--report=html", folder=folder) as (process, proxy):
        for _ in range(3):
            assert httpx2.post(proxy + PATH, json=LONG_NAMED, headers=SIGNED_IN).status_code == 201
        code, output = ended(process, by)
    assert code == 0, output
    assert "3 exchanges seen, 3 of the operation, 3 judged." in output
    assert "Secrets found: 0" in output
    result = read_result(folder)
    assert (result.requests, result.broken, result.is_cut_off) == (3, (), False)
    assert result.clause("response.name.echo").held == 3  # type: ignore[union-attr]
    for path in folder.iterdir():
        assert b"xyz789-session" not in path.read_bytes()
    assert json.loads((folder / "report.json").read_text())


def test_a_defect_shows_while_the_traffic_goes_on(tmp_path: Path) -> None:
    with (
        mock_process("--defect=name-cut-at-64") as url,
        watching(url, folder=tmp_path / "run") as (process, proxy),
    ):
        assert httpx2.post(proxy + PATH, json=LONG_NAMED, headers=SIGNED_IN).status_code == 201
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        assert any(line.startswith("broken: response.name.echo") for line in lines)  # before the end
        code, output = ended(process)
    assert code == 1, output
    assert "repeat    curl" in output
    assert '"${LEADLISTS_BEARER}"' in output


def test_no_traffic_ends_with_4(tmp_path: Path) -> None:
    with mock_process() as url, watching(url, folder=tmp_path / "run") as (process, _):
        code, output = ended(process)
    assert code == 4, output


def test_a_port_in_use_is_wrong_usage(tmp_path: Path) -> None:
    with serve(RightCore({})) as url:
        port = url.rpartition(":")[2]
        command = [*loaded("contract_tests"), "watch", f"--upstream={url}", f"--port={port}"]
        done = subprocess.run(command, env=environment(), cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert f"the proxy cannot listen on 127.0.0.1:{port}: Address already in use" in done.stderr


def test_the_proxy_ends_when_the_command_is_killed(tmp_path: Path) -> None:
    with mock_process() as url, watching(url, folder=tmp_path / "run") as (process, proxy):
        assert httpx2.get(proxy + "/").status_code == 404
        process.kill()
        process.wait(10)
        deadline_s = time.monotonic() + 30
        while time.monotonic() < deadline_s:
            try:
                httpx2.get(proxy + "/")
            except httpx2.ConnectError:
                break
            except httpx2.TransportError:
                pass  # it ends in the middle of this request
            time.sleep(0.05)
        else:
            pytest.fail("the proxy still serves")


def test_a_whole_run_through_the_proxy_has_no_findings_on_right_servers() -> None:
    """The run sends what no browser would; neither the run nor the passive judging may report a right server."""
    apps: list[Any] = [RightCore({"token-1": "user_1"}), second_server.app({"token-1": "user_1"})]
    for app in apps:
        with serve(app) as url, proxy_of(Settings(url), host="127.0.0.1", port=0) as proxy:
            through = settings_for(
                f"http://127.0.0.1:{proxy.port}", depth=Depth.QUICK, second=None, expired_bearer=None
            )
            active = judged(through)
            proxy.stop()
            with open_watching(Settings(url)) as passive:
                for _ in passive.events(proxy.seen()):
                    pass
        seen = passive.result()
        assert [found.clause.id for found in active.broken] == []
        assert [(found.clause.id, found.worst) for found in seen.broken] == []
        assert seen.requests > 400
        assert len(seen.unjudged) < 25


@pytest.mark.parametrize(
    ("defect", "own_code", "expected"), [("", 0, 0), ("name-cut-at-64", 0, 1), ("name-cut-at-64", 7, 7)]
)
def test_the_proxy_ends_with_the_command_that_uses_it(
    defect: str, own_code: int, expected: int, tmp_path: Path
) -> None:
    port = free_port()
    program = (
        f"import httpx2, sys; httpx2.post('http://127.0.0.1:{port}{PATH}', json={LONG_NAMED!r}, headers={SIGNED_IN!r})"
        f".raise_for_status(); sys.exit({own_code})"
    )
    with mock_process(*([f"--defect={defect}"] if defect else [])) as url:
        options = [f"--upstream={url}", f"--port={port}", f"--run-folder={tmp_path / 'run'}"]
        command = [*loaded("contract_tests"), "watch", *options, "--", sys.executable, "-c", program]
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=120)
    assert done.returncode == expected, done.stdout + done.stderr
    assert "1 judged" in done.stdout


def test_a_command_that_does_not_exist_is_wrong_usage(tmp_path: Path) -> None:
    command = [*loaded("contract_tests"), "watch", "--upstream=http://127.0.0.1:9", "--", "no-such-program"]
    done = subprocess.run(command, env=environment(), cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, "no-such-program cannot be run" in done.stderr) == (2, True), done.stderr


def test_a_signal_ends_the_command_that_uses_the_proxy(tmp_path: Path) -> None:
    with mock_process() as url:
        options = ("--", sys.executable, "-c", "import time; time.sleep(60)")
        with watching(url, *options, folder=tmp_path / "run") as (process, _):
            code, output = ended(process, signal.SIGTERM)
    assert code == 128 + signal.SIGTERM, output


STUBBORN = r"""
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.write(1, b"stubborn\n")
time.sleep(60)
"""


def test_a_second_signal_ends_a_command_that_ignores_the_first(tmp_path: Path) -> None:
    with (
        mock_process() as url,
        watching(url, "--", sys.executable, "-c", STUBBORN, folder=tmp_path / "run") as (process, _),
    ):
        assert process.stdout is not None
        # Up to that word: the proxy writes lines of its own, before or after it or around it.
        assert any("stubborn" in line for line in process.stdout)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert process.poll() is None
        code, output = ended(process, signal.SIGTERM)
    assert code == 128 + signal.SIGKILL, output


def test_no_command_is_left_over_if_there_can_be_no_record(tmp_path: Path) -> None:
    program = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    command = [*loaded("contract_tests"), "watch", "--upstream=http://127.0.0.1:9", "--run-folder=/proc/none/run"]
    done = subprocess.run(
        [*command, "--", sys.executable, "-c", program],
        env=environment(), cwd=tmp_path, capture_output=True, text=True, timeout=50,
    )  # fmt: skip
    assert (done.returncode, "the record cannot be written" in done.stderr) == (2, True), done.stderr
    if (tmp_path / "pid").exists():  # it may end before it has begun
        assert not Path(f"/proc/{(tmp_path / 'pid').read_text()}").exists()


def test_a_proxy_that_dies_is_reported_and_fails_the_watching(tmp_path: Path) -> None:
    start = [sys.executable, "-m", "contract_tests"]  # so that the proxy is a child of the process
    with mock_process() as url, watching(url, folder=tmp_path / "run", start=start) as (process, proxy):
        assert httpx2.post(proxy + PATH, json=LONG_NAMED, headers=SIGNED_IN).status_code == 201
        children = subprocess.run(
            ["ps", "--ppid", str(process.pid), "-o", "pid=,args="], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        [pid] = [int(line.split()[0]) for line in children if "multiprocessing.spawn" in line]
        os.kill(pid, signal.SIGKILL)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 3, output
    assert "The proxy ended unexpectedly (exit code -9)" in output
    assert read_result(tmp_path / "run").ending is Ending.TARGET_GONE
