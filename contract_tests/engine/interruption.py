"""Turn signals into exceptions, so that the run ends in order and reports its findings."""

from __future__ import annotations

import signal


class Terminated(BaseException):
    """The process got SIGTERM, which CI systems send to cancel a job or at its time limit."""


def raise_on_signals() -> None:
    """Raise KeyboardInterrupt on Ctrl-C and Terminated on SIGTERM from now on, in the main thread."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _terminate)


def _terminate(*_: object) -> None:
    raise Terminated
