"""Hands each event of a run to the record, to the result, and to whatever listens."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime

from contract_tests.engine.events import Event
from contract_tests.engine.record import Record
from contract_tests.engine.result import Summing


class EventLog:
    """The events of one run. `summing` has what they amount to so far."""

    def __init__(self, record: Record | None = None) -> None:
        self.record = record
        self.summing = Summing()
        self._waiting: deque[Event] = deque()

    def emit(self, event: Event) -> None:
        """Take one event: it is on disk when this returns, and waits to be listened to."""
        self.summing.add(event)
        if self.record is not None:
            self.record.write(event)
        self._waiting.append(event)

    def waiting(self) -> Iterator[Event]:
        """The events that nothing has listened to yet; Hypothesis runs our code inside its own, so they must wait."""
        while self._waiting:
            yield self._waiting.popleft()


def now_text() -> str:
    """This moment in ISO 8601, in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
