"""Store created records, and outcomes by Idempotency-Key, in memory; when full, drop the oldest."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson

BYTES_KEPT = 64 * 1024 * 1024  # of all worlds together; ten thousand ordinary lead lists need 7 MiB
OWN_BYTES = 300  # the memory of a record without its text: its ID and its entry in the mapping
OUTCOMES_REMEMBERED = 1_000  # a client retries within seconds, during which fewer other calls arrive
OUTCOME_BYTES_REMEMBERED = 8 * 1024 * 1024

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record from a store."""

    id: str
    json: bytes

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of the record."""
        value: dict[str, Any] = orjson.loads(self.json)
        return value

    @property
    def size_bytes(self) -> int:
        """Estimate the memory of the record."""
        return len(self.json) + OWN_BYTES


class Store:
    """Records by ID, in the order of their creation.

    They are stored as JSON text, which needs a third of the memory of objects and does not slow garbage collection.
    """

    def __init__(self, max_records: int, max_bytes: int = BYTES_KEPT) -> None:
        self._records: _Bounded[str, bytes] = _Bounded(max_records, max_bytes)
        self._outcomes: _Bounded[tuple[str, str], Any] = _Bounded(OUTCOMES_REMEMBERED, OUTCOME_BYTES_REMEMBERED)

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, record_id: str) -> bool:
        return record_id in self._records

    def __iter__(self) -> Iterator[StoredRecord]:
        return (StoredRecord(record_id, json) for record_id, (json, _) in self._records.items())

    def share(self, room: Room) -> None:
        """Count the records and outcomes in the room of all worlds."""
        for each in (self._records, self._outcomes):
            each.enter(room)

    def leave(self) -> None:
        """Count nothing any more: the world has been deleted."""
        for each in (self._records, self._outcomes):
            each.leave()

    def find(self, record_id: str) -> StoredRecord | None:
        """Return the record with an id, or None."""
        json = self._records.find(record_id)
        return None if json is None else StoredRecord(record_id, json)

    def add(self, value: dict[str, Any]) -> bytes:
        """Store a JSON object with an `id` and return its text; if the store is full, drop the oldest ones."""
        json = bytes(memoryview(orjson.dumps(value)))  # a copy, because orjson leaves 4 KiB allocated for each text
        self._records.put(value["id"], json, len(json) + OWN_BYTES)
        return json

    def replace(self, values: Iterable[dict[str, Any]]) -> None:
        """Store these records, remove all others, and forget all outcomes."""
        self._records.clear()
        self._outcomes.clear()
        for value in values:
            self.add(value)

    def outcome(self, user: str, key: str) -> Any:
        """Return the remembered outcome for a user's Idempotency-Key, or None."""
        return self._outcomes.find((user, key))

    def remember(self, user: str, key: str, outcome: Any, size_bytes: int) -> None:
        """Remember the outcome for a retry with the same Idempotency-Key."""
        self._outcomes.put((user, key), outcome, size_bytes)


class Room:
    """The memory that all worlds share. When it is full, the largest of their stores drops its oldest entries."""

    def __init__(self, max_bytes: int = BYTES_KEPT) -> None:
        self.max_bytes = max_bytes
        self._sharing: set[_Bounded[Any, Any]] = set()
        self._bytes = 0

    @property
    def free_bytes(self) -> int:
        """The bytes that are left."""
        return max(0, self.max_bytes - self._bytes)

    def add(self, sharing: _Bounded[Any, Any]) -> None:
        """Let a mapping share the room."""
        self._sharing.add(sharing)
        self.count(sharing.size_bytes)

    def remove(self, sharing: _Bounded[Any, Any]) -> None:
        """Give the room of a mapping to the others."""
        self._sharing.discard(sharing)
        self.count(-sharing.size_bytes)

    def count(self, more_bytes: int) -> None:
        """Count what has been added or dropped; make space if there is too much."""
        self._bytes += more_bytes
        while more_bytes > 0 and self._bytes > self.max_bytes:
            several = [each for each in self._sharing if len(each) > 1]  # every mapping keeps its newest entry
            if not several:
                return
            max(several, key=lambda each: each.size_bytes).drop_oldest()


class _Bounded(Generic[Key, Value]):
    """A mapping that keeps its newest entries, bounded in number and bytes; it keeps the newest one at any size."""

    def __init__(self, max_count: int, max_bytes: int) -> None:
        self._max_count = max_count
        self._max_bytes = max_bytes
        self._entries: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self.size_bytes = 0
        self._room: Room | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: Key) -> bool:
        return key in self._entries

    def items(self) -> Iterable[tuple[Key, tuple[Value, int]]]:
        return self._entries.items()

    def find(self, key: Key) -> Value | None:
        entry = self._entries.get(key)
        return None if entry is None else entry[0]

    def put(self, key: Key, value: Value, size_bytes: int) -> None:
        replaced = self._entries.get(key)
        self._entries[key] = (value, size_bytes)
        self._count(size_bytes - (replaced[1] if replaced else 0))
        while len(self._entries) > self._max_count or (self.size_bytes > self._max_bytes and len(self._entries) > 1):
            self.drop_oldest()

    def drop_oldest(self) -> None:
        self._count(-self._entries.popitem(last=False)[1][1])

    def clear(self) -> None:
        self._entries.clear()
        self._count(-self.size_bytes)

    def enter(self, room: Room) -> None:
        self._room = room
        room.add(self)

    def leave(self) -> None:
        if self._room is not None:
            self._room.remove(self)
            self._room = None

    def _count(self, more_bytes: int) -> None:
        self.size_bytes += more_bytes
        if self._room is not None:
            self._room.count(more_bytes)
