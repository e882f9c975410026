"""The records that were created, and the outcomes that a retry gets again: in memory, bounded, the oldest leave."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar

BYTES_KEPT = 64 * 1024 * 1024  # of a world; ten thousand usual lead lists take 15 MiB
OUTCOMES_REMEMBERED = 1_000  # Idempotency-Key is for retries: seconds matter, and a thousand calls are many of them
OUTCOME_BYTES_REMEMBERED = 8 * 1024 * 1024

Key = TypeVar("Key")
Value = TypeVar("Value")


class Record(Protocol):
    """What an operation creates."""

    @property
    def id(self) -> str: ...
    @property
    def size_bytes(self) -> int: ...  # about what it takes in memory
    def to_json(self) -> dict[str, Any]: ...


class Store:
    """Records by id, in the order of their creation."""

    def __init__(self, max_records: int) -> None:
        self._records: _Bounded[str, Record] = _Bounded(max_records, BYTES_KEPT)
        self._outcomes: _Bounded[tuple[str, str], Any] = _Bounded(OUTCOMES_REMEMBERED, OUTCOME_BYTES_REMEMBERED)

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, record_id: str) -> bool:
        return record_id in self._records

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)

    def find(self, record_id: str) -> Record | None:
        """Return the record of that id if it is kept."""
        return self._records.find(record_id)

    def add(self, record: Record) -> None:
        """Keep a record; the oldest ones make room for it when the store is full."""
        self._records.put(record.id, record, record.size_bytes)

    def replace(self, records: Iterable[Record]) -> None:
        """Keep these records in place of all others, and remember no outcome."""
        self._records.clear()
        self._outcomes.clear()
        for each in records:
            self.add(each)

    def outcome(self, user: str, key: str) -> Any:
        """Return what was remembered for a user's Idempotency-Key, or None."""
        return self._outcomes.find((user, key))

    def remember(self, user: str, key: str, outcome: Any, size_bytes: int) -> None:
        """Keep the outcome for a retry with the same Idempotency-Key."""
        self._outcomes.put((user, key), outcome, size_bytes)


class _Bounded(Generic[Key, Value]):
    """The newest entries of a mapping, bounded in number and in bytes; the newest one is kept whatever its size."""

    def __init__(self, max_count: int, max_bytes: int) -> None:
        self._max_count = max_count
        self._max_bytes = max_bytes
        self._entries: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: Key) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[Value]:
        return (value for value, _ in self._entries.values())

    def find(self, key: Key) -> Value | None:
        entry = self._entries.get(key)
        return None if entry is None else entry[0]

    def put(self, key: Key, value: Value, size_bytes: int) -> None:
        if key in self._entries:
            self._bytes -= self._entries[key][1]
        self._entries[key] = (value, size_bytes)
        self._bytes += size_bytes
        while len(self._entries) > self._max_count or (self._bytes > self._max_bytes and len(self._entries) > 1):
            self._bytes -= self._entries.popitem(last=False)[1][1]

    def clear(self) -> None:
        self._entries.clear()
        self._bytes = 0
