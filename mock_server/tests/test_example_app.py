"""An app with Vite and React and its twelve Playwright tests: all of them four at once with CORS.

With a proxy and over https, those run for which the way of a request makes a difference: sign-ins, broken responses,
other hosts. What the app shows of a response, and worlds side by side, do not depend on it.
"""

from __future__ import annotations

import json
import shlex
import shutil
import socket
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
from mock_server.tests.programs import chromium, npm_package

pytestmark = pytest.mark.once

RunCli = Callable[..., subprocess.CompletedProcess[str]]
SIGN_INS = ("creates a list", "signs in, and creates as that user", "signs out", "leaves calls to other hosts alone")
# Way, workers, and the tests to run if not all twelve.
WAYS: dict[str, tuple[int, tuple[str, ...]]] = {
    "CORS": (4, ()),
    "proxy": (1, (*SIGN_INS, "says that the server is gone", "survives the HTML page of a proxy")),
    "https": (1, (*SIGN_INS, "tells a user whose session has expired")),
}


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


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.parametrize("way", WAYS)
def test_the_tests_of_the_app_pass(way: str, app: Path, other_host: str, capsys: pytest.CaptureFixture[str]) -> None:
    workers, chosen = WAYS[way]
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
        "WORKERS": str(workers),
    }
    variables |= {} if way == "proxy" else {"VITE_API": mock}
    variables |= {"APP_CERTIFICATE": str(app / "certificate.pem")} if way == "https" else {}
    started_s = time.monotonic()
    done = run_node("playwright", "test", "--grep", "|".join(chosen), cwd=app, **variables)
    took_s = time.monotonic() - started_s
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    report = json.loads(done.stdout)
    failed = [
        f"{spec['title']}: {error['message']}"
        for suite in report["suites"]
        for spec in suite["specs"]
        for error in spec["tests"][0]["results"][-1]["errors"]
    ]
    wanted = len(chosen) or 12
    with capsys.disabled():
        print(f"\n{report['stats']['expected']} of {wanted} tests passed through {way} in {took_s:.0f} s")
    assert not failed, "\n".join(failed)
    assert report["stats"]["expected"] == wanted, report["errors"]
