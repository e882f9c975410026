"""The pytest form of a failure sends the same bytes again and judges the responses again."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from contract_tests.report.pytest import write
from contract_tests.settings.values import Depth
from contract_tests.tests.conftest import EXPIRED, USERS, judged, settings_for, with_fewer_requests
from contract_tests.tests.report.conftest import Recorded
from contract_tests.tests.servers.faulty_servers import FAULTY_SERVERS
from contract_tests.tests.servers.right_core import Receive, RightCore, Scope, Send
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.test_cli import environment

LOGIN = {
    "LEADLISTS_BEARER": "token-1",
    "LEADLISTS_COOKIE": "__session=token-1",
    "LEADLISTS_USER_ID": "user_1",
    "LEADLISTS_SECOND_BEARER": "token-2",
}
Received = tuple[tuple[tuple[bytes, bytes], ...], bytes]


class Recording:
    """A server that keeps the headers and the body of every request; its app can be replaced."""

    def __init__(self, app: RightCore) -> None:
        self.app = app
        self.received: list[Received] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytearray()

        async def kept() -> dict[str, object]:
            message = await receive()
            body.extend(message.get("body", b""))
            if message["type"] == "http.request" and not message.get("more_body"):
                self.received.append((tuple(map(tuple, scope["headers"])), bytes(body)))
            return dict(message)

        await self.app(scope, kept, send)


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Set the variables of the run, and no others."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("LEADLISTS_")]:
        monkeypatch.delenv(name)
    for name, value in LOGIN.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def failures(file: Path) -> dict[str, str]:
    """Run the tests of a module; return the message of each that fails."""
    found = {}
    for name, test in runpy.run_path(str(file)).items():
        if name.startswith("test_"):
            try:
                test()
            except AssertionError as error:
                found[name] = str(error)
    return found


@pytest.mark.parametrize(
    ("name", "clause"),
    [
        ("name-cut-at-64", "response.name.echo"),
        ("id-from-content", "response.id.unique"),  # two requests show it
        ("type-required", "request.type.optional"),  # refused, although the server accepts a plain request
    ],
)
def test_a_test_fails_until_the_server_is_repaired(
    name: str, clause: str, tmp_path: Path, login: pytest.MonkeyPatch
) -> None:
    server = Recording(next(server.app for server in FAULTY_SERVERS if server.name == name)(USERS))
    file, test = tmp_path / "failures.py", f"test_{clause.replace('.', '_')}"
    with serve(server) as url:
        suites = with_fewer_requests(lambda sent: b'"type"' not in sent.body or len(sent.body) > 300)
        result = judged(settings_for(url, depth=Depth.QUICK), folder=tmp_path / "run", suites=suites)
        file.write_text(write(result, tmp_path / "run"), encoding="ascii")
        assert "token-1" not in file.read_text()
        sent, server.received = set(server.received), []
        message = failures(file)[test]
        assert message.startswith(f"{clause}: ")
        assert "\n  expected  " in message
        assert server.received
        assert {received for received in server.received if b"again" not in received[1]} <= sent
        server.app = RightCore(USERS, EXPIRED)
        assert failures(file) == {}
    assert "was not judged; " in failures(file)[test]
    with serve(RightCore(USERS)) as elsewhere:
        login.setenv("LEADLISTS_URL", elsewhere)
        assert failures(file) == {}
        login.setenv("LEADLISTS_BEARER", "another-token")
        login.setenv("LEADLISTS_SECOND_BEARER", "another-token-2")
        assert test in failures(file)


def test_pytest_itself_runs_the_module_of_a_report(failing: Recorded) -> None:
    """The server of that run is gone: every test says so, and none passes."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:schemathesis", "-q", "failures.py"]
    done = subprocess.run(
        command, cwd=failing.folder, env=environment(**LOGIN, PYTHONDONTWRITEBYTECODE="1"),
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1
    assert re.search(r"^\d+ failed in ", done.stdout, re.MULTILINE), done.stdout
    assert "no connection" in done.stdout
