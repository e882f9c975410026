"""Find the programs that some tests need and the lock does not hold, or skip the test; .ci/tools installs them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NoReturn

import pytest

NODE_MODULES = Path(__file__).resolve().parents[2] / ".npm-tools" / "node_modules"
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")  # the fastest first


def chromium() -> str:
    """Return the path of a browser; skip the test that asks if there is none."""
    return next(filter(None, map(shutil.which, BROWSERS)), None) or _skip("chromium")


def redis_server() -> str:
    """Return the path of a Redis server; skip the test that asks if there is none."""
    return shutil.which("redis-server") or _skip("redis")


def npm_file(name: str) -> Path:
    """Return a file of a package that .npm-tools holds; skip the test if it is missing."""
    path = NODE_MODULES / name
    return path if path.exists() else _skip("node")


def _skip(tool: str) -> NoReturn:
    pytest.skip(f"no {tool}: see .ci/tools {tool}")
