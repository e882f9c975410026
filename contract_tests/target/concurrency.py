"""Send from several threads that share one supply; pass on each exchange as soon as it arrives."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

LINGER_S = 0.5  # wait for requests in flight at the end of a run, then close their connections

Sent = TypeVar("Sent")
Received = TypeVar("Received")


class _Supply(Generic[Sent]):
    """The chains that are still to be sent; thread-safe. ahead: maximum of results that the consumer has not taken."""

    def __init__(self, chains: Iterable[Sequence[Sent]], ahead: int) -> None:
        self._chains = iter(chains)
        self._lock = threading.Lock()
        self._room = threading.Semaphore(ahead)
        self._has_ended = False

    def take(self) -> Sequence[Sent] | None:
        """Return the next chain when there is room for its first result; None if there are no more."""
        if not self.has_room():
            return None
        with self._lock:
            return None if self._has_ended else next(self._chains, None)

    def has_room(self) -> bool:
        """Wait until there is room for another result; return False if nothing more is to be sent."""
        self._room.acquire()
        return not self._has_ended

    def consumed(self) -> None:
        """Make room for another result."""
        self._room.release()

    def end(self, waiting: int) -> None:
        """Supply nothing more, and release the threads that wait for room."""
        self._has_ended = True
        self._room.release(waiting)


def concurrently(
    send: Callable[[Sent], Received],
    chains: Iterable[Sequence[Sent]],
    *,
    threads: int,
    keep: Callable[[Received], object] = lambda _: None,
) -> Generator[Received, None, None]:
    """Send the items of each chain one after the other, and up to `threads` chains at once; yield the results.

    A thread takes its next chain at once, without waiting for the consumer, until twice as many results as threads are
    under way or wait to be consumed. A single thread waits until the consumer asks for the next result, so that a
    process that is killed has recorded all results but one. A consumer that stops earlier must close the generator:
    this ends the threads. keep: gets the results that such a consumer has not taken, as far as they arrive in time.
    """
    supply = _Supply(chains, 2 * threads if threads > 1 else 1)
    results: SimpleQueue[tuple[Received | None, BaseException | None]] = SimpleQueue()

    def work() -> None:
        error: BaseException | None = None
        try:
            while chain := supply.take():
                for place, item in enumerate(chain):
                    if place and not supply.has_room():
                        return
                    results.put((send(item), None))
        except BaseException as raised:  # raised again where the results are consumed
            error = raised
        finally:
            results.put((None, error))

    pool = ThreadPoolExecutor(threads)
    working = [pool.submit(work) for _ in range(threads)]
    try:
        ended = 0
        while ended < threads:
            result, error = results.get()
            if error is not None:
                raise error
            if result is None:
                ended += 1
                continue
            yield result
            supply.consumed()
    finally:
        supply.end(threads)
        pool.shutdown(wait=False, cancel_futures=True)
        wait(working, LINGER_S)
        with suppress(Empty):
            while True:
                result, _ = results.get_nowait()
                if result is not None:
                    keep(result)
