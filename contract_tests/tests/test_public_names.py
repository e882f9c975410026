"""What other programs may import is listed, and is there."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import contract_tests


def test_the_public_names_are_listed_and_are_there() -> None:
    tree = ast.parse(Path(contract_tests.__file__).read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names} - {
        "TYPE_CHECKING",
        "Any",
        "import_module",
    }
    assert imported == set(contract_tests.__all__)
    assert all(getattr(contract_tests, name) is not None for name in contract_tests.__all__)


def test_a_name_that_is_not_public_is_an_error() -> None:
    assert not hasattr(contract_tests, "Conductor")


def test_the_package_itself_loads_nothing() -> None:
    code = "import sys, contract_tests; print('hypothesis' in sys.modules, 'httpx2' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).split() == ["False", "False"]


def test_the_command_run_loads_hypothesis_only_for_searches() -> None:
    code = "import sys, contract_tests.commands.run; print('hypothesis' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).split() == ["False"]
