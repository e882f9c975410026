"""The rules of the house, as far as source and data show them."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.contract.specification import HTTP_METHODS, load_specification
from contract_tests.tests.conftest import ROOT

PACKAGES = {"mock_server": "contract_tests", "contract_tests": "mock_server"}  # each with the one that it never imports
TOP_LEVEL = {"spec", "mock_server", "contract_tests", "pyproject.toml", "Makefile", "README.md"}
EVERY_MODULE = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
MODULES = [path for path in EVERY_MODULE if not {"tests", "bench"} & set(path.relative_to(ROOT).parts)]
DECIDING = sorted(
    path
    for pattern in (
        "judging/**/*.py",
        "lead_lists/*.py",
        "requests/plan.py",
        "requests/transport.py",
        "contract/schema.py",
        "target/exchange.py",
    )
    for path in (ROOT / "contract_tests").glob(pattern)
)
IMPURE = {
    "asyncio", "glob", "http", "httpx2", "importlib", "io", "logging", "os", "pathlib", "random", "requests", "secrets",
    "shutil", "socket", "ssl", "subprocess", "sys", "tempfile", "threading", "time", "uuid",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input", "now", "utcnow", "today"}
LONGEST_MODULE, LONGEST_FUNCTION = 300, 60


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def imports(path: Path) -> set[str]:
    """The first word of everything that a module imports, in functions too."""
    found: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).partition(".")[0])
    return found


def calls(path: Path) -> set[str]:
    """The last word of everything that a module calls."""
    called = [node.func for node in nodes(path) if isinstance(node, ast.Call)]
    return {f.attr if isinstance(f, ast.Attribute) else f.id for f in called if isinstance(f, ast.Attribute | ast.Name)}


def test_there_are_modules_to_look_at() -> None:
    assert len(MODULES) > 50
    assert len(DECIDING) > 18


@pytest.mark.parametrize("path", EVERY_MODULE, ids=name_of)
def test_the_two_packages_never_import_each_other(path: Path) -> None:
    assert PACKAGES[path.relative_to(ROOT).parts[0]] not in imports(path)


def test_the_contract_names_no_python() -> None:
    text = (ROOT / "spec" / "openapi.yaml").read_text(encoding="utf-8")
    assert not re.findall(rf"x-openapi-router-controller|\.py\b|{'|'.join(PACKAGES)}", text)
    items = load_specification().document["paths"].values()
    ids = [item[method]["operationId"] for item in items for method in HTTP_METHODS if method in item]
    assert ids
    assert [word for word in ids if not re.fullmatch("[A-Za-z]+", word)] == []


@pytest.mark.parametrize("path", DECIDING, ids=name_of)
def test_what_decides_does_no_input_or_output_and_draws_no_time_and_no_chance(path: Path) -> None:
    assert not imports(path) & IMPURE
    assert not calls(path) & IMPURE_CALLS


def test_only_commands_exit() -> None:
    leaving = {
        name_of(path)
        for path in MODULES
        for node in nodes(path)
        if (isinstance(node, ast.Name) and node.id in {"SystemExit", "exit", "quit"})
        or (isinstance(node, ast.Attribute) and ast.unparse(node) in {"sys.exit", "os._exit"})
    }
    assert leaving == {"mock_server/cli.py", "contract_tests/cli.py", "contract_tests/spec_gate.py"}


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = re.compile(r"(^|_)(utils?|helpers?|common|base|managers?|misc)($|_)")
    assert [name_of(path) for path in EVERY_MODULE if empty.search(path.stem)] == []


def test_the_visible_top_level_is_as_agreed() -> None:
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).split()
    else:
        listed = [path.name for path in ROOT.iterdir() if path.name not in ("dist", "__pycache__")]
    assert {name.partition("/")[0] for name in listed if not name.startswith(".")} == TOP_LEVEL


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_and_functions_stay_small(path: Path) -> None:
    assert path.read_text(encoding="utf-8").count("\n") <= LONGEST_MODULE
    functions = [node for node in nodes(path) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [f.name for f in functions if (f.end_lineno or 0) - f.lineno >= LONGEST_FUNCTION] == []
