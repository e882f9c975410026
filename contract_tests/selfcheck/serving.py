"""Run a known server in its own process, forked from one that has already imported the modules of such servers.

Importing them takes longer than judging an easy defect, and the selfcheck needs hundreds of servers.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any

from contract_tests.selfcheck.subjects import SMALL, SelfcheckError, Subject

# By name, because the two packages never import each other. Missing modules are skipped.
IMPORTED = ["mock_server.server", "mock_server.app", SMALL]


@contextmanager
def serve(subject: Subject) -> Iterator[dict[str, Any]]:
    """Run the server until the block ends; yield its ready line: url, users (id, token)."""
    reader, writer = _context().Pipe(duplex=False)
    process = _context().Process(target=_run, args=(subject.command, writer), daemon=True)
    process.start()
    writer.close()
    try:
        with os.fdopen(os.dup(reader.fileno())) as said:
            before = []
            while not (line := said.readline()).startswith("{"):
                before.append(line)  # warnings, or the reason why it ends
                if not line:
                    raise SelfcheckError(f"{subject.id} does not start: {''.join(before).strip()}")
            yield json.loads(line)
    finally:
        process.kill()  # some of them do not end on SIGTERM, and none has anything to lose
        process.join()
        reader.close()


@cache
def _context() -> Any:  # a ForkServerContext, which Windows does not have
    context = get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    return context


def _run(command: tuple[str, ...], writer: Connection) -> None:
    """Run a module like `python -m …`, with its output sent to `writer`."""
    end_with_parent()
    os.dup2(writer.fileno(), 1)
    os.dup2(writer.fileno(), 2)
    writer.close()
    _, module, *arguments = command
    ready = () if module == SMALL else ("--ready-json",)
    sys.argv = [module, *arguments, "--port", "0", *ready]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def end_with_parent() -> None:
    """End this process as soon as the one that started it has ended, even if that was killed."""
    Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    if parent := parent_process():
        parent.join()
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
