"""Run our commands in forked processes: a server has imported them, which saves nine tenths of the time of a start.

Each command is a process with its own arguments, folder, variables, output and exit code. It shares the hash seed of
its server. So tests that compare two processes, or whose subject is the start, run an interpreter each.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[2]
# A server for each module imports these, and nothing of the other package.
IMPORTED = {
    "contract_tests": ("contract_tests.commands.*", "contract_tests.composition.*", "schemathesis"),
    "mock_server": ("mock_server.cli",),
    "schemathesis.cli": ("schemathesis.cli", "contract_tests.composition.run"),
}


def finished(
    module: str,
    *arguments: str,
    env: Mapping[str, str],
    cwd: Path | None = None,
    timeout_s: float = 300,
) -> subprocess.CompletedProcess[str]:
    """Run `python -m module …` to its end, like subprocess.run with captured text."""
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        with _started(module, arguments, env, cwd, stdout.fileno(), stderr.fileno()) as (connection, pid):
            connection.settimeout(timeout_s)
            try:
                code = int(connection.makefile().readline())
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise
        for file in (stdout, stderr):
            file.seek(0)
        return subprocess.CompletedProcess([module, *arguments], code, stdout.read().decode(), stderr.read().decode())


@contextmanager
def serving(module: str, *arguments: str, env: Mapping[str, str]) -> Iterator[str]:
    """Run `python -m module …` until the end of the block; yield the first line that it prints."""
    ours, theirs = os.pipe()
    with open(ours) as printed, _started(module, arguments, env, None, theirs, 2) as (connection, pid):
        os.close(theirs)
        try:
            yield printed.readline()
        finally:
            os.kill(pid, signal.SIGTERM)
            connection.recv(16)


@contextmanager
def _started(
    module: str, arguments: tuple[str, ...], env: Mapping[str, str], cwd: Path | None, stdout: int, stderr: int
) -> Iterator[tuple[socket.socket, int]]:
    """Start a command; yield its process ID and the connection that gets its exit code."""
    order = json.dumps({"arguments": arguments, "env": dict(env), "cwd": str(cwd or Path.cwd())}).encode() + b"\n"
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(_server_of(module))
        socket.send_fds(connection, [order[:1]], [stdout, stderr])
        connection.sendall(order[1:])
        yield connection, int.from_bytes(connection.recv(8))


@cache
def _server_of(module: str) -> str:
    """Start the server of a module, which ends with this process; return the path of its socket."""
    folder = tempfile.mkdtemp(prefix="starting-")
    path = f"{folder}/socket"
    process = subprocess.Popen(
        [sys.executable, "-m", "contract_tests.tests.starting", module, path],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip

    def end() -> None:
        process.communicate()
        os.remove(path)
        os.rmdir(folder)

    atexit.register(end)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return path


# -- in the server


def _wait_for_order(module: str, path: str) -> dict[str, Any]:
    """Fork for each order, and return it in the process that is to carry it out."""
    for name in IMPORTED[module]:
        folder = ROOT / name.replace(".", "/").rstrip("*")
        for each in [name] if not name.endswith("*") else sorted(folder.glob("[a-z]*.py")):
            import_module(each if isinstance(each, str) else name.replace("*", each.stem))
    assert threading.active_count() == 1
    gc.freeze()  # so that the end of each command does not collect what is imported
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        print("ready", flush=True)
        while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
            connection, _ = listener.accept()
            with connection:
                if os.fork() == 0:
                    return _carry_out(connection)
            while _any_ended():
                pass
    sys.exit()


def _any_ended() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False


def _carry_out(connection: socket.socket) -> dict[str, Any]:
    """Fork once more: the child returns the order, the parent sends process ID and exit code of the child."""
    first, files, _, _ = socket.recv_fds(connection, 1, 2)
    order: dict[str, Any] = json.loads(first + connection.makefile("rb").readline())
    pid = os.fork()
    if pid:
        _report(connection, pid)
    for target, file in zip((1, 2), files, strict=True):
        os.dup2(file, target)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    return order


def _report(connection: socket.socket, pid: int) -> NoReturn:
    connection.sendall(pid.to_bytes(8))
    _, status = os.waitpid(pid, 0)
    connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


if __name__ == "__main__":
    order = _wait_for_order(sys.argv[1], sys.argv[2])
    name = sys.argv[1]
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    time.tzset()
    sys.path[0] = order["cwd"]
    sys.argv[1:] = order["arguments"]
    runpy.run_module(name, run_name="__main__", alter_sys=True)
