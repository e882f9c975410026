"""Serves a known server as a process of its own, forked from one that has imported what such servers are made of.

To import it takes longer than to judge an easy defect, and the selfcheck needs hundreds.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from signal import SIGKILL
from threading import Thread
from typing import Any

from contract_tests.selfcheck.subjects import TINY, SelfcheckError, Subject

# By name: the two packages never import each other. What is not there is passed over.
IMPORTED = ["mock_server.server", "mock_server.app", TINY]


@contextmanager
def serve(subject: Subject) -> Iterator[dict[str, Any]]:
    """The server, for as long as it is needed; gives what it says when it is ready: url, users (id, token)."""
    reader, writer = _context().Pipe(duplex=False)
    process = _context().Process(target=_run, args=(subject.command, writer), daemon=True)
    process.start()
    writer.close()
    try:
        with os.fdopen(os.dup(reader.fileno())) as said:
            before = []
            while not (line := said.readline()).startswith("{"):
                before.append(line)  # warnings, or why it ends
                if not line:
                    raise SelfcheckError(f"{subject.id} does not start: {''.join(before).strip()}")
            yield json.loads(line)
    finally:
        process.kill()  # it has nothing to lose, and some of them would not go when asked
        process.join()
        reader.close()


@cache
def _context() -> ForkServerContext:
    context = get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    return context


def _run(command: tuple[str, ...], writer: Connection) -> None:
    """What `python -m …` does, with all that it prints going to `writer`."""
    Thread(target=_end_with_parent, daemon=True).start()
    os.dup2(writer.fileno(), 1)
    os.dup2(writer.fileno(), 2)
    writer.close()
    _, module, *arguments = command
    ready = () if module == TINY else ("--ready-json",)
    sys.argv = [module, *arguments, "--port", "0", *ready]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_with_parent() -> None:
    """Stop the server when the judging process is killed; nothing else would."""
    if parent := parent_process():
        parent.join()
        os.kill(os.getpid(), SIGKILL)
