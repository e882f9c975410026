"""What the server draws upon and cannot decide: the clock, and the source of ids."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
Ids = Callable[[], str]


def system_clock() -> datetime:
    """The time of day, in UTC."""
    return datetime.now(UTC)


def never_backwards(clock: Clock) -> Clock:
    """Return `clock` made monotonic: createdAt never decreases, even if the system clock is set back."""
    last = datetime.min.replace(tzinfo=UTC)

    def steady() -> datetime:
        nonlocal last
        last = max(last, clock())
        return last

    return steady


def uuid4_source(seed: int | None) -> Ids:
    """Random UUIDs of version 4 in lower case (RFC 9562 §5.4); the same ones again for the same seed."""
    bits = _bits(seed)
    return lambda: _text((bits(128) & ~(0xF << 76)) | (4 << 76))


def uuid7_source(seed: int | None, clock: Clock) -> Ids:
    """UUIDs of version 7 (RFC 9562 §5.7): 48 bits of the clock's milliseconds, then random ones."""
    bits = _bits(seed)
    return lambda: _text((int(clock().timestamp() * 1000) << 80) | (7 << 76) | bits(76))


def _bits(seed: int | None) -> Callable[[int], int]:
    return random.SystemRandom().getrandbits if seed is None else random.Random(seed).getrandbits


def _text(number: int) -> str:
    number = (number & ~(0b11 << 62)) | (0b10 << 62)  # the variant, RFC 9562 §4.1
    # response.id.format; response.id.unique by 76 random bits or more
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
