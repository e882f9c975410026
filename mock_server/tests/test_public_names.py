"""Test the public names of mock_server."""

from __future__ import annotations

import ast
from pathlib import Path

import mock_server


def test_the_package_exports_exactly_what_it_imports() -> None:
    tree = ast.parse(Path(mock_server.__file__).read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert imported - {"TYPE_CHECKING", "Any"} == set(mock_server.__all__)
    assert all(hasattr(mock_server, name) for name in mock_server.__all__)
