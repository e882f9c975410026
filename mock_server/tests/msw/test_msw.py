"""Test that the MSW handlers respond like the mock, and compile under strict settings."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mock_server.msw.generating import LOGIC, handlers
from mock_server.pipeline.words import WORDS
from mock_server.settings.values import Settings
from mock_server.tests.conftest import GOOD, LOGIN, Loaded, Running, StartMock
from mock_server.tests.corpus import UUID, Case, changed, corpus, embedded
from mock_server.tests.node_tools import SOURCES, node_folder, run_node

pytestmark = pytest.mark.once

RunCli = Callable[..., subprocess.CompletedProcess[str]]

NOW = "2024-01-02T10:30:00.000Z"
# Flags that teams use besides --strict. The lib is the oldest in use by a current project template.
STRICT = (
    "--strict", "--target", "es2020", "--lib", "es2020,dom,dom.iterable", "--module", "nodenext", "--skipLibCheck",
    "--verbatimModuleSyntax", "--isolatedModules", "--erasableSyntaxOnly", "--noUncheckedIndexedAccess",
    "--exactOptionalPropertyTypes", "--noImplicitReturns", "--noUnusedLocals", "--noUnusedParameters",
)  # fmt: skip
UUID4 = re.compile(r'"id":"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"')
SHOWN = 8
FLAGS = (
    "--user", "ana=token-1", "--cookie-name", "login", "--success-status", "200", "--max-depth", "9",
    "--max-body-bytes", "300",
)  # fmt: skip


def compiled(folder: Path, *flags: str, **sources: str) -> None:
    """Compile handlers in one call; each source becomes the module of its name in the folder."""
    for name, source in sources.items():
        (folder / f"{name}.ts").write_text(source, encoding="utf-8")
    done = run_node("tsc", *STRICT, *flags, *(folder / f"{name}.ts" for name in sources))
    assert done.returncode == 0, done.stdout


def answers(
    folder: Path, mock: Running, cases: list[Case], modules: Iterable[str] = itertools.repeat("leadlists")
) -> list[dict[str, Any]]:
    """Return the responses of the mock and of compiled handlers to each case, eight at once."""
    (folder / "answer_twice.mjs").write_text((SOURCES / "answer_twice.mjs").read_text())
    given = "".join(case.to_json(f"./{name}.js") + "\n" for case, name in zip(cases, modules, strict=False))
    done = run_node("node", folder / "answer_twice.mjs", mock.url, NOW, "8", given=given)
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.split("\n") if line]
    assert sorted(each["name"] for each in told) == sorted(case.name for case in cases)
    return told


def comparable(answer: dict[str, Any]) -> dict[str, Any]:
    """Return a response without its varying parts: the id of a new list, and Python's text on malformed JSON."""
    body = UUID4.sub('"id":"new"', answer["body"])
    parsed = json.loads(body) if body and not body.startswith("<") else body or None
    if parsed and answer["status"] == 400 and sys.version_info >= (3, 13):
        for problem in parsed["error"]["details"]:
            if problem["rule"] == "json":
                problem["got"] = problem["message"] = parsed["error"]["message"] = ""
    return {"status": answer["status"], "headers": answer["headers"], "body": parsed}


def differences(told: list[dict[str, Any]]) -> list[str]:
    """Describe the cases with different responses."""
    return [
        f"{each['name']}: {difference(mock, handled)}"
        for each in told
        if (mock := comparable(each["mock"])) != (handled := comparable(each["handlers"]))
    ]


def difference(mock: Any, handled: Any, place: str = "") -> str:
    """Return the first place where two responses differ."""
    if isinstance(mock, dict) and isinstance(handled, dict) and mock.keys() == handled.keys():
        pairs = ((name, mock[name], handled[name]) for name in mock)
    elif isinstance(mock, list) and isinstance(handled, list) and len(mock) == len(handled):
        pairs = ((str(i), *both) for i, both in enumerate(zip(mock, handled, strict=True)))
    else:
        return f"{place or 'the answer'} is {json.dumps(mock)} of the mock and {json.dumps(handled)} of the handlers"
    return next(difference(one, other, f"{place}/{name}") for name, one, other in pairs if one != other)


@pytest.fixture(scope="module")
def made(run_cli: RunCli) -> Iterator[Path]:
    """Compile the handlers of a mock with default settings (`leadlists`), and with FLAGS (`otherwise`)."""
    with node_folder() as folder:
        compiled(folder, leadlists=handlers(Settings()), otherwise=run_cli(*FLAGS, "msw").stdout)
        yield folder


@pytest.mark.parametrize("one_in", [64, pytest.param(1, marks=pytest.mark.long)])
def test_the_handlers_respond_like_the_mock(
    one_in: int, made: Path, start_mock: StartMock, tmp_path: Path, loaded: Loaded, capsys: pytest.CaptureFixture[str]
) -> None:
    mock = start_mock("--now", NOW)
    cases = corpus(mock.url, tmp_path, loaded("contract_tests"))[::one_in]
    told = answers(
        made, mock, [case for case in cases if "expect" not in {name.lower() for name in case.headers}]
    )  # fetch cannot send it
    differing = differences(told)
    with capsys.disabled():
        print(f"\n{len(told) - len(differing)}/{len(told)} same verdicts of the mock and of its handlers for MSW")
    assert not differing, "\n".join([f"{len(differing)} differ", *differing[:SHOWN]])


def test_a_forced_response_is_the_same(made: Path, start_mock: StartMock) -> None:
    mock = start_mock("--now", NOW)
    valid = json.dumps(GOOD).encode()
    statuses = (200, 201, 204, 400, 401, 403, 404, 405, 409, 418, 429, 500, 502, 503, 599)
    prefers = [f"code={status}" for status in statuses]
    prefers += [
        "code=500, wait=0.01",
        'code="503"',
        "wait=0.01; x=y",
        "code=5000",
        "wait=99",
        "respond-async",
        "CODE=500",
    ]
    faults = ["status=500", "status=429&delayMs=5", "session=expired", "delayMs=1", "answer=not-json"]
    faults += ['status=409&body={"code":"TAKEN"}', 'status=422&headers={"X-Trace":"a"}', 'headers={"X-Trace":"b"}']
    faults += ["status=404&answer=not-json"]
    cases = [Case(f"Prefer: {each}", valid, LOGIN | {"prefer": each}) for each in prefers]
    cases += [Case(f"X-Mock-Fault: {each}", valid, LOGIN | {"x-mock-fault": each}) for each in faults]
    cases += [Case("by cookie", valid, LOGIN | {"cookie": "mock_fault=status=503"})]
    assert differences(answers(made, mock, cases)) == []


def test_web_pages_sign_in_with_the_same_call(made: Path, mock: Running) -> None:
    def call(name: str, method: str, body: bytes | None = None, **headers: str) -> Case:
        return Case(name, body, {"content-type": "application/json", **headers}, method, "/__mock__/sessions")

    ours = {"x-mock-control": "1"}
    cases = [
        call("sign in", "POST", b'{"user": "user_abc123"}', **ours),
        call("with an expired session", "POST", b'{"user": "user_abc123", "expired": true}', **ours),
        call("an unknown user", "POST", b'{"user": "unknown"}', **ours),
        call("without our header", "POST", b'{"user": "user_abc123"}'),
        call("who is signed in", "GET", cookie="__session=abc123-session"),
        call("no session", "GET"),
        call("expired", "GET", cookie="__session=expired"),
    ]
    cases += [Case("sign out", None, ours, "DELETE", "/__mock__/sessions")]
    assert differences(answers(made, mock, cases)) == []


USES = """
import assert from "node:assert/strict";
import { setupServer } from "msw/node";
import { createLeadListMock } from "./leadlists.js";

const LIST = %s;
const URL = "https://api.example.com";
const rest = { type: "person", companyIds: [], userIds: ["user_xyz789"], createdAt: "", updatedAt: "" };
const first = { ...LIST, id: "1", ...rest };
const mock = createLeadListMock({ url: `${URL}/`, lists: [first] });
const server = setupServer(...mock.handlers);
server.listen({ onUnhandledRequest: "error" });
const busy = setInterval(() => {}, 1000); // nothing else keeps Node here while a request hangs
const call = (path, method, body, headers = {}) =>
  fetch(URL + path, { method, body: body && JSON.stringify(body), credentials: "include",
                      headers: { "Content-Type": "application/json", "X-Mock-Control": "1", ...headers } });
const create = async (headers) => (await call("/api/v1/entities/leadlists", "POST", LIST, headers)).status;
const LOGIN = { Authorization: "Bearer xyz789-session" };

assert.equal(await create(), 401);
assert.equal((await call("/__mock__/sessions", "POST", { user: "user_abc123" })).status, 200);
assert.equal(await create(), 201); // the session is in a cookie now
assert.equal((await call("/__mock__/sessions", "DELETE")).status, 204);
assert.equal(await create(), 401);
assert.deepEqual(mock.lists.map((each) => each.userIds[0]), ["user_xyz789", "user_abc123"]);

mock.setFaults({ status: 503, times: 1 }, { status: 500 });
assert.deepEqual([await create(LOGIN), await create(LOGIN), await create(LOGIN)], [503, 500, 500]); // the second lasts
mock.setFaults({ status: 409, body: { code: "TAKEN" }, headers: { "X-Trace": "a" } });
const taken = await call("/api/v1/entities/leadlists", "POST", LIST, LOGIN);
assert.deepEqual([taken.status, await taken.json(), taken.headers.get("X-Trace")], [409, { code: "TAKEN" }, "a"]);
const started = performance.now();
mock.setFaults({ delayMs: 100 });
assert.equal(await create(LOGIN), 201);
assert.ok(performance.now() - started > 90);
mock.setFaults({ answer: "reset" });
await assert.rejects(create(LOGIN), TypeError);
mock.setFaults({ answer: "hang" });
await assert.rejects(fetch(URL + "/api/v1/entities/leadlists", { signal: AbortSignal.timeout(200) }));
assert.throws(() => mock.setFaults({ answer: "half" }), /not support answer=half, only hang, reset, empty, not-json/);
for (const wrong of [{ status: 99 }, { status: 500.5 }, { status: 500, times: 0 }, { delayMs: -1 }, { body: 1 }, {},
                     { session: "none" }, { session: "expired", status: 500 }, { answer: "hang", status: 500 },
                     { answer: "reset", headers: {} }, { answer: "not-json", status: 502, body: 1 },
                     { status: 204, body: 1 }])
  assert.throws(() => mock.setFaults(wrong), /the fault has .*; give /);
assert.throws(() => mock.setFaults([{ status: 500 }]), /the fault is an array; pass each fault as an argument/);
assert.throws(() => mock.failNext(99), /the fault has status 99; give an integer from 200 to 599/);
for (const wrong of ["status=99", "status=x", "status=409&body={", "session=none", "headers=", "body=1"])
  assert.equal(await create({ ...LOGIN, "X-Mock-Fault": wrong }), 400);
assert.throws(() => mock.setFaults({ share: 0.5 }), /have no faults with share/);
mock.reset();
assert.deepEqual(mock.lists, [first]);

const refused = await call("/__mock__/lists", "GET");
assert.deepEqual([refused.status, (await refused.json()).error.message],
  [501, "The handlers for MSW have no GET /__mock__/lists; use the object that createLeadListMock returns"]);
const half = await call("/api/v1/entities/leadlists", "POST", LIST, { ...LOGIN, "X-Mock-Fault": "answer=half" });
assert.deepEqual([half.status, (await half.json()).error.message],
  [400, "The handlers for MSW do not support answer=half, only hang, reset, empty, not-json"]);
server.close();
clearInterval(busy);
"""


def test_faults_sessions_and_initial_lists(made: Path) -> None:
    (made / "uses.mjs").write_text(USES % json.dumps(GOOD))
    done = run_node("node", made / "uses.mjs")
    assert done.returncode == 0, done.stderr


BROKEN = {
    "a month more": ("month > 12", "month > 13", changed("", startDate="2024-13-01")),
    "no default": ('?? "person"', '?? "company"', Case("", json.dumps(GOOD).encode())),
    "upper case": ("icpId.toLowerCase()", "icpId", changed("", icpId=UUID)),
    "no limit of depth": ("depth > CONTRACT.maxDepth", "depth > 999", Case("", embedded(b"[" * 33 + b"]" * 33))),
    "halves of pairs": ("if (match[1])", "if (!match)", Case("", embedded(b'"\\ud800"'))),
    "no sign-in": ("throw refusals.pop() ?? new Refused(401)", 'return "user_xyz789"', Case("", b"{}", {})),
    "order of problems": ("of body) {", "of [...body].reverse()) {", changed("", icpId=1, endDate=1)),
}


def test_handlers_that_break_a_rule_are_found(made: Path, mock: Running) -> None:
    source = handlers(Settings())
    broken = {}
    for number, (right, wrong, _) in enumerate(BROKEN.values()):
        assert source.count(right) == 1, right
        broken[f"broken_{number}"] = source.replace(right, wrong)
    compiled(made, "--noCheck", "--noResolve", "--lib", "es5", **broken)
    cases = [replace(case, name=name) for name, (_, _, case) in BROKEN.items()]
    found = [each["name"] for each in answers(made, mock, cases, broken) if differences([each])]
    assert sorted(found) == sorted(BROKEN)


def test_the_handlers_use_the_settings_of_their_mock(made: Path, start_mock: StartMock) -> None:
    cases = [
        Case(f"{headers} {len(body)}", body, headers)
        for headers in (
            {"authorization": "Bearer token-1"},
            {"cookie": "login=token-1"},
            LOGIN,
            {"cookie": "__session=1"},
        )
        for body in (
            json.dumps(GOOD).encode(),
            b" " * 301,
            embedded(b"[" * 8 + b"]" * 8),
            embedded(b"[" * 9 + b"]" * 9),
        )
    ]
    told = answers(made, start_mock(*FLAGS, "--now", NOW), cases, itertools.repeat("otherwise"))
    assert differences(told) == []
    assert {each["handlers"]["status"] for each in told} == {200, 400, 401}


def test_a_reading_that_the_handlers_do_not_follow_is_refused(run_cli: RunCli) -> None:
    for flags in (["--profile", "strict"], ["--reading", "empty-name=refused"]):
        done = run_cli(*flags, "msw")
        assert (done.returncode, done.stdout) == (2, "")
        message = r"leadlists-mock: the handlers for MSW support only ([\w-]+)=\w+, not \1=\w+\n"
        assert re.fullmatch(message, done.stderr)


def test_the_facts_of_the_contract_are_not_written_into_the_logic() -> None:
    """The facts must come from the contract, so that the handlers follow a change of the spec."""
    logic = LOGIC.read_text()
    facts = [*WORDS["type"], *WORDS["uuid"], "xyz789", "1048576", "__session", 'leadlists"', "/api/v1"]
    assert [fact for fact in facts if fact in logic] == []
