"""Start server processes on free ports, create a first lead list, measure them through /proc, stop them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType

from mock_server.bench.requests import PATH, Request

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
START_S = 60.0  # a JVM on a loaded machine takes ten
STOP_S = 10.0
POLL_S = 0.02

Response = tuple[int, bytes]


class NotServed(RuntimeError):
    """A server does not start, or its response is not the expected one. The message says why."""


@dataclass(frozen=True, slots=True)
class Stat:
    """The fields of /proc/PID/stat that count CPU time."""

    state: str
    parent: int
    ticks: int  # user and system time, of the process and of its children that have ended


@dataclass(frozen=True, slots=True)
class Running:
    """A server process that listens on a port of this machine."""

    pid: int
    port: int

    @property
    def url(self) -> str:
        """Return the base URL."""
        return f"http://127.0.0.1:{self.port}"

    def cpu_s(self) -> float:
        """Return the CPU time of the process and its descendants so far, in seconds."""
        return cpu_s(self.pid)

    def pss_mib(self) -> float:
        """Return the memory of the process and its descendants in MiB, with 1/n of what n processes share."""
        return sum(_pss_kib(pid) for pid in descendants(self.pid)) / 1024

    def send(self, request: Request, timeout_s: float = 10.0) -> Response:
        """Send one request and return status and body."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        headers = {"Content-Type": "application/json"}
        if request.authorization is not None:
            headers["Authorization"] = request.authorization
        try:
            connection.request("POST", PATH, request.body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def parse_stat(text: str) -> Stat:
    """Parse /proc/PID/stat (proc(5)). The program name, in parentheses, may contain spaces and parentheses."""
    fields = text.rpartition(")")[2].split()
    return Stat(state=fields[0], parent=int(fields[1]), ticks=sum(map(int, fields[11:15])))


def parse_pss_kib(text: str) -> int:
    """Parse the proportional set size in KiB from /proc/PID/smaps_rollup."""
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)


def _stats() -> dict[int, Stat]:
    stats = {}
    for entry in os.listdir("/proc"):
        if entry.isdecimal():
            with contextlib.suppress(OSError):  # it has ended meanwhile
                stats[int(entry)] = parse_stat(Path("/proc", entry, "stat").read_text(encoding="latin-1"))
    return stats


def _family(stats: Mapping[int, Stat], pid: int) -> list[int]:
    found = [pid]
    for each in found:
        found += [child for child, stat in stats.items() if stat.parent == each]
    return found


def descendants(pid: int) -> list[int]:
    """Return the IDs of a process and of its descendants that still run."""
    return _family(_stats(), pid)


def cpu_s(pid: int) -> float:
    """Return the CPU time of a process and its descendants, in seconds."""
    stats = _stats()
    return sum(stats[each].ticks for each in _family(stats, pid) if each in stats) / TICKS_PER_S


def _pss_kib(pid: int) -> int:
    try:
        return parse_pss_kib(Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii"))
    except OSError:
        return 0


def _has_ended(pid: int) -> bool:
    stat = _stats().get(pid)
    return stat is None or stat.state == "Z"


def stop_servers_when_terminated() -> None:
    """Make SIGTERM and SIGINT end what this process started, and then this process.

    `running` does the same for an exception, but not for one that comes between a start and its `try`.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        for pid in descendants(os.getpid())[1:]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def running(command: list[str], environment: Mapping[str, str], port: int, log: Path) -> Iterator[Running]:
    """Run a server until the block ends, with its output in `log`. It may not listen yet when the block starts."""
    # An installed server has its bytecode on disk; without it, one in a repository would be compiled at each start.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env={**inherited, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Running(process.pid, port)
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)  # its session, so its children too
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for_success(server: Running, request: Request, statuses: tuple[int, ...] = (200, 201)) -> float:
    """Repeat a request until it succeeds; return the CPU time that the server used until then, in seconds."""
    deadline = time.monotonic() + START_S
    last: object = "no response"
    while time.monotonic() < deadline:
        try:
            status, body = server.send(request)
        except (OSError, HTTPException) as error:
            last = error
        else:
            if status in statuses:
                return server.cpu_s()
            last = f"{status} {body[:200]!r}"
        if _has_ended(server.pid):
            break
        time.sleep(POLL_S)
    raise NotServed(f"no lead list was created within {START_S:g} s: {last}")
