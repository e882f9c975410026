"""The budget of a run: time and requests. Every step checks it, and no pause outlasts it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Budget:
    """The limits of one run; thread-safe.

    max_time_s: seconds from now on, None for no limit. max_requests: the maximum number of requests. clock: returns the
    seconds of a monotonic clock. within: the budget of which this one is a part. numbers_after: the number before that
    of the first request.
    """

    def __init__(
        self,
        *,
        max_time_s: float | None = None,
        max_requests: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        within: Budget | None = None,
        numbers_after: int = 0,
    ) -> None:
        self._clock = clock
        self._deadline = None if max_time_s is None else clock() + max_time_s
        self._max_requests = max_requests
        self._within = within
        self._numbers_after = numbers_after
        self._stopped = threading.Event()
        self._ends = False
        self._lock = threading.Lock()
        self.requests = 0

    @property
    def allows_more(self) -> bool:
        """Return whether the budget allows another request."""
        if self._within is not None and not self._within.allows_more:
            return False
        return self.left_requests > 0 and not self._ends and not self._stopped.is_set() and self.left_s > 0

    @property
    def left_requests(self) -> float:
        """Return how many requests may still be sent; infinite without a limit."""
        own = float("inf") if self._max_requests is None else self._max_requests - self.requests
        return own if self._within is None else min(own, self._within.left_requests)

    @property
    def left_s(self) -> float:
        """Return the remaining seconds; infinite without a time limit."""
        return float("inf") if self._deadline is None else self._deadline - self._clock()

    def spend_request(self) -> int:
        """Count one request before it is sent; return its number."""
        if self._within is not None:
            self._within.spend_request()
        with self._lock:
            self.requests += 1
            return self._numbers_after + self.requests

    def give_back(self, requests: int) -> None:
        """Count fewer requests: these were counted, and will not be sent."""
        if self._within is not None:
            self._within.give_back(requests)
        self.count(-requests)

    def count(self, requests: int) -> None:
        """Count requests that an earlier process sent."""
        with self._lock:
            self.requests += requests

    def pause(self, seconds: float) -> bool:
        """Wait, at most until the time is over or the run is stopped; return whether the pause was complete."""
        allowed_s = min(seconds, max(self.left_s, 0.0))
        return not self._stopped.wait(allowed_s) and allowed_s == seconds

    def end(self) -> None:
        """Allow no more requests; takes no lock, so that a signal that interrupts a pause can call it."""
        self._ends = True

    def stop(self) -> None:
        """End all pauses and allow no more requests."""
        self._stopped.set()
