"""Run a command in a process that a server of starting.py forks, as if this process were the command.

Standard input, output and error, folder, variables, signals and exit code are those of this process, which starts in
a thirtieth of the time of the command: with few imports, and without site-packages. Killed, it kills the command.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

LENGTH_BYTES = 8


def send_order(
    connection: socket.socket, arguments: Sequence[str], env: Mapping[str, str], cwd: str, files: Sequence[int]
) -> int:
    """Tell a server what to run, with the files for standard input, output and error; return the process ID."""
    texts = [str(len(arguments)), cwd, *arguments, *(f"{name}={value}" for name, value in env.items())]
    order = os.fsencode("\0".join(texts))
    socket.send_fds(connection, [len(order).to_bytes(LENGTH_BYTES, "big")], files)
    connection.sendall(order)
    return int.from_bytes(connection.recv(LENGTH_BYTES), "big")


def main(path: str, *arguments: str) -> int:
    """Run a command, its module first, and return its exit code; end by the signal that ended it."""
    early: list[int] = []
    pid = 0

    def forward(number: int, frame: object) -> None:
        if pid:
            with suppress(ProcessLookupError):  # it has just ended
                os.kill(pid, number)
        else:
            early.append(number)

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, forward)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        pid = send_order(connection, arguments, os.environ, os.getcwd(), (0, 1, 2))
        for number in early:
            os.kill(pid, number)
        code = int(connection.recv(16))
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


if __name__ == "__main__":
    os._exit(main(*sys.argv[1:]))  # while an interpreter ends in order, a signal would end it with another code
