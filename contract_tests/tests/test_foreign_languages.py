"""Check the runner of `make foreign` and the folders that it reads; the servers themselves are too slow for here."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from contract_tests.tests.foreign_languages import (
    FOLDER,
    STORES,
    Result,
    Server,
    differing,
    exit_code,
    mock_defaults,
    prepare,
    read_server,
    read_servers,
    table,
)
from contract_tests.tests.foreign_processes import (
    Debian,
    Judgement,
    ProcessFailed,
    Ready,
    judge,
    log_of,
    run_step,
    started,
)
from contract_tests.tests.ports import free_port

pytestmark = pytest.mark.once

SERVER = Server("go", "Go", "net/http", "SQLite", {"go": "golang-go"}, ())
HELD = Judgement(1, 700, 5.0, (), {"success-status": frozenset({"201"})})
BROKEN = replace(HELD, seed=2, broken=("response.id.new",), readings={"success-status": frozenset({"200"})})
READY = '{"url": "http://127.0.0.1:1", "users": [{"id": "a", "token": "b"}, {"id": "c", "token": "d"}]}'
READY_USERS = (("user_1", "token-1"), ("user_2", "token-2"))  # those of right_url


# -- the folders ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("server", read_servers(), ids=lambda server: server.name)
def test_each_folder_has_what_the_runner_needs(server: Server) -> None:
    folder = FOLDER / server.name
    assert server.store in STORES
    assert server.commands
    assert os.access(folder / "serve", os.X_OK)
    assert "--ignore-scripts" in (server.install or "--ignore-scripts")
    if server.build:
        assert os.access(folder / server.build, os.X_OK)
    row = f"| `{server.name}` | {server.language} | {server.stack} | {server.store} |"
    assert row in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_no_folder_is_without_a_description() -> None:
    described = {server.name for server in read_servers()}
    assert described == {path.name for path in FOLDER.iterdir() if path.is_dir()}
    assert len({server.language for server in read_servers()}) >= 6
    assert {server.store for server in read_servers()} == set(STORES)


@pytest.mark.parametrize("change", ['color = "red"\n', ""], ids=["unknown key", "missing key"])
def test_a_wrong_description_is_an_error(tmp_path: Path, change: str) -> None:
    complete = 'language = "Go"\nstack = "s"\ncommands = {}\nlibraries = []\n' + (
        'store = "memory"\n' if change else ""
    )
    (tmp_path / "server.toml").write_text(complete + change, encoding="utf-8")
    with pytest.raises(TypeError):
        read_server(tmp_path)


# -- the result -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("results", "must_install", "code"),
    [
        ([Result(SERVER, (HELD, HELD))], True, 0),
        ([Result(SERVER, (HELD, BROKEN))], False, 1),
        ([Result(SERVER, (HELD,)), Result(SERVER, failed="no ready line")], False, 1),
        ([Result(SERVER, (HELD,)), Result(SERVER, left_out="no go")], False, 0),
        ([Result(SERVER, (HELD,)), Result(SERVER, left_out="no go")], True, 1),
        ([Result(SERVER, left_out="no go")], False, 1),
    ],
    ids=["held", "broken once", "not judged", "left out", "left out in CI", "none judged"],
)
def test_the_exit_code_follows_from_the_results(results: list[Result], must_install: bool, code: int) -> None:
    assert exit_code(results, must_install=must_install) == code


def test_the_table_counts_broken_runs_and_wraps_the_readings() -> None:
    head, judged, left_out = table(
        [Result(SERVER, (HELD, BROKEN)), Result(SERVER, left_out="no go")], {"success-status": "201"}
    )
    assert head.split()[:6] == ["server", "language", "store", "broken", "requests", "seconds"]
    assert judged.split() == ["go", "Go", "SQLite", "1/2", "1400", "10.0", "success-status=200|201"]
    assert left_out.endswith("left out: no go")
    many = {f"reading-{n}": frozenset({"x"}) for n in range(20)}
    wide = list(table([Result(SERVER, (replace(HELD, readings=many),))], {}))
    assert len(wide) > 3
    assert max(map(len, wide)) <= 118


def test_only_readings_that_differ_from_the_mock_are_listed() -> None:
    judgement = replace(HELD, readings={"success-status": frozenset({"201"}), "empty-name": frozenset({"refused"})})
    assert differing([judgement], mock_defaults()) == ["empty-name=refused"]


# -- the run of the suite ---------------------------------------------------------------------------------------------

ONE_CLAUSE = ("--depth", "quick", "--clauses", "response.userIds")


def test_a_right_server_is_judged_with_both_users(right_url: str) -> None:
    judgement = judge(Ready(right_url, READY_USERS), 7, ONE_CLAUSE)
    assert (judgement.seed, judgement.broken) == (7, ())
    assert judgement.requests > 0
    assert all(judgement.readings.values())


def test_a_server_that_keeps_another_user_than_it_names_is_broken(right_url: str) -> None:
    judgement = judge(Ready(right_url, (("user_9", "token-1"), READY_USERS[1])), 7, ONE_CLAUSE)
    assert judgement.broken == ("response.userIds.includes-creator",)
    assert judgement.broken[0] in judgement.report


def test_a_token_that_the_server_does_not_know_is_no_judgement(right_url: str) -> None:
    with pytest.raises(ProcessFailed, match="exit code 3"):
        judge(Ready(right_url, (("user_1", "unknown"), READY_USERS[1])), 7, ONE_CLAUSE)


# -- the processes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line", ["Listening on 8000", '{"url": "http://x"}', READY.replace(', {"id": "c", "token": "d"}', "")]
)
def test_a_ready_line_without_url_and_two_users_is_an_error(line: str) -> None:
    assert Ready.parse(READY).users == (("a", "b"), ("c", "d"))
    with pytest.raises(ProcessFailed):
        Ready.parse(line)


def write_serve(folder: Path, script: str) -> Path:
    folder.mkdir()
    (folder / "serve").write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / "serve").chmod(0o755)
    return folder


def ended(process_id: int) -> bool:
    """Wait until a process is gone, or dead and not yet collected by its parent."""
    state = Path(f"/proc/{process_id}/stat")
    for _ in range(100):
        if not state.exists() or state.read_text(encoding="utf-8").split()[2] == "Z":
            return True
        time.sleep(0.1)
    return False


def test_a_server_ends_with_its_workers(tmp_path: Path) -> None:
    script = f"sleep 300 & echo $! > {tmp_path}/worker; echo '{READY}'; wait"
    with started(write_serve(tmp_path / "server", script), free_port(), {}) as ready:
        worker = int((tmp_path / "worker").read_text())
        os.kill(worker, 0)
        assert ready.url == "http://127.0.0.1:1"
    assert ended(worker)


def test_a_server_that_ends_early_is_reported_with_its_last_words(tmp_path: Path) -> None:
    folder = write_serve(tmp_path / "server", "echo starting >&2; echo no such module >&2; exit 3")
    with (
        pytest.raises(ProcessFailed, match=r"exit code 3: starting / no such module"),
        started(folder, free_port(), {}),
    ):
        pytest.fail("the server never started")
    assert log_of(folder).read_text() == "starting\nno such module\n"


def test_a_failing_step_is_reported_on_one_line(tmp_path: Path) -> None:
    with pytest.raises(ProcessFailed, match=r"exit code 2: one / two$"):
        run_step("sh -c 'echo one; echo two; exit 2'", tmp_path)
    with pytest.raises(ProcessFailed, match="No such file"):
        run_step("./missing", tmp_path)


def test_a_server_whose_language_is_missing_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    reason = prepare(SERVER, Debian())
    assert reason == "missing: golang-go; there is no apt-get here"
