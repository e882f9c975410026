"""Send from several threads that share one supply; pass on each exchange as soon as it arrives."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import islice
from queue import SimpleQueue
from typing import Generic, TypeVar

LINGER_S = 0.5  # wait for requests in flight at the end of a run, then close their connections

Sent = TypeVar("Sent")
Received = TypeVar("Received")


class _Supply(Generic[Sent]):
    """The chains that are still to be sent; thread-safe. ahead: maximum of results that the consumer has not taken."""

    def __init__(self, chains: Iterable[Iterable[Sent]], ahead: int) -> None:
        self._chains = iter(chains)
        self._lock = threading.Lock()
        self._room = threading.Semaphore(ahead)
        self._has_ended = False

    def items(self) -> Iterator[Sent]:
        """Yield the items of one chain after the other, for one thread: each when there is room for its result."""
        items = self._without_room()
        while self._has_room():
            for item in islice(items, 1):
                yield item
                break
            else:
                self.consumed()
                return

    def _without_room(self) -> Iterator[Sent]:
        while True:
            with self._lock:
                chain = None if self._has_ended else next(self._chains, None)
            if chain is None:
                return
            yield from chain

    def _has_room(self) -> bool:
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
    chains: Iterable[Iterable[Sent]],
    *,
    threads: int,
) -> Generator[Received, None, None]:
    """Send the items of each chain one after the other, and up to `threads` chains at once; yield the results.

    A thread takes its next chain at once, without waiting for the consumer, until twice as many results as threads are
    under way or wait to be consumed. A single thread waits until the consumer asks for the next result, so that a
    process that is killed has recorded all results but one. A consumer that stops earlier must close the generator:
    this ends the threads, and drops the results that it has not taken.
    """
    supply = _Supply(chains, 2 * threads if threads > 1 else 1)
    results: SimpleQueue[tuple[Received | None, BaseException | None]] = SimpleQueue()

    def work() -> None:
        error: BaseException | None = None
        try:
            for item in supply.items():
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
