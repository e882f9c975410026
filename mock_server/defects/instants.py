"""Changes of an instant by time zones, columns and careless parsers; pure functions on the returned text."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Mangle = Callable[[str], str]


def written(moment: datetime) -> str:
    return f"{moment.astimezone(UTC).isoformat(timespec='milliseconds')[:23]}Z"


def moved(**by: float) -> Mangle:
    """Move the instant by this much."""
    return changed(lambda moment: moment + timedelta(**by))


def changed(change: Callable[[datetime], datetime]) -> Mangle:
    """Change the instant; keep it if the result is not a valid date."""

    def mangle(text: str) -> str:
        try:
            return written(change(datetime.fromisoformat(text)))
        except (ValueError, OverflowError):
            return text

    return mangle


def with_parts(**parts: int) -> Mangle:
    return changed(lambda moment: moment.replace(**parts))  # type: ignore[arg-type]  # the keywords of datetime.replace


def day_for_month(moment: datetime) -> datetime:
    return moment.replace(month=moment.day, day=moment.month)


def summer_hour(moment: datetime) -> datetime:
    """Add an hour from April to September, like a server in a time zone with summer time."""
    return moment + timedelta(hours=1 if 4 <= moment.month <= 9 else 0)


def in_32_bits(moment: datetime) -> datetime:
    """Keep seconds since 1970 in a signed 32-bit integer, which overflows in January 2038."""
    seconds = (int(moment.timestamp()) + 2**31) % 2**32 - 2**31
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds, microseconds=moment.microsecond)


def since_1970(moment: datetime) -> datetime:
    return max(moment, datetime(1970, 1, 1, tzinfo=UTC))


def no_leap_day(moment: datetime) -> datetime:
    return moment.replace(month=3, day=1) if (moment.month, moment.day) == (2, 29) else moment


def two_digit_year(moment: datetime) -> datetime:
    """Keep two digits of the year; 69 and above mean the twentieth century."""
    year = moment.year % 100
    return moment.replace(year=year + (1900 if year >= 69 else 2000))


# -- changes of the sent text, before it is parsed


def without_offset(text: str) -> str:
    return re.sub(r"[+-]\d\d:\d\d$", "Z", text)


def inverted_sign(text: str) -> str:
    return re.sub(r"[+-](?=\d\d:\d\d$)", lambda match: "-" if match[0] == "+" else "+", text)


def whole_hours(text: str) -> str:
    return re.sub(r"([+-]\d\d):\d\d$", r"\1:00", text)


def fraction_as_milliseconds(text: str) -> str:
    """Read .5 as five milliseconds."""
    return re.sub(r"\.(\d{1,2})(?=Z|[+-]|$)", lambda match: f".{int(match[1]):03}", text)
