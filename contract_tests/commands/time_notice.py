"""Warn early of a time that is too short for the planned requests."""

from __future__ import annotations

from collections.abc import Callable

from contract_tests.commands.output import complain
from contract_tests.engine.budget import too_little_time
from contract_tests.results.events import Event, ExchangeSeen

RESPONSES = 3  # of which the fastest counts: the first one of a server is often slow


class TimeNotice:
    """Prints one warning: at once if the rate is too low, or after the first responses if the server is too slow."""

    def __init__(self, planned: int, time_s: float | None, rate_per_s: float | None, at_once: int) -> None:
        self._planned, self._time_s, self._rate_per_s, self._at_once = planned, time_s, rate_per_s, at_once
        self._responses_s: list[float] = []
        self._is_given = self._warn(0.0)

    def before(self, listen: Callable[[Event], None]) -> Callable[[Event], None]:
        """Return a listener that takes each event of the run, and passes it on."""

        def both(event: Event) -> None:
            self._take(event)
            listen(event)

        return both

    def _take(self, event: Event) -> None:
        if self._is_given or not isinstance(event, ExchangeSeen) or event.exchange.response is None:
            return
        self._responses_s.append(event.exchange.elapsed_s)
        if len(self._responses_s) == RESPONSES:
            self._warn(min(self._responses_s))
            self._is_given = True

    def _warn(self, response_s: float) -> bool:
        warning = too_little_time(
            self._planned, self._time_s, rate_per_s=self._rate_per_s, response_s=response_s, at_once=self._at_once
        )
        if warning:
            complain(warning)
        return bool(warning)
