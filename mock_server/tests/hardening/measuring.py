"""One row for each promise, and the mock that it is measured on."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlsplit

from mock_server.tests.conftest import GOOD, LOGIN, PATH, ROOT

MARGIN_S = 2.0  # for a busy machine, on top of each limit
BODY = json.dumps(GOOD).encode()
HEADERS = {"Content-Type": "application/json", "Authorization": LOGIN["authorization"]}


@dataclass(frozen=True, slots=True)
class Row:
    """One promise, what was measured, and whether it is kept."""

    promise: str
    limit: str
    measured: str
    is_kept: bool


def at_most(promise: str, limit: float, measured: float, unit: str, margin: float = 0.0) -> Row:
    """A row for a number with an upper limit."""
    return Row(promise, f"≤ {limit:g} {unit}", f"{measured:.3g} {unit}", measured <= limit + margin)


def between(promise: str, least: float, most: float, shortest: float, longest: float, margin: float) -> Row:
    """A row for times in seconds, none of which may be too short or too long."""
    is_kept = least <= shortest and longest <= most + margin
    return Row(promise, f"{least:g} to {most:g} s", f"{shortest:.3g} to {longest:.3g} s", is_kept)


def all_of(promise: str, held: int, of: int) -> Row:
    """A row for a count of which each one must hold."""
    return Row(promise, f"{of}/{of}", f"{held}/{of}", held == of)


@dataclass(frozen=True, slots=True)
class Target:
    """A mock in a process of its own."""

    process: subprocess.Popen[str]
    port: int

    def connect(self, timeout_s: float = 120) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout_s)

    def client(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=120)

    def memory_mib(self) -> float:
        with open(f"/proc/{self.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def post(self, client: HTTPConnection, body: bytes, *, world: str = "") -> tuple[int, bytes]:
        client.request("POST", PATH, body, HEADERS | ({"X-Mock-World": world} if world else {}))
        answer = client.getresponse()
        return answer.status, answer.read()

    def is_alive(self) -> bool:
        with suppress(OSError):
            return self.post(self.client(), BODY)[0] == 201
        return False


@contextmanager
def target(*flags: str) -> Iterator[Target]:
    """A mock with default settings, or with flags; ended with the block."""
    command = [sys.executable, "-m", "mock_server", "--port", "0", "--ready-json", *flags]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEADLISTS_")}
    environment["PYTHONPATH"] = str(ROOT)
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stdout is not None
        port = urlsplit(json.loads(process.stdout.readline())["url"]).port
        try:
            yield Target(process, port or 0)
        finally:
            process.terminate()
