"""Run our commands in forked processes: a server has imported them, which saves nine tenths of the time of a start.

Each command is a process with its own arguments, folder, variables, output and exit code. It shares the hash seed of
its server. So tests that compare two processes, or whose subject is the start, run an interpreter each.

With the variable SENDS_ONE_IN=8 a command sends an eighth of the planned requests: see fewer_requests.py.

A server is started when a test first needs it. All workers of pytest-xdist share the servers of their controller.
"""

from __future__ import annotations

import atexit
import gc
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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, NoReturn

import pytest

from contract_tests.tests import forked_command
from contract_tests.tests.forked_command import LENGTH_BYTES, send_order

ROOT = Path(__file__).resolve().parents[2]
SHARED = "PYTEST_LEADLISTS_STARTING"  # names the socket of the controller
# A server for each module imports these, and nothing of the other package.
IMPORTED = {
    "contract_tests": (
        "contract_tests.commands.*",
        "contract_tests.composition.*",
        "contract_tests.engine.*",
        "contract_tests.requests.*",
        "contract_tests.report.*",
        "contract_tests.results.*",
        "contract_tests.tests.fewer_requests",
        "schemathesis.cli",
        "requests",
    ),
    "mock_server": ("mock_server.cli",),
    # Not the plugin: pytest rewrites its assertions.
    "pytest": (
        "_pytest.*",
        "contract_tests.composition.run",
        "contract_tests.engine.reducing",
        "contract_tests.tests.fewer_requests",
    ),
}
# Modules of other projects that use contract_tests, and so its server.
USERS = ("schemathesis.cli", "distributed.cli.dask_worker")


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


def loaded(module: str) -> list[str]:
    """Return the words for subprocess that do what `python -m module` does: the arguments of the module follow.

    Its process ID is not that of the command, which ends a moment later if a test kills it.
    """
    return [sys.executable, "-I", "-S", forked_command.__file__, _server_of(module), module]


@pytest.fixture(scope="session", name="loaded")
def loaded_fixture() -> Callable[[str], list[str]]:
    """Return `loaded` to tests that do not import from this package."""
    return loaded


@contextmanager
def _started(
    module: str, arguments: tuple[str, ...], env: Mapping[str, str], cwd: Path | None, stdout: int, stderr: int
) -> Iterator[tuple[socket.socket, int]]:
    """Start a command; yield its process ID and the connection that gets its exit code."""
    with socket.socket(socket.AF_UNIX) as connection, open(os.devnull) as stdin:
        connection.connect(_server_of(module))
        yield (
            connection,
            send_order(connection, (module, *arguments), env, str(cwd or Path.cwd()), (stdin.fileno(), stdout, stderr)),
        )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let the workers of pytest-xdist share the servers of this process, their controller."""
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        folder = tempfile.TemporaryDirectory(prefix="starting-")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f"{folder.name}/controller")
        listener.listen()
        os.environ[SHARED] = f"{folder.name}/controller"
        threading.Thread(target=_tell_workers, args=(listener,), daemon=True).start()

        def end() -> None:
            del os.environ[SHARED]
            listener.shutdown(socket.SHUT_RDWR)  # wakes the thread
            listener.close()
            folder.cleanup()

        config.add_cleanup(end)


def _tell_workers(listener: socket.socket) -> None:
    """Send the path of a server's socket to each worker that sends the name of its module."""
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(_started_server(connection.recv(99).decode()).encode())


@cache
def _server_of(module: str) -> str:
    """Return the path of the socket of a module's server, which is started if it does not run yet."""
    module = "contract_tests" if module in USERS else module
    if controller := os.environ.get(SHARED):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(controller)
            connection.sendall(module.encode())
            if path := connection.recv(999).decode():
                return path
    return _started_server(module)


@cache
def _started_server(module: str) -> str:
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


class _Order(NamedTuple):
    cwd: str
    module: str
    arguments: list[str]
    env: dict[str, str]


def _wait_for_order(module: str, path: str) -> _Order:
    """Fork for each order, and return it in the process that is to carry it out."""
    for name in IMPORTED[module]:
        folder = ROOT / name.replace(".", "/").rstrip("*")
        for each in [name] if not name.endswith("*") else sorted(folder.glob("[a-z]*.py")):
            import_module(each if isinstance(each, str) else name.replace("*", each.stem))
    if module == "mock_server":
        import_module("mock_server.app").create_app()  # which parses the contract, and imports what only that needs
    if "schemathesis" in sys.modules:
        _draw_once()
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


def _draw_once() -> None:
    """Draw a few requests: Schemathesis and Hypothesis compute tables at the first one, and keep them."""
    from contract_tests.contract.loading import load_specification
    from contract_tests.contract.terms import Terms
    from contract_tests.engine.drawing import Drawing
    from contract_tests.engine.searches import searches
    from contract_tests.lead_lists import LEAD_LISTS
    from contract_tests.operation_suite import make_plan
    from contract_tests.settings.values import Session, Settings

    terms = Terms.of(load_specification(), Settings("http://127.0.0.1", Session("first", bearer="token")))
    plans = [make_plan((LEAD_LISTS,), terms, operation, "") for operation in terms.specification.operations]
    for _ in Drawing(searches((LEAD_LISTS,), terms, plans, examples=2, seeds=(0,)), lambda: True).finished():
        pass


def _any_ended() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False


def _carry_out(connection: socket.socket) -> _Order:
    """Fork once more: the child returns the order, the parent sends process ID and exit code of the child."""
    head, files, _, _ = socket.recv_fds(connection, LENGTH_BYTES, 3)
    order = os.fsdecode(connection.makefile("rb").read(int.from_bytes(head, "big"))).split("\0")
    pid = os.fork()
    if pid:
        for file in files:
            os.close(file)
        _report(connection, pid)
    for target, file in enumerate(files):
        os.dup2(file, target)
        os.close(file)
    count, cwd, *texts = order
    (module, *arguments), env = texts[: int(count)], texts[int(count) :]
    return _Order(cwd, module, arguments, dict(each.split("=", 1) for each in env))


def _reopen_streams() -> None:
    """Open standard input, output and error again: Python keeps what the files of the server allow."""
    encoding = sys.stdout.encoding
    buffered = 1 if os.environ.get("PYTHONUNBUFFERED") else -1
    sys.stdin = sys.__stdin__ = os.fdopen(0, encoding=encoding, closefd=False)  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = os.fdopen(1, "w", buffered, encoding=encoding, closefd=False)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = os.fdopen(  # type: ignore[misc]
        2, "w", 1, encoding=encoding, errors="backslashreplace", closefd=False
    )


def _report(connection: socket.socket, pid: int) -> NoReturn:
    """Send process ID and exit code of a command; kill it if its client ends before it."""

    def kill_with_client() -> None:
        connection.recv(1)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    connection.sendall(pid.to_bytes(LENGTH_BYTES, "big"))
    threading.Thread(target=kill_with_client, daemon=True).start()
    _, status = os.waitpid(pid, 0)
    with suppress(BrokenPipeError):
        connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


if __name__ == "__main__":
    order = _wait_for_order(sys.argv[1], sys.argv[2])
    os.chdir(order.cwd)
    os.environ.clear()
    os.environ.update(order.env)
    time.tzset()
    sys.path[0] = order.cwd
    sys.argv[1:] = order.arguments
    _reopen_streams()
    if every := os.environ.pop("SENDS_ONE_IN", ""):
        from contract_tests.tests.fewer_requests import send_fewer_requests

        send_fewer_requests(int(every))
    runpy.run_module(order.module, run_name="__main__", alter_sys=True)
