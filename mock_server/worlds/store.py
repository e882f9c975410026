"""The records that were created, and the outcomes that a retry gets again: in memory, bounded, the oldest leave."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

OUTCOMES_REMEMBERED = 1_000  # Idempotency-Key is for retries: seconds matter, and a thousand calls are many of them


class Record(Protocol):
    """What an operation creates."""

    @property
    def id(self) -> str: ...
    def to_json(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record read back from a store."""

    id: str
    json: bytes

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of the record."""
        value: dict[str, Any] = orjson.loads(self.json)
        return value


class Store:
    """Records by id, in the order of their creation.

    They are kept as JSON text: a third of the memory of the objects, and nothing that the garbage collector visits.
    """

    def __init__(self, max_records: int) -> None:
        self._max_records = max_records
        self._records: OrderedDict[str, bytes] = OrderedDict()
        self._outcomes: OrderedDict[tuple[str, str], Any] = OrderedDict()

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, record_id: str) -> bool:
        return record_id in self._records

    def __iter__(self) -> Iterator[StoredRecord]:
        return (StoredRecord(record_id, json) for record_id, json in self._records.items())

    def add(self, record: Record) -> None:
        """Add a record; the oldest leaves if the store is full."""
        self._records[record.id] = orjson.dumps(record.to_json())
        if len(self._records) > self._max_records:
            self._records.popitem(last=False)

    def replace(self, records: Iterable[Record]) -> None:
        """Replace all records, and forget all outcomes."""
        kept = OrderedDict((each.id, orjson.dumps(each.to_json())) for each in records)
        while len(kept) > self._max_records:
            kept.popitem(last=False)
        self._records = kept
        self._outcomes.clear()

    def outcome(self, user: str, key: str) -> Any:
        """Return the outcome remembered for a user's Idempotency-Key, or None."""
        return self._outcomes.get((user, key))

    def remember(self, user: str, key: str, outcome: Any) -> None:
        """Keep the outcome for a retry with the same Idempotency-Key."""
        self._outcomes[user, key] = outcome
        if len(self._outcomes) > OUTCOMES_REMEMBERED:
            self._outcomes.popitem(last=False)
