"""Reported bugs in dates: what a parser accepts, and how a server stores and writes instants."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from contract_tests.tests.servers.breach import breaks
from contract_tests.tests.servers.right_core import Fields, Request, RightCore, timestamp, to_utc
from contract_tests.tests.servers.trait import Lenient

DATES = ("startDate", "endDate")
ECHOES = ("response.endDate.echo", "response.startDate.format", "response.endDate.format")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Stored(RightCore):
    """The right core, where a subclass decides what becomes of an accepted date."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        return super().validate(request, sent) | {key: self.stored(sent[key]) for key in DATES}

    def stored(self, text: str) -> str:
        return self.written(to_utc(text))

    def written(self, moment: datetime) -> str:
        return timestamp(moment)


@breaks(
    "request.startDate.nullability",
    "request.startDate.type",
    "request.endDate.nullability",
    "request.endDate.type",
    source="colinhacks/zod#1929",
    difficulty="easy",
)
class NullMadeEpoch(Lenient):
    """The validator reads null, booleans and numbers as milliseconds since the start of 1970."""

    def read(self, key: str, value: Any) -> Any:
        if key not in DATES or isinstance(value, str | list | dict):
            return value
        try:
            return timestamp(EPOCH + timedelta(milliseconds=value or 0))
        except OverflowError:
            return value


@breaks("request.startDate.format", "request.endDate.format", source="moment/moment#5743")
class LastNumberMadeDate(Lenient):
    """The parser accepts any text that ends in a number: "Campaign 2" is February 2001, "Test 451" a year."""

    def read(self, key: str, value: Any) -> Any:
        found = re.fullmatch(r"[^0-9]*[ -]([0-9]{1,4})", value) if key in DATES and isinstance(value, str) else None
        number = int(found[1]) if found else 0
        if 1 <= number <= 12:
            return f"2001-{number:02}-01T00:00:00.000Z"
        return f"{number:04}-01-01T00:00:00.000Z" if number > 49 else value


@breaks("response.startDate.echo", *ECHOES, source="nodejs/node#38474", difficulty="easy")
class MidnightMade24(Stored):
    """The formatter writes the hour after midnight as 24, so midnight moves by a day."""

    def written(self, moment: datetime) -> str:
        return timestamp(moment).replace("T00:", "T24:")


@breaks("response.startDate.echo", *ECHOES, source="WenchaoD/FSCalendar#1264", difficulty="hard")
class YearOfTheWeek(Stored):
    """The formatter writes the year of the week (YYYY for yyyy), so late December moves to the next year."""

    def written(self, moment: datetime) -> str:
        saturday = moment + timedelta(days=6 - moment.isoweekday() % 7) if moment.year < 9999 else moment
        return f"{saturday.year:04}{timestamp(moment)[4:]}"


@breaks("response.startDate.echo", *ECHOES, source="bitwalker/timex#96", difficulty="hard")
class ZerosOfFractionLost(Stored):
    """The parser loses zeros at the start of a fraction: .060 becomes 600 milliseconds."""

    def stored(self, text: str) -> str:
        return self.written(to_utc(re.sub(r"\.0+(?=[0-9])", ".", text)))


@breaks("response.startDate.echo", *ECHOES, source="MainfluxLabs/mainflux#1217", difficulty="hard")
class NanosecondsOverflow(Stored):
    """The server counts nanoseconds in 64 bits, which overflow in April 2262 and continue in 1677."""

    def written(self, moment: datetime) -> str:
        nanoseconds = (moment - EPOCH) // timedelta(microseconds=1) * 1000
        wrapped = (nanoseconds + 2**63) % 2**64 - 2**63
        return timestamp(EPOCH + timedelta(microseconds=wrapped // 1000))


@breaks("response.startDate.echo", *ECHOES, source="HowardHinnant/date#277")
class MinutesOfOffsetAdded(Stored):
    """The parser adds the minutes of a negative offset: it reads -03:30 as -02:30."""

    def stored(self, text: str) -> str:
        west = re.search(r"T.*-[0-9]{2}:([0-9]{2})$", text)
        return self.written(to_utc(text) - timedelta(minutes=2 * int(west[1]) if west else 0))


@breaks("response.startDate.echo", *ECHOES, source="gchq/event-logging#20", difficulty="hard")
class FractionBeforeEpochNegative(Stored):
    """The formatter writes negative milliseconds before 1970: 1969-12-31T23:59:59.0-1Z."""

    def written(self, moment: datetime) -> str:
        milliseconds = (moment - EPOCH) // timedelta(milliseconds=1)
        if milliseconds >= 0 or milliseconds % 1000 == 0:
            return timestamp(moment)
        return f"{timestamp(moment)[:20]}{str(milliseconds % 1000 - 1000).rjust(3, '0')}Z"


@breaks("response.startDate.echo", *ECHOES, source="mikro-orm/mikro-orm#4632")
class EndOfDayRoundedUp(Stored):
    """The database rounds to whole seconds, so the last millisecond of a day becomes the next day."""

    def written(self, moment: datetime) -> str:
        return timestamp((moment + timedelta(milliseconds=500)).replace(microsecond=0))


@breaks(
    "http.answer.no-server-error",
    "request.startDate.format",
    "request.endDate.format",
    source="archivesspace/archivesspace#2973",
    difficulty="hard",
)
class SummerTimeGapCrash(Stored):
    """The driver crashes on UTC times that clocks in New York skip, 2 to 3 on a Sunday in March."""

    def written(self, moment: datetime) -> str:
        if (moment.month, moment.isoweekday(), moment.hour) == (3, 7, 2) and 8 <= moment.day <= 14:
            raise ValueError("HOUR_OF_DAY: 2 -> 3")
        return timestamp(moment)


@breaks("response.startDate.echo", *ECHOES, source="ControlSystemStudio/phoebus#3675", difficulty="hard")
class SummerTimeOverlapShifted(Stored):
    """The driver moves instants in the hour that New York repeats in November back by an hour."""

    def written(self, moment: datetime) -> str:
        repeated = (moment.month, moment.isoweekday(), moment.hour) == (11, 7, 6) and moment.day <= 7
        return timestamp(moment - timedelta(hours=1) if repeated else moment)
