"""A record with a limit on its size, for campaigns, and for runs that last as long as other programs send traffic."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from contract_tests.judging.verdict import Outcome
from contract_tests.results.created import created_view
from contract_tests.results.events import (
    Breaches,
    Event,
    ExchangesCounted,
    ExchangeSeen,
    ReadingObserved,
    VerdictGiven,
)
from contract_tests.results.findings import key_of
from contract_tests.results.record import Record
from contract_tests.results.summing import time_class

RECORD_BYTES = 100 * 1024 * 1024  # about 40,000 exchanges; GitLab accepts no larger artifact by default
_EXCHANGE = re.compile(rb'\{"event": ?"exchange", ?"exchange": ?\{"number": ?(\d+)')
COUNTED_AT_ONCE = 200  # exchanges in one line, and what a kill can lose of the counts
KNOWN_NUMBERS = 10_000  # of the newest exchanges in the file; a verdict on an older one writes that again


class BoundedRecord(Record):
    """Beyond a number of bytes, keeps what is news in full and counts the rest; `dropped` is the number of exchanges.

    The record read back still gives the result of the run. Created objects are written at once, so that they can be
    deleted even if the process is killed.
    """

    def __init__(self, folder: Path, most_bytes: int = RECORD_BYTES, *, continues: bool = False) -> None:
        """Create the folder and the file; raise RecordError with the name of the folder.

        continues: whether to append to a record that the folder holds.
        """
        super().__init__(folder, continues=continues)
        self.dropped = 0
        self._most_bytes = most_bytes
        self._files_bytes = 0
        self.known: dict[int, None] = {}  # numbers of exchanges in the file, the newest last
        with self.path.open("rb") as file:  # of a run that goes on
            for line in file:
                if found := _EXCHANGE.match(line):
                    self._know(int(found[1]))
        self._forget()

    def _know(self, number: int) -> None:
        self.known[number] = None
        if len(self.known) > KNOWN_NUMBERS:
            del self.known[next(iter(self.known))]

    def _forget(self) -> None:
        self._requests, self._sent_at_s = 0, 0.0
        self._held: Counter[str] = Counter()
        self._observed: Counter[tuple[str, str]] = Counter()
        self._outcomes: Counter[tuple[str, str]] = Counter()
        self._breaches: dict[object, Breaches] = {}
        self._times: Counter[int] = Counter()

    def write(self, event: Event, *, is_news: bool = True) -> None:
        """Append one event, or count it."""
        if self._whole_bytes + self._files_bytes < self._most_bytes:
            self._append(event)
        elif is_news:
            self.flush()
            self._append(event)
        else:
            self._count(event)
            if self._requests >= COUNTED_AT_ONCE:
                self.flush()

    def _append(self, event: Event) -> None:
        if isinstance(event, ExchangeSeen):
            self._know(event.exchange.number)
        if isinstance(event, VerdictGiven):
            for exchange in event.verdict.exchanges:
                if exchange.number not in self.known:
                    self._append(ExchangeSeen(exchange, is_counted=True))
        super().write(event)

    def _count(self, event: Event) -> None:
        match event:
            case ExchangeSeen(exchange):
                self.dropped += 1
                self._requests += 1
                self._sent_at_s = exchange.sent_at_s
                self._held.update(event.held)
                self._observed.update(event.observed)
                self._times[time_class(exchange.elapsed_s)] += 1
                if created := created_view(exchange):
                    super().write(ExchangesCounted(sent_at_s=exchange.sent_at_s, created=(created,)))
            case ReadingObserved():
                self._observed[event.reading, event.option] += 1
            case VerdictGiven(verdict):
                if not event.smallest:
                    self._outcomes[verdict.clause, verdict.outcome] += 1
                if verdict.outcome is Outcome.BROKEN and verdict.exchanges:
                    key, sent_s = key_of(verdict), verdict.exchanges[-1].sent_at_s
                    before = self._breaches.get(key, Breaches(key.clause, key.place, key.cause, 0, sent_s))
                    self._breaches[key] = Breaches(key.clause, key.place, key.cause, before.count + 1, sent_s)
            case _:
                super().write(event)

    def flush(self) -> None:
        """Append what was counted since the last time."""
        if self._requests or self._outcomes or self._observed:
            super().write(
                ExchangesCounted(
                    self._requests,
                    self._sent_at_s,
                    tuple(sorted(self._held.items())),
                    tuple(sorted((*reading, count) for reading, count in self._observed.items())),
                    tuple(sorted((*clause, count) for clause, count in self._outcomes.items())),
                    tuple(self._breaches.values()),
                    times=tuple(sorted(self._times.items())),
                )
            )
        self._forget()

    def write_long(self, name: str, sent: bytes) -> None:
        """Write the complete body of a request, or a message, to a file, if there is room for it."""
        if name not in self._files and self._files_bytes + len(sent) < self._most_bytes:
            self._files_bytes += len(sent)
            super().write_long(name, sent)

    def close(self) -> None:
        """Append the last counts, and close the file."""
        self.flush()
        super().close()
