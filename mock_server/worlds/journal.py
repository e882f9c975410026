"""The journal of a world: its newest exchanges, bounded in number and in bytes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mock_server.worlds.faults import AppliedFault

EXCHANGES_KEPT = 1_000  # some minutes of a busy web page
BYTES_KEPT = 2 * 1024 * 1024  # per world; the journals of all worlds together fit on a laptop
BODY_BYTES_KEPT = 256 * 1024
OWN_BYTES = 500  # the memory of an exchange without its texts

RawHeaders = Sequence[tuple[bytes, bytes]]  # the headers of an ASGI scope


@dataclass(slots=True, eq=False)
class Exchange:
    """A request with its response, as raw bytes. It contains secrets: mask it before you show it.

    It holds references and copies nothing, except to join a body that arrives in several pieces. Texts are decoded
    on use.
    """

    at: datetime
    method: str
    path: str
    query: bytes
    headers: list[tuple[bytes, bytes]]
    raw_path: bytes = b""  # percent-encoded, as sent
    checker: Any = None  # of the contract that the mock served at that time
    body: bytes | bytearray = b""  # its first BODY_BYTES_KEPT
    body_bytes: int = 0
    body_complete: bool = False  # False: the request was refused before its body was read
    status: int | None = None
    response_headers: RawHeaders = ()
    response_body: bytes | bytearray = b""  # its first BODY_BYTES_KEPT
    response_bytes: int = 0
    complete: bool = False  # True: the whole response was sent
    elapsed_ms: float = 0.0
    fault: AppliedFault | None = None
    id: int = 0  # set by the journal
    kept_bytes: int = 0  # set by the journal
    checked: Any = None  # the result of `checker`, computed on first use

    def take_body(self, piece: bytes) -> None:
        """Add a piece of the request body."""
        self.body_bytes += len(piece)
        self.body = _joined(self.body, piece)

    def take_response(self, piece: bytes) -> None:
        """Add a piece of the response body."""
        self.response_bytes += len(piece)
        self.response_body = _joined(self.response_body, piece)

    @property
    def size_bytes(self) -> int:
        """Estimate the memory of the exchange."""
        size = OWN_BYTES + len(self.body) + len(self.response_body)
        size += len(self.path) + len(self.raw_path) + len(self.query)
        for name, value in self.headers:
            size += len(name) + len(value)
        for name, value in self.response_headers:
            size += len(name) + len(value)
        return size

    def drop_bodies(self) -> None:
        """Drop both bodies; keep their lengths."""
        self.body = self.response_body = b""


def _joined(kept: bytes | bytearray, piece: bytes) -> bytes | bytearray:
    if not kept:
        return piece[:BODY_BYTES_KEPT]  # no copy unless it is longer
    room = BODY_BYTES_KEPT - len(kept)
    if room > 0 and piece:
        kept = bytearray(kept) if isinstance(kept, bytes) else kept
        kept += piece[:room]
    return kept


class Journal:
    """The newest exchanges of a world, and the watchers that wait for new ones."""

    def __init__(self) -> None:
        self._exchanges: deque[Exchange] = deque()
        self._whole: deque[Exchange] = deque()  # the exchanges that still have their bodies
        self._bytes = 0
        self._count = 0  # all exchanges ever added
        self.dropped = 0  # exchanges dropped since the journal was cleared
        self.in_progress: set[Exchange] = set()  # requests whose response is not complete yet
        self.is_closed = False
        self._watching: set[Watcher] = set()

    def __len__(self) -> int:
        return len(self._exchanges)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self._exchanges)

    def start(self, exchange: Exchange) -> None:
        """Note that the response to a request is not complete yet."""
        self.in_progress.add(exchange)

    def end(self, exchange: Exchange) -> None:
        """Add a started exchange, unless it was forgotten."""
        if exchange in self.in_progress:
            self.in_progress.discard(exchange)
            self.add(exchange)

    def forget(self) -> None:
        """Remove all exchanges, and never add those in progress: they belong to the state before a reset."""
        self.in_progress.clear()
        self.clear()

    def add(self, exchange: Exchange) -> None:
        """Add an exchange. To make room, drop the oldest bodies, and whole exchanges if that is not enough."""
        self._count += 1
        exchange.id = self._count
        exchange.kept_bytes = exchange.size_bytes
        self._exchanges.append(exchange)
        self._whole.append(exchange)
        self._bytes += exchange.kept_bytes
        while self._bytes > BYTES_KEPT and len(self._whole) > 1:
            self._drop_bodies(self._whole.popleft())
        while len(self._exchanges) > EXCHANGES_KEPT or (self._bytes > BYTES_KEPT and len(self._exchanges) > 1):
            self._drop_oldest()
        self._wake()

    def _drop_bodies(self, exchange: Exchange) -> None:
        exchange.drop_bodies()
        self._bytes -= exchange.kept_bytes
        exchange.kept_bytes = exchange.size_bytes
        self._bytes += exchange.kept_bytes

    def _drop_oldest(self) -> None:
        oldest = self._exchanges.popleft()
        if self._whole and self._whole[0] is oldest:
            self._whole.popleft()
        self._bytes -= oldest.kept_bytes
        self.dropped += 1

    def find(self, id: int) -> Exchange | None:
        """Return the exchange with an id, or None."""
        return next((each for each in self if each.id == id), None)

    def since(self, id: int) -> list[Exchange]:
        """Return the exchanges with a larger id, oldest first."""
        newer = []
        for exchange in reversed(self._exchanges):
            if exchange.id <= id:
                break
            newer.append(exchange)
        return newer[::-1]

    @property
    def last_id(self) -> int:
        return self._count

    @property
    def newest_id(self) -> int:
        """The ID of the newest exchange that it still has, or 0."""
        return self._exchanges[-1].id if self._exchanges else 0

    def clear(self) -> None:
        """Remove all exchanges; continue to count IDs, so that no ID is used twice."""
        self._exchanges.clear()
        self._whole.clear()
        self._bytes = self.dropped = 0

    def close(self) -> None:
        """Wake all watchers for the last time."""
        self.is_closed = True
        self._wake()

    def notify(self, of: str) -> None:
        """Notify all watchers that another part of the world has changed."""
        for watcher in self._watching:
            watcher.changed[of] = None
        self._wake()

    @contextmanager
    def watched(self) -> Iterator[Watcher]:
        """Yield a watcher of the journal."""
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
    """Waits for changes of a world; `changed` lists the changed parts, each once, in order."""

    woken: asyncio.Event = field(default_factory=asyncio.Event)
    changed: dict[str, None] = field(default_factory=dict)

    def take(self) -> list[str]:
        """Return and clear the list of changed parts."""
        changed = list(self.changed)
        self.changed.clear()
        return changed

    async def wait(self, timeout_s: float) -> bool:
        """Wait for a change; return False if there is none within `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                await self.woken.wait()
        except TimeoutError:
            return False
        self.woken.clear()
        return True
