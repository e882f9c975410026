"""Judge a server by the end-to-end tests of a frontend: Playwright, with the fixture of the mock, through the proxy."""

from __future__ import annotations

import functools
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from contract_tests.tests.conftest import ROOT, mock_process
from contract_tests.tests.live.test_watch_command import ended, watching
from contract_tests.tests.programs import chromium, npm_file

pytestmark = [pytest.mark.once, pytest.mark.recipes]

NAME = "A name of more than sixty-four characters, of which the web page shows only the beginning"
PAGE = """<!doctype html><meta charset="utf-8"><title>Lists</title>
<label>Name <input id="name"></label><button>Create</button><p role="status"></p>
<script type="module">
document.querySelector("button").addEventListener("click", async () => {
  const body = JSON.stringify({ name: document.querySelector("#name").value, type: "person", icpId: null, personIds: [],
    startDate: "2030-01-01T00:00:00.000Z", endDate: "2030-03-31T23:59:59.000Z" });
  const url = "%s/api/v1/entities/leadlists";
  const options = { method: "POST", body, headers: { "Content-Type": "application/json" }, credentials: "include" };
  const answer = await fetch(url, options);
  document.querySelector("[role=status]").textContent = answer.ok ? "Saved." : `Failed: ${answer.status}`;
});
</script>
"""
TEST = """import { expect, test } from "./mock";

test("a list is saved", async ({ page }) => {
  await page.goto("/");
  await page.getByLabel("Name").fill(%s);
  await page.getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("status")).toHaveText("Saved.");
});
"""
CONFIG = """export default {
  testDir: ".", workers: 1, timeout: 120000, expect: { timeout: 60000 }, reporter: "line",
  use: { baseURL: %s, launchOptions: { executablePath: %s, args: ["--no-sandbox", "--disable-dev-shm-usage"] } },
};
"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        pass


@contextmanager
def frontend(page: str) -> Iterator[str]:
    """Serve a web page, and yield its URL."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "index.html").write_text(page)
        handler = functools.partial(_Quiet, directory=folder)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://localhost:{server.server_port}"
            server.shutdown()


def playwright(page_url: str, mock_url: str) -> subprocess.CompletedProcess[str]:
    """Run the test in a browser, with the printed fixture."""
    program, browser = npm_file(".bin/playwright"), chromium()
    fixture = subprocess.check_output([sys.executable, "-m", "mock_server", "playwright"], cwd=ROOT, text=True)
    with tempfile.TemporaryDirectory(prefix=".made-", dir=npm_file("").parent) as made:
        folder = Path(made)
        (folder / "package.json").write_text('{"type": "module"}')
        (folder / "mock.ts").write_text(fixture)
        (folder / "create.spec.ts").write_text(TEST % json.dumps(NAME))
        (folder / "playwright.config.ts").write_text(CONFIG % (json.dumps(page_url), json.dumps(browser)))
        variables = os.environ | {"LEADLISTS_MOCK_URL": mock_url}
        return subprocess.run(
            [program, "test"], cwd=folder, env=variables, capture_output=True, text=True, timeout=300, check=False
        )


@pytest.mark.parametrize(("flags", "code"), [((), 0), (("--defect=name-cut-at-64",), 1)], ids=["right", "defect"])
def test_end_to_end_tests_that_pass_report_a_defect_of_the_server(
    flags: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    npm_file(".bin/playwright")
    chromium()
    with mock_process(*flags) as url, watching(url, folder=tmp_path / "run") as (process, proxy):
        mock_url = proxy.replace("127.0.0.1", "localhost")
        with frontend(PAGE % mock_url) as page_url:
            done = playwright(page_url, mock_url)
        assert done.returncode == 0, done.stdout + done.stderr
        ended_with, output = ended(process)
    assert (ended_with, "broken: response.name.echo" in output) == (code, code == 1), output
    assert "1 judged" in output or "2 judged" in output  # a preflight may come first
