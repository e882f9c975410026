"""List the servers of the benchmark: command, tools, responses, and how they differ from the contract."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mock_server.bench.requests import BROKEN_FIELDS, CREATE, EVERY, INVALID, LONG, NO_LOGIN, Expected, Request
from mock_server.bench.tools import ROOT, Tools

PROGRAMS = Path(__file__).with_name("programs")
SPEC = ROOT / "spec"
BASELINE = "bare"
OURS = ("mock", "mock-connexion")

Command = Callable[[Tools, int, Path], list[str]]  # tools, port, a folder that the server may write into


@dataclass(frozen=True, slots=True)
class Server:
    """A server of the benchmark."""

    name: str
    title: str
    note: str  # which parts of the contract it omits, or how it is configured
    command: Command
    needs: tuple[str, ...] = ()
    environment: Callable[[Tools], dict[str, str]] = lambda tools: {}
    responses: Mapping[str, Expected] = field(default_factory=dict)  # by request, where it differs from the contract
    names_all_problems: bool = True
    warm_up: int = 1_000  # requests of each kind; a number, not a time, because JIT compilers count calls

    def expected(self, request: Request) -> Expected:
        """Return the response that this server is expected to give."""
        return self.responses.get(request.name, request.expected)

    def objection(self, request: Request, status: int, body: bytes) -> str | None:
        """Return what is wrong with a response to a request, or None."""
        expected, text = self.expected(request), body.decode("utf-8", "replace")
        if status != expected.status or expected.marker not in text:
            return f"{request.name}: expected {expected.status} with {expected.marker}, got {status} {text[:200]}"
        if request is INVALID and self.names_all_problems:
            unnamed = [name for name in BROKEN_FIELDS if name not in text]
            if unnamed:
                return f"{request.name}: the response does not name {', '.join(unnamed)}: {text[:200]}"
        return None


def _uvicorn(program: str) -> Command:
    options = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "critical"]

    def command(tools: Tools, port: int, folder: Path) -> list[str]:
        app = ["--app-dir", str(PROGRAMS), f"{program}:app"]
        return [sys.executable, "-m", "uvicorn", *app, "--port", str(port), *options]

    return command


def _mock(*flags: str) -> Command:
    def command(tools: Tools, port: int, folder: Path) -> list[str]:
        return [sys.executable, "-m", "mock_server", "--port", str(port), *flags]

    return command


def _openapi_backend(tools: Tools, port: int, folder: Path) -> list[str]:
    return [str(tools.paths["node"]), str(PROGRAMS / "openapi_backend.mjs"), str(port), str(SPEC)]


def _node_path(tools: Tools) -> dict[str, str]:
    return {"NODE_PATH": f"{tools.paths['openapi-backend']}:{tools.paths['ajv-formats']}"}


def _prism(tools: Tools, port: int, folder: Path) -> list[str]:
    program = [str(tools.paths["node"]), str(tools.paths["prism"] / ".bin/prism")]
    return [
        *program,
        "mock",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--verboseLevel",
        "silent",
        f"{SPEC}/openapi.yaml",
    ]


def _wiremock(*flags: str) -> Command:
    def command(tools: Tools, port: int, folder: Path) -> list[str]:
        shutil.copytree(PROGRAMS / "wiremock", folder / "wiremock", dirs_exist_ok=True)
        (jar,) = (tools.paths["wiremock"] / "wiremock/build").glob("*.jar")
        where = ["--port", str(port), "--bind-address", "127.0.0.1", "--root-dir", str(folder / "wiremock")]
        return [str(tools.paths["java"]), "-jar", str(jar), *where, "--disable-banner", *flags]

    return command


def _in_repository(tools: Tools) -> dict[str, str]:
    return {"PYTHONPATH": str(ROOT)}


_BARE = {request.name: Expected(201, '"id"') for request in EVERY}
_PRISM = {CREATE.name: Expected(200, '"id"'), LONG.name: Expected(200, '"id"')}
_CONNEXION = {INVALID.name: Expected(400, "Bad Request"), NO_LOGIN.name: Expected(401, "Unauthorized")}

SERVERS = (
    Server(BASELINE, "bare uvicorn app", "reads the body, sends one fixed response", _uvicorn("bare"), responses=_BARE),
    Server("mock", "leadlists-mock", "as it comes, journal on", _mock(), environment=_in_repository),
    Server(
        "mock-connexion",
        "leadlists-mock --driver connexion",
        "every request goes through Connexion",
        _mock("--driver", "connexion"),
        environment=_in_repository,
    ),
    Server("hand-written", "hand-written ASGI app", "the contract without a framework", _uvicorn("hand_written")),
    Server(
        "fastapi",
        "FastAPI",
        "with pydantic; lets NaN and UTF-16 through",
        _uvicorn("fastapi_full"),
        ("fastapi",),
        lambda tools: {"PYTHONPATH": str(tools.paths["fastapi"])},
    ),
    Server(
        "connexion",
        "Connexion, minimal",
        "first problem only, its own error body, no UUID check, keeps nothing",
        _uvicorn("connexion_minimal"),
        environment=lambda tools: {"BENCH_SPEC": str(SPEC)},
        responses=_CONNEXION,
        names_all_problems=False,
    ),
    Server(
        "openapi-backend",
        "openapi-backend",
        "no date-only dates",
        _openapi_backend,
        ("node", "openapi-backend", "ajv-formats"),
        _node_path,
    ),
    Server(
        "prism",
        "Prism, silent",
        "sends the examples of the spec, any token will do",
        _prism,
        ("node", "prism"),
        responses=_PRISM,
        names_all_problems=False,
        warm_up=5_000,
    ),
    Server(
        "wiremock",
        "WireMock",
        "a schema in a stub, 400 without problems",
        _wiremock(),
        ("java", "node", "wiremock"),
        names_all_problems=False,
        warm_up=20_000,
    ),
    Server(
        "wiremock-no-journal",
        "WireMock, no journal",
        "as above",
        _wiremock("--no-request-journal"),
        ("java", "node", "wiremock"),
        names_all_problems=False,
        warm_up=20_000,
    ),
)
BY_NAME = {server.name: server for server in SERVERS}


def mock_has_drivers() -> bool:
    """Return whether the mock of this clone has the option --driver."""
    command = [sys.executable, "-m", "mock_server", "--help"]
    return "--driver" in subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT).stdout
