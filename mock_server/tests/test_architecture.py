"""The rules of the house, as far as imports show them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import mock_server

PACKAGE = Path(mock_server.__file__).parent
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if not {"tests", "bench", "defects", "msw"} & set(path.parts))


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return names


@pytest.mark.parametrize(
    "path", [*MODULES, *sorted(PACKAGE.glob("tests/**/*.py"))], ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_the_mock_knows_nothing_of_the_contract_tests(path: Path) -> None:
    assert not [name for name in imports(path) if name.split(".")[0] == "contract_tests"]


KNOWING = {"control/calls.py", "worlds/worlds.py", "pipeline/stages.py", "pipeline/words.py"}  # to be freed of it
GENERIC = [
    path
    for path in MODULES
    if (path.parent.name in ("pipeline", "middleware", "worlds", "control", "contract") or path.stem == "server")
    and f"{path.parent.name}/{path.name}" not in KNOWING
]


@pytest.mark.parametrize("path", GENERIC, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_serves_every_operation_knows_no_lead_lists(path: Path) -> None:
    assert not [name for name in imports(path) if "lead_list" in name or name.endswith((".rules", ".operations"))]
    assert "leadList" not in path.read_text()
    assert "personIds" not in path.read_text()


@pytest.mark.parametrize(
    "module",
    [
        "lead_lists/record",
        "lead_lists/rules",
        "lead_lists/dates",
        "lead_lists/uuids",
        "pipeline/wire",
        "pipeline/stages",
        "control/verification",
    ],
)
def test_what_decides_draws_no_time_and_no_chance(module: str) -> None:
    drawn = {"time", "random", "uuid", "secrets", "os"}
    assert not drawn & {name.split(".")[0] for name in imports(PACKAGE / f"{module}.py")}
    assert ".now(" not in (PACKAGE / f"{module}.py").read_text()


def test_only_the_command_exits() -> None:
    exits = {path.stem for path in MODULES if "SystemExit" in path.read_text() or "sys.exit" in path.read_text()}
    assert exits == {"cli"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_modules_and_functions_stay_small(path: Path) -> None:
    source = path.read_text()
    assert source.count("\n") < 300
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, node.name


def test_what_is_public_is_what_is_listed() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert imported - {"TYPE_CHECKING", "Any"} == set(mock_server.__all__)
    assert all(hasattr(mock_server, name) for name in mock_server.__all__)
