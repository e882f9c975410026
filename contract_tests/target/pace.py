"""Keep to a rate: space requests evenly, whichever thread sends them; find the addresses of a host."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable


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


def addresses_of(host: str, port: int) -> tuple[str, ...]:
    """Return the IP addresses of a host, sorted; none if its name cannot be resolved."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return ()
    return tuple(sorted({str(each[4][0]) for each in found}))
