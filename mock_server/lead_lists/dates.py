"""Parse and format dates.

The API page says "ISO 8601 date string" and shows `2024-01-01T00:00:00.000Z`; readings decide which other forms are
valid.
"""

from __future__ import annotations

import calendar
import functools
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from mock_server.contract.readings import Readings

# A date, or a date-time of RFC 3339 §5.6, with ASCII digits only; \d alone would match others.
_FORM = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?)?",
    re.ASCII,
)
# Not only Z: clients mostly have the time of the user's time zone, which Z would move.
_ZONE = "the offset from UTC, such as +02:00, or Z if the time is in UTC"
_LOCAL_MINUTES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d", re.ASCII)  # the value of <input type="datetime-local">

KEPT = 512  # cached texts: validation and response parse each date, and clients send few different ones
KEPT_CHARACTERS = 40  # longest cached text; no date is longer


class NotADate(ValueError):
    """A text is not a valid date; the message completes the sentence `… is a text which {message}`."""


@dataclass(frozen=True, slots=True)
class Instant:
    """An instant: whole seconds in UTC, the digits of the fraction, and the parsed text."""

    second: datetime
    fraction: str
    text: str

    @property
    def order(self) -> tuple[datetime, str]:
        """The sort key of instants; trailing zeros of a fraction do not count."""
        return self.second, self.fraction.rstrip("0")


_MONTHS = tuple(calendar.month_name)  # a copy, because calendar asks the system for each name
_WRITTEN_HERE = re.compile(r"[1-9]\d{3}-\d\d-\d\dT(?!24)\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)  # Python 3.14 knows hour 24


def is_written_as_here(text: str) -> bool:
    """Return whether a text is a date in the form of the responses, which every reading accepts unchanged.

    Nearly all dates of clients have this form, and Python's parser in C is much faster than `Dates.read`. False means
    nothing.
    """
    return len(text) == 24 and _is_written_as_here(text)


@functools.lru_cache(maxsize=KEPT)
def _is_written_as_here(text: str) -> bool:
    if not _WRITTEN_HERE.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:  # a day or time that does not exist, or second 60, which depends on a reading
        return False
    return True


class Dates:
    """Parses and formats dates by the readings; compares no date with now."""

    def __init__(self, readings: Readings) -> None:
        self._refused = {
            reading: readings.follows(reading, "refused")
            for reading in ("date-only", "date-offset", "date-without-zone", "leap-second", "hour-24", "distant-years",
                            "large-offsets", "date-fraction")
        }  # fmt: skip
        self._trims = readings.follows("date-surrounding-blanks", "trimmed")
        self._rewriters = readings.pick(_REWRITERS)
        self._verbatim = readings.follows("date-echo", "verbatim")
        self._fraction = readings["date-fraction"]
        form = readings["timestamp-form"]
        self._own_digits = 6 if form == "microseconds" else 3  # of a second
        self._own_zone = "+00:00" if form == "offset" else "Z"
        self._read_short = functools.lru_cache(maxsize=KEPT)(self._read)

    def takes(self, text: str) -> bool:
        """Return whether `text` is a valid date."""
        # request.startDate.format, request.endDate.format; request.startDate.any-time: it asks no clock
        return is_written_as_here(text) or isinstance(self.find(text), Instant)

    def reason(self, text: str) -> str:
        """Return why `text` is not valid, to complete `…, which`; empty if it is valid."""
        found = self.find(text)
        return "" if isinstance(found, Instant) else found

    def read(self, text: str) -> Instant:
        """Return the instant of `text`; raise NotADate."""
        found = self.find(text)
        if isinstance(found, Instant):
            return found
        raise NotADate(found)

    def find(self, text: str) -> Instant | str:
        """Return the instant of a text, or why it is not valid."""
        return self._read_short(text) if len(text) <= KEPT_CHARACTERS else self._read(text)

    def _read(self, text: str) -> Instant | str:
        try:
            return self._parse(text)
        except NotADate as error:
            return str(error)

    def _reason_of_form(self, text: str) -> str:
        if not _LOCAL_MINUTES.fullmatch(text):
            return "does not have the form 2024-01-31T23:59:59.000Z"
        if self._refused["date-without-zone"]:
            return f"has no seconds and no time zone (append :00 and {_ZONE})"
        return "has no seconds (append :00)"

    def _parse(self, text: str) -> Instant:
        bare = text.strip() if self._trims else text
        form = _FORM.fullmatch(bare)
        for rewrite in () if form else self._rewriters:
            form = form or _FORM.fullmatch(rewrite(bare))
        if form is None:
            raise NotADate(self._reason_of_form(bare))
        year, month, day, hour, minute, second, fraction, zone = form.groups()
        self._check_day(int(year), int(month), int(day))
        if hour is None:
            self._refuse("date-only", "has no time of day")
            return Instant(datetime(int(year), int(month), int(day), tzinfo=UTC), "", text)
        if zone is None:
            self._refuse("date-without-zone", f"has no time zone (append {_ZONE})")
        if len(fraction or "") > 3:
            self._refuse("date-fraction", "has more than three digits of a second")
        days, hour_number = self._check_time(int(hour), int(minute), int(second), fraction)
        moment = datetime(int(year), int(month), int(day), hour_number, int(minute), min(int(second), 59), tzinfo=UTC)
        try:
            return Instant(moment + timedelta(days=days) - self._offset(zone), fraction or "", text)
        except OverflowError:
            raise NotADate("is outside the years 0001 to 9999 in UTC") from None

    def echo(self, text: str) -> str:
        """Return a valid date in the form of the response."""
        if self._verbatim or is_written_as_here(text):  # response.startDate.format, response.endDate.format
            return text
        instant = self.read(text)
        fraction = instant.fraction
        if self._fraction == "kept" and len(fraction) > 3:
            return f"{_seconds(instant.second)}.{fraction}Z"
        if self._fraction == "rounded" and fraction[3:4] >= "5":
            second = instant.second.replace(microsecond=int(fraction[:3]) * 1000)
            if second <= datetime.max.replace(tzinfo=UTC) - timedelta(milliseconds=1):
                second += timedelta(milliseconds=1)
            return f"{_seconds(second)}.{second.microsecond // 1000:03}Z"
        return f"{_seconds(instant.second)}.{fraction[:3]:0<3}Z"  # response.startDate.format, response.endDate.format

    def write(self, moment: datetime) -> str:
        """Return a timestamp of the server as text: milliseconds and UTC, unless a reading differs."""
        # response.createdAt.format, response.updatedAt.format
        if moment.microsecond:
            # orjson is ten times faster than isoformat. Its text is in quotes.
            return (
                orjson.dumps(moment)[1 : 1 + len("2024-01-31T23:59:59.") + self._own_digits].decode() + self._own_zone
            )
        return f"{_seconds(moment)}.{'0' * self._own_digits}{self._own_zone}"

    def _refuse(self, reading: str, reason: str) -> None:
        if self._refused[reading]:
            raise NotADate(reason)

    def _check_day(self, year: int, month: int, day: int) -> None:
        if year < 1:
            raise NotADate("has a year outside 0001 to 9999")
        if year < 1000:
            self._refuse("distant-years", "has a year outside 1000 to 9999")
        if not 1 <= month <= 12:
            raise NotADate(f"has the month {month:02}")
        if not 1 <= day <= calendar.monthrange(year, month)[1]:
            raise NotADate(f"names a day that does not exist ({_MONTHS[month]} {day})")

    def _check_time(self, hour: int, minute: int, second: int, fraction: str | None) -> tuple[int, int]:
        """Return the days to add and the hour to use, by the readings for 24:00:00 and second 60."""
        if hour == 24 and minute == second == 0 and not (fraction or "").strip("0"):
            self._refuse("hour-24", "has the hour 24 (write 00:00:00 of the next day)")
            return 1, 0
        if hour > 23 or minute > 59:
            raise NotADate(f"has the time of day {hour:02}:{minute:02}")
        if second == 60:
            self._refuse("leap-second", "has a leap second (write second 59)")
        elif second > 59:
            raise NotADate(f"has the second {second}")
        return 0, hour

    def _offset(self, zone: str | None) -> timedelta:
        if zone in (None, "Z"):
            return timedelta()
        assert zone is not None
        self._refuse("date-offset", "has an offset from UTC (write the instant in UTC, with Z)")
        hours, minutes = int(zone[1:3]), int(zone[4:6])
        if hours > 23 or minutes > 59:
            raise NotADate(f"has the offset {zone}")
        if hours * 60 + minutes > 14 * 60:
            self._refuse("large-offsets", f"has the offset {zone}, which no place on earth has")
        offset = timedelta(hours=hours, minutes=minutes)
        return -offset if zone[0] == "-" else offset


def _seconds(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")[:19]


def _rare_form(text: str) -> str:
    """Convert a rarer ISO 8601 form to the usual one, if Python can parse it (reading rare-date-forms)."""
    text = re.sub(r"(?<=\d)[t ](?=\d)", "T", text).replace("z", "Z")
    text = re.sub(r"^(\d{4})(-\d\d)?$", lambda m: f"{m[1]}{m[2] or '-01'}-01", text)
    try:
        if re.fullmatch(r"\d{4}-\d{3}", text, re.ASCII):
            return datetime.strptime(text, "%Y-%j").strftime("%Y-%m-%d")  # noqa: DTZ007  # only its day counts
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return moment.isoformat() if "T" in text else moment.date().isoformat()


def _other_text(text: str) -> str:
    """Convert a date in words or in another order to the usual form (reading other-date-texts)."""
    for form in ("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d"):
        try:
            return datetime.strptime(text, form).strftime("%Y-%m-%d").zfill(10)  # noqa: DTZ007  # only its day counts
        except ValueError:
            pass
    return ""


_REWRITERS = {
    ("rare-date-forms", "accepted"): _rare_form,
    ("other-date-texts", "accepted"): _other_text,
}
