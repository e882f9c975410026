"""Dates: which texts name an instant, and in which form an instant is written.

The page says "ISO 8601 date string" and shows `2024-01-01T00:00:00.000Z`; what else is taken is a matter of readings.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mock_server.contract.readings import Readings

# A date, or a date-time of RFC 3339 §5.6; ASCII digits only, which \d alone would not mean.
_FORM = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?)?",
    re.ASCII,
)


class NotADate(ValueError):
    """A text that names no instant that is taken here; the text says why."""


@dataclass(frozen=True, slots=True)
class Instant:
    """An instant: whole seconds in UTC, the digits of the second's fraction, and the text that named it."""

    second: datetime
    fraction: str
    text: str

    @property
    def order(self) -> tuple[datetime, str]:
        """What instants are compared by; trailing zeros of a fraction mean nothing."""
        return self.second, self.fraction.rstrip("0")


_MONTHS = tuple(calendar.month_name)  # which asks the system for the name each time
_WRITTEN_HERE = re.compile(r"[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)


def is_written_as_here(text: str) -> bool:
    """Whether a date has the form in which this server writes it, which every reading takes and gives back unchanged.

    A short way past `Dates.read` for nearly every date that is sent; a test shows that both agree.
    """
    if len(text) != 24 or not _WRITTEN_HERE.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:  # not on the calendar or the clock; or hour 24, or second 60, which readings decide
        return False
    return True


class Dates:
    """Reads and writes dates as the readings in force say."""

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
        self._own_form = readings["timestamp-form"]

    def takes(self, text: str) -> bool:
        """Whether `text` names an instant (clauses request.startDate.format, request.endDate.format)."""
        if is_written_as_here(text):
            return True
        try:
            self.read(text)
        except NotADate:
            return False
        return True

    def reason(self, text: str) -> str:
        """Why `text` is not taken."""
        try:
            self.read(text)
        except NotADate as error:
            return str(error)
        return ""

    def read(self, text: str) -> Instant:
        """The instant that `text` names; raises NotADate."""
        form = _FORM.fullmatch(text.strip() if self._trims else text)
        for rewrite in () if form else self._rewriters:
            form = form or _FORM.fullmatch(rewrite(text.strip()))
        if form is None:
            raise NotADate("it is not of the form 2024-01-31T23:59:59.000Z")
        year, month, day, hour, minute, second, fraction, zone = form.groups()
        self._check_day(int(year), int(month), int(day))
        if hour is None:
            self._refuse("date-only", "it has no time of day")
            return Instant(datetime(int(year), int(month), int(day), tzinfo=UTC), "", text)
        if zone is None:
            self._refuse("date-without-zone", "it has no offset from UTC; put Z behind it")
        if len(fraction or "") > 3:
            self._refuse("date-fraction", "it has more than three digits of a second")
        days, hour_number = self._check_time(int(hour), int(minute), int(second), fraction)
        moment = datetime(int(year), int(month), int(day), hour_number, int(minute), min(int(second), 59), tzinfo=UTC)
        try:
            return Instant(moment + timedelta(days=days) - self._offset(zone), fraction or "", text)
        except OverflowError:
            raise NotADate("in UTC it lies outside the years 0001 to 9999") from None

    def echo(self, text: str) -> str:
        """A date that was sent, in the form in which it comes back (clause response.startDate.echo)."""
        if self._verbatim or is_written_as_here(text):
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
        return f"{_seconds(instant.second)}.{fraction[:3]:0<3}Z"

    def write(self, moment: datetime) -> str:
        """The server's own timestamp (clause response.createdAt.format), in milliseconds unless a reading differs."""
        if self._own_form == "microseconds":
            return f"{_seconds(moment)}.{moment.microsecond:06}Z"
        return f"{_seconds(moment)}.{moment.microsecond // 1000:03}{'+00:00' if self._own_form == 'offset' else 'Z'}"

    def _refuse(self, reading: str, reason: str) -> None:
        if self._refused[reading]:
            raise NotADate(reason)

    def _check_day(self, year: int, month: int, day: int) -> None:
        if year < 1:
            raise NotADate("years run from 0001 to 9999")
        if year < 1000:
            self._refuse("distant-years", "years run from 1000 to 9999")
        if not 1 <= month <= 12:
            raise NotADate(f"there is no month {month:02}")
        if not 1 <= day <= calendar.monthrange(year, month)[1]:
            raise NotADate(f"there is no {_MONTHS[month]} {day} in {year}")

    def _check_time(self, hour: int, minute: int, second: int, fraction: str | None) -> tuple[int, int]:
        """Days to add and the hour to take, for the readings of 24:00:00 and of second 60."""
        if hour == 24 and minute == second == 0 and not (fraction or "").strip("0"):
            self._refuse("hour-24", "midnight is 00:00:00 of the next day, not 24:00:00")
            return 1, 0
        if hour > 23 or minute > 59:
            raise NotADate(f"there is no time of day {hour:02}:{minute:02}")
        if second == 60:
            self._refuse("leap-second", "leap seconds are not taken; there is no second 60")
        elif second > 59:
            raise NotADate(f"there is no second {second}")
        return 0, hour

    def _offset(self, zone: str | None) -> timedelta:
        if zone in (None, "Z"):
            return timedelta()
        assert zone is not None
        self._refuse("date-offset", "it has an offset from UTC; write the instant in UTC, with Z")
        hours, minutes = int(zone[1:3]), int(zone[4:6])
        if hours > 23 or minutes > 59:
            raise NotADate(f"there is no offset {zone}")
        if hours * 60 + minutes > 14 * 60:
            self._refuse("large-offsets", f"no place on earth has the offset {zone}")
        offset = timedelta(hours=hours, minutes=minutes)
        return -offset if zone[0] == "-" else offset


def _seconds(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")[:19]


def _rare_form(text: str) -> str:
    """A rarer ISO 8601 spelling in the usual one, as far as Python reads it (reading rare-date-forms)."""
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
    """A date in words or in another order, in the usual form (reading other-date-texts)."""
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
