"""Wait for a server that accepts no connections for a while in the middle of a run, as during a deployment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from contract_tests.target.exchange import OTHER_NETWORK, UNREACHABLE, Exchange

STEP_S = 0.5  # between two attempts


class Absence:
    """How long a server has been away; thread-safe. A refused connection carries no request, so none is sent twice.

    most_s: how long to wait from the first refused connection on. pause: waits so many seconds; returns whether it did.
    """

    def __init__(self, most_s: float, pause: Callable[[float], bool]) -> None:
        self.most_s = most_s
        self._pause = pause
        self._lock = threading.Lock()
        self._since_s: float | None = None
        self._past: list[tuple[float, float]] = []

    def wait_out(
        self,
        exchange: Exchange,
        send: Callable[[], Exchange],
        is_away: Callable[[Exchange], bool] = lambda each: is_refused(each),
        *,
        step_s: float = STEP_S,
    ) -> Exchange:
        """Return the exchange, or what `send` returns when the server is back.

        is_away: returns whether an exchange shows that the server is away.
        """
        while is_away(exchange):
            with self._lock:
                if self._since_s is None and not self.is_over_since(exchange):
                    self._since_s = exchange.sent_at_s
                left_s = (self._since_s or time.time()) + self.most_s - time.time()
            if left_s <= 0 or not self._pause(min(step_s, left_s)):
                return exchange
            exchange = send()
        with self._lock:
            if self._since_s is not None and not (is_refused(exchange) or is_of_gateway(exchange)):
                self._past.append((self._since_s, exchange.sent_at_s))
                self._since_s = None
        return exchange

    def is_over_since(self, exchange: Exchange) -> bool:
        """Return whether another exchange has shown, after this one was sent, that the server is back."""
        return bool(self._past) and exchange.sent_at_s <= self._past[-1][1]

    @property
    def note(self) -> str:
        """When the server was away; empty if it never was."""
        if self._since_s is not None:
            return f"The server has not been available since {_clock(self._since_s)} UTC."
        if not self._past:
            return ""
        begin, end = map(_clock, self._past[-1])
        times = f" {len(self._past)} times, the last time" if len(self._past) > 1 else ""
        return f"The server was not available{times} from {begin} to {end} UTC; it can be another version now."


def _clock(at_s: float) -> str:
    return time.strftime("%H:%M:%S", time.gmtime(at_s))


def is_of_gateway(exchange: Exchange) -> bool:
    """Return whether a gateway may have answered because it reaches no server."""
    return exchange.response is not None and exchange.response.status in {502, 503, 504}


def is_refused(exchange: Exchange) -> bool:
    """Return whether nothing listens at the address, or the way to it is down."""
    failure = exchange.failure or ""
    return failure.startswith(UNREACHABLE) and not any(
        word in failure for word in ("CERTIFICATE", "SSL", OTHER_NETWORK)
    )
