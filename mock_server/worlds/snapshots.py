"""Snapshots of the records of a world, bounded in number, and in bytes together with the stores of all worlds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mock_server.worlds.store import Room, StoredRecord

SNAPSHOTS_KEPT = 20  # of one world
OWN_BYTES = 100  # the memory of an entry without the text of its record


class SnapshotRefused(ValueError):
    """There is no room for a snapshot; the text says why, and what to do."""


class Snapshots:
    """The snapshots of a world by name. Unlike records, none is dropped to make room: a new one is refused."""

    def __init__(self) -> None:
        self._taken: dict[str, tuple[StoredRecord, ...]] = {}
        self._bytes = 0
        self._room: Room | None = None

    def __len__(self) -> int:
        return len(self._taken)

    def __iter__(self) -> Iterator[tuple[str, int]]:
        """Yield the name and the number of records of each."""
        return ((name, len(records)) for name, records in self._taken.items())

    def share(self, room: Room) -> None:
        """Count the records in the room of all worlds."""
        self._room = room
        room.count(self._bytes)

    def leave(self) -> None:
        """Count nothing any more: the world has been deleted."""
        self._put({})
        self._room = None

    def find(self, name: str) -> tuple[StoredRecord, ...] | None:
        """Return the records of a snapshot, or None."""
        return self._taken.get(name)

    def take(self, name: str, records: Iterable[StoredRecord]) -> None:
        """Save the records under a name, in place of an earlier snapshot; raise SnapshotRefused."""
        if name not in self._taken and len(self) >= SNAPSHOTS_KEPT:
            raise SnapshotRefused(f"There are already {SNAPSHOTS_KEPT} snapshots; delete or replace one")
        self._put({**self._taken, name: tuple(records)})

    def drop(self, name: str) -> None:
        """Delete a snapshot."""
        self._put({other: records for other, records in self._taken.items() if other != name})

    def clear(self) -> None:
        """Delete all snapshots."""
        self._put({})

    def _put(self, taken: dict[str, tuple[StoredRecord, ...]]) -> None:
        size_bytes = _size_bytes(taken)
        if self._room is not None:
            more_bytes = size_bytes - self._bytes
            if more_bytes > self._room.free_bytes:
                limit = self._room.max_bytes // 2**20
                raise SnapshotRefused(
                    f"All worlds together may have {limit} MiB, and this snapshot needs {-(-more_bytes // 2**20)} MiB "
                    "more than is left; delete snapshots, worlds or records"
                )
            self._room.count(more_bytes)
        self._taken, self._bytes = taken, size_bytes


def _size_bytes(taken: dict[str, tuple[StoredRecord, ...]]) -> int:
    """Estimate the memory; a text that several snapshots hold counts once."""
    texts = {id(record.json): len(record.json) for records in taken.values() for record in records}
    entries = sum(len(name) + OWN_BYTES * len(records) for name, records in taken.items())
    return entries + sum(texts.values())
