"""Space requests evenly at a rate, and wait as long as a server asks for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from contract_tests.target.exchange import Response

MAX_RATE_LIMIT_WAIT_S = 60.0  # total for one request


class Pace:
    """At most so many requests a second. pause: waits so many seconds, within the time limit of the run."""

    def __init__(
        self,
        rate_per_s: float | None,
        pause: Callable[[float], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gap_s = 1 / rate_per_s if rate_per_s else 0.0
        self._pause = pause
        self._clock = clock
        self._lock = threading.Lock()
        self._next_s = 0.0

    def wait(self) -> None:
        """Return when the next request may be sent."""
        if not self._gap_s:
            return
        with self._lock:
            now_s = self._clock()
            mine_s = max(now_s, self._next_s)
            self._next_s = mine_s + self._gap_s
        if mine_s > now_s:
            self._pause(mine_s - now_s)


def comes_later(response: Response) -> bool:
    """Return whether the server asks for the request to be sent again later."""
    return response.status == 429 or (response.status == 503 and response.header("Retry-After") is not None)


def retry_after_s(response: Response, default_s: float) -> float:
    """Return the pause in seconds that Retry-After asks for, by a number or a date (RFC 9110 §10.2.3)."""
    value = (response.header("Retry-After") or "").strip()
    # A server that rounds a pause of less than a second sends 0.
    if value.isascii() and value.isdigit():
        return min(float(value), MAX_RATE_LIMIT_WAIT_S + 1) or default_s
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time()) or default_s
    except (ValueError, TypeError):
        return default_s
