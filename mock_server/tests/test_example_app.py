"""Run the twelve Playwright tests of an app with Vite and React, with CORS, through a proxy and over https."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from mock_server.tests.conftest import ROOT
from mock_server.tests.node_tools import SOURCES, node_folder, run_node
from mock_server.tests.ports import free_port
from mock_server.tests.programs import chromium, npm_package

pytestmark = [pytest.mark.once, pytest.mark.recipes]

RunCli = Callable[..., subprocess.CompletedProcess[str]]
TESTS = 12
WORKERS = {"CORS": 4, "proxy": 2, "https": 2}  # of Playwright


class _Plain(BaseHTTPRequestHandler):
    """A server of another host: any web page may read it, and no web page may send it a header of its own."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(b"plain\n")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def other_host() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Plain) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def app(run_cli: RunCli) -> Iterator[Path]:
    """A copy of the app, with the fixture that the mock prints."""
    with node_folder() as folder:
        shutil.copytree(SOURCES / "app", folder, dirs_exist_ok=True)
        (folder / "tests" / "mock.ts").write_text(run_cli("playwright").stdout)
        own = trustme.CA().issue_cert("127.0.0.1")
        own.private_key_and_cert_chain_pem.write_to_path(folder / "certificate.pem")
        yield folder


@pytest.mark.parametrize("way", WORKERS)
def test_the_tests_of_the_app_pass(way: str, app: Path, other_host: str, capsys: pytest.CaptureFixture[str]) -> None:
    scheme = "https" if way == "https" else "http"
    mock = f"{scheme}://localhost:{free_port()}"
    # Over https the web page may be of another site; its cookies must then be partitioned.
    page = f"{scheme}://{'127.0.0.1' if way == 'https' else 'localhost'}:{free_port()}"
    command = [sys.executable, "-m", "mock_server", "--port", mock.rpartition(":")[2], *["--tls"][: way == "https"]]
    variables = {
        "APP_URL": page,
        "BROWSER_PATH": chromium(),
        "LEADLISTS_MOCK_URL": mock,
        "MOCK_COMMAND": shlex.join(command),
        "OTHER_HOST": other_host,
        "PYTHONPATH": str(ROOT),
        "VITE_PROGRAM": str(npm_package("vite/bin/vite.js")),
        "WORKERS": str(WORKERS[way]),
    }
    variables |= {} if way == "proxy" else {"VITE_API": mock}
    variables |= {"APP_CERTIFICATE": str(app / "certificate.pem")} if way == "https" else {}
    started_s = time.monotonic()
    done = run_node("playwright", "test", cwd=app, **variables)
    took_s = time.monotonic() - started_s
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    report = json.loads(done.stdout)
    failed = [
        f"{spec['title']}: {error['message']}"
        for suite in report["suites"]
        for spec in suite["specs"]
        for error in spec["tests"][0]["results"][-1]["errors"]
    ]
    with capsys.disabled():
        print(f"\n{report['stats']['expected']} of {TESTS} tests passed through {way} in {took_s:.0f} s")
    assert not failed, "\n".join(failed)
    assert report["stats"]["expected"] == TESTS, report["errors"]
