"""Measure suites on the mock: requests, wall and CPU time, and the defects of the sample that each detects."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from mock_server.bench.processes import NotServed, Running, free_port, running
from mock_server.bench.results import SuiteRow
from mock_server.bench.servers import SPEC
from mock_server.bench.tools import ROOT

LATENCY_MS = 200  # a deployed server with a database on another continent
START_S = 60
ENDS_S = 300  # a suite that takes longer is stopped, and has detected nothing
HELD, BROKEN = 0, 1  # the exit codes of both programs for these verdicts

# Each program gets every login of the mock that it has an option for.
USERS = ["--bearer", "xyz789-session", "--cookie", "__session=xyz789-session", "--user-id", "user_xyz789"]
USERS += ["--second-bearer", "abc123-session", "--second-user-id", "user_abc123", "--expired-bearer", "expired"]
# Configured as security schemes: with -H, its check of logins fails on every correct server.
SCHEMATHESIS_CONFIG = """
[auth.openapi.sessionBearer]
bearer = "xyz789-session"
[auth.openapi.sessionCookie]
api_key = "xyz789-session"
"""

Tell = Callable[[str], None]
Command = Callable[[str, Path], list[str]]  # URL of the server, folder to work in


@dataclass(frozen=True, slots=True)
class Suite:
    """A program that judges a server by its URL."""

    name: str
    command: Command
    extends: str | None = None  # a suite whose requests it sends too, so that it detects the same defects


@dataclass(frozen=True, slots=True)
class Judged:
    """One run of a suite."""

    exit_code: int
    wall_s: float
    cpu_s: float
    requests: int


def _ours(depth: str) -> Command:
    def command(url: str, folder: Path) -> list[str]:
        where = ["--run-folder", str(folder / "run")]
        return [sys.executable, "-m", "contract_tests", "run", url, *USERS, "--depth", depth, *where]

    return command


def _schemathesis(url: str, folder: Path) -> list[str]:
    config = folder / "schemathesis.toml"
    config.write_text(SCHEMATHESIS_CONFIG, encoding="utf-8")
    program = Path(sys.executable).with_name("schemathesis")
    return [str(program), "--config-file", str(config), "run", f"{SPEC}/openapi.yaml", "--url", url, "--seed", "1"]


QUICK = "leadlists-contract run --depth quick"
SUITES = (
    Suite(QUICK, _ours("quick")),
    Suite("leadlists-contract run --depth standard", _ours("standard"), extends=QUICK),
    Suite(f"schemathesis run ({version('schemathesis')})", _schemathesis),
)


def measure(rounds: int, sample: Sequence[str], tell: Tell) -> list[SuiteRow]:
    """Measure every suite alone, in interleaved rounds; then run them against mocks with defects, one per core."""
    runs: dict[str, list[Judged]] = {suite.name: [] for suite in SUITES}
    slow: dict[str, Judged] = {}
    for number in range(rounds):
        tell(f"suites, round {number + 1} of {rounds}")
        for suite in SUITES:
            runs[suite.name].append(_checked(suite, judge(suite)))
    for suite in SUITES:
        tell(f"{suite.name} on a server that takes {LATENCY_MS} ms")
        slow[suite.name] = _checked(suite, judge(suite, delay_ms=LATENCY_MS))
    detected: dict[str, set[str]] = {}
    for suite in SUITES:
        already = detected.get(suite.extends or "", set())
        detected[suite.name] = already | _detected(suite, [each for each in sample if each not in already], tell)
    return [
        SuiteRow(
            suite=suite.name,
            requests=round(median(run.requests for run in runs[suite.name])),
            wall_s=median(run.wall_s for run in runs[suite.name]),
            cpu_s=median(run.cpu_s for run in runs[suite.name]),
            slow_wall_s=slow[suite.name].wall_s,
            detected=len(detected[suite.name]),
            defects=len(sample),
            missed=tuple(each for each in sample if each not in detected[suite.name]),
        )
        for suite in SUITES
    ]


def judge(suite: Suite, *, defect: str | None = None, delay_ms: int = 0) -> Judged:
    """Run a suite against its own mock."""
    flags = [] if defect is None else ["--defect", defect]
    with TemporaryDirectory() as name, _mock(flags, Path(name)) as mock:
        if delay_ms:
            _control(mock, "PUT", "faults", {"faults": [{"delayMs": delay_ms}]})
        exit_code, wall_s, cpu_s = _run(suite.command(mock.url, Path(name)), Path(name))
        return Judged(exit_code, wall_s, cpu_s, _requests_seen(mock) if defect is None else 0)


def _checked(suite: Suite, judged: Judged) -> Judged:
    if judged.exit_code != HELD:  # then it would "catch" every defect
        raise NotServed(f"{suite.name} exits {judged.exit_code} on the mock that keeps the contract")
    return judged


def _detected(suite: Suite, sample: Sequence[str], tell: Tell) -> set[str]:
    tell(f"{suite.name} on {len(sample)} servers with one defect each")
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        codes = dict(zip(sample, pool.map(lambda each: judge(suite, defect=each).exit_code, sample), strict=True))
    for defect, code in codes.items():
        if code not in (HELD, BROKEN):
            tell(f"{suite.name} exits {code} on {defect}: not detected")
    return {defect for defect, code in codes.items() if code == BROKEN}


def _run(command: list[str], folder: Path) -> tuple[int, float, float]:
    """Run a command; return its exit code, wall time and CPU time with its children, in seconds."""
    # With bytecode, as an installed suite has it.
    left_out = ("LEADLISTS_", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    began_s = time.monotonic()
    with (folder / "printed.txt").open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        too_long = threading.Timer(ENDS_S, _kill, [process.pid])
        too_long.daemon = True
        too_long.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            too_long.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, time.monotonic() - began_s, usage.ru_utime + usage.ru_stime


def _kill(pid: int) -> None:
    """Kill a process that may have ended; `Popen.kill` would reap it, and its CPU time would be lost."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def _mock(flags: Sequence[str], folder: Path) -> Iterator[Running]:
    port = free_port()
    command = [sys.executable, "-m", "mock_server", "--port", str(port), *flags]
    with running(command, {"PYTHONPATH": str(ROOT)}, port, folder / "mock.txt") as mock:
        _wait_until_ready(mock)
        yield mock


def _wait_until_ready(mock: Running) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if _is_ready(mock):
                return
        time.sleep(0.02)
    raise NotServed("the mock does not start")


def _is_ready(mock: Running) -> bool:
    """Return whether the mock is ready, by the status alone: some defects cut the body."""
    with contextlib.closing(HTTPConnection("127.0.0.1", mock.port, timeout=10)) as connection:
        connection.request("GET", "/__mock__/ready")
        return connection.getresponse().status == HTTPStatus.OK


def _requests_seen(mock: Running) -> int:
    """Return how many requests the mock has seen, calls of its control API excluded."""
    kept: int = _control(mock, "GET", "state")["counts"]["requests"]
    dropped: int = _control(mock, "GET", "requests?limit=1")["dropped"]
    return kept + dropped


def _control(mock: Running, method: str, call: str, body: Any = None) -> Any:
    """Call the control API of the mock."""
    with contextlib.closing(HTTPConnection("127.0.0.1", mock.port, timeout=10)) as connection:
        text = None if body is None else json.dumps(body)
        headers = {"X-Mock-Control": "1", "Content-Type": "application/json"}
        connection.request(method, f"/__mock__/{call}", text, headers)
        answer = connection.getresponse().read()
        return json.loads(answer) if answer else None
