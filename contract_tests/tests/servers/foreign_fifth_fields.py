"""The fifth foreign set, part 1: accepted bodies. Ported from servers of authors who had not seen the suite."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from contract_tests.tests.servers.breach import breaks
from contract_tests.tests.servers.foreign_bodies import ANY_RULE, Unvalidated
from contract_tests.tests.servers.foreign_dates import DATES
from contract_tests.tests.servers.foreign_ids import LISTS
from contract_tests.tests.servers.right_core import (
    BadRequest,
    Fields,
    Receive,
    Request,
    RightCore,
    Scope,
    is_text,
    is_uuid,
    to_utc,
)
from contract_tests.tests.servers.trait import Lenient, Strict

CRASH = "http.answer.no-server-error"
TEXT_FIELDS_REQUIRED = (
    "request.name.required",
    "request.icpId.required",
    "request.startDate.required",
    "request.endDate.required",
)


class WithQuery(RightCore):
    """The right core, which knows the parameters in the URL of a request."""

    async def receive(self, scope: Scope, receive: Receive) -> Request:
        request = await super().receive(scope, receive)
        return request._replace(headers={**request.headers, ":query": scope["query_string"].decode("latin-1")})

    def parameters(self, request: Request) -> Fields:
        return dict(parse_qsl(request.headers[":query"], keep_blank_values=True))


# -- omitted fields and null


@breaks("request.icpId.required", source="serde-rs/serde#2753")
class MissingOptionIsNone(RightCore):
    """A field of an optional type is null if it is omitted."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        return super().validate(request, {"icpId": None} | sent)


@breaks("request.icpId.format", "request.icpId.type", source="GCTC-NTGC/gc-digital-talent#9327")
class EmptyTextMadeNull(Lenient):
    """The middleware turns an empty string into null before it is validated."""

    def read(self, key: str, value: Any) -> Any:
        return None if value == "" else value


@breaks("request.companyIds.nullability", "request.type.nullability", source="typestack/class-validator#686")
class OptionalTakesNull(RightCore):
    """The mark for an optional field skips the other rules for null, too."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        known = {key: value for key, value in sent.items() if key not in self.defaults or value is not None}
        return super().validate(request, known)


@breaks("request.type.optional", source="colinhacks/zod#5264")
class DiscriminatorRequired(RightCore):
    """The field that selects a branch of the schema has no default."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        if "type" not in sent:
            raise BadRequest(("/type", "is required"))
        return super().validate(request, sent)


@breaks("request.type.default", "response.type.echo", source="pydantic/pydantic#9513", difficulty="hard")
class FullerModelWins(RightCore):
    """Of two models that fit, the one with more fields wins: with companyIds, a list without type is of companies."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        return super().validate(request, {"type": "company"} | sent if sent.get("companyIds") else sent)


# -- query parameters and forms


@breaks(*TEXT_FIELDS_REQUIRED, source="adonisjs/validator#179")
class QueryFillsBody(WithQuery):
    """A field that the body omits is taken from the query parameters."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        return super().validate(request, self.parameters(request) | sent)


@breaks(
    "response.name.echo",
    "response.type.echo",
    "response.startDate.echo",
    *TEXT_FIELDS_REQUIRED,
    source="expressjs/express#622",
    difficulty="hard",
)
class QueryOverridesBody(WithQuery):
    """A query parameter replaces the field of the body."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        return super().validate(request, sent | self.parameters(request))


@breaks("http.request.media-type", "request.body.json", source="JMLX42/cocorico#8")
class FormCreates(RightCore):
    """A parser of forms is installed as well, so that a form creates a lead list."""

    def parse(self, request: Request) -> Fields:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/x-www-form-urlencoded":
            return super().parse(request)
        found: dict[str, list[str]] = {}
        for key, value in parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True):
            found.setdefault(key, []).append(value)
        is_list = {key: key.endswith("[]") or len(values) > 1 for key, values in found.items()}
        return {key.removesuffix("[]"): values if is_list[key] else values[0] for key, values in found.items()}


@breaks("http.method", source="observatorium/api#183")
class AnyMethodCreates(RightCore):
    """The handler is registered for all methods, so that PUT, PATCH and DELETE create lead lists as well."""

    def route(self, request: Request) -> None:
        super().route(request._replace(method="POST"))


# -- types and formats


@breaks(
    "request.type.enum",
    "response.type.enum",
    "response.type.echo",
    source="datajoint/datajoint-python#344",
    difficulty="easy",
)
class UnknownTypeStoredEmpty(RightCore):
    """The database stores a word that is not in the enumeration as an empty string."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        if not is_text(sent.get("type")) or sent["type"] in ("person", "company"):
            return super().validate(request, sent)
        return super().validate(request, sent | {"type": "person"}) | {"type": ""}


@breaks("request.type.enum", source="hapijs/joi#1191")
class TypeInAnyCase(Lenient):
    """The validator compares the words of an enumeration without regard to upper and lower case."""

    def read(self, key: str, value: Any) -> Any:
        return value.lower() if key == "type" and is_text(value) else value


@breaks(
    "request.personIds.type",
    "request.personIds.nullability",
    "request.companyIds.type",
    "request.name.type",
    "request.name.nullability",
    "request.personIds.items.type",
    "request.companyIds.items.type",
    "request.type.type",
    "request.icpId.type",
    "request.startDate.type",
    "request.endDate.type",
    source="fastify/fastify#2852",
)
class ScalarsCoerced(Lenient):
    """The validator makes a list of a value, a value of a list of one, and text of numbers, booleans and null."""

    def read(self, key: str, value: Any) -> Any:
        if key in LISTS:
            values = value if isinstance(value, list) else [value]
            return value if isinstance(value, dict) else [self.text(item) for item in values]
        value = value[0] if isinstance(value, list) and len(value) == 1 else value
        return value if key == "icpId" and value is None else self.text(value)

    def text(self, value: Any) -> Any:
        return json.dumps(value) if isinstance(value, bool | int | float) else "" if value is None else value


@breaks("request.companyIds.items.format", source="typestack/class-validator#547")
class CompanyIdsOfPeopleAreTexts(RightCore):
    """The rule for company IDs depends on the type: in a list of people, any texts will do."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        ids = sent.get("companyIds")
        if sent.get("type", "person") != "person" or not isinstance(ids, list) or not all(map(is_text, ids)):
            return super().validate(request, sent)
        return super().validate(request, sent | {"companyIds": []}) | {"companyIds": ids}


@breaks("request.icpId.format", source="typestack/class-validator#484", difficulty="hard")
class WrongCharacterFoundOnce(RightCore):
    """The pattern for wrong characters goes on where its last match ended, so that it misses the next wrong ID."""

    WRONG = re.compile("[^0-9a-f-]", re.IGNORECASE)
    place = 0

    def validate(self, request: Request, sent: Fields) -> Fields:
        id = sent.get("icpId")
        if not isinstance(id, str) or not re.fullmatch(".{8}-.{4}-.{4}-.{4}-.{12}", id):
            return super().validate(request, sent)
        found = self.WRONG.search(id, self.place)
        self.place = found.end() if found else 0
        if found or is_uuid(id) or not is_text(id):
            return super().validate(request, sent)
        return super().validate(request, sent | {"icpId": None}) | {"icpId": id}


@breaks("request.type.enum", "response.type.enum", *ANY_RULE[:4], source="tidwall/gjson#393", difficulty="hard")
class FirstOfEqualKeysValidated(RightCore):
    """If the body has a key twice, the validator sees the first value, and the database the last."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        first = json.loads(request.body, object_pairs_hook=lambda pairs: dict(reversed(pairs)))
        fields = super().validate(request, first)
        return fields | {key: sent[key] for key in fields if key in sent and sent[key] != first[key]}


@breaks("http.request.media-type", *ANY_RULE, source="fastify/fastify#6064", difficulty="hard")
class BlankSkipsValidation(Unvalidated):
    """The server finds no schema for a media type with a space before its parameters, so it skips validation."""

    def skips(self, request: Request, sent: Fields) -> bool:
        return re.match(r"application/json[ \t]+;", request.headers.get("content-type", ""), re.IGNORECASE) is not None


# -- dates


@breaks(CRASH, "request.startDate.format", source="beancount/fava#911", difficulty="hard")
class LeapDayCrash(RightCore):
    """The server computes the same day of the next year, which crashes for a start on February 29."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        start = to_utc(fields["startDate"])
        start.replace(year=min(start.year + 1, 9999))
        return super().build(request, user, fields)


@breaks(
    "request.endDate.order",
    "success.created",
    "request.startDate.format",
    "request.endDate.format",
    source="golang/go#19635",
    difficulty="hard",
)
class DatesComparedAsText(Strict):
    """The server compares the dates as texts, where half a second past an instant counts as before it."""

    def objections(self, sent: Fields, fields: Fields) -> Any:
        yield from super().objections(sent, fields)
        if sent["endDate"] < sent["startDate"]:
            yield "/endDate", "must not be before the start"


@breaks(
    "response.startDate.format",
    "response.endDate.format",
    "response.startDate.echo",
    "response.endDate.echo",
    source="vladmihalcea/hypersistence-utils#492",
    difficulty="hard",
)
class EmptyRangeHasNoEnds(RightCore):
    """The dates are stored as a range without its end, which is empty if they are equal: both come back as null."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        is_empty = fields["startDate"] == fields["endDate"]
        return super().build(request, user, fields | (dict.fromkeys(DATES) if is_empty else {}))
