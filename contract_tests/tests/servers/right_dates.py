"""Traits of which dates are taken and how they come back."""

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
    """The dates that are of a form, each with an objection."""
    for key in DATES:
        if re.search(form, sent[key]):
            yield f"/{key}", "must be a date of another form"


@about("date forms")
class DateTimesInUtcOnly(Strict):
    """Only date-times that end with Z are taken, as zod takes them."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        yield from of_form("[^Z]$", sent)


@about("date forms")
class WholeDaysRefused(Strict):
    """A date without time is answered 400."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        yield from of_form("^.{10}$", sent)


@about("date-only")
class WholeDaysOfBerlin(RightCore):
    """A date without time is midnight in the server's zone, and comes back with its offset, as Django gives it."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        days = {key: f"{sent[key]}T00:00:00+01:00" for key in DATES if len(sent[key]) == 10}
        return fields | days


@about("date-fraction")
class FractionsRefused(Strict):
    """More than three digits of a second are answered 400."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        yield from of_form(r"\.\d{4}", sent)


@about("distant-years")
class DistantYearsRefused(Strict):
    """Years before 1970 or after 2099 are answered 400."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        yield from of_form("^(?!19[789]|20)", sent)


@about("large-offsets")
class LargeOffsetsRefused(Strict):
    """Offsets of more than 14 hours are answered 400."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        yield from of_form(r"[+-](1[5-9]|2\d|14:(?!00))[\d:]*$", sent)


class LaxDates(Lenient):
    """Dates of further forms are read."""

    def read(self, key: str, value: Any) -> Any:
        return super().read(key, self.date(value) if key in DATES and isinstance(value, str) else value)

    def date(self, text: str) -> str:
        return text


@about("date-without-zone")
class LocalDatesTaken(LaxDates):
    """A date-time without offset is taken for UTC."""

    def date(self, text: str) -> str:
        return super().date(f"{text}Z" if re.fullmatch(r"[\d-]{10}T[\d:]{8}(\.\d+)?", text, re.ASCII) else text)


@about("leap-second")
class LeapSecondTaken(LaxDates):
    """Second 60 is taken for second 59."""

    def date(self, text: str) -> str:
        return super().date(re.sub(r"(?<=T\d\d:\d\d:)60", "59", text))


@about("hour-24")
class Hour24Taken(LaxDates):
    """24:00:00 is midnight of the next day."""

    def date(self, text: str) -> str:
        day = re.fullmatch(r"(\d{4}-\d\d-\d\d)T24:00:00(?:\.0+)?Z", text, re.ASCII)
        with suppress(ValueError, OverflowError):
            text = timestamp(to_utc(day[1]) + timedelta(days=1)) if day else text
        return super().date(text)


@about("rare-date-forms")
class RareDatesTaken(LaxDates):
    """Lower case, a blank for T, an offset without colon, no seconds: as Python's fromisoformat reads them."""

    def date(self, text: str) -> str:
        with suppress(ValueError, OverflowError):
            if re.fullmatch(r"\d{4}-\d\d-\d\d[t ]\d\d:\d\d(:\d\d)?(\.\d+)?([Zz]|[+-]\d\d:?\d\d)", text, re.ASCII):
                text = timestamp(to_utc(text.upper()))
        return super().date(text)


@about("other-date-texts")
class DatesInWordsTaken(LaxDates):
    """January 1, 2030 is taken for that day."""

    def date(self, text: str) -> str:
        with suppress(ValueError):
            text = f"{datetime.strptime(text, '%B %d, %Y'):%Y-%m-%d}".rjust(10, "0")  # noqa: DTZ007 - a whole day
        return super().date(text)


@about("date-surrounding-blanks")
class DatesTrimmed(LaxDates):
    """Blanks around a date are cut off."""

    def date(self, text: str) -> str:
        return super().date(text.strip())


@about("end-before-start")
class EndBeforeStartRefused(Strict):
    """An end before the start is answered 400."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        if to_utc(fields["endDate"]) < to_utc(fields["startDate"]):
            yield "/endDate", "must not lie before the start"


@about("equal-dates")
class EqualDatesRefused(Strict):
    """An end at the start is answered 400."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        if to_utc(fields["endDate"]) == to_utc(fields["startDate"]):
            yield "/endDate", "must lie behind the start"


class DatesWritten(RightCore):
    """The dates of the campaign come back in a form of their own."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        written = {key: self.date_written(to_utc(fields[key])) for key in DATES}
        return super().build(request, user, fields) | written

    def date_written(self, moment: datetime) -> str:
        return timestamp(moment)


@about("date-echo")
class DatesVerbatim(RightCore):
    """Dates come back as they were sent."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        sent = self.parse(request)
        return super().build(request, user, fields) | {key: sent[key] for key in DATES}


@about("date-echo")
class DatesWithoutNeedlessDigits(DatesWritten):
    """Dates come back without a fraction that is zero, as Java's Instant writes them."""

    def date_written(self, moment: datetime) -> str:
        return timestamp(moment).replace(".000Z", "Z")


@about("date-echo")
class DatesWithOffsetZero(DatesWritten):
    """Dates come back with +00:00 in place of Z, as Python's isoformat writes them."""

    def date_written(self, moment: datetime) -> str:
        return timestamp(moment).replace("Z", "+00:00")


@about("date-echo")
class DatesInMicroseconds(DatesWritten):
    """Dates come back with six digits of a second, as Postgres writes them."""

    def date_written(self, moment: datetime) -> str:
        return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
