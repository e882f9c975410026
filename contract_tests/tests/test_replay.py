"""A recorded breach, sent again: to the same server, and to one that is repaired."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from contract_tests.report.diff import changes
from contract_tests.results.record_reading import read_result
from contract_tests.tests.conftest import USERS
from contract_tests.tests.servers.right_core import Fields, Receive, Refusal, Request, RightCore, Scope, Send
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.starting import finished
from contract_tests.tests.test_cli import LOGIN, environment
from contract_tests.tests.test_exit_codes import run


class CutsAndRefuses(RightCore):
    """Cuts names after 64 characters, and refuses apostrophes."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        if "'" in str(sent.get("name")):
            raise Refusal(400, "BAD_REQUEST", "The name contains an apostrophe.")
        return super().validate(request, sent)

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        created = super().build(request, user, fields)
        return {**created, "name": created["name"][:64]}


class Repairable:
    """A server whose app can be replaced while it runs."""

    def __init__(self) -> None:
        self.app: RightCore = CutsAndRefuses(USERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def call(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return finished("contract_tests", *arguments, env=environment(), cwd=cwd)


def test_a_breach_is_broken_again_until_the_server_is_repaired(tmp_path: Path) -> None:
    server = Repairable()
    first, second = tmp_path / "first", tmp_path / "second"
    with serve(server) as url:
        assert run(url, *LOGIN, "--depth=quick", f"--run-folder={first}", SENDS_ONE_IN="1").returncode == 1
        done = call("replay", str(first), *LOGIN)
        assert (done.returncode, "response.name.echo: broken again: " in done.stdout) == (1, True), done.stderr
        assert "(201 -> 201)" in done.stdout
        assert "request.name.text: broken again: " in done.stdout
        server.app = RightCore({})
        done = call("replay", str(first), "response.name", *LOGIN)
        assert (done.returncode, done.stdout) == (4, "response.name.echo: not judged (201 -> 401)\n")
        server.app = RightCore(USERS)
        done = call("replay", str(first), "response.name", *LOGIN)
        assert (done.returncode, done.stdout) == (0, "response.name.echo: no longer broken (201 -> 201)\n")
        assert call("replay", str(first), "access", *LOGIN).stdout == "There is no broken clause to replay.\n"
        assert run(url, *LOGIN, "--depth=quick", f"--run-folder={second}", SENDS_ONE_IN="1").returncode == 0
    done = call("replay", str(first), *LOGIN)
    assert (done.returncode, done.stdout.count("not judged (400 -> no connection")) == (3, 1), done.stdout
    assert "cannot be reached" in done.stderr
    done = call("diff", str(first), str(second))
    assert (done.returncode, "response.name.echo: broken -> held" in done.stdout) == (1, True), done.stdout
    one = read_result(first)
    assert changes(one, one) == []
    assert 0.0001 < one.median_s < one.duration_s
    slower = replace(one, median_s=one.median_s * 3, started=replace(one.started, version="9"))
    assert [line.partition(":")[0] for line in changes(one, slower)] == ["kit", "median time for one request"]


def test_an_app_is_served_for_a_run_and_again_for_a_replay(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(
        "from contract_tests.tests.servers.faulty_servers import FAULTY_SERVERS\n"
        "def app():\n"
        "    return next(s.app for s in FAULTY_SERVERS if s.name == 'name-cut-at-64')({'token-1': 'user_1'})\n"
    )
    flags = ("--app=shop:app", *LOGIN)
    done = call("run", *flags, "--depth=quick", "--clauses=response.name", "--run-folder=run", cwd=tmp_path)
    assert (done.returncode, "✗ response.name.echo" in done.stdout) == (1, True), done.stderr
    done = call("replay", "run", *flags, cwd=tmp_path)
    assert (done.returncode, "response.name.echo: broken again: " in done.stdout) == (1, True), done.stderr
    done = call("run", "http://127.0.0.1:1", *flags, cwd=tmp_path)
    assert (done.returncode, "give either an app or a URL" in done.stderr) == (2, True), done.stderr
    done = call("run", "--app=shop:other", *LOGIN, cwd=tmp_path)
    assert (done.returncode, "Error: --app shop:other: shop has no 'other'" in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize("command", [("diff", "/nowhere", "/nowhere"), ("replay", "/nowhere")])
def test_a_folder_without_a_record_is_wrong_usage(command: tuple[str, ...]) -> None:
    done = call(*command)
    assert (done.returncode, "cannot be read" in done.stderr) == (2, True), done.stderr
