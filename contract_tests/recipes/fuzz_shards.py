"""Fuzz a server from all cores of this machine with pytest-xdist. A shard with findings is a failed test.

LEADLISTS_URL=http://staging:8080 LEADLISTS_BEARER=... pytest -n 4 fuzz_shards.py
leadlists-contract merge shard-* --run-folder whole --report html
"""

import subprocess
import sys

import pytest

SHARDS = 4  # rate and --max-created are divided among them
FUZZ = [sys.executable, "-m", "contract_tests", "fuzz", "--budget", "2h"]


@pytest.mark.parametrize("shard", range(1, SHARDS + 1))
def test_shard(shard: int) -> None:
    options = ["--shard", f"{shard}/{SHARDS}", "--run-folder", f"shard-{shard}"]
    assert subprocess.run([*FUZZ, *options], check=False).returncode == 0
