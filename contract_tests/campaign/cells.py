"""The cells of a campaign: strategy, seed and number of requests, a pure function of the campaign's seed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from random import Random

from contract_tests.results.numbers import NUMBERS_OF_A_CELL

STRATEGIES = ("swarm", "mutation", "sequence", "schema", "bytes")
SMALLEST_CELL = 100  # requests of a cell in the first round; each round of strategies doubles it
LARGEST_CELL = 3200  # so that a kill, a dead worker or a shrinking search costs minutes at five requests a second


@dataclass(frozen=True, slots=True)
class Cell:
    """One part of a campaign. index: its place, from 0 on. requests: how many it may send, with all its shrinking."""

    index: int
    strategy: str
    seed: int
    requests: int

    @property
    def name(self) -> str:
        """What the record and the terminal call it."""
        return f"cell {self.index}: {self.strategy}, {self.requests} requests"

    @property
    def turn(self) -> int:
        """How many whole rounds of strategies come before it."""
        return self.index // len(STRATEGIES)

    @property
    def first_number(self) -> int:
        """The number before that of its first request; no other cell and no planned request has one of its numbers."""
        return (self.index + 1) * NUMBERS_OF_A_CELL

    @property
    def searching(self) -> int:
        """How many of its requests search; the rest is for shrinking and repeating what they find."""
        return self.requests * 3 // 4


def cells(seed: int, *, requests: int | None = None) -> Iterator[Cell]:
    """Yield the cells of a campaign. requests: their sum; without it they do not end."""
    left = requests
    for index in count():
        if left is not None and left <= 0:
            return
        turn, place = divmod(index, len(STRATEGIES))
        order = Random(f"{seed}/{turn}").sample(STRATEGIES, len(STRATEGIES))
        size = min(SMALLEST_CELL * 2 ** min(turn, 10), LARGEST_CELL)
        if left is not None:
            size = min(size, left)
            left -= size
        yield Cell(index, order[place], _seed_of(seed, index), size)


def _seed_of(seed: int, index: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{index}".encode()).digest()[:6])
