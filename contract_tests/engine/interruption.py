"""Turn signals into exceptions, so that the run ends in order and reports what it has found; describe other ones."""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Callable

from contract_tests.results.events import Ending


class Terminated(BaseException):
    """The process got SIGTERM, which CI systems send to cancel a job or at its time limit."""


def failure(error: Exception, what: str = "run") -> str:
    """Return that an exception ended the run, or the command, where it was raised, and what to do."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return (
        f"The {what} itself failed: {said} ({place.filename}, line {place.lineno}). Fix the code there, or report the "
        "problem, and run again."
    )


def ending_of(error: BaseException) -> tuple[Ending, str]:
    """Return how an exception ends a run, and why; one that is no error, such as GeneratorExit, is a wish to stop."""
    if isinstance(error, Exception):
        return Ending.FAILED, failure(error)
    endings = {KeyboardInterrupt: Ending.INTERRUPTED, Terminated: Ending.TERMINATED}
    return endings.get(type(error), Ending.STOPPED), ""


def raise_on_signals(stop: Callable[[Ending], None] = lambda ending: None) -> None:
    """Raise KeyboardInterrupt on Ctrl-C and Terminated on SIGTERM from now on, in the main thread.

    stop: called before, because Python drops an exception that a signal raises while it destroys an object, and only
    prints it; it is not printed from now on.
    """
    report = sys.unraisablehook

    def drop(lost: sys.UnraisableHookArgs) -> None:
        if not isinstance(lost.exc_value, KeyboardInterrupt | Terminated):
            report(lost)

    def handle(number: int, _: object) -> None:
        if number == signal.SIGINT:
            stop(Ending.INTERRUPTED)
            raise KeyboardInterrupt
        stop(Ending.TERMINATED)
        raise Terminated

    sys.unraisablehook = drop
    signal.signal(signal.SIGINT, handle)
    signal.signal(signal.SIGTERM, handle)


def stop_on_signals(stop: Callable[[Ending], None]) -> None:
    """Call stop on the first Ctrl-C or SIGTERM from now on, and raise on the second.

    For a run that lasts for hours in foreign code: a library that catches an exception from a signal would swallow it.
    """

    def handle(number: int, _: object) -> None:
        raise_on_signals()
        stop(Ending.INTERRUPTED if number == signal.SIGINT else Ending.TERMINATED)

    signal.signal(signal.SIGINT, handle)
    signal.signal(signal.SIGTERM, handle)
