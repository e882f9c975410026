"""Test the parts of a world: its store, its clock, its IDs."""

from __future__ import annotations

import gc
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from mock_server.worlds.snapshots import SnapshotRefused
from mock_server.worlds.sources import never_backwards, uuid4_source, uuid7_source
from mock_server.worlds.store import BYTES_KEPT, OUTCOME_BYTES_REMEMBERED, Room, Store
from mock_server.worlds.worlds import World, Worlds

NOW = datetime(2024, 1, 2, 10, 30, tzinfo=UTC)


def make_worlds() -> Worlds:
    def make(name: str) -> World:
        return World(
            name, max_records=100, seed=0, clock=lambda: NOW, make_ids=lambda clock: uuid4_source(None), seeded=()
        )

    return Worlds(make)


def record(record_id: str, characters: int = 0) -> dict[str, Any]:
    return {"id": record_id, "name": "n" * characters}


def test_the_oldest_records_leave_a_full_store() -> None:
    store = Store(max_records=2)
    for number in range(3):
        store.add(record(f"id-{number}"))
    assert (len(store), "id-0" in store, "id-2" in store) == (2, False, True)


def test_the_oldest_records_leave_a_store_that_is_too_large() -> None:
    store = Store(max_records=100, max_bytes=10_000)
    for number, size in enumerate((4_000, 4_000, 1, 20_000)):
        store.add(record(f"id-{number}", size))
        kept = [each.id for each in store]
        assert kept == [["id-0"], ["id-0", "id-1"], ["id-0", "id-1", "id-2"], ["id-3"]][number]
    store.replace([record("a", 9_000), record("b", 9_000)])
    assert [each.id for each in store] == ["b"]
    store.add(record("b", 1))
    store.add(record("c", 1))
    assert [each.id for each in store] == ["b", "c"]


def test_outcomes_for_retries_are_bounded_in_bytes() -> None:
    store = Store(max_records=1)
    for number in range(3):
        store.remember("user", f"key-{number}", number, OUTCOME_BYTES_REMEMBERED // 2)
    assert [store.outcome("user", f"key-{number}") for number in range(3)] == [None, 1, 2]


def test_stores_share_a_room_of_which_the_largest_gives_way() -> None:
    room = Room(max_bytes=10_000)
    stores = [Store(max_records=1_000) for _ in range(3)]
    for each in stores:
        each.add(record("before", 500))
        each.share(room)
    for number in range(200):
        stores[0].add(record(f"id-{number}"))
    stores[1].add(record("late", 2_000))
    assert (len(stores[1]), len(stores[2])) == (2, 1)
    assert 9_000 < sum(each.size_bytes for store in stores for each in store) <= 10_000
    stores[2].leave()
    stores[0].leave()
    stores[1].add(record("later", 4_000))
    assert [each.id for each in stores[1]] == ["before", "late", "later"]


def test_snapshots_share_the_room_and_none_is_dropped() -> None:
    worlds = make_worlds()
    for number in range(20):
        worlds["a"].store.add(record(f"id-{number}", 1_000_000))
    for name in ("one", "two"):  # of the same records, so that they need no more than one
        worlds["a"].snapshots.take(name, worlds["a"].store)
    for number in range(30):
        worlds["b"].store.add(record(f"id-{number}", 1_000_000))
    with pytest.raises(SnapshotRefused, match=r"may have 64 MiB, and this snapshot needs \d+ MiB more than is left"):
        worlds["b"].snapshots.take("three", worlds["b"].store)
    assert (len(worlds["a"].store), [*worlds["a"].snapshots]) == (20, [("one", 20), ("two", 20)])
    for number in range(60):
        worlds["b"].store.add(record(f"more-{number}", 1_000_000))
    assert [*worlds["a"].snapshots] == [("one", 20), ("two", 20)]
    kept_bytes = sum(each.size_bytes for world in worlds for each in world.store)
    assert kept_bytes + 20_000_000 <= BYTES_KEPT
    worlds.drop("a")
    worlds["b"].snapshots.take("three", [*worlds["b"].store][:20])


def test_a_deleted_world_makes_room() -> None:
    worlds = make_worlds()
    for number in range(3):
        for name in (f"first-{number}", f"second-{number}"):
            for each in range(40):
                worlds[name].store.add(record(f"id-{each}", 1_000_000))
        kept = sum(len(worlds[name].store) for name in (f"first-{number}", f"second-{number}"))
        assert kept == BYTES_KEPT // 1_000_400
        for name in (f"first-{number}", f"second-{number}"):
            worlds.drop(name)


def test_the_estimate_of_a_record_is_the_memory_that_it_needs() -> None:
    store = Store(max_records=2_000)
    tracemalloc.start()
    try:
        for number in range(2_000):
            store.add(record(f"id-{number}", 200))
        used_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used_bytes < 1.5 * sum(each.size_bytes for each in store)


def test_a_full_store_gives_the_garbage_collector_nothing_to_visit() -> None:
    store = Store(max_records=5_000)
    gc.collect()
    before = len(gc.get_objects())
    for number in range(5_000):
        store.add(record(f"id-{number}"))
    gc.collect()
    assert len(gc.get_objects()) - before < 500
    assert next(iter(store)).to_json() == {"id": "id-0", "name": ""}


def test_ids_are_uuids_of_their_version() -> None:
    for _ in range(200):
        assert UUID(uuid4_source(None)()).version == 4
        made = UUID(uuid7_source(None, lambda: NOW)())
        assert made.version == 7
        assert made.variant == "specified in RFC 4122"
        assert made.int >> 80 == int(NOW.timestamp() * 1000)


def test_the_same_seed_gives_the_same_ids_and_none_gives_others() -> None:
    first, second, other = uuid4_source(1), uuid4_source(1), uuid4_source(2)
    assert [first() for _ in range(3)] == [second() for _ in range(3)]
    assert uuid4_source(1)() != other()
    assert uuid4_source(None)() != uuid4_source(None)()


def test_a_clock_that_is_set_back_does_not_move() -> None:
    times = iter([NOW, NOW - timedelta(hours=1), NOW + timedelta(seconds=1)])
    clock = never_backwards(lambda: next(times))
    assert [clock(), clock(), clock()] == [NOW, NOW, NOW + timedelta(seconds=1)]
