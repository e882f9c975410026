"""Classify texts as dates, UUIDs and free texts: valid, invalid, or subject to open readings. Pure.

Only the suite uses this code; the mock has its own, so that one mistake cannot pass on both sides.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

_DATE = r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
_TO_MINUTE = r"(?P<hour>\d\d):(?P<minute>\d\d)"
_SECONDS = r":(?P<second>\d\d)(?:\.(?P<fraction>\d+))?"
_TIME = _TO_MINUTE + _SECONDS
_DATE_TIME = re.compile(rf"{_DATE}T{_TIME}(?P<zone>Z|[+-]\d\d:\d\d)?", re.ASCII)
_DATE_ONLY = re.compile(_DATE, re.ASCII)
# Servers also write the offset as ±hhmm or ±hh, and Java leaves out seconds that are zero; the suite accepts both.
_TIMESTAMP = re.compile(rf"{_DATE}T{_TO_MINUTE}(?:{_SECONDS})?(?P<zone>Z|[+-]\d\d(?::?\d\d)?)", re.ASCII)
_EXPANDED = re.compile(rf"(?P<sign>[+-])(?P<year>\d{{6}})-\d\d-\d\dT{_TIME}Z", re.ASCII)
_RARE_DATES = re.compile(
    r"""
      \d{4}-\d\d-\d\d[Tt\ _]\d\d(:\d\d(:\d\d([.,]\d+)?)?)?\ ?([Zz]|[+-]\d\d(:?\d\d)?)?   # lower case, space, no seconds
    | [+-]?\d{4,6}(-\d\d(-\d\d)?)?(T[\d:.]+(Z|[+-][\d:]+)?)?                             # year, month, expanded year
    | \d{4}-?W\d\d(-?\d)?(T[\d:.]+(Z|[+-][\d:]+)?)?                                      # week
    | \d{4}-?\d{3}(T[\d:.]+(Z|[+-][\d:]+)?)?                                             # ordinal
    | \d{8}(T\d{2,6}([.,]\d+)?(Z|[+-][\d:]+)?)?                                          # basic
    """,
    re.ASCII | re.VERBOSE,
)
_MONTH = re.compile(r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|\d\D+\d+\D+\d", re.IGNORECASE)
# Text that means another instant tomorrow ("+1 day", "in 2 weeks", "12:00Z"), so no server can keep it.
_RELATIVE = re.compile(
    r"^[Tt]?\d\d:\d\d(:\d\d)?\b|\b(now|today|tomorrow|yesterday|ago|next|last|(second|minute|hour|day|week|month|year)s?)\b",
    re.IGNORECASE,
)
_UUID = re.compile(
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-([0-9a-fA-F])[0-9a-fA-F]{3}-([0-9a-fA-F])[0-9a-fA-F]{3}-[0-9a-fA-F]{12}"
)
_UUID_SPELLINGS = re.compile(
    r"(urn:uuid:)?\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?", re.IGNORECASE
)
_DIGIT = re.compile("[0-9]")
_NO_HEX_DIGIT = re.compile("[^0-9a-f]")
_MARKUP = re.compile(r"<[\s/!?]*[a-zA-Z]|&(#\d+|#x[0-9a-fA-F]+|\w+);|javascript:", re.ASCII | re.IGNORECASE)
MUST_ACCEPT_YEARS = range(1971, 2100)


READ_DATES = 64  # texts; several oracles read each date of a request and of its response


@dataclass(frozen=True, slots=True)
class Interpretation:
    """The class of a text: invalid, or subject to the named open readings (none: valid)."""

    wrong: bool = False
    open_readings: frozenset[str] = frozenset()


WRONG = Interpretation(wrong=True)


@lru_cache(maxsize=READ_DATES)
def read_date(text: str) -> Interpretation:
    """Classify a text as a date of a request (clause request.*.format)."""
    if (stripped := text.strip()) != text:
        inner = read_date(stripped)
        return inner if inner.wrong else Interpretation(open_readings=inner.open_readings | {"date-surrounding-blanks"})
    if match := _DATE_ONLY.fullmatch(text):
        if not _calendar_day(match):
            return WRONG
        return Interpretation(open_readings=frozenset({"date-only"} | _year_readings(match)))
    if match := _DATE_TIME.fullmatch(text):
        return _read_date_time(match)
    if _RARE_DATES.fullmatch(text):
        return Interpretation(open_readings=frozenset({"rare-date-forms"}))
    if _RELATIVE.search(text):
        return WRONG
    if sum(char.isdigit() for char in text) < 4 and not _MONTH.search(text):
        return WRONG  # words with a number
    # Lenient parsers find a date in almost any text with a digit.
    return Interpretation(open_readings=frozenset({"other-date-texts"})) if any(c.isdigit() for c in text) else WRONG


def has_second_line(text: str) -> bool:
    """Return whether a text has a line end or another control character, apart from spaces around it.

    A pattern without `\\Z`, or for each line, accepts such a text, and a function in C reads it up to NUL.
    """
    return not text.strip().isprintable()


def _read_date_time(match: re.Match[str]) -> Interpretation:
    open_readings = set(_year_readings(match))
    hour, minute, second = (int(match[part]) for part in ("hour", "minute", "second"))
    if not _calendar_day(match) or minute > 59 or second > 60 or hour > 24:
        return WRONG
    if hour == 24:
        if minute or second or (match["fraction"] or "").strip("0"):
            return WRONG
        open_readings.add("hour-24")
    if second == 60:
        open_readings.add("leap-second")
    if match["fraction"] and len(match["fraction"]) != 3:
        open_readings.add("date-fraction")
    zone = match["zone"]
    if zone is None:
        open_readings.add("date-without-zone")
    elif zone != "Z":
        open_readings.add("date-offset")
        hours, minutes = int(zone[1:3]), int(zone[4:6])
        if hours > 23 or minutes > 59:
            return WRONG
        if (hours, minutes) > (14, 0):
            open_readings.add("large-offsets")
    return Interpretation(open_readings=frozenset(open_readings))


def _year_readings(match: re.Match[str]) -> set[str]:
    return set() if int(match["year"]) in MUST_ACCEPT_YEARS else {"distant-years"}


def _calendar_day(match: re.Match[str]) -> bool:
    year, month, day = (int(match[part]) for part in ("year", "month", "day"))
    try:
        date(year or 2000, month, day)  # the year 0000 is a leap year, as 2000 is (ISO 8601)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=READ_DATES)
def instant(text: str) -> datetime | None:
    """Return the instant of a date or timestamp, to the microsecond; None without a time zone or if it is unclear.

    A date alone is midnight UTC, 24:00 the next midnight, second 60 the second after 59.
    """
    match = _TIMESTAMP.fullmatch(text) or _DATE_ONLY.fullmatch(text)
    if match is None:
        return None
    parts = match.groupdict()
    zone = parts.get("zone") or "Z"
    digits = zone[1:].replace(":", "").ljust(4, "0")
    try:
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        day = datetime(int(parts["year"]), int(parts["month"]), int(parts["day"]), tzinfo=UTC)
        seconds = timedelta(
            hours=int(parts.get("hour") or 0),
            minutes=int(parts.get("minute") or 0),
            seconds=int(parts.get("second") or 0),
            microseconds=int((parts.get("fraction") or "").ljust(6, "0")[:6]),
        )
        return day + seconds - (offset if zone[0] != "-" else -offset)
    except (ValueError, OverflowError):
        return None


def is_timestamp(text: str) -> bool:
    """Return whether a text is an ISO 8601 timestamp with a time zone, on an existing day."""
    if match := _EXPANDED.fullmatch(text):
        # JavaScript writes a plus or minus and six digits for years beyond four digits.
        return not 0 <= int(match["sign"] + match["year"]) <= 9999
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return False
    seconds = "" if match["second"] else ":00"
    return not read_date(text[: match.start("zone")] + seconds + "Z").wrong


def normalised(moment: datetime) -> str:
    """Format an instant like the examples of the API page: UTC, milliseconds, Z."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z".rjust(24, "0")


def read_uuid(text: str) -> Interpretation:
    """Classify a text as a UUID (RFC 9562 §4) of a request."""
    if match := _UUID.fullmatch(text):
        lower = text.lower()
        version, variant = match[1].lower(), match[2].lower()
        open_readings: set[str] = set()
        if not lower.strip("0-") or not lower.strip("f-"):
            open_readings.add("uuid-versions")
        elif variant not in "89ab" or version not in "12345678":
            open_readings.add("uuid-variants")
        elif version != "4":
            open_readings.add("uuid-versions")
        if text != lower:
            open_readings.add("uuid-case")
        return Interpretation(open_readings=frozenset(open_readings))
    if _UUID_SPELLINGS.fullmatch(text):
        return Interpretation(open_readings=frozenset({"uuid-spellings"}))
    if (stripped := text.strip()) != text and not read_uuid(stripped).wrong:
        return Interpretation(open_readings=read_uuid(stripped).open_readings | {"uuid-surrounding-blanks"})
    return WRONG


def is_uuid(text: str) -> bool:
    """Return whether a text has the form of RFC 9562 §4, in any case."""
    return len(text) == 36 and _UUID.fullmatch(text) is not None


def id_form(text: str) -> str:
    """Return the form of an ID: a server that accepts one unknown ID accepts others of the same form."""
    return f"UUID version {text[14]}" if is_uuid(text) else _DIGIT.sub("9", text)


def plain_uuid(text: str) -> str:
    """Return the digits of a UUID in lower case, without hyphens, braces and prefix."""
    return _NO_HEX_DIGIT.sub("", text.lower().replace("urn:uuid:", ""))


@lru_cache(maxsize=4)  # several oracles read the name of one request, which can be long
def read_text(text: str) -> frozenset[str]:
    """Return the open readings of a free text (RFC 8259 §8.2 and the readings on text)."""
    if text.isascii() and text.isprintable():
        return frozenset({"markup-in-text"}) if _has_markup(text) else frozenset()
    open_readings = set()
    if not text.isprintable():
        hidden = {character for character in set(text) if not character.isprintable()}
        surrogates = {character for character in hidden if "\ud800" <= character <= "\udfff"}
        if "\0" in hidden:
            open_readings.add("nul-in-text")
        if surrogates:
            open_readings.add("lone-surrogate")
        if hidden - surrogates - {"\0"}:
            open_readings.add("control-characters")
    if unicodedata.normalize("NFC", text) != text:
        open_readings.add("unicode-form")
    if _has_markup(text):
        open_readings.add("markup-in-text")
    return frozenset(open_readings)


def _has_markup(text: str) -> bool:
    # The search begins at every character and takes long; each match has one of these.
    return ("<" in text or "&" in text or ":" in text) and _MARKUP.search(text) is not None
