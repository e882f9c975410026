"""What was asked and answered: the newest exchanges of a world, bounded in number and in bytes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mock_server.worlds.faults import Touch

EXCHANGES_KEPT = 1_000  # some minutes of a busy page
BYTES_KEPT = 2 * 1024 * 1024  # of all worlds together no more than a laptop has to spare
BODY_BYTES_KEPT = 256 * 1024

RawHeaders = list[tuple[bytes, bytes]]


@dataclass(slots=True, eq=False)
class Exchange:
    """A request with its answer, as bytes; unmasked, so that it must not leave the mock as it is."""

    at: datetime
    method: str
    path: str
    query: bytes
    headers: RawHeaders
    raw_path: bytes = b""  # as it was sent, percent-encoded
    body: bytearray = field(default_factory=bytearray)
    body_bytes: int = 0
    body_complete: bool = False  # False: refused before all of it was there
    status: int | None = None
    response_headers: RawHeaders = field(default_factory=list)
    response_body: bytearray = field(default_factory=bytearray)
    response_bytes: int = 0
    complete: bool = False
    elapsed_ms: float = 0.0
    touch: Touch | None = None  # by a fault
    id: int = 0  # given by the journal
    judge: Any = None  # by the contract that was in force when it was answered
    judged: Any = None  # what was found out when somebody looked

    def take_body(self, body: bytes) -> None:
        self.body_bytes += len(body)
        if len(self.body) < BODY_BYTES_KEPT:
            self.body += body[: BODY_BYTES_KEPT - len(self.body)]

    def take_response(self, body: bytes) -> None:
        self.response_bytes += len(body)
        if len(self.response_body) < BODY_BYTES_KEPT:
            self.response_body += body[: BODY_BYTES_KEPT - len(self.response_body)]

    @property
    def size_bytes(self) -> int:
        headers = sum(map(len, chain.from_iterable(chain(self.headers, self.response_headers))))
        target = len(self.path) + len(self.raw_path) + len(self.query)
        return len(self.body) + len(self.response_body) + headers + target + 500


class Journal:
    """The newest exchanges of a world, and whoever waits for more of them."""

    def __init__(self) -> None:
        self._exchanges: deque[tuple[Exchange, int]] = deque()
        self._bytes = 0
        self._count = 0  # of all that there ever were
        self.dropped = 0
        self.is_closed = False
        self._watching: set[Watcher] = set()

    def __len__(self) -> int:
        return len(self._exchanges)

    def __iter__(self) -> Iterator[Exchange]:
        return (exchange for exchange, _ in self._exchanges)

    def add(self, exchange: Exchange) -> None:
        """Keep an exchange; the oldest ones make room for it."""
        self._count += 1
        exchange.id = self._count
        size = exchange.size_bytes
        self._exchanges.append((exchange, size))
        self._bytes += size
        while len(self._exchanges) > EXCHANGES_KEPT or (self._bytes > BYTES_KEPT and len(self._exchanges) > 1):
            self._bytes -= self._exchanges.popleft()[1]
            self.dropped += 1
        self._wake()

    def find(self, id: int) -> Exchange | None:
        """The exchange of that id."""
        return next((each for each in self if each.id == id), None)

    def since(self, id: int) -> list[Exchange]:
        """The exchanges with a larger id, the oldest first."""
        newer = []
        for exchange, _ in reversed(self._exchanges):
            if exchange.id <= id:
                break
            newer.append(exchange)
        return newer[::-1]

    @property
    def last_id(self) -> int:
        return self._count

    def clear(self) -> None:
        """Forget all exchanges; ids go on from where they are, so that nobody takes a new one for an old one."""
        self._exchanges.clear()
        self._bytes = self.dropped = 0

    def close(self) -> None:
        """Tell whoever waits that nothing more comes."""
        self.is_closed = True
        self._wake()

    def tell(self, of: str) -> None:
        """Tell whoever watches that something else than the journal was changed."""
        for watcher in self._watching:
            watcher.changed[of] = None
        self._wake()

    @contextmanager
    def watched(self) -> Iterator[Watcher]:
        """A watcher, which is woken by whatever happens."""
        watcher = Watcher()
        self._watching.add(watcher)
        try:
            yield watcher
        finally:
            self._watching.discard(watcher)

    def _wake(self) -> None:
        for watcher in self._watching:
            watcher.woken.set()


@dataclass(slots=True, eq=False)
class Watcher:
    """Somebody who waits for news; what was changed, each once, in order."""

    woken: asyncio.Event = field(default_factory=asyncio.Event)
    changed: dict[str, None] = field(default_factory=dict)

    def take(self) -> list[str]:
        """What was changed since the last call."""
        changed = list(self.changed)
        self.changed.clear()
        return changed

    async def wait(self, timeout_s: float) -> bool:
        """Wait until something happens; False if nothing did for so long."""
        try:
            async with asyncio.timeout(timeout_s):
                await self.woken.wait()
        except TimeoutError:
            return False
        self.woken.clear()
        return True
