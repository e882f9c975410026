"""The sixth foreign set, part 1: bodies and dates. Ported from servers of an author who had not seen the suite."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from contract_tests.tests.servers.breach import breaks
from contract_tests.tests.servers.foreign_dates import DATES, EPOCH, Stored
from contract_tests.tests.servers.right_core import (
    Answer,
    Fields,
    Refusal,
    Request,
    RightCore,
    is_uuid,
    timestamp,
    to_utc,
)
from contract_tests.tests.servers.trait import Lenient

# -- bodies


@breaks(
    "request.name.nullability",
    "request.startDate.nullability",
    "request.endDate.nullability",
    "request.personIds.nullability",
    "request.name.type",
    "request.startDate.format",
    source="graphql-community/koa-graphql#106",
)
class NullIsGraphqlError(RightCore):
    """The handler calls GraphQL, which refuses null in a required field, and its errors are sent with status 200."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        if any(sent.get(key, "") is None for key in ("name", "startDate", "endDate", "personIds")):
            raise Refusal(200, "BAD_USER_INPUT", 'Variable "$input" got invalid value null')
        return super().validate(request, sent)

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        if refusal.status != 200:
            return super().refuse(request, refusal)
        error = {"message": refusal.message, "extensions": {"code": refusal.code}}
        return self.render(request, 200, {"data": None, "errors": [error]})


@breaks("request.type.type", source="EliW/treb#10")
class TrueIsAnyWord(RightCore):
    """The search for a word in the enumeration compares loosely, and true is equal to each word."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        if sent.get("type") is not True:
            return super().validate(request, sent)
        return super().validate(request, sent | {"type": "person"}) | {"type": True}


@breaks("request.body.type", source="encode/django-rest-framework#927")
class ListOfBodiesCreates(RightCore):
    """An array of bodies creates a lead list for each, and returns an array."""

    def create(self, request: Request) -> Answer:
        create = super().create
        try:
            bodies = json.loads(request.body)
        except (ValueError, RecursionError):
            bodies = None
        if not bodies or not isinstance(bodies, list) or not all(isinstance(body, dict) for body in bodies):
            return create(request)
        answers = [create(request._replace(body=json.dumps(body).encode())) for body in bodies]
        return answers[0]._replace(body=b"[" + b",".join(answer.body for answer in answers) + b"]")


@breaks(
    "request.name.required",
    "request.icpId.required",
    "request.startDate.required",
    "request.endDate.required",
    "request.personIds.required",
    source="antithesishq/snouty#103",
    difficulty="hard",
)
class WrapperTaken(RightCore):
    """A body whose fields are in an object with the key data is accepted as well."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        wrapped = sent.get("data")
        return super().validate(request, wrapped if isinstance(wrapped, dict) and "name" not in sent else sent)


@breaks("error.400.status", source="umutbozkurt/django-rest-framework-mongoengine#234")
class WrongIcpNotFound(RightCore):
    """The server looks up an icpId that is not a UUID, and answers 404."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        if isinstance(sent.get("icpId"), str) and not is_uuid(sent["icpId"]):
            raise Refusal(404, "NOT_FOUND", "ICP not found.")
        return super().validate(request, sent)


# -- dates


@breaks(
    "response.startDate.echo", "response.endDate.echo", source="opensanctions/opensanctions#5319", difficulty="hard"
)
class YearsOfTwoDigits(Stored):
    """Years are stored with two digits, of which 69 to 99 are read as 1969 to 1999."""

    def written(self, moment: datetime) -> str:
        return super().written(moment.replace(year=moment.year - 100) if 2069 <= moment.year <= 2099 else moment)


@breaks(
    "response.endDate.echo",
    "response.startDate.echo",
    source="chemerisuk/better-dateinput-polyfill#75",
    difficulty="hard",
)
class EpochIsNoDate(Stored):
    """The start of 1970 is 0 milliseconds, which counts as no date: the server takes the current time."""

    def written(self, moment: datetime) -> str:
        return super().written(datetime.now(UTC) if moment == EPOCH else moment)


@breaks("response.startDate.echo", "response.endDate.echo", source="pgjdbc/pgjdbc#1534", difficulty="hard")
class JulianBefore1582(Stored):
    """Dates before October 15, 1582 are written in the Julian calendar, which moves them by days."""

    def written(self, moment: datetime) -> str:
        if moment < datetime(1582, 10, 15, tzinfo=UTC) and moment.year > 300:
            year = moment.year if moment.month > 2 else moment.year - 1
            moment -= timedelta(days=year // 100 - year // 400 - 2)
        return super().written(moment)


@breaks("response.startDate.echo", "response.endDate.echo", source="date-fns/date-fns#1228", difficulty="hard")
class Hour24OfTheSameDay(Lenient):
    """The hour 24 is read as 0, so that the end of a day becomes its start."""

    def read(self, key: str, value: Any) -> Any:
        return re.sub("T24(?=:00:00)", "T00", value) if key in DATES and isinstance(value, str) else value


@breaks("response.startDate.echo", "response.endDate.echo", source="DevExpress/DevExtreme#24504", difficulty="hard")
class DatesPutInOrder(RightCore):
    """An end before the start is exchanged with it."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        return fields | dict(zip(DATES, sorted(fields[key] for key in DATES), strict=True))


@breaks("response.startDate.echo", "response.endDate.echo", source="typeorm/typeorm#49", difficulty="hard")
class MidnightOfBerlin(Stored):
    """A date without a time is midnight in Berlin, which is the day before in UTC."""

    def stored(self, text: str) -> str:
        moment = to_utc(text)
        is_moved = len(text) == len("2024-01-31") and moment.year > 1
        return timestamp(moment - timedelta(hours=1) if is_moved else moment)
