"""Notices about clients that call the mock wrongly, each reported once. The dashboard shows them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime

logger = logging.getLogger("mock_server")

NOTICES_KEPT = 20  # until the next reset: each names an origin or a port, and a hostile web page can invent many


class Notices:
    """The first notices of a world since its reset. Each new one calls `changed`."""

    def __init__(self, clock: Callable[[], datetime], changed: Callable[[], None]) -> None:
        self._clock = clock
        self._changed = changed
        self._found: dict[str, datetime] = {}

    def __iter__(self) -> Iterator[tuple[str, datetime]]:
        return iter(self._found.items())

    def add(self, text: str) -> None:
        """Keep a notice and log it to stderr, unless it is already there."""
        if text in self._found or len(self._found) == NOTICES_KEPT:
            return
        logger.warning("leadlists-mock: %s", text)
        self._found[text] = self._clock()
        self._changed()

    def clear(self) -> None:
        """Remove all notices."""
        self._found.clear()
