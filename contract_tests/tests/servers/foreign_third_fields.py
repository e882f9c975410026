"""The third foreign set, part 1: bodies and fields. Written from public reports alone, without the suite's plan."""

import re
from datetime import datetime, timedelta
from typing import Any

from contract_tests.tests.servers.breach import Changed, breaks
from contract_tests.tests.servers.right_core import (
    Answer,
    BadRequest,
    Fields,
    Refusal,
    Request,
    RightCore,
    is_date,
    is_uuid,
    timestamp,
    to_utc,
)
from contract_tests.tests.servers.trait import Lenient

DATES = ("startDate", "endDate")
ECHOES = ("response.startDate.echo", "response.endDate.echo")
DATE_FORMATS = ("request.startDate.format", "request.endDate.format")
UUID_FORMATS = ("request.icpId.format", "request.companyIds.items.format")
CRASH = "http.answer.no-server-error"
YAML_WORDS = {"yes": True, "on": True, "no": False, "off": False}

# -- easy: every request or nearly every request shows it


@breaks(
    "response.createdAt.format",
    "response.updatedAt.format",
    "response.createdAt.required",
    "response.updatedAt.required",
    source="opentdf/platform#549",
    difficulty="easy",
)
class TimestampsReadLater(Changed):
    """The database sets the timestamps, and the response of create is written before they are read: null."""

    def changes(self, created: Fields) -> Fields:
        return {"createdAt": None, "updatedAt": None}


@breaks("response.companyIds.type", "response.personIds.type", source="leafo/lapis#648", difficulty="easy")
class EmptyTableAsObject(Changed):
    """The JSON library has one type for lists and maps, and writes an empty one as {}."""

    def changes(self, created: Fields) -> Fields:
        return {key: {} for key in ("personIds", "companyIds") if not created[key]}


@breaks("request.companyIds.default", "response.companyIds.type", source="golang/go#37711", difficulty="easy")
class NilSliceAsNull(RightCore):
    """The server never sets the default of a list, and writes a nil slice as null."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        created = super().build(request, user, fields)
        return created | {key: created[key] or None for key in ("personIds", "companyIds")}


@breaks("response.icpId.required", source="dotwebstack/dotwebstack-framework#255", difficulty="easy")
class NullOmitted(RightCore):
    """The serializer leaves out properties that are null."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        return {key: value for key, value in super().build(request, user, fields).items() if value is not None}


@breaks("response.createdAt.format", "response.updatedAt.format", source="Opentrons/opentrons#6374", difficulty="easy")
class NaiveTimestamps(RightCore):
    """Timestamps are UTC, but their text has no time zone."""

    def write(self, moment: datetime) -> str:
        return moment.replace(tzinfo=None).isoformat()


@breaks(
    "response.startDate.format",
    "response.endDate.format",
    *ECHOES,
    source="capacitor-community/sqlite#74",
    difficulty="easy",
)
class DatesAsEpochSeconds(Changed):
    """SQLite has no dates: they come back as the number of seconds since 1970."""

    def changes(self, created: Fields) -> Fields:
        return {key: int(to_utc(created[key]).timestamp()) for key in DATES}


@breaks("error.media-type", "error.envelope", source="expressjs/body-parser#210", difficulty="easy")
class MalformedJsonAsPage(RightCore):
    """Errors of the body parser go to the default handler, which writes an HTML page."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        if refusal.details == [{"path": "", "message": "must be well-formed JSON in UTF-8"}]:
            page = b"<!DOCTYPE html><pre>SyntaxError: Unexpected token in JSON</pre>"
            return Answer(400, {"content-type": "text/html; charset=utf-8"}, page)
        return super().refuse(request, refusal)


@breaks("response.id.format", source="Automattic/mongoose#1137", difficulty="easy")
class ObjectIds(RightCore):
    """IDs are the database's own: 24 hexadecimal digits, no UUID."""

    def new_id(self) -> str:
        return super().new_id().replace("-", "")[:24]


# -- medium: a certain value shows it


@breaks(
    "request.personIds.type",
    "request.companyIds.type",
    source="thephpleague/json-guard#137",
)
class AssociativeArrays(Lenient):
    """Objects are decoded as associative arrays: {} and {"0": …} pass as lists."""

    def read(self, key: str, value: Any) -> Any:
        is_list = isinstance(value, dict) and list(value) == [str(index) for index in range(len(value))]
        return list(value.values()) if is_list else value


@breaks(*UUID_FORMATS, source="google/uuid#60")
class AnyBracesAroundUuid(Lenient):
    """A text of 38 characters is read as a UUID in braces, whatever its first and last characters are."""

    def read(self, key: str, value: Any) -> Any:
        if key == "companyIds" and isinstance(value, list):
            return [self.uuid(item) for item in value]
        return self.uuid(value) if key == "icpId" else value

    def uuid(self, value: Any) -> Any:
        return value[1:-1] if isinstance(value, str) and len(value) == 38 and is_uuid(value[1:-1]) else value


@breaks(*DATE_FORMATS, source="mdn/content#9004")
class WordAndNumberAsDate(Lenient):
    """Date.parse falls back to heuristics: any words before a number are a date."""

    def read(self, key: str, value: Any) -> Any:
        found = re.fullmatch("[A-Za-z][A-Za-z -]*[ -]([0-9]{1,4})", value) if isinstance(value, str) else None
        if key not in DATES or not found:
            return value
        number = int(found[1])
        if 1 <= number <= 12:
            return f"2001-{number:02}-01"
        return f"{number:04}-01-01" if number >= 100 else value


@breaks(
    "response.name.type",
    "response.name.echo",
    "response.personIds.echo",
    "response.personIds.type",
    source="eemeli/yaml#212",
)
class WordsOfAnotherYaml(Changed):
    """One YAML version writes the words no and on without quotes, the other reads them as booleans."""

    def changes(self, created: Fields) -> Fields:
        return {"name": self.reread(created["name"]), "personIds": [self.reread(id) for id in created["personIds"]]}

    def reread(self, text: str) -> Any:
        same_case = text in (text.lower(), text.upper(), text.capitalize())
        return YAML_WORDS.get(text.lower(), text) if same_case else text


@breaks(*ECHOES, source="dart-lang/i18n#391")
class FractionAsMilliseconds(Lenient):
    """The pattern's SSS reads all digits of the fraction as a number of milliseconds."""

    def read(self, key: str, value: Any) -> Any:
        found = re.search(r"\.([0-9]{1,9})(?=Z|[+-])", value) if isinstance(value, str) else None
        if key not in DATES or not found or not is_date(value):
            return value
        whole = to_utc(value[: found.start()] + value[found.end() :])
        try:
            return timestamp(whole + timedelta(milliseconds=int(found[1])))
        except OverflowError:
            return value


@breaks(*ECHOES, source="date-fns/date-fns#954")
class WeekYear(Changed):
    """The format YYYY is the year of the week, which is another one around New Year."""

    def changes(self, created: Fields) -> Fields:
        return {key: f"{to_utc(created[key]).isocalendar().year:04}{created[key][4:]}" for key in DATES}


@breaks(
    "request.startDate.required",
    "request.endDate.required",
    "request.icpId.required",
    "request.personIds.required",
    "response.companyIds.echo",
    source="grpc-ecosystem/grpc-gateway#2340",
)
class OriginalProtoNames(RightCore):
    """The JSON mapping of protobuf also takes the names of the .proto file: start_date for startDate."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        original = {re.sub("([A-Z])", lambda found: f"_{found[1].lower()}", key): key for key in self.rules}
        renamed = {original.get(key, key): value for key, value in sent.items()}
        return super().validate(request, renamed if len(renamed) == len(sent) else sent)


@breaks("response.name.echo", "response.personIds.echo", source="arisnurmahendra/vamos-fms#10")
class FormulasEscaped(Changed):
    """A text that a spreadsheet takes for a formula gets an apostrophe in front: '=1+1."""

    def changes(self, created: Fields) -> Fields:
        people = [self.escaped(person) for person in created["personIds"]]
        return {"name": self.escaped(created["name"]), "personIds": people}

    def escaped(self, text: str) -> str:
        return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text


@breaks("response.name.echo", source="Automattic/wp-calypso#7884")
class TextFieldSanitized(Changed):
    """The sanitizer removes percent signs with two hexadecimal digits, tags, and repeated whitespace."""

    def changes(self, created: Fields) -> Fields:
        text = re.sub("<[^<>]*>", "", created["name"])
        text = re.sub(r"[\r\n\t ]+", " ", text)
        while re.search("%[a-fA-F0-9]{2}", text):
            text = re.sub("%[a-fA-F0-9]{2}", "", text)
        return {"name": text.strip()}


@breaks(CRASH, "request.personIds.items.form", source="dynamoose/dynamoose#79")
class StringSetRefusesDuplicates(RightCore):
    """IDs are stored as a set, and the database refuses a set with duplicates: 500."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        for key in ("personIds", "companyIds"):
            if len(set(fields[key])) < len(fields[key]):
                raise RuntimeError("ValidationException: Input collection contains duplicates")
        return super().build(request, user, fields)


@breaks("request.body.type", "request.body.json", source="serde-rs/json#1059")
class StructFromSequence(RightCore):
    """The deserializer also takes an array: the values of the fields in their order."""

    def parse(self, request: Request) -> Fields:
        try:
            return super().parse(request)
        except BadRequest:
            wrapped = super().parse(request._replace(body=b'{"sequence": ' + request.body + b"}"))["sequence"]
            if not isinstance(wrapped, list) or len(wrapped) != len(self.rules):
                raise
            return dict(zip(self.rules, wrapped, strict=True))


@breaks(CRASH, "request.body.open", source="python/cpython#95778")
class DigitsBeyondLimit(RightCore):
    """The parser takes 4300 digits at most, and the server does not catch its error: 500."""

    def parse(self, request: Request) -> Fields:
        if re.search(rb"[:,\[]\s*-?[0-9]{4301}", request.body):
            raise OverflowError("Exceeds the limit (4300 digits) for integer string conversion")
        return super().parse(request)
