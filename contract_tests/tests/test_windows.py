"""The mock and the suite need nothing that Windows does not have, as far as another system can show it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import httpx2
import pytest

from contract_tests.tests.conftest import MOCK_FIRST, ROOT
from contract_tests.tests.test_cli import environment

AS_ON_WINDOWS = (sys.executable, "-X", "warn_default_encoding", "-m", "contract_tests.tests.without_posix")


LIST: dict[str, Any] = {"name": "n", "icpId": None, "startDate": "2024-01-01", "endDate": "2024-01-02", "personIds": []}


def as_on_windows(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*AS_ON_WINDOWS, *arguments], cwd=cwd, env=environment(), capture_output=True, text=True, timeout=120
    )


def test_every_module_is_imported_without_modules_of_posix(tmp_path: Path) -> None:
    done = as_on_windows("every", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


SIGN_IN = {"Content-Type": "application/json", "X-Mock-Control": "1", "Origin": "http://localhost:5173"}


def test_the_mock_serves_and_the_suite_judges_it_without_what_posix_adds(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*AS_ON_WINDOWS, "mock_server", "--port", "0", "--ready-json"],
        cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True,
    ) as mock:  # fmt: skip
        try:
            assert mock.stdout is not None
            url = json.loads(mock.stdout.readline())["url"]
            with httpx2.Client(base_url=url) as page:  # as in a web page: the cookie of the sign-in creates
                assert page.post("/__mock__/sessions", json={"user": "user_xyz789"}, headers=SIGN_IN).is_success
                assert page.post("/api/v1/entities/leadlists", json=LIST).status_code == 201
            flags = ("--bearer", str(MOCK_FIRST.bearer), "--depth=quick", "--clauses=success", "--report=html")
            done = as_on_windows("contract_tests", "run", url, *flags, cwd=tmp_path)
        finally:
            mock.send_signal(signal.SIGINT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert mock.returncode == 0


@pytest.mark.parametrize(
    "command", [("run", "--app=shop:app", "--bearer=token-1"), ("selfcheck", "--defect=name-missing")]
)
def test_what_needs_posix_says_so(command: tuple[str, ...], tmp_path: Path) -> None:
    done = as_on_windows("contract_tests", *command, cwd=tmp_path)
    assert (done.returncode, "run the command in WSL" in done.stderr) == (2, True), done.stderr


def test_windows_does_not_require_uvloop_which_cannot_be_installed_there() -> None:
    required = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert [each.partition("; ")[2] for each in required if each.startswith("uvloop")] == ["sys_platform != 'win32'"]
