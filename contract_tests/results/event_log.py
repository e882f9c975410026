"""Pass each event of a run to the record, to the result, and to the listener."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator, Mapping
from datetime import UTC, datetime

from contract_tests.results.events import CreatedView, Event, ExchangeSeen
from contract_tests.results.record import Record
from contract_tests.results.summing import Summing
from contract_tests.results.views import VerdictView


class EventLog:
    """The events of one run. `summing` has the result so far."""

    def __init__(self, record: Record | None = None) -> None:
        self.record = record
        self.summing = Summing()
        self.newest_number = 0  # of the exchange that was written last
        self._waiting: deque[Event] = deque()

    @property
    def record_problem(self) -> str:
        """Return why the record stops before the end of the run; empty if it is complete, or if there is none."""
        return self.record.problem if self.record else ""

    @property
    def unwritten(self) -> Mapping[str, CreatedView]:
        """Return what was created after the record had stopped, by its ID."""
        return self.record.unwritten if self.record else {}

    def emit(self, event: Event) -> None:
        """Write one event to the record, add it to the result, and queue it for the listener."""
        is_news = self.summing.add(event)
        self.write(event, is_news=is_news)
        if isinstance(event, ExchangeSeen):
            self.newest_number = event.exchange.number
        self._waiting.append(event)

    def shown(self, verdict: VerdictView) -> tuple[Hashable, VerdictView | None]:
        """Return what reports call a breach, and the verdict that they show for it so far."""
        return verdict.clause, self.summing.worst(verdict.clause)

    def write(self, event: Event, *, is_news: bool = True) -> None:
        """Append one event to the record, if there is one. is_news: whether it changes more than counts."""
        if self.record is not None:
            self.record.write(event, is_news=is_news)

    def waiting(self) -> Iterator[Event]:
        """Yield the queued events; they are queued because Hypothesis runs our code inside its own."""
        while self._waiting:
            yield self._waiting.popleft()


def now_text() -> str:
    """Return the current time in ISO 8601, in UTC, with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
