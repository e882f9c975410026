"""Worlds: isolated states of the mock, so that tests can run in parallel.

The first request that names a world creates it. A world is deleted when it has been idle for WORLD_IDLE_S, or when
there are more than WORLDS_KEPT and it is the one used least recently.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from mock_server.worlds.faults import Faults
from mock_server.worlds.journal import Journal
from mock_server.worlds.notices import Notices
from mock_server.worlds.snapshots import Snapshots
from mock_server.worlds.sources import Clock, Ids, never_backwards
from mock_server.worlds.store import Room, Store

DEFAULT_WORLD = "default"
WORLDS_KEPT = 64  # more than a machine has test workers; with full journals they need 128 MiB
LOST_KEPT = 1_000  # pairs of numbers; more than most suites have tests
WORLD_IDLE_S = 3600.0  # no test lasts as long
RESET = ("lists", "faults", "requests", "clock", "notices")  # the parts of a world that a reset changes


class World:
    """One isolated state: records, journal, faults, clock and IDs."""

    def __init__(
        self,
        name: str,
        *,
        max_records: int,
        seed: int,
        clock: Clock,
        make_ids: Callable[[Clock], Ids],
        seeded: Iterable[dict[str, Any]],
    ) -> None:
        self.name = name
        self.store = Store(max_records)
        self.journal = Journal()
        self.faults = Faults(seed)
        self.notices = Notices(self.clock, lambda: self.journal.notify("notices"))
        self.snapshots = Snapshots()
        self.used_s = time.monotonic()
        self._base_clock = clock
        self._make_ids = make_ids
        self._seeded = tuple(seeded)
        self.reset()

    def reset(self) -> None:
        """Restore the initial state; keep the snapshots."""
        self.store.replace(self._seeded)
        self.journal.forget()
        self.faults.clear()
        self.notices.clear()
        self.move_clock(0)
        self.ids = self._make_ids(self.clock)

    def adopt(self, other: World) -> None:
        """Take the initial records and the ID source of another world, for the next reset."""
        self._seeded, self._make_ids = other._seeded, other._make_ids

    def clock(self) -> datetime:
        """Return the time in this world."""
        return self._clock()

    def move_clock(self, offset_s: float) -> None:
        """Set the offset of this world's clock from the clock of the mock."""
        self.clock_offset_s = offset_s
        base, offset = self._base_clock, timedelta(seconds=offset_s)
        self._clock = never_backwards((lambda: base() + offset) if offset else base)

    def share(self, room: Room) -> None:
        """Count the records, outcomes and snapshots in the room of all worlds."""
        self.store.share(room)
        self.snapshots.share(room)

    def end(self) -> None:
        """End the event streams, and count nothing any more: the world has been deleted."""
        self.journal.close()
        self.store.leave()
        self.snapshots.leave()

    def counts(self) -> dict[str, int]:
        """Return the number of lists, requests, faults and snapshots."""
        return {
            "lists": len(self.store),
            "requests": len(self.journal),
            "faults": len(self.faults),
            "snapshots": len(self.snapshots),
        }


class Worlds:
    """All worlds by name, least recently used first; `make` creates a world from its name."""

    def __init__(self, make: Callable[[str], World]) -> None:
        self._make = make
        self._worlds: OrderedDict[str, World] = OrderedDict()
        # How many requests each world had that was deleted for lack of use, by the hash of its name, which may be long.
        self._lost: OrderedDict[int, int] = OrderedDict()
        self._room = Room()
        self._default = self._made(DEFAULT_WORLD)

    def __iter__(self) -> Iterator[World]:
        return iter([self._default, *self._worlds.values()])

    def __getitem__(self, name: str) -> World:
        """Return the world with this name; create it if it does not exist."""
        if name in ("", DEFAULT_WORLD):
            return self._default
        now_s = time.monotonic()
        self._forget_idle(now_s)
        world = self._worlds.get(name)
        if world is None:
            world = self._worlds[name] = self._made(name)
            world.journal.dropped = self._lost.pop(hash(name), 0)  # so that no verification passes for want of them
            if len(self._worlds) >= WORLDS_KEPT:  # the default world is one of them
                self._forget_oldest()
        world.used_s = now_s
        self._worlds.move_to_end(name)
        return world

    def find(self, name: str) -> World | None:
        """Return the world with this name, or None."""
        return self._default if name in ("", DEFAULT_WORLD) else self._worlds.get(name)

    def drop(self, name: str) -> bool:
        """Delete a world, or reset the default one; return False if there is no world with this name."""
        self._lost.pop(hash(name), None)
        if name == DEFAULT_WORLD:
            self._default.reset()
            self._default.snapshots.clear()
        elif name not in self._worlds:
            return False
        else:
            self._end(name)
        return True

    def adopt(self, others: Worlds) -> None:
        """Take over the worlds of another mock; their next reset restores the initial state of this mock's worlds."""
        for world in others:
            world.adopt(self._default)
        self._worlds, self._default, self._lost = others._worlds, others._default, others._lost
        self._room = others._room

    def close(self) -> None:
        """End the event streams of all worlds."""
        for world in self:
            world.journal.close()

    def _forget_idle(self, now_s: float) -> None:
        while self._worlds and now_s - next(iter(self._worlds.values())).used_s > WORLD_IDLE_S:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        name, world = next(iter(self._worlds.items()))
        if requests := world.journal.dropped + len(world.journal) + len(world.journal.in_progress):
            self._lost[hash(name)] = requests
            if len(self._lost) > LOST_KEPT:
                self._lost.popitem(last=False)
        self._end(name)

    def _made(self, name: str) -> World:
        world = self._make(name)
        world.share(self._room)
        return world

    def _end(self, name: str) -> None:
        self._worlds.pop(name).end()
