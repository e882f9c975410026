"""Test types and a client from two independent generators against the contract and the mock."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mock_server.lead_lists.record import FIELDS
from mock_server.tests.conftest import ROOT, Running
from mock_server.tests.node_tools import SOURCES, node_folder, run_node

pytestmark = [pytest.mark.once, pytest.mark.recipes]

STRICT = (
    "--strict", "--target", "es2022", "--lib", "es2022,dom,dom.iterable", "--module", "nodenext",
    "--skipDefaultLibCheck",
)  # fmt: skip
MARK = "// @ts-expect-error "


@pytest.fixture
def folder() -> Iterator[Path]:
    with node_folder() as made:
        yield made


def make_types(folder: Path, mock: Running) -> None:
    """Run the command of the README with this mock."""
    (command,) = re.findall(
        r"^```sh\nnpx (.*)\n```$", (ROOT / "mock_server" / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    program, source, *flags = command.split()
    (folder / "src").mkdir()
    made = run_node(program, source.replace("http://localhost:8080", mock.url), *flags, cwd=folder)
    assert made.returncode == 0, made.stderr
    (folder / "src" / "leadlists-api.d.ts").rename(folder / "leadlists-api.d.ts")


def test_types_accept_valid_bodies_and_refuse_invalid_ones(folder: Path, mock: Running) -> None:
    make_types(folder, mock)
    lines = (SOURCES / "types.ts").read_text().split("\n")
    wrong = {number for number, line in enumerate(lines) if number and lines[number - 1].startswith(MARK)}
    right = [line for number, line in enumerate(lines) if number not in wrong and not line.startswith(MARK)]
    assert len(wrong) > 15
    (folder / "expected.ts").write_text("\n".join(lines))
    (folder / "right.ts").write_text("\n".join(right))
    for number in wrong:  # alone, and without an expected-error comment
        (folder / f"wrong-{number}.ts").write_text("\n".join([*right, lines[number]]))
    checked = run_node("tsc", "--noEmit", *STRICT, *sorted(folder.glob("*[!d].ts")))
    told = re.findall(r"([\w-]+)\.ts\((\d+),\d+\): error TS\d+", checked.stdout)
    assert set(told) == {(f"wrong-{number}", str(len(right) + 1)) for number in wrong}, checked.stdout


def test_a_generated_client_creates_a_list_on_the_mock_and_reads_its_errors(
    folder: Path, mock: Running, page_request: dict[str, Any]
) -> None:
    made = run_node(
        "openapi-ts", "--input", "./spec/openapi.yaml", "--output", folder / "client",
        "--client", "@hey-api/client-fetch", "--no-log-file",
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    (folder / "package.json").write_text('{"type": "commonjs"}')  # the generated files import each other by bare names
    (folder / "script.ts").write_text((SOURCES / "client.ts").read_text())
    compiled = run_node("tsc", *STRICT, "--outDir", folder / "js", folder / "script.ts")
    assert compiled.returncode == 0, compiled.stdout
    user = mock.ready["users"][0]
    ran = run_node("node", folder / "js" / "script.js", mock.url, user["token"], json.dumps(page_request))
    assert ran.returncode == 0, ran.stderr
    created, refused, unknown = map(json.loads, ran.stdout.splitlines())
    assert created["status"] == 201
    assert created["data"].keys() == FIELDS
    assert {key: created["data"][key] for key in page_request} == page_request
    assert created["fields"] == {"id": created["data"]["id"], "users": [user["id"]]}
    assert refused["status"] == 400
    assert [problem["path"] for problem in refused["told"]["details"]] == ["/name"]
    assert unknown["status"] == 401
    assert unknown["told"]["code"] == "UNAUTHORIZED"
