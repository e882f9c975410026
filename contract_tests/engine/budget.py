"""What a run may still spend: time and requests. Every step asks, and every pause ends with it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Budget:
    """The bounds of one run; safe to use from several threads at once.

    max_time_s: seconds from now on, None for no bound. max_requests: how many requests may be sent. clock: seconds of a
    clock that never runs back.
    """

    def __init__(
        self,
        *,
        max_time_s: float | None = None,
        max_requests: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._deadline = None if max_time_s is None else clock() + max_time_s
        self._max_requests = max_requests
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self.requests = 0

    @property
    def allows_more(self) -> bool:
        """Whether another request may be sent."""
        within = self._max_requests is None or self.requests < self._max_requests
        return within and not self._stopped.is_set() and self.left_s > 0

    @property
    def left_s(self) -> float:
        """The seconds that are left; infinite where there is no bound on time."""
        return float("inf") if self._deadline is None else self._deadline - self._clock()

    def spend_request(self) -> int:
        """Count one request that is about to be sent; returns its number, from 1 on."""
        with self._lock:
            self.requests += 1
            return self.requests

    def pause(self, seconds: float) -> bool:
        """Wait, at most until the time is up or the run is stopped; returns whether the whole pause was kept."""
        allowed_s = min(seconds, max(self.left_s, 0.0))
        return not self._stopped.wait(allowed_s) and allowed_s == seconds

    def stop(self) -> None:
        """End every pause now and allow nothing more."""
        self._stopped.set()
