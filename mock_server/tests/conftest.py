"""Fixtures of the mock's tests: the API page's example, real processes, and apps without a process."""

from __future__ import annotations

import asyncio
import copy
import functools
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import hypothesis
import jsonschema_rs
import pytest
import yaml
from connexion.spec import Specification
from starlette.types import ASGIApp

from mock_server import lead_list_mock as lead_list_mock  # the fixture, imported as users import it
from mock_server.tests.programs import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[2]
PATH = "/api/v1/entities/leadlists"
PAGE = {  # the example of the API page
    "name": "Q1 2024 Tech Startups",
    "type": "person",
    "icpId": "660e8400-e29b-41d4-a716-446655440001",
    "startDate": "2024-01-01T00:00:00.000Z",
    "endDate": "2024-03-31T23:59:59.000Z",
    "personIds": ["lead_abc123", "lead_def456"],
    "companyIds": [],
}
GOOD: dict[str, Any] = {"name": "n", "icpId": None, "startDate": "2024-01-01", "endDate": "2024-01-02", "personIds": []}
LOGIN = {"authorization": "Bearer xyz789-session"}
BROWSER_PATIENCE_S = 30  # usually well under a second
FROZEN = ("--seed", "1", "--now", "2024-01-02T10:30:00Z")

# Host names that resolve to this machine: of a foreign site, of a rebound one, and of a team.
HOSTS = ("evil.test", "rebound.test", "*.preview.test", "app.test", "mock.test")
NAMES = ", ".join(f"MAP {name} 127.0.0.1" for name in HOSTS)

# The same examples in every run, and no deadline. For new examples: pytest --hypothesis-profile=default.
hypothesis.settings.register_profile("tests", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("tests")

Ask = Callable[..., httpx2.Response]
AssertError = Callable[..., dict[str, Any]]
Open = Callable[..., "Page"]


@pytest.fixture(scope="session", autouse=True)
def _each_spec_is_validated_once() -> Iterator[None]:
    """Let Connexion validate equal specs once: the tests create a thousand mocks, and this is half the time of each."""
    validate, valid = Specification._validate_spec.__func__, set()

    def validate_once(cls: type[Specification], spec: dict[str, Any]) -> None:
        text = json.dumps(spec, default=repr)
        if text not in valid:
            validate(cls, spec)
            valid.add(text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Specification, "_validate_spec", classmethod(validate_once))
        yield


@pytest.fixture(scope="session", autouse=True)
def _clients_share_a_tls_context() -> Iterator[None]:
    """Read the certificates of the machine once: httpx2 does so in 23 ms for each client, also for http."""
    from httpx2._transports import default

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(default, "create_ssl_context", functools.cache(httpx2.create_ssl_context))
        yield


@dataclass(frozen=True)
class Running:
    """A mock in a separate process."""

    url: str
    endpoint: str
    process: subprocess.Popen[str]
    ready: dict[str, Any]

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.url.removeprefix("http://").rsplit(":", 1)
        return host, int(port)

    def post(self, **request: Any) -> httpx2.Response:
        headers = {"authorization": "Bearer xyz789-session", **request.pop("headers", {})}
        return httpx2.post(self.endpoint, headers=headers, timeout=60, **request)

    def send_raw(self, *parts: bytes, timeout_s: float = 60) -> bytes:
        """Return all bytes that the server sends in response to raw bytes, until it closes the connection."""
        with socket.create_connection(self.address, timeout=timeout_s) as connection:
            for part in parts:
                connection.sendall(part)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
            return received


StartMock = Callable[..., Running]
Loaded = Callable[[str], list[str]]  # the words for subprocess that run a module; see the fixture `loaded`


def _start(command: list[str], *flags: str, **process: Any) -> Running:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEADLISTS_")}
    environment |= {"PYTHONPATH": str(ROOT), **process.pop("env", {})}
    command = [*command, "--port", "0", "--ready-json", *flags]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    started = subprocess.Popen(command, env=environment, **pipes, **process)
    assert started.stdout is not None
    line = started.stdout.readline()
    assert line, started.communicate()
    ready = json.loads(line)
    return Running(ready["url"], ready["endpoint"], started, ready)


def _end(running: Running) -> None:
    running.process.terminate()
    running.process.communicate(timeout=60)


@pytest.fixture
def start_mock(loaded: Loaded) -> Iterator[StartMock]:
    """Return a function that starts mocks with the given flags; stop each by its process ID.

    new_interpreter: with a hash seed and a process ID of its own.
    """
    running: list[Running] = []

    def start(*flags: str, new_interpreter: bool = False, **process: Any) -> Running:
        command = [sys.executable, "-m", "mock_server"] if new_interpreter else loaded("mock_server")
        running.append(_start(command, *flags, **process))
        return running[-1]

    yield start
    for each in running:
        _end(each)


@pytest.fixture(scope="session")
def mock(loaded: Loaded) -> Iterator[Running]:
    """Start a mock with default settings, for tests that leave no state."""
    running = _start(loaded("mock_server"))
    yield running
    _end(running)


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run chromium, with the host names of NAMES."""
    program = chromium()
    from playwright.sync_api import expect, sync_playwright  # slow to import, and few tests use it

    expect.set_options(timeout=BROWSER_PATIENCE_S * 1000)

    flags = [f"--host-resolver-rules={NAMES}", "--no-sandbox", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=flags)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start a browser for one module: its event loop would disturb other modules."""
    with running_browser() as running:
        yield running


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Return a function that opens web pages of the mock in a new browser profile.

    The test fails at its end on a script error, a policy violation, a dialog or a request to another host.
    """
    wrong: list[str] = []
    contexts = []

    def tell(what: str) -> None:
        wrong.append(what)

    def open_it(url: str, **options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        own = (url.partition("/__mock__")[0] + "/", "blob:")
        page.on("pageerror", lambda error: tell(f"script: {error}"))
        page.on("dialog", lambda dialog: tell(f"dialog: {dialog.message}"))
        page.on("request", lambda sent: tell(f"request: {sent.url}") if not sent.url.startswith(own) else None)
        page.expose_function("tellBreach", lambda what: tell(f"policy: {what}"))
        page.add_init_script(
            "addEventListener('securitypolicyviolation', e => tellBreach(`${e.violatedDirective} ${e.blockedURI}`))"
        )
        page.goto(url)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    """Load the spec with a YAML library, without our own loader."""
    loaded: dict[str, Any] = yaml.load((ROOT / "spec" / "openapi.yaml").read_text(), Loader=yaml.BaseLoader)
    return loaded


@pytest.fixture
def page_request(document: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of the API page's request example."""
    content = document["paths"][PATH]["post"]["requestBody"]["content"]["application/json"]
    example: dict[str, Any] = copy.deepcopy(content["examples"]["page"]["value"])
    return example


@pytest.fixture(scope="session")
def error_schema(document: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """Compile components/schemas/Error without our own conversion."""
    text = json.dumps(document["components"]).replace('"true"', "true").replace('"1"', "1")
    schema = {"$ref": "#/components/schemas/Error", "components": json.loads(text)}
    return jsonschema_rs.Draft202012Validator(schema)


@pytest.fixture
def assert_error(error_schema: jsonschema_rs.Draft202012Validator) -> Callable[..., dict[str, Any]]:
    """Assert the documented error body with a status and a code, and return it."""

    def check(response: httpx2.Response, status: int, code: str) -> dict[str, Any]:
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "application/json"
        body = response.json()
        error_schema.validate(body)
        assert body.keys() == {"error"}
        assert body["error"]["code"] == code
        assert ("details" in body["error"]) == (status == 400)
        for problem in body["error"].get("details", []):
            assert problem.keys() == {"path", "rule", "got", "want", "message"}
        return body["error"]  # type: ignore[no-any-return]

    return check


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Send one request to an ASGI app in this process, signed in unless headers are given."""

    def send(app: ASGIApp, method: str = "POST", path: str = PATH, **request: Any) -> httpx2.Response:
        headers = {"authorization": "Bearer xyz789-session", **request.pop("headers", {})}
        headers = {name: value for name, value in headers.items() if value is not None}

        async def run() -> httpx2.Response:
            transport = httpx2.ASGITransport(app=app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://mock.test") as client:
                return await client.request(method, path, headers=headers, **request)

        return asyncio.run(run())

    return send


@pytest.fixture(scope="session")
def run_cli(loaded: Loaded) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command to its end."""

    def run(*arguments: str, env: dict[str, str] | None = None, **more: Any) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LEADLISTS_")}
        return subprocess.run(
            [*loaded("mock_server"), *arguments],
            env=environment | {"PYTHONPATH": str(ROOT)} | (env or {}),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            **more,
        )

    return run
