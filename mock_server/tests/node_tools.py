"""Run Node programs in a folder in which the packages of .npm-tools resolve."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mock_server.tests.conftest import ROOT
from mock_server.tests.programs import npm_package

SOURCES = Path(__file__).parent / "node"


@contextmanager
def node_folder() -> Iterator[Path]:
    """Create a folder below that of the tools: imports of their packages resolve only there."""
    tools = npm_package("").parent
    with tempfile.TemporaryDirectory(prefix=".made-", dir=tools) as made:
        (Path(made) / "package.json").write_text('{"type": "module"}')
        yield Path(made)


def run_node(
    name: str, *arguments: str | Path, cwd: Path = ROOT, given: str | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run node, or a program of a package in .npm-tools, to its end."""
    program = npm_package(f".bin/{name}") if name != "node" else name
    folders = f"{ROOT / '.venv/bin'}{os.pathsep}{os.environ.get('PATH', '')}"  # .ci/tools may have installed Node there
    return subprocess.run(
        [program, *arguments],
        cwd=cwd,
        env=os.environ | {"PATH": folders} | variables,
        input=given,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
