"""A record with a limit on its size, for runs that last as long as other programs send traffic."""

from __future__ import annotations

from pathlib import Path

from contract_tests.engine.events import Event, ExchangeSeen, RunEnded, RunStarted, VerdictGiven
from contract_tests.engine.record import Record
from contract_tests.judging.verdict import Outcome

RECORD_BYTES = 100 * 1024 * 1024  # about 40,000 exchanges; GitLab accepts no larger artifact by default
SPARE = 2  # times the limit, for the bodies of what breaks other clauses


class BoundedRecord(Record):
    """Drops exchanges, and what they show, beyond a number of bytes; `dropped` counts the exchanges.

    The first breach of each clause is recorded in any case, with its exchanges, so that the record names each clause
    that the run has found broken.
    """

    def __init__(self, folder: Path, most_bytes: int = RECORD_BYTES) -> None:
        """Create the folder and the file; raise RecordError with the name of the folder."""
        super().__init__(folder)
        self.dropped = 0
        self._most_bytes = most_bytes
        self._bodies_bytes = 0
        self._broken: set[str] = set()

    def write(self, event: Event) -> None:
        """Append one event, or drop it."""
        is_breach = isinstance(event, VerdictGiven) and event.verdict.outcome is Outcome.BROKEN
        if self._whole_bytes + self._bodies_bytes < self._most_bytes:
            super().write(event)
        elif isinstance(event, ExchangeSeen):
            self.dropped += 1
            return
        elif isinstance(event, VerdictGiven) and is_breach and event.verdict.clause not in self._broken:
            for exchange in event.verdict.exchanges:
                super().write(ExchangeSeen(exchange))
            super().write(event)
        elif isinstance(event, RunStarted | RunEnded):
            super().write(event)
        if isinstance(event, VerdictGiven) and is_breach:
            self._broken.add(event.verdict.clause)

    def write_body(self, number: int, body: bytes) -> None:
        """Write the complete body of a request to a file, if there is room for it."""
        if self._whole_bytes + self._bodies_bytes + len(body) < SPARE * self._most_bytes:
            self._bodies_bytes += len(body)
            super().write_body(number, body)
