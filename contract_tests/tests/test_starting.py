"""Test that a command in a forked process does what it does in an interpreter of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contract_tests.tests.starting import finished, loaded
from contract_tests.tests.test_cli import environment


@pytest.mark.parametrize(
    ("arguments", "settings", "variables"),
    [
        (("run", "--list"), '[contract]\nclauses = ["request.name"]\n', {}),  # from the folder
        (("run", "--list"), "", {"LEADLISTS_CLAUSES": "request.type"}),
        (("run", "http://127.0.0.1:1"), "", {}),
        (("report", "nowhere"), "", {"COLUMNS": "70"}),
    ],
)
def test_a_forked_command_prints_and_ends_like_another(
    arguments: tuple[str, ...], settings: str, variables: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "leadlists.toml").write_text(settings)
    env = environment() | variables
    command = [sys.executable, "-m", "contract_tests", *arguments]
    fresh = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False)
    for _ in range(2):  # the first changes nothing for the second
        forked = finished("contract_tests", *arguments, env=env, cwd=tmp_path)
        assert (forked.returncode, forked.stdout, forked.stderr) == (fresh.returncode, fresh.stdout, fresh.stderr)
    command = [*loaded("contract_tests"), *arguments]
    as_process = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (as_process.returncode, as_process.stdout, as_process.stderr) == (
        fresh.returncode, fresh.stdout, fresh.stderr,
    )  # fmt: skip


@contextmanager
def serving() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run a forked mock; yield its process and its port."""
    command = [*loaded("mock_server"), "--port", "0", "--ready-json"]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process, int(json.loads(process.stdout.readline())["url"].rpartition(":")[2])


def test_a_signal_reaches_a_forked_command_and_a_kill_ends_it_too() -> None:
    with serving() as (process, _):
        process.terminate()
        assert process.wait(60) == 0
    with serving() as (process, port):
        process.kill()
        process.wait(60)
        deadline_s = time.monotonic() + 30
        while is_open(port):
            assert time.monotonic() < deadline_s
            time.sleep(0.02)


def is_open(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0
