"""How the tests of the kit run: what was left out is reported, shared browsers stay with one worker, garbage waits."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from contract_tests.tests import collecting, spreading
from contract_tests.tests.conftest import ROOT

SKIPPING = """
import pytest

def test_first(): pytest.skip("no chromium: see .ci/tools chromium")
def test_second(): pytest.skip("no chromium: see .ci/tools chromium")
@pytest.mark.skipif(True, reason="no terminal")
def test_third(): pass
def test_fourth(): pass
"""
# Each test names its worker.
SPREAD = """
import os, pathlib, pytest, time
from contract_tests.tests import starting

@pytest.mark.parametrize("number", range(12))
def test_one(number):
    worker = os.environ["PYTEST_XDIST_WORKER"]
    print("ran", __name__, worker)
    if "alone" in __name__:  # until both workers are here: a quick one would leave nothing to a slow one
        pathlib.Path(f"{worker}.alone").touch()
        until = time.monotonic() + 60
        while len(list(pathlib.Path().glob("*.alone"))) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        print("server", starting._server_of("mock_server"))
"""


def run_pytest(folder: Path, *flags: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_") and name != "CI"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:schemathesis", "-p", "no:cacheprovider", *flags],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_the_last_lines_count_what_was_left_out(workers: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "test_skipping.py").write_text(SKIPPING)
    done = run_pytest(tmp_path, "-p", "contract_tests.tests.left_out", *workers)
    assert done.returncode == 0, done.stdout
    assert "tests left out: 2 (no chromium: see .ci/tools chromium), 1 (no terminal)" in done.stdout.splitlines()[-2]


def test_nothing_may_be_left_out_in_ci(tmp_path: Path) -> None:
    (tmp_path / "test_skipping.py").write_text(SKIPPING)
    done = run_pytest(tmp_path, "-p", "contract_tests.tests.left_out", CI="true")
    assert done.returncode == 1
    assert "2 failed, 1 passed, 1 error" in done.stdout  # a skip by a mark belongs to the setup
    assert "Nothing may be left out in CI: no chromium" in done.stdout


def test_the_garbage_collector_waits_while_tests_are_collected_and_spares_them_afterwards() -> None:
    frozen = gc.get_freeze_count()
    kept = [[] for _ in range(100)]  # type: ignore[var-annotated]
    collection = collecting.pytest_collection()
    next(collection)
    assert not gc.isenabled()
    with pytest.raises(StopIteration):
        collection.send(kept)
    assert gc.isenabled()
    assert gc.get_freeze_count() > frozen + len(kept)


def test_modules_and_folders_that_are_placed_exist() -> None:
    assert [part for part in spreading.FIRST if not (ROOT / part).exists()] == []


def test_modules_that_share_a_browser_stay_with_one_worker_and_all_share_the_servers_of_commands(
    tmp_path: Path,
) -> None:
    folder = tmp_path / next(part for part in spreading.TOGETHER if part.endswith("/"))
    folder.mkdir(parents=True)
    for name in ("one", "other"):
        (folder / f"test_{name}.py").write_text(SPREAD)
    (tmp_path / "test_alone.py").write_text(SPREAD)
    plugins = ("-p", "contract_tests.tests.spreading", "-p", "contract_tests.tests.starting")
    done = run_pytest(tmp_path, *plugins, "-n", "2", "-rP")
    assert "36 passed" in done.stdout, done.stdout
    ran = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("ran ")]
    assert len({worker for module, worker in ran if "alone" not in module}) == 1
    assert len({worker for module, worker in ran if "alone" in module}) == 2
    assert len({line for line in done.stdout.splitlines() if line.startswith("server ")}) == 1  # of both workers
