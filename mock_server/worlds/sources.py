"""Provide the clock and the IDs of a mock; nothing else does, so that tests can fix both."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
Ids = Callable[[], str]


def system_clock() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def never_backwards(clock: Clock) -> Clock:
    """Make `clock` monotonic: time never decreases, even if the system clock is set back."""
    last = datetime.min.replace(tzinfo=UTC)

    def steady() -> datetime:
        nonlocal last
        now = clock()
        if now > last:
            last = now
        return last

    return steady


def uuid4_source(seed: int | None) -> Ids:
    """Return a source of random UUIDs of version 4 in lower case (RFC 9562 §5.4), reproducible with a seed."""
    bits = random.Random(seed).getrandbits
    return lambda: _text(bits(128), "4")


def uuid7_source(seed: int | None, clock: Clock) -> Ids:
    """Return a source of UUIDs of version 7 (RFC 9562 §5.7): 48 bits of milliseconds, then random bits."""
    bits = random.Random(seed).getrandbits
    return lambda: _text((int(clock().timestamp() * 1000) << 80) | bits(76), "7")


_VARIANTS = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))  # RFC 9562 §4.1: the first two bits are 10


def _text(number: int, version: str) -> str:
    digits = f"{number:032x}"
    # response.id.format; 74 random bits or more for response.id.unique
    return f"{digits[:8]}-{digits[8:12]}-{version}{digits[13:16]}-{_VARIANTS[digits[16]]}{digits[17:20]}-{digits[20:]}"
