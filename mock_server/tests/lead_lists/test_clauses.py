"""Every clause is found where the mock enforces it: at a line, in the schema, or with the reason why it is not."""

from __future__ import annotations

import ast
import dataclasses
import io
import re
import sys
import tokenize
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import yaml

import mock_server
from mock_server.app import create_app
from mock_server.contract.spec_files import find_spec_dir
from mock_server.lead_lists.clauses import ENFORCED_BY_SCHEMA, NOT_ENFORCED
from mock_server.pipeline.stages import Stages
from mock_server.tests.conftest import GOOD, ROOT, Ask
from mock_server.tests.corpus import Case, changed, logins, long_arrays, media_types

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


def comments(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each comment with the line of code that it is about: its own, or the next one after a line of its own."""
    waiting: list[str] = []
    for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
        if token.type == tokenize.COMMENT and token.line.lstrip().startswith("#"):
            waiting.append(token.string)
        elif token.type == tokenize.COMMENT:
            yield token.start[0], token.string
        elif token.type not in (tokenize.NL, tokenize.INDENT, tokenize.DEDENT):
            yield from ((token.start[0], comment) for comment in waiting)
            waiting = []


@cache
def named_at_lines() -> dict[str, list[tuple[str, int]]]:
    """The clauses that comments name, each with the modules and lines of code that enforce it."""
    found: dict[str, list[tuple[str, int]]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if not ELSEWHERE & set(path.relative_to(PACKAGE).parts) and path.name != "clauses.py":
            for line, text in comments(path):
                for clause in set(CLAUSE.findall(text)) - NOT_CLAUSES:
                    found.setdefault(clause, []).append((str(path), line))
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


def executed(run: Callable[[], object]) -> set[tuple[str, int]]:
    """Return the lines of the mock that run executes, and those that it had executed when it was imported."""
    lines = {
        (str(path), line)
        for path in PACKAGE.rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }

    def trace(frame: FrameType, event: str, argument: object) -> Callable[..., Any] | None:
        if not frame.f_code.co_filename.startswith(str(PACKAGE)):
            return None
        lines.add((frame.f_code.co_filename, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before)
    return lines


def failing(stages: Stages) -> Stages:
    def build(*arguments: object) -> Any:
        raise RuntimeError("a mistake of the mock")

    return dataclasses.replace(stages, build=build)


def test_each_clause_is_named_at_a_line_that_runs_by_default(ask: Ask) -> None:
    def run() -> None:
        app = create_app().app
        for case in (
            changed("plain"),
            Case("bytes", b"\xff"),
            Case("empty", b""),
            *logins(),
            *media_types(),
            *long_arrays(),
        ):
            headers = {name: value.encode("latin-1") for name, value in case.headers.items()}
            ask(app, case.method, case.target, content=case.body, headers={"authorization": None, **headers})
        ask(create_app(stages=failing).app, json=GOOD)

    lines = executed(run)
    idle = {clause: where for clause, where in named_at_lines().items() if lines.isdisjoint(where)}
    assert idle == {}
