"""Run the recipes of the README for Playwright, Cypress and MSW as printed there, in a real browser."""

from __future__ import annotations

import base64
import functools
import http.server
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mock_server.tests.conftest import GOOD, PATH, ROOT, Running
from mock_server.tests.node_tools import SOURCES, node_folder, run_node
from mock_server.tests.ports import free_port
from mock_server.tests.programs import NODE_MODULES, chromium, node

pytestmark = [pytest.mark.once, pytest.mark.recipes]

# The first line of a snippet names its file.
README = (ROOT / "mock_server" / "README.md").read_text(encoding="utf-8")
SNIPPETS: dict[str, str] = dict(re.findall(r"^```ts\n// (\S+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL))
RunCli = Callable[..., subprocess.CompletedProcess[str]]
TSC = ("--strict", "--skipLibCheck", "--target", "es2022")
# The settings of the recipe, and those of the test machine: an installed browser, and no sandbox for root.
CONFIG = """import recipe from "./playwright.config";
const args = ["--no-sandbox", "--disable-dev-shm-usage"];
const launchOptions = { executablePath: %s, args, timeout: 120_000 };
export default {
  ...recipe,
  workers: 4,
  timeout: 240_000,
  expect: { timeout: 60_000 }, // four browsers are slow on a small machine
  reporter: "json",
  use: { ...recipe.use, launchOptions },
};
"""


WRONG = """import { test } from "./mock";

test("a misspelled field", async ({ mock }) => {
  await mock.setFaults({ statsu: 500 } as any);
});

test("a path that no request has", async ({ mock }) => {
  await mock.verify({ times: 0, path: "leadlists" });
});
"""
TITLES = """import { expect, test } from "./mock";

test("Un élève crée", async ({ mock }) => expect(mock.world).toMatch(/^un-eleve-cree-[0-9a-f]{8}$/));
test("再試行", async ({ mock }) => expect(mock.world).toMatch(/^titles-spec-ts-line-4-[0-9a-f]{8}$/));
"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def folder() -> Iterator[Path]:
    with node_folder() as made:
        yield made


@contextmanager
def served(pages: Path) -> Iterator[int]:
    """Serve the web pages in a folder, like the dev server of a frontend; yield its port."""
    handler = functools.partial(_Quiet, directory=str(pages))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture(scope="module")
def report(run_cli: RunCli) -> dict[str, Any]:
    """Run the recipe, one that must fail, four worlds and the MSW handlers; return Playwright's report of all."""
    program, port = chromium(), free_port()
    recipe = SNIPPETS["tests/create.spec.ts"]
    tests = {
        "playwright.config.ts": SNIPPETS["playwright.config.ts"],
        "run.config.ts": CONFIG % json.dumps(program),
        "tests/mock.ts": run_cli("--port", str(port), "playwright").stdout,
        "tests/create.spec.ts": recipe,
        "tests/twice.spec.ts": recipe.replace("times: 1, status: 201", "times: 2, status: 201"),
        "tests/four.spec.ts": (SOURCES / "four.spec.ts").read_text(),
        "tests/wrong.spec.ts": WRONG,
        "tests/titles.spec.ts": TITLES,
        "tests/worker.spec.ts": (SOURCES / "worker.spec.ts").read_text(),
        **{f"pages/{page.name}": page.read_text() for page in (SOURCES / "page").iterdir()},
    }
    with node_folder() as folder:
        (folder / "tests").mkdir()
        put_msw_handlers(folder / "pages", run_cli)
        with served(folder / "pages") as page_port:
            for name, content in tests.items():
                (folder / name).write_text(content.replace(":8080", f":{port}").replace(":5173", f":{page_port}"))
            # The recipe starts the mock; the variable sets its port.
            done = run_node("playwright", "test", "--config=run.config.ts", cwd=folder, LEADLISTS_MOCK_PORT=str(port))
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def put_msw_handlers(pages: Path, run_cli: RunCli) -> None:
    """Put the handlers and MSW where a web page finds them, as a bundler does; another test checks the types."""
    pages.mkdir()
    msw = NODE_MODULES / "msw" / "lib"
    shutil.copy(msw / "mockServiceWorker.js", pages)
    shutil.copy(msw / "iife" / "index.js", pages / "msw.js")
    (pages / "msw-module.js").write_text("export const { http, HttpResponse } = MockServiceWorker;")
    (pages / "leadlists.ts").write_text(run_cli("msw").stdout)
    unchecked = ("--noCheck", "--noResolve", "--lib", "es5", "--target", "es2022", "--module", "esnext")
    done = run_node("tsc", *unchecked, pages / "leadlists.ts")
    assert done.returncode == 0, done.stdout


def test_the_playwright_recipe_passes_and_fails_when_it_should(report: dict[str, Any]) -> None:
    for each in _results(report, "create.spec.ts"):
        assert each["status"] == "passed", _failures(report)
    wrong = _results(report, "twice.spec.ts")[0]
    assert "expected exactly 2 of these requests, got 1" in wrong["errors"][0]["message"]
    assert "/status: want 201, got 500" in wrong["errors"][0]["message"]
    assert wrong["errors"][0]["location"]["file"].endswith("twice.spec.ts")
    (attached,) = (each for each in wrong["attachments"] if each["name"] == "requests to the mock")
    requests = json.loads(base64.b64decode(attached["body"]))
    assert [each["answer"]["status"] for each in requests if each["method"] == "POST"] == [201, 500]


def test_the_error_of_a_wrong_call_is_short_and_at_its_line(report: dict[str, Any]) -> None:
    found = _results(report, "wrong.spec.ts")
    errors = [(each["errors"][0]["message"].partition("\n")[0], each["errors"][0]["location"]) for each in found]
    assert [message.removeprefix("Error: ") for message, _ in errors] == [
        "PUT /__mock__/faults: 400 faults[0].statsu is an unknown field; the nearest known one is status.",
        'POST /__mock__/verify: 400 path is "leadlists"; send a path that starts with /, without scheme and host; * '
        "matches any text.",
    ]
    assert [(Path(place["file"]).name, place["line"]) for _, place in errors] == [
        ("wrong.spec.ts", 4),
        ("wrong.spec.ts", 8),
    ]


def test_a_world_has_a_readable_name_whatever_the_title(report: dict[str, Any]) -> None:
    assert [each["status"] for each in _results(report, "titles.spec.ts")] == ["passed"] * 2, _failures(report)


def test_four_tests_in_parallel_see_four_worlds(report: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    results = _results(report, "four.spec.ts")
    with capsys.disabled():
        print("", *(line["text"].strip() for result in results for line in result["stdout"]), sep="\n")
        print(f"{[result['status'] for result in results].count('passed')} of 4 passed")
    assert [result["status"] for result in results] == ["passed"] * 4, _failures(report)
    assert len({result["workerIndex"] for result in results}) == 4


CYPRESS = "cypress/e2e/create.cy.ts"


def test_the_cypress_recipe_compiles_and_its_calls_succeed(folder: Path, mock: Running) -> None:
    url = mock.url
    (folder / "create.cy.ts").write_text(SNIPPETS[CYPRESS].replace("http://localhost:8080", url))
    types = ("--types", "cypress", "--typeRoots", NODE_MODULES)
    done = run_node("tsc", *TSC, *types, "--module", "esnext", folder / "create.cy.ts")
    assert done.returncode == 0, done.stdout
    ran = run_node("node", SOURCES / "fake_cypress.mjs", folder / "create.cy.js")
    assert ran.returncode == 0, ran.stderr
    with httpx2.Client() as client:  # keeps cookies, as cy.request does
        *calls, verify = json.loads(ran.stdout)
        for call in calls:
            assert _ask(client, call).is_success
        page = {"method": "POST", "url": f"{url}{PATH}", "body": GOOD | {"name": "Q1"}}
        assert _ask(client, verify).status_code == 409
        assert [_ask(client, page).status_code for _ in range(2)] == [500, 201]
        assert _ask(client, verify).json() == {"held": True, "count": 1}


def _ask(client: httpx2.Client, call: dict[str, Any]) -> httpx2.Response:
    return client.request(call["method"], call["url"], json=call.get("body"), headers=call.get("headers"))


def test_the_vitest_recipe_passes(folder: Path, mock: Running) -> None:
    (folder / "src").mkdir()
    (folder / "src" / "create.test.ts").write_text(
        SNIPPETS["src/create.test.ts"].replace("http://localhost:8080", mock.url)
    )
    ran = run_node("vitest", "run", "--root", folder, "--reporter=json", cwd=folder)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert json.loads(ran.stdout)["numPassedTests"] == 1


@pytest.mark.parametrize("major", ["22", "24"])
def test_the_msw_recipe_runs_unchanged(major: str, folder: Path, run_cli: RunCli) -> None:
    (folder / "leadlists.ts").write_text(run_cli("msw").stdout)
    (folder / "create.test.ts").write_text(SNIPPETS["create.test.ts"])
    ran = subprocess.run(
        [node(major), "--test", "--test-reporter=tap", "create.test.ts"],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(r"^# pass 1$", ran.stdout, re.MULTILINE), ran.stdout


def test_the_msw_recipe_compiles(folder: Path, run_cli: RunCli) -> None:
    (folder / "leadlists.ts").write_text(run_cli("msw").stdout)
    (folder / "create.test.ts").write_text(SNIPPETS["create.test.ts"])
    types = ("--types", "node", "--typeRoots", NODE_MODULES / "@types")
    # As with Vite; test_msw.py compiles as with Node.
    how = ("--module", "esnext", "--moduleResolution", "bundler", "--noEmit", "--allowImportingTsExtensions")
    done = run_node("tsc", *TSC, *types, *how, folder / "create.test.ts")
    assert done.returncode == 0, done.stdout


def test_the_msw_handlers_work_in_a_web_page(report: dict[str, Any]) -> None:
    (result,) = _results(report, "worker.spec.ts")
    assert result["status"] == "passed", _failures(report)


def _results(report: dict[str, Any], file: str) -> list[dict[str, Any]]:
    suites = [suite for suite in report["suites"] if suite["file"].endswith(file)]
    return [each["tests"][0]["results"][0] for suite in suites for each in _specs(suite)]


def _specs(suite: dict[str, Any]) -> list[dict[str, Any]]:
    return [*suite["specs"], *(each for inner in suite.get("suites", ()) for each in _specs(inner))]


def _failures(report: dict[str, Any]) -> str:
    errors = [error["message"] for result in _results(report, "") for error in result["errors"]]
    return "\n".join([*errors, *(error["message"] for error in report["errors"])])
