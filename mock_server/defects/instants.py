"""What time zones, columns and careless parsers do to an instant; pure functions on the answered form of a date."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Mangle = Callable[[str], str]


def written(moment: datetime) -> str:
    return f"{moment.astimezone(UTC).isoformat(timespec='milliseconds')[:23]}Z"


def moved(**by: float) -> Mangle:
    """The instant so much later."""
    return changed(lambda moment: moment + timedelta(**by))


def changed(change: Callable[[datetime], datetime]) -> Mangle:
    """Another instant; as it was, where the calendar ends or has no such day."""

    def mangle(text: str) -> str:
        try:
            return written(change(datetime.fromisoformat(text)))
        except (ValueError, OverflowError):
            return text

    return mangle


def with_parts(**parts: int) -> Mangle:
    return changed(lambda moment: moment.replace(**parts))  # type: ignore[arg-type]  # the names of its parts


def day_for_month(moment: datetime) -> datetime:
    return moment.replace(month=moment.day, day=moment.month)


def summer_hour(moment: datetime) -> datetime:
    """An hour too much from April to September, as a server in a zone with summer time adds it."""
    return moment + timedelta(hours=1 if 4 <= moment.month <= 9 else 0)


def in_32_bits(moment: datetime) -> datetime:
    """Seconds since 1970 in a signed number of 32 bits, which ends in January 2038."""
    seconds = (int(moment.timestamp()) + 2**31) % 2**32 - 2**31
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds, microseconds=moment.microsecond)


def since_1970(moment: datetime) -> datetime:
    return max(moment, datetime(1970, 1, 1, tzinfo=UTC))


def no_leap_day(moment: datetime) -> datetime:
    return moment.replace(month=3, day=1) if (moment.month, moment.day) == (2, 29) else moment


def two_digit_year(moment: datetime) -> datetime:
    """What a two-digit year leaves of a century: 69 and later are of the twentieth."""
    year = moment.year % 100
    return moment.replace(year=year + (1900 if year >= 69 else 2000))


# -- on what was sent, before it is read


def without_offset(text: str) -> str:
    return re.sub(r"[+-]\d\d:\d\d$", "Z", text)


def other_sign(text: str) -> str:
    return re.sub(r"[+-](?=\d\d:\d\d$)", lambda match: "-" if match[0] == "+" else "+", text)


def whole_hours(text: str) -> str:
    return re.sub(r"([+-]\d\d):\d\d$", r"\1:00", text)


def fraction_as_milliseconds(text: str) -> str:
    """.5 taken for five milliseconds."""
    return re.sub(r"\.(\d{1,2})(?=Z|[+-]|$)", lambda match: f".{int(match[1]):03}", text)
