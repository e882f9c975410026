"""Load a running server: wrk repeats one request and checks every response."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from mock_server.bench.processes import NotServed, Running
from mock_server.bench.requests import PATH, Expected, Request

SCRIPT = Path(__file__).with_name("load.lua")
CONNECTIONS = 32
TIMEOUT_S = 30  # for one response; a slower one is an error
LONGEST_S = 540  # limit of send_many


@dataclass(frozen=True, slots=True)
class Count:
    """The responses that wrk counted."""

    requests: int
    duration_s: float
    p99_ms: float
    unexpected: int
    errors: int
    first_unexpected: str


@dataclass(frozen=True, slots=True)
class Load:
    """The figures of one period of load on one server."""

    per_s: float
    cpu_us: float  # processor time of the server for one request
    p99_ms: float


def parse_count(output: str) -> Count:
    """Parse the last line of load.lua. Raise ValueError if it is missing."""
    lines = output.splitlines()
    at = next((i for i, line in enumerate(lines) if line.startswith('{"requests"')), None)
    if at is None:
        raise ValueError(f"wrk printed no counts: {output[-500:]!r}")
    counts = json.loads(lines[at])
    first = lines[at + 1].partition("first unexpected: ")[2] if at + 1 < len(lines) else ""
    return Count(
        requests=counts["requests"],
        duration_s=counts["duration_us"] / 1e6,
        p99_ms=counts["p99_us"] / 1e3,
        unexpected=counts["unexpected"],
        errors=counts["socket_errors"] + counts["timeouts"],
        first_unexpected=first,
    )


def load(server: Running, request: Request, expected: Expected, folder: Path, duration_s: int = 1) -> Load:
    """Repeat a request for `duration_s` seconds. Raise NotServed unless every response is the expected one."""
    before_s = server.cpu_s()
    count = _wrk(server, request, expected, folder, duration_s, limit=0)
    used_s = server.cpu_s() - before_s
    return Load(count.requests / count.duration_s, used_s / count.requests * 1e6, count.p99_ms)


def send_many(server: Running, request: Request, expected: Expected, folder: Path, count: int) -> None:
    """Repeat a request until `count` responses arrived. Raise NotServed after another response or LONGEST_S."""
    sent = _wrk(server, request, expected, folder, LONGEST_S, limit=count).requests
    if sent < count:
        raise NotServed(f"only {sent} of {count} responses to {request.name} came within {LONGEST_S} s")


def _wrk(server: Running, request: Request, expected: Expected, folder: Path, duration_s: int, limit: int) -> Count:
    body = folder / f"{request.name}.json"
    body.write_bytes(request.body)
    options = ["--threads", "1", "--connections", str(CONNECTIONS), "--timeout", f"{TIMEOUT_S}s"]
    command = ["wrk", *options, "--duration", f"{duration_s}s", "--script", str(SCRIPT), server.url + PATH, "--"]
    command += [str(body), request.authorization or "-", str(expected.status), expected.marker, str(limit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotServed(f"wrk failed: {done.stderr.strip() or done.stdout.strip()}")
    count = parse_count(done.stdout)
    if count.unexpected or count.errors or not count.requests:
        raise NotServed(
            f"{count.unexpected} of {count.requests} responses to {request.name} were not {expected.status} with"
            f" {expected.marker}, {count.errors} failed; first: {count.first_unexpected or 'none'}"
        )
    return count
