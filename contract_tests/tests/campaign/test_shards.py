"""Spread a campaign over processes, unite their records, and find the same."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contract_tests.engine.record import read_result
from contract_tests.tests.conftest import mock_process
from contract_tests.tests.test_cli import environment

BUDGET = "--budget=900 requests"  # four cells


def command(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "contract_tests", *arguments],
        env=environment(LEADLISTS_BEARER="xyz789-session", **variables),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


def findings(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "findings.json").read_text())
    return found


def test_one_and_three_shards_find_the_same(tmp_path: Path) -> None:
    digests, counts = set(), []
    for total in (1, 3):
        shards = []
        for index in range(1, total + 1):
            shards.append(tmp_path / f"{index}-of-{total}")
            with mock_process("--defect=name-cut-at-64") as url:
                done = command("fuzz", url, BUDGET, f"--shard={index}/{total}", f"--run-folder={shards[-1]}")
            assert done.returncode == 1, done.stdout + done.stderr
        merged = tmp_path / f"merged-{total}"
        done = command("merge", *map(str, shards), f"--run-folder={merged}", "--report=junit")
        assert done.returncode == 1, done.stdout + done.stderr
        digests.add(findings(merged)["digest"])
        counts.append(findings(merged)["findings"][0]["count"])
        result = read_result(merged)
        assert result.requests == sum(read_result(shard).requests for shard in shards)
        assert (merged / "junit.xml").exists()
    assert len(digests) == 1
    assert counts == sorted(counts)  # each shard sends the covering set


def test_records_of_one_shard_or_of_different_campaigns_are_not_united(tmp_path: Path) -> None:
    with mock_process() as url:
        for seed in ("1", "2"):
            command("fuzz", url, "--budget=650 requests", f"--seed={seed}", f"--run-folder={tmp_path / seed}")
    shutil.copytree(tmp_path / "1", tmp_path / "again")
    for other, said in (("again", "hold the same part of the campaign"), ("2", "another campaign: its seed is 2")):
        done = command("merge", str(tmp_path / "1"), str(tmp_path / other), f"--run-folder={tmp_path}/1-{other}")
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("variables", "shard"),
    [
        ({"CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "3"}, "shard 2/3"),
        ({"JOB_COMPLETION_INDEX": "0", "JOB_COMPLETIONS": "3"}, "shard 1/3"),
        ({"CI_NODE_INDEX": "", "CI_NODE_TOTAL": "", "JOB_COMPLETION_INDEX": ""}, "shard 1/1"),
    ],
)
def test_ci_systems_number_the_shards(variables: dict[str, str], shard: str) -> None:
    done = command("fuzz", "http://127.0.0.1:9", "--dry-run", **variables)
    assert shard in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("shard", ["0/3", "4/3", "3", "a/b"])
def test_a_wrong_shard_is_wrong_usage(shard: str) -> None:
    done = command("fuzz", "http://127.0.0.1:9", f"--shard={shard}", "--dry-run")
    assert (done.returncode, "--shard" in done.stderr) == (2, True), done.stderr
