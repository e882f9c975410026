"""Serve an ASGI or WSGI app for the length of a run, in a process of its own."""

from __future__ import annotations

import json
import os
import selectors
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

START_S = 60.0  # an app may connect to a database and fill a cache first
STOP_S = 2.5


class AppError(Exception):
    """The app cannot be served; the message is one sentence."""


@contextmanager
def served(name: str, *, start_s: float = START_S) -> Iterator[str]:
    """Serve `module:name` on a free port until the block ends; yield the base URL.

    What the app prints goes to standard error. start_s: maximum time until the app is served. Raises AppError.
    """
    if os.name == "nt":
        raise AppError("Windows cannot pass a socket to the app; run the command in WSL, or give the URL of a server")
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        port = listener.getsockname()[1]
        number = listener.fileno()
        # -P: a folder `contract_tests` of the user must not replace this package. A session of its own, so that Ctrl-C
        # ends the run first, and the app with it.
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "contract_tests.target.app_process", name, str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[number],
            start_new_session=True,
        )
    assert process.stdin
    assert process.stdout
    try:
        _wait(process.stdout, start_s)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
        process.kill()
        process.wait()
        process.stdout.close()


def _wait(output: IO[bytes], start_s: float) -> None:
    """Wait for the line that says that the app is served; raise AppError if it says why it is not."""
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        if not selector.select(start_s):
            raise AppError(f"it is not served within {start_s:g} s")
    line = output.readline()
    if not line:
        raise AppError("its process ended before the app was served")
    if problem := json.loads(line):
        raise AppError(str(problem))
