"""The budget of a run: time and requests. No pause outlasts it.

Every step checks it, except for a request without which a response that has arrived could be misjudged.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from contract_tests.results.numbers import CALLED_FOR

PAUSE_STEP_S = 0.1  # of a pause, after which it ends if the budget has ended


class Budget:
    """The limits of one run; thread-safe.

    max_time_s: seconds from now on, None for no limit. max_requests: the maximum number of requests. clock: returns the
    seconds of a monotonic clock. within: the budget of which this one is a part. numbers_after: the number before that
    of the first request; by default requests have the next numbers of `within`.
    """

    def __init__(
        self,
        *,
        max_time_s: float | None = None,
        max_requests: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        within: Budget | None = None,
        numbers_after: int | None = None,
    ) -> None:
        self._clock = clock
        self._deadline = None if max_time_s is None else clock() + max_time_s
        self._max_requests = max_requests
        self._within = within
        self._numbers = numbers_after or 0
        self._called_for = self._numbers + CALLED_FOR
        self._numbering = within if numbers_after is None else None
        self._stopped = threading.Event()
        self.is_asked_to_end = False  # by `end`; no lock: a signal sets it in the middle of anything
        self._lock = threading.Lock()
        self._spending = threading.Lock()  # so that several threads do not spend the last request
        self.requests = 0

    @property
    def allows_more(self) -> bool:
        """Return whether the budget allows another request."""
        if self._within is not None and not self._within.allows_more:
            return False
        return self.left_requests > 0 and self.left_s > 0 and not self._has_ended

    @property
    def left_requests(self) -> float:
        """Return how many requests may still be sent; infinite without a limit."""
        own = float("inf") if self._max_requests is None else self._max_requests - self.requests
        return own if self._within is None else min(own, self._within.left_requests)

    @property
    def left_s(self) -> float:
        """Return the remaining seconds; infinite without a time limit."""
        own = float("inf") if self._deadline is None else self._deadline - self._clock()
        return own if self._within is None else min(own, self._within.left_s)

    def new_number(self, *, called_for: bool = False) -> int:
        """Return the number of the next request. Of those sent at once, it does not say which one was first.

        called_for: whether a response calls for the request. Which one does can depend on the order of arrival, so
        these requests have numbers of their own, and the others the same numbers in every run.
        """
        if self._numbering is not None:
            return self._numbering.new_number(called_for=called_for)
        with self._lock:
            if called_for:
                self._called_for += 1
                return self._called_for
            self._numbers += 1
            return self._numbers

    def spend_request(self) -> None:
        """Count one request before it is sent."""
        if self._within is not None:
            self._within.spend_request()
        self.count(1)

    def spend_if_allowed(self) -> bool:
        """Count one request before it is sent, if the budget allows it; return whether it does."""
        with self._spending:
            allowed = self.allows_more
            if allowed:
                self.spend_request()
            return allowed

    def count(self, requests: int) -> None:
        """Count requests that an earlier process sent."""
        with self._lock:
            self.requests += requests

    def pause(self, seconds: float) -> bool:
        """Wait, at most until the budget ends; return whether the pause was complete."""
        allowed_s = left_s = min(seconds, max(self.left_s, 0.0))
        while left_s > 0 and not self._has_ended:
            self._stopped.wait(min(left_s, PAUSE_STEP_S))
            left_s -= PAUSE_STEP_S
        return allowed_s == seconds and not self._has_ended

    def end(self) -> None:
        """Allow no more requests, and end all pauses soon; takes no lock, so that a signal can call it in a pause."""
        self.is_asked_to_end = True

    def stop(self) -> None:
        """Allow no more requests, and end all pauses at once."""
        self._stopped.set()

    @property
    def _has_ended(self) -> bool:
        within = self._within
        return self.is_asked_to_end or self._stopped.is_set() or (within is not None and within._has_ended)


def too_little_time(
    planned: int, time_s: float | None, *, rate_per_s: float | None, response_s: float = 0.0, at_once: int = 1
) -> str:
    """Return that a time is too short for the planned requests; empty if it can be long enough.

    response_s: what the server takes for a response. at_once: requests that are sent at the same time.
    """
    by_rate_s = planned / rate_per_s if rate_per_s else 0.0
    by_response_s = planned * response_s / at_once
    if time_s is None or max(by_rate_s, by_response_s) <= time_s:
        return ""
    so = f"more than the {time_s:g} s allowed, so not all clauses will be judged: allow more time"
    if by_rate_s >= by_response_s:
        return (
            f"{planned} planned requests at {rate_per_s:g} in a second take {by_rate_s:.0f} s or longer, {so}, "
            "or more in a second"
        )
    return (
        f"the server takes {response_s:.2g} s for a response; at this speed the {planned} planned requests"
        f"{f', {at_once} at once,' if at_once > 1 else ''} take {by_response_s:.0f} s or longer, {so}"
    )
