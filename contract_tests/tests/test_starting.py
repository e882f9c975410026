"""Test that a command in a forked process does what it does in an interpreter of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from contract_tests.tests.starting import finished
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
