"""Traits of accepted dates and of their format in responses."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from contract_tests.tests.servers.right_core import Fields, Request, RightCore, timestamp, to_utc
from contract_tests.tests.servers.trait import Lenient, Strict, about

Problems = Iterator[tuple[str, str]]
DATES = ("startDate", "endDate")


def of_form(form: str, sent: Fields) -> Problems:
    """Return a problem for each date that matches the pattern."""
    for key in DATES:
        if re.search(form, sent[key]):
            yield f"/{key}", "must be a date of another form"


@about("date forms")
class DateTimesInUtcOnly(Strict):
    """The server accepts only date-times that end with Z, like zod."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        yield from of_form("[^Z]$", sent)


@about("date forms")
class WholeDaysRefused(Strict):
    """The server answers 400 to a date without time."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        yield from of_form("^.{10}$", sent)


@about("date-only")
class WholeDaysOfBerlin(RightCore):
    """The server reads a date without a time as midnight in its time zone, like Django."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        days = {key: f"{sent[key]}T00:00:00+01:00" for key in DATES if len(sent[key]) == 10}
        return fields | days


@about("date-fraction")
class FractionsRefused(Strict):
    """The server answers 400 to more than three fraction digits."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        yield from of_form(r"\.\d{4}", sent)


@about("distant-years")
class DistantYearsRefused(Strict):
    """The server answers 400 to years before 1970 or after 2099."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        yield from of_form("^(?!19[789]|20)", sent)


@about("large-offsets")
class LargeOffsetsRefused(Strict):
    """The server answers 400 to offsets of more than 14 hours."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        yield from of_form(r"[+-](1[5-9]|2\d|14:(?!00))[\d:]*$", sent)


class LaxDates(Lenient):
    """The server accepts more date formats."""

    def read(self, key: str, value: Any) -> Any:
        return super().read(key, self.date(value) if key in DATES and isinstance(value, str) else value)

    def date(self, text: str) -> str:
        return text


@about("date-without-zone")
class LocalDatesTaken(LaxDates):
    """The server reads a date-time without offset as UTC."""

    def date(self, text: str) -> str:
        return super().date(f"{text}Z" if re.fullmatch(r"[\d-]{10}T[\d:]{8}(\.\d+)?", text, re.ASCII) else text)


@about("leap-second")
class LeapSecondTaken(LaxDates):
    """The server reads second 60 as second 59."""

    def date(self, text: str) -> str:
        return super().date(re.sub(r"(?<=T\d\d:\d\d:)60", "59", text))


@about("hour-24")
class Hour24Taken(LaxDates):
    """The server reads 24:00:00 as midnight of the next day."""

    def date(self, text: str) -> str:
        day = re.fullmatch(r"(\d{4}-\d\d-\d\d)T24:00:00(?:\.0+)?Z", text, re.ASCII)
        with suppress(ValueError, OverflowError):
            text = timestamp(to_utc(day[1]) + timedelta(days=1)) if day else text
        return super().date(text)


@about("rare-date-forms")
class RareDatesTaken(LaxDates):
    """The server accepts rare formats (lower case, space for T, no colon, no seconds), like fromisoformat."""

    def date(self, text: str) -> str:
        with suppress(ValueError, OverflowError):
            if re.fullmatch(r"\d{4}-\d\d-\d\d[t ]\d\d:\d\d(:\d\d)?(\.\d+)?([Zz]|[+-]\d\d:?\d\d)", text, re.ASCII):
                text = timestamp(to_utc(text.upper()))
        return super().date(text)


@about("other-date-texts")
class DatesInWordsTaken(LaxDates):
    """The server accepts January 1, 2030."""

    def date(self, text: str) -> str:
        with suppress(ValueError):
            text = f"{datetime.strptime(text, '%B %d, %Y'):%Y-%m-%d}".rjust(10, "0")  # noqa: DTZ007 - a whole day
        return super().date(text)


@about("date-surrounding-blanks")
class DatesTrimmed(LaxDates):
    """The server removes spaces around a date."""

    def date(self, text: str) -> str:
        return super().date(text.strip())


@about("end-before-start")
class EndBeforeStartRefused(Strict):
    """The server answers 400 to an endDate before startDate."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        if to_utc(fields["endDate"]) < to_utc(fields["startDate"]):
            yield "/endDate", "must not lie before the start"


@about("equal-dates")
class EqualDatesRefused(Strict):
    """The server answers 400 to an endDate equal to startDate."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        if to_utc(fields["endDate"]) == to_utc(fields["startDate"]):
            yield "/endDate", "must be after startDate"


class DatesWritten(RightCore):
    """startDate and endDate come back in another format."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        written = {key: self.date_written(to_utc(fields[key])) for key in DATES}
        return super().build(request, user, fields) | written

    def date_written(self, moment: datetime) -> str:
        return timestamp(moment)


@about("date-echo")
class DatesVerbatim(RightCore):
    """Dates come back as sent."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        sent = self.parse(request)
        return super().build(request, user, fields) | {key: sent[key] for key in DATES}


@about("date-echo")
class DatesWithoutNeedlessDigits(DatesWritten):
    """Dates come back without a zero fraction, like Java's Instant."""

    def date_written(self, moment: datetime) -> str:
        return timestamp(moment).replace(".000Z", "Z")


@about("date-echo")
class DatesWithoutNeedlessSeconds(DatesWritten):
    """Dates come back without a zero fraction and without zero seconds, like Java's OffsetDateTime."""

    def date_written(self, moment: datetime) -> str:
        return timestamp(moment).replace(".000Z", "Z").replace(":00Z", "Z")


@about("date-echo")
class DatesWithOffsetZero(DatesWritten):
    """Dates come back with +00:00 instead of Z, like Python's isoformat."""

    def date_written(self, moment: datetime) -> str:
        return timestamp(moment).replace("Z", "+00:00")


@about("date-echo")
class DatesInMicroseconds(DatesWritten):
    """Dates come back with six fraction digits, like Postgres."""

    def date_written(self, moment: datetime) -> str:
        return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
