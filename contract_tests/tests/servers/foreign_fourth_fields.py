"""The fourth foreign set, part 1: bodies and fields. Ported from servers of authors who had not seen the suite."""

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import Any

from contract_tests.tests.servers.breach import Changed, breaks
from contract_tests.tests.servers.foreign_dates import DATES, Stored
from contract_tests.tests.servers.foreign_ids import ChangedLists
from contract_tests.tests.servers.right_core import BadRequest, Fields, Request, RightCore, is_uuid, timestamp, to_utc
from contract_tests.tests.servers.trait import Lenient, Strict

ECHOES = ("response.startDate.echo", "response.endDate.echo")
DATE_FORMATS = ("request.startDate.format", "request.endDate.format")
UUID_FORMATS = ("request.companyIds.items.format", "request.icpId.format")
CRASH = "http.answer.no-server-error"
SOME_UUID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"


class OwnUuids(RightCore):
    """The right core, where a subclass decides which texts it keeps as UUIDs."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        read = {key: self.read(sent[key]) for key in ("icpId", "companyIds") if key in sent}
        return super().validate(request, sent | read) | {key: sent[key] for key in read}

    def read(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.read(item) for item in value]
        return SOME_UUID if isinstance(value, str) and self.is_one(value) else value

    def is_one(self, text: str) -> bool:
        """Return whether this server takes the text for a UUID."""
        return is_uuid(text)


# -- ids


@breaks(*UUID_FORMATS, source="dry-rb/dry-logic#69", difficulty="hard")
class OneLineIsUuid(OwnUuids):
    """The pattern begins with ^ and ends with $, which match at each line: one line that is a UUID is enough."""

    def is_one(self, text: str) -> bool:
        return any(map(is_uuid, text.split("\n")))


@breaks(
    *UUID_FORMATS, "response.icpId.type", "response.companyIds.type", source="keleshev/schema#307", difficulty="hard"
)
class LineEndAfterUuid(OwnUuids):
    """The pattern ends with $, which matches before a line end, too."""

    def is_one(self, text: str) -> bool:
        return is_uuid(text.removesuffix("\n"))


@breaks(*UUID_FORMATS, source="validatorjs/validator.js#1088", difficulty="hard")
class HexAndHyphens(OwnUuids):
    """The pattern takes 36 hexadecimal digits and hyphens in any order."""

    def is_one(self, text: str) -> bool:
        return re.fullmatch("[0-9a-fA-F-]{36}", text) is not None


@breaks(
    "request.companyIds.items.format",
    "request.companyIds.items.type",
    source="jsonrainbow/json-schema#648",
    difficulty="hard",
)
class FirstItemChecked(RightCore):
    """The validator checks only the first item of an array."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        ids = sent.get("companyIds")
        if not isinstance(ids, list) or len(ids) < 2 or not is_uuid(ids[0]):
            return super().validate(request, sent)
        return super().validate(request, sent | {"companyIds": ids[:1]}) | {"companyIds": ids}


@breaks(
    "request.companyIds.items.format", "request.companyIds.items.type", source="networknt/json-schema-validator#624"
)
class CompaniesCheckedByType(RightCore):
    """The schema has a branch for each type, so the IDs of companies on a list of people are not validated."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        ids = sent.get("companyIds")
        if sent.get("type", "person") != "person" or not isinstance(ids, list):
            return super().validate(request, sent)
        return super().validate(request, sent | {"companyIds": []}) | {"companyIds": ids}


@breaks("response.personIds.echo", source="mozilla/fxa-profile-server#186", difficulty="hard")
class IdsEndAtFourBytes(Changed):
    """The column of the IDs holds characters of up to three bytes; a text ends before the first longer one."""

    def changes(self, created: Fields) -> Fields:
        return {"personIds": [re.split("[\U00010000-\U0010ffff]", id)[0] for id in created["personIds"]]}


@breaks("response.companyIds.echo", "response.personIds.echo", source="golang/go#14788")
class LastIdForAll(ChangedLists):
    """All elements point to the variable of the loop, which holds the last ID at the end."""

    def change(self, ids: list[str]) -> list[str]:
        return ids[-1:] * len(ids)


# -- dates


@breaks(*DATE_FORMATS, "success.created", source="nehakadam/AnyPicker#22", difficulty="hard")
class LeapDayOf2000Refused(Strict):
    """No century has a leap day, not even 2000."""

    def objections(self, sent: Fields, fields: Fields) -> Any:
        for key in DATES:
            if re.match("[0-9]{2}00-02-29", sent[key]):
                yield f"/{key}", "must be a day of the calendar"


@breaks(*DATE_FORMATS, source="hexlet-codebattle/battle_asserts#1090", difficulty="hard")
class EveryFourthYearLeaps(Lenient):
    """Every fourth year has a leap day, also 2100, which becomes the first of March."""

    def read(self, key: str, value: Any) -> Any:
        is_date = key in DATES and isinstance(value, str)
        return re.sub("^([0-9][1235679]00)-02-29", r"\1-03-01", value) if is_date else value


@breaks(*DATE_FORMATS, source="colinhacks/zod#3391", difficulty="hard")
class LeapDayEveryYear(Lenient):
    """The pattern takes February 29 of any year; the date becomes the first of March."""

    def read(self, key: str, value: Any) -> Any:
        if key in DATES and isinstance(value, str) and re.match("[1-9][0-9]{3}-02-29", value):
            return value if monthrange(int(value[:4]), 2)[1] == 29 else value.replace("-02-29", "-03-01", 1)
        return value


@breaks(*ECHOES, source="interuss/dss#877")
class FractionIgnored(Stored):
    """The layout for responses has no fraction: milliseconds are lost."""

    def written(self, moment: datetime) -> str:
        return timestamp(moment.replace(microsecond=0))


@breaks(*ECHOES, source="MemMachine/MemMachine#1558")
class OffsetDropped(Stored):
    """The database keeps the local time and drops the offset."""

    def stored(self, text: str) -> str:
        return self.written(to_utc(re.sub(r"(?<=[0-9])[+-][0-9]{2}:[0-9]{2}$", "Z", text) if "T" in text else text))


@breaks(*ECHOES, source="xroche/httrack#1491", difficulty="hard")
class HourOfTheGapMoved(Stored):
    """The server takes UTC for its local time, of which one hour in spring does not exist."""

    def written(self, moment: datetime) -> str:
        in_gap = moment.month == 3 and 8 <= moment.day <= 14 and moment.isoweekday() == 7 and moment.hour == 2
        return timestamp(moment + timedelta(hours=in_gap))


@breaks(*ECHOES, source="Eonasdan/tempus-dominus#1586", difficulty="hard")
class OffsetOfTheStart(Stored):
    """The offset of the local time is read once: dates of the other half of the year move by one hour."""

    def written(self, moment: datetime) -> str:
        return timestamp(moment + timedelta(hours=4 <= moment.month <= 9)) if moment.year < 9999 else timestamp(moment)


@breaks(CRASH, source="glpi-project/glpi#7953")
class YearsAfter2037Crash(Stored):
    """The column ends in January 2038: 500 for later dates."""

    def written(self, moment: datetime) -> str:
        if moment >= datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC):
            raise OverflowError("Incorrect datetime value")
        return timestamp(moment)


@breaks(*ECHOES, source="qdrant/qdrant-client#1310", difficulty="hard")
class MillisecondOfFloatCut(Stored):
    """Seconds are a float that is cut to milliseconds: some are one millisecond early."""

    def written(self, moment: datetime) -> str:
        if not 1970 <= moment.year < 2200:
            return timestamp(moment)
        return timestamp(datetime.fromtimestamp(int(moment.timestamp() % 60 * 1000) / 1000, UTC).replace(
            year=moment.year, month=moment.month, day=moment.day, hour=moment.hour, minute=moment.minute
        ))  # fmt: skip


# -- names and other values


@breaks("response.name.echo", source="diegosouzapw/OmniRoute#12186", difficulty="hard")
class JoinersRemoved(Changed):
    """The sanitizer removes characters of no width, which parts families of emoji and Persian words."""

    def changes(self, created: Fields) -> Fields:
        return {"name": re.sub("[\u200b-\u200d\ufeff]", "", created["name"])}


@breaks("request.name.type", source="pydantic/pydantic#7820")
class BooleanMadeText(Lenient):
    """The validator turns numbers into text, and booleans with them."""

    def read(self, key: str, value: Any) -> Any:
        return str(value) if key == "name" and isinstance(value, bool) else value


@breaks(CRASH, source="encode/django-rest-framework#7026", difficulty="hard")
class HalfPairCrash(RightCore):
    """Half a surrogate pair passes the parser, and the database cannot encode it: 500."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        if re.search("[\ud800-\udfff]", str(sent.get("name"))):
            raise RuntimeError("surrogates not allowed")
        return super().validate(request, sent)


@breaks(CRASH, source="synaptent/aragora#5965")
class ArrayForBodyCrash(RightCore):
    """The server looks up fields in a body that is an array or a text: 500."""

    def parse(self, request: Request) -> Fields:
        try:
            return super().parse(request)
        except BadRequest as refusal:
            if refusal.details == [{"path": "", "message": "must be a JSON object"}]:
                raise RuntimeError("list indices must be integers") from None
            raise


@breaks(CRASH, "request.body.open", source="hugapi/hug#392", difficulty="hard")
class FieldsAsArguments(RightCore):
    """Fields are passed as arguments of a function, which has one of the same name: 500."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        if "self" in sent:
            raise TypeError("multiple values for argument 'self'")
        return super().validate(request, sent)
