"""The records that were created, and the outcomes that a retry gets again: in memory, bounded, the oldest leave."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

OUTCOMES_REMEMBERED = 1_000  # Idempotency-Key is for retries: seconds matter, and a thousand calls are many of them


class Record(Protocol):
    """What an operation creates."""

    @property
    def id(self) -> str: ...
    def to_json(self) -> dict[str, Any]: ...


class Store:
    """Records by id, in the order of their creation."""

    def __init__(self, max_records: int) -> None:
        self._max_records = max_records
        self._records: OrderedDict[str, Record] = OrderedDict()
        self._outcomes: OrderedDict[tuple[str, str], Any] = OrderedDict()

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, record_id: str) -> bool:
        return record_id in self._records

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records.values())

    def add(self, record: Record) -> None:
        """Keep a record; the oldest one makes room for it when the store is full."""
        self._records[record.id] = record
        if len(self._records) > self._max_records:
            self._records.popitem(last=False)

    def replace(self, records: Iterable[Record]) -> None:
        """Keep these records in place of all others, and remember no outcome."""
        self._records = OrderedDict((each.id, each) for each in records)
        self._outcomes.clear()
        while len(self._records) > self._max_records:
            self._records.popitem(last=False)

    def outcome(self, user: str, key: str) -> Any:
        """What was remembered for a user's Idempotency-Key."""
        return self._outcomes.get((user, key))

    def remember(self, user: str, key: str, outcome: Any) -> None:
        """Keep the outcome for a retry with the same Idempotency-Key."""
        self._outcomes[user, key] = outcome
        if len(self._outcomes) > OUTCOMES_REMEMBERED:
            self._outcomes.popitem(last=False)
