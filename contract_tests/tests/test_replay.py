"""A recorded breach, sent again: to the same server, and to one that is repaired."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from contract_tests.engine.record import read_result
from contract_tests.report.comparison import changes
from contract_tests.tests.conftest import USERS
from contract_tests.tests.servers.faulty_servers import FAULTY_SERVERS
from contract_tests.tests.servers.right_core import Receive, RightCore, Scope, Send
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.test_cli import LOGIN, environment
from contract_tests.tests.test_exit_codes import run


class Repairable:
    """A server whose app can be replaced while it runs."""

    def __init__(self) -> None:
        self.app = next(server.app for server in FAULTY_SERVERS if server.name == "name-cut-at-64")(USERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def call(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "contract_tests", *arguments]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=120)


def test_a_breach_is_broken_again_until_the_server_is_repaired(tmp_path: Path) -> None:
    server = Repairable()
    first, second = tmp_path / "first", tmp_path / "second"
    with serve(server) as url:
        assert run(url, *LOGIN, "--depth=quick", f"--run-folder={first}").returncode == 1
        done = call("replay", str(first), *LOGIN)
        assert (done.returncode, "response.name.echo: broken again: " in done.stdout) == (1, True), done.stderr
        assert "(201 -> 201)" in done.stdout
        server.app = RightCore(USERS)
        done = call("replay", str(first), "response.name", *LOGIN)
        assert (done.returncode, done.stdout) == (0, "response.name.echo: no longer broken (201 -> 201)\n")
        assert call("replay", str(first), "error", *LOGIN).stdout == "There is no broken clause to replay.\n"
        assert run(url, *LOGIN, "--depth=quick", f"--run-folder={second}").returncode == 0
    done = call("diff", str(first), str(second))
    assert (done.returncode, "response.name.echo: broken -> held" in done.stdout) == (1, True), done.stdout
    one = read_result(first)
    assert changes(one, one) == []
    slower = replace(one, duration_s=one.duration_s * 3, started=replace(one.started, version="9"))
    assert [line.partition(":")[0] for line in changes(one, slower)] == ["kit", "time for one request"]


@pytest.mark.parametrize("command", [("diff", "/nowhere", "/nowhere"), ("replay", "/nowhere")])
def test_a_folder_without_a_record_is_wrong_usage(command: tuple[str, ...]) -> None:
    done = call(*command)
    assert (done.returncode, "cannot be read" in done.stderr) == (2, True), done.stderr
