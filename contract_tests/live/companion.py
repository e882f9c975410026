"""Run a command of the user, such as end-to-end tests, for as long as the proxy runs."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Sequence
from types import TracebackType


class Companion:
    """The command during a `with` block, or nothing if it is empty. ended: called when it has ended, or should end."""

    def __init__(self, command: Sequence[str], ended: Callable[[], None]) -> None:
        """Start the command; raise OSError if there is no such program."""
        self._ended = ended
        self._is_asked_to_end = False
        self._process = subprocess.Popen(command) if command else None
        if self._process is not None:
            threading.Thread(target=self._wait, args=(self._process,), daemon=True).start()

    def __enter__(self) -> Companion:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ask a command that is left over to end: its requests would reach no proxy."""
        if error is not None and self._process is not None:
            self._process.terminate()

    @property
    def exit_code(self) -> int:
        """Wait for the end of the command; return its exit code as a shell would, or 0 without a command."""
        code = self._process.wait() if self._process else 0
        return code if code >= 0 else 128 - code

    def stop(self) -> None:
        """Ask the command to end; the second time, end it. Safe to call from a signal handler."""
        if self._process is None:
            self._ended()
        elif self._is_asked_to_end:
            self._process.kill()
        else:
            self._is_asked_to_end = True
            self._process.terminate()

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        process.wait()
        self._ended()
