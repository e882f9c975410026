"""Every clause is found where the mock enforces it: at a line, in the schema, or with the reason why it is not."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

import mock_server
from mock_server.contract.spec_files import find_spec_dir
from mock_server.lead_lists.clauses import ENFORCED_BY_SCHEMA, NOT_ENFORCED
from mock_server.tests.conftest import ROOT

PACKAGE = Path(mock_server.__file__).parent
ELSEWHERE = {"bench", "control", "defects", "msw", "tests"}  # they name clauses that they break, show or test
CLAUSE = re.compile(r"(?<![\w./_-])(?:access|error|http|request|response|success)(?:\.[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*)+")
NOT_CLAUSES = {
    "http.Agent",
    "http.client",
    "http.request",
    "http.disconnect",
    "http.response.start",
    "http.response.body",
}


def every_clause() -> set[str]:
    """Return the clauses of lead lists; another operation has its own."""
    sections = yaml.safe_load((find_spec_dir() / "clauses.yaml").read_text(encoding="utf-8"))
    return {clause["id"] for name in ("every-operation", "createLeadList") for clause in sections[name]}


def prose(path: Path) -> Iterator[str]:
    """Yield the comments and docstrings of a module."""
    source = path.read_text(encoding="utf-8")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def named_at_lines() -> dict[str, list[str]]:
    """The clauses that comments and docstrings name, each with its modules."""
    found: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if not ELSEWHERE & set(path.relative_to(PACKAGE).parts) and path.name != "clauses.py":
            for text in prose(path):
                for clause in set(CLAUSE.findall(text)) - NOT_CLAUSES:
                    found.setdefault(clause, []).append(path.relative_to(PACKAGE).as_posix())
    return found


def test_every_clause_is_found_in_exactly_one_way() -> None:
    ways = [set(named_at_lines()), set(ENFORCED_BY_SCHEMA), set(NOT_ENFORCED)]
    assert {clause: n for clause in every_clause() if (n := sum(clause in way for way in ways)) != 1} == {}


def test_no_unknown_clause_is_named() -> None:
    unknown = {clause: where for clause, where in named_at_lines().items() if clause not in every_clause()}
    assert unknown == {}
    assert set(ENFORCED_BY_SCHEMA) | set(NOT_ENFORCED) <= every_clause()


def says(schema: dict[str, Any], place: list[str], keyword: str) -> bool:
    """Whether the schema has the keyword at a place: `body`, a field, or the items of a field."""
    if keyword == "required":
        return place[0] in schema["required"]
    if place == ["body"]:
        return keyword in schema
    node = schema["properties"][place[0]]
    if place[1:] == ["items"]:
        node = node["items"]
        node = UUID if "$ref" in node else node
    if keyword == "pattern":
        return bool({"pattern", "minLength", "maxLength"} & set(node))
    return bool(node.get(keyword))


COMPONENTS = yaml.safe_load((ROOT / "spec" / "openapi.yaml").read_text(encoding="utf-8"))["components"]["schemas"]
UUID = COMPONENTS["Uuid"]


def test_the_schema_says_what_it_is_said_to_enforce() -> None:
    wrong = []
    for clause, said in ENFORCED_BY_SCHEMA.items():
        place = clause.split(".")[1:-1]
        lacks, keyword = said.startswith("no "), said.removeprefix("no ")
        if says(COMPONENTS["NewLeadList"], place, keyword) == lacks:
            wrong.append(f"{clause}: {said}")
    assert wrong == []
