"""Check the dashboard's scripts without running them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mock_server.tests.conftest import ROOT
from mock_server.tests.programs import npm_package

pytestmark = pytest.mark.once


DASHBOARD = ROOT / "mock_server" / "control" / "dashboard"
CHECKED = (
    "--noEmit", "--allowJs", "--checkJs", "--strict", "--noUnusedLocals",
    "--noUnusedParameters", "--target", "es2024", "--module", "esnext", "--moduleResolution", "bundler",
    "--lib", "es2024,dom,dom.iterable",
)  # fmt: skip


def type_errors(*files: Path) -> str:
    path = f"{ROOT / '.venv/bin'}{os.pathsep}{os.environ.get('PATH', '')}"  # .ci/tools may have installed Node there
    checked = subprocess.run(
        [npm_package(".bin/tsc"), *CHECKED, *files],
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return checked.stdout + checked.stderr


def test_the_modules_pass_the_type_checker(tmp_path: Path) -> None:
    assert type_errors(*sorted(DASHBOARD.glob("*.js"))) == ""
    shutil.copytree(DASHBOARD, tmp_path, dirs_exist_ok=True)
    changed = (tmp_path / "showing.js").read_text().replace("elapsedMs.toFixed(1)", "elapsedMs.toUpperCase()")
    (tmp_path / "showing.js").write_text(changed)
    assert "Property 'toUpperCase' does not exist on type 'number'" in type_errors(tmp_path / "app.js")


def test_no_script_of_the_dashboard_parses_markup() -> None:
    parsing = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|new Function")
    scripts = sorted(DASHBOARD.glob("*.js"))
    lines = [(path, *each) for path in scripts for each in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)]
    assert scripts
    assert [f"{path.name}:{number} {line.strip()}" for path, number, line in lines if parsing.search(line)] == []
