"""Test that the wheel has all its files and no others, and that both commands work from it alone."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import urllib.request
import zipfile
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest

from contract_tests.tests.conftest import MOCK_FIRST, ROOT

PACKAGES = ("mock_server", "contract_tests")
SPEC = ("openapi.yaml", "clauses.yaml", "readings.yaml")
# Hide the clone, the user's settings and this environment from the installed commands.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("LEADLISTS_", "PYTHON", "PYTEST", "SCHEMATHESIS", "HYPOTHESIS"))
}


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done


def runtime_distributions() -> list[Distribution]:
    """Return what a user of the wheel installs besides it: the dependencies and their dependencies, by the lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    blocks = re.findall(r"^\S.*(?:\n    .*)*", (ROOT / ".lock/requirements.txt").read_text(encoding="utf-8"), re.M)
    entries = {re.split(r"[=\[]", block, maxsplit=1)[0]: block for block in blocks if not block.startswith("#")}
    wanted = {re.split(r"[^\w.-]", text, maxsplit=1)[0].lower() for text in project["dependencies"]}
    assert wanted <= set(entries)
    while more := {n for n, b in entries.items() if wanted & set(re.findall(r"# +(?:via )?([\w.-]+)", b))} - wanted:
        wanted |= more
    installed = {re.sub(r"[-_.]+", "-", each.name).lower(): each for each in distributions()}
    return [installed[name] for name in sorted(wanted) if name in installed]  # some are for other platforms


def link_files(distribution: Distribution, folder: Path) -> None:
    """Put an installed distribution with its bytecode into another folder of packages, without installing it again."""
    for file in distribution.files or ():
        source = Path(str(distribution.locate_file(file)))
        if ".." not in file.parts and ("__pycache__" not in file.parts or source.exists()):
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, folder / file)
            except OSError:  # on another file system
                shutil.copy2(source, folder / file)  # with the time of the source, which bytecode names


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", made, ROOT, cwd=made)
    (path,) = made.iterdir()
    return path


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel next to its locked dependencies in a new environment; return its folder of programs."""
    made = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", "--without-pip", "env", cwd=made)
    (packages,) = (made / "env").glob("lib/python*/site-packages")
    for distribution in runtime_distributions():
        link_files(distribution, packages)
    python = made / "env" / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "--quiet", "--disable-pip-version-check")
    run(*pip, "install", "--no-deps", wheel, cwd=made)
    run(*pip, "check", cwd=made)  # every dependency that the wheel declares is installed
    return python.parent


def test_the_wheel_has_both_packages_with_the_contract_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == set(PACKAGES)
    for package in PACKAGES:
        assert {f"{package}/py.typed", *(f"{package}/spec/{name}" for name in SPEC)} <= names
    assert {"contract_tests/suite/test_clauses.py", "mock_server/msw/handlers.ts"} <= names
    assert [name for name in names if {"tests", "bench", "__pycache__"} & set(name.split("/"))] == []
    folders = (ROOT / "mock_server" / "control" / name for name in ("dashboard", "reference"))
    pages = {str(path.relative_to(ROOT)) for folder in folders for path in folder.iterdir()}
    assert {f"mock_server/control/{name}/index.html" for name in ("dashboard", "reference")} <= pages <= names
    modules = {str(path.relative_to(ROOT)) for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == {
        name for name in modules if not {"tests", "bench"} & set(name.split("/"))
    }


def test_the_installation_has_no_development_extras(programs: Path) -> None:
    listed = "import importlib.metadata as m; print(*(d.name.lower() for d in m.distributions()))"
    names = set(run(programs / "python", "-c", listed, cwd=programs).stdout.split())
    assert {"leadlists-contract-kit", "connexion"} <= names
    assert not {"mypy", "ruff", "build", "hatchling", "uv", "pip"} & names


def test_the_installation_takes_little_space(programs: Path) -> None:
    sizes = [path.stat().st_size for path in programs.parent.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert sum(sizes) < 200e6, sorted(sizes)[-9:]  # today some 110 MB, and its bytecode 30 MB


def test_both_commands_work_from_the_wheel(programs: Path, tmp_path: Path) -> None:
    for command in ("leadlists-mock", "leadlists-contract"):
        assert "Usage: " in run(programs / command, "--help", cwd=tmp_path).stdout
    assert "export interface LeadList {" in run(programs / "leadlists-mock", "msw", cwd=tmp_path).stdout
    served: list[str | Path] = [programs / "leadlists-mock", "--port", "0", "--ready-json"]
    with subprocess.Popen(served, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=ENVIRONMENT) as mock:
        try:
            assert mock.stdout is not None
            url = json.loads(mock.stdout.readline())["url"]
            with urllib.request.urlopen(f"{url}/__mock__/app.js", timeout=10) as module:
                assert module.headers["content-type"] == "text/javascript; charset=utf-8"
            run_it = [programs / "leadlists-contract", "run", url, "--depth", "quick"]
            judged = run(*run_it, "--bearer", str(MOCK_FIRST.bearer), cwd=tmp_path)
        finally:
            mock.terminate()
    assert re.search(r"^[1-9]\d* (of \d+ )?clauses hold, 0 broken", judged.stdout, re.M)
    assert [path.name for path in tmp_path.iterdir()] == [".leadlists"]
