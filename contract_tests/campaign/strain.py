"""Count how many exchanges fail, so that a campaign does not go on against a server that suffers. Pure."""

from __future__ import annotations

from collections import deque

from contract_tests.results.views import ExchangeView

WINDOW = 50  # exchanges; a share of them must fail before the server is asked whether it suffers
SHARE = 0.5


class Strain:
    """How many of the last exchanges failed."""

    def __init__(self) -> None:
        self._failed: deque[bool] = deque(maxlen=WINDOW)

    def is_suspected(self, exchange: ExchangeView) -> bool:
        """Take one exchange into account; returns whether so many fail that the server may suffer."""
        self._failed.append(exchange.response is None or exchange.response.status >= 500)
        return len(self._failed) == WINDOW and sum(self._failed) >= SHARE * WINDOW
