"""Turn the signals that end a program into exceptions, so that the run ends in order and says what it has found."""

from __future__ import annotations

import signal


class Terminated(BaseException):
    """SIGTERM came, as CI systems send it when a job is cancelled or has run for too long."""


def raise_on_signals() -> None:
    """From now on Ctrl-C raises KeyboardInterrupt and SIGTERM raises Terminated, in the main thread."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _terminate)


def _terminate(*_: object) -> None:
    raise Terminated
