"""Test the parts of a world: its store, its clock, its IDs."""

from __future__ import annotations

import gc
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from mock_server.worlds.sources import never_backwards, uuid4_source, uuid7_source
from mock_server.worlds.store import OUTCOME_BYTES_REMEMBERED, Store

NOW = datetime(2024, 1, 2, 10, 30, tzinfo=UTC)


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
