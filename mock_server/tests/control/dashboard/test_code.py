"""Check the dashboard's scripts without running them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from mock_server.tests.conftest import ROOT
from mock_server.tests.node_tools import run_node

pytestmark = pytest.mark.once


DASHBOARD = ROOT / "mock_server" / "control" / "dashboard"
CHECKED = (
    "--noEmit", "--allowJs", "--checkJs", "--strict", "--noUnusedLocals",
    "--noUnusedParameters", "--target", "es2024", "--module", "esnext", "--moduleResolution", "bundler",
    "--lib", "es2024,dom,dom.iterable", "--skipDefaultLibCheck",
)  # fmt: skip


def type_errors(*files: Path) -> list[str]:
    done = run_node("tsc", *CHECKED, *files)
    return (done.stdout + done.stderr).splitlines()


def test_the_modules_pass_the_type_checker(tmp_path: Path) -> None:
    """Check them together with a copy that has one error, so that the check could fail."""
    shutil.copytree(DASHBOARD, tmp_path, dirs_exist_ok=True)
    changed = (tmp_path / "showing.js").read_text().replace("elapsedMs.toFixed(1)", "elapsedMs.toUpperCase()")
    (tmp_path / "showing.js").write_text(changed)
    (error,) = type_errors(*sorted(DASHBOARD.glob("*.js")), tmp_path / "app.js")
    assert re.search(rf"{tmp_path.name}/showing\.js\(.*'toUpperCase' does not exist on type 'number'", error)


def test_no_script_of_the_dashboard_parses_markup() -> None:
    parsing = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|new Function")
    scripts = sorted(DASHBOARD.glob("*.js"))
    lines = [(path, *each) for path in scripts for each in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)]
    assert scripts
    assert [f"{path.name}:{number} {line.strip()}" for path, number, line in lines if parsing.search(line)] == []
