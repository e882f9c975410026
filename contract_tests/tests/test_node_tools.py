"""Two generators that others wrote read the contract as we do: their types say so, and a client works on the mock."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.specification import load_specification
from contract_tests.tests.conftest import MOCK_FIRST, ROOT, mock_process

TOOLS = ROOT / ".npm-tools"
STRICT = ("--strict", "--target", "es2022", "--lib", "es2022,dom,dom.iterable")
EXAMPLE = load_specification().operations[0].request_example
RESPONSE_FIELDS = {
    "id", "icpId", "name", "type", "startDate", "endDate", "personIds", "companyIds", "userIds", "createdAt",
    "updatedAt",
}  # fmt: skip


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder below that of the tools: only there do imports of their packages resolve."""
    if not (TOOLS / "node_modules").is_dir():
        if os.environ.get("CI"):
            pytest.fail("the client generators are missing; .ci/tools node brings them")
        pytest.skip("no client generators here; make spec brings them where Node is")
    with tempfile.TemporaryDirectory(prefix=".made-", dir=TOOLS) as made:
        yield Path(made)


def tool(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = TOOLS / "node_modules" / ".bin" / name if name != "node" else name
    folders = f"{ROOT / '.venv/bin'}{os.pathsep}{os.environ.get('PATH', '')}"  # .ci/tools may have put Node there
    environment = os.environ | {"PATH": folders}
    return subprocess.run(
        [program, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def constant(value: object) -> str:
    kind = 'import("./schema").components["schemas"]["NewLeadList"]'
    return f"export const list: {kind} = {json.dumps(value)};\n"


RIGHT = {
    "page": EXAMPLE,
    "shortest": {key: value for key, value in EXAMPLE.items() if key not in ("type", "companyIds")},
    "without_icp": EXAMPLE | {"icpId": None},
}
WRONG = {
    "other_type": EXAMPLE | {"type": "people"},
    "text_for_ids": EXAMPLE | {"personIds": "lead_abc123"},
    "null_name": EXAMPLE | {"name": None},
    "no_ids": {key: value for key, value in EXAMPLE.items() if key != "personIds"},
}
RESPONSE = """import type { components } from "./schema";
type LeadList = components["schemas"]["LeadList"];
export const fields: Record<keyof LeadList, true> = %s;
export const allRequired: LeadList extends Required<LeadList> ? true : false = true;
"""


def test_types_take_what_is_right_and_refuse_what_is_wrong(folder: Path) -> None:
    made = tool("openapi-typescript", "spec/openapi.yaml", "-o", folder / "schema.d.ts", "--default-non-nullable=false")
    assert made.returncode == 0, made.stderr
    for name, value in (RIGHT | WRONG).items():
        (folder / f"{name}.ts").write_text(constant(value))
    (folder / "response.ts").write_text(RESPONSE % json.dumps(dict.fromkeys(RESPONSE_FIELDS, True)))
    programs = sorted(folder.glob("*[!d].ts"))
    checked = tool("tsc", "--noEmit", "--module", "esnext", "--moduleResolution", "bundler", *STRICT, *programs)
    told = re.findall(r"^(\S+)\(\d+,\d+\): error (TS\d+)", checked.stdout, re.M)
    errors = {Path(path).stem: code for path, code in told}
    assert errors == {
        "other_type": "TS2322",  # is not assignable
        "text_for_ids": "TS2322",
        "null_name": "TS2322",
        "no_ids": "TS2741",  # is missing
    }, checked.stdout


SCRIPT = """import { createLeadList } from "./client";
import { createClient } from "./client/client";

const given: { url: string; token: string; body: any } = %s;
const open = (token: string) =>
    createClient({ baseUrl: given.url, auth: (login) => (login.scheme === "bearer" ? token : undefined) });

async function main() {
    const answers = [
        await createLeadList({ client: open(given.token), body: given.body }),
        await createLeadList({ client: open(given.token), body: { ...given.body, name: 5 } }),
        await createLeadList({ client: open("nobody"), body: given.body }),
    ];
    for (const { data, error, response } of answers) {
        const fields = data && { id: data.id, users: data.userIds }; // compiles only if the types know them
        const told = error && { code: error.error.code, details: error.error.details };
        console.log(JSON.stringify({ status: response?.status, data, fields, told }));
    }
}

main();
"""


def test_a_generated_client_creates_a_list_on_the_mock_and_reads_its_errors(folder: Path) -> None:
    made = tool(
        "openapi-ts", "--input", "./spec/openapi.yaml", "--output", folder / "client",
        "--client", "@hey-api/client-fetch", "--no-log-file",
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    with mock_process() as url:
        given = {"url": url, "token": MOCK_FIRST.bearer, "body": EXAMPLE}
        (folder / "script.ts").write_text(SCRIPT % json.dumps(given))
        compiled = tool("tsc", "--module", "node16", *STRICT, "--outDir", folder / "js", folder / "script.ts")
        assert compiled.returncode == 0, compiled.stdout
        ran = tool("node", folder / "js" / "script.js")
    assert ran.returncode == 0, ran.stderr
    created, refused, unknown = map(json.loads, ran.stdout.splitlines())
    assert created["status"] == 201
    assert set(created["data"]) == RESPONSE_FIELDS
    assert {key: created["data"][key] for key in EXAMPLE} == EXAMPLE
    assert created["fields"] == {"id": created["data"]["id"], "users": [MOCK_FIRST.user_id]}
    assert refused["status"] == 400
    assert [problem["path"] for problem in refused["told"]["details"]] == ["/name"]
    assert unknown["status"] == 401
    assert unknown["told"]["code"] == "UNAUTHORIZED"
