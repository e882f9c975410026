"""The second half of the foreign set: written after the suite was widened for the first, judged in the first run."""

import gzip
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from contract_tests.tests.servers.breach import breaks
from contract_tests.tests.servers.foreign_bodies import ANY_RULE, LenientIds, Unvalidated
from contract_tests.tests.servers.foreign_dates import DATES, ECHOES, Stored
from contract_tests.tests.servers.foreign_ids import ChangedLists
from contract_tests.tests.servers.foreign_texts import ChangedName
from contract_tests.tests.servers.right_core import (
    Answer,
    BadRequest,
    Fields,
    Receive,
    Refusal,
    Request,
    RightCore,
    Scope,
    timestamp,
    to_utc,
)
from contract_tests.tests.servers.trait import Lenient

CRASH = "http.answer.no-server-error"
ANY_SUCCESS = ("success.created", "success.repeatable", "http.request.json-spelling", "request.body.json")

# -- bodies and fields


@breaks("request.name.nullability", "request.personIds.items.type", source="typestack/class-transformer#110")
class NullMadeText(Lenient):
    """The transformer turns null into the text "null" where a class wants a string."""

    def read(self, key: str, value: Any) -> Any:
        if isinstance(value, list):
            return ["null" if item is None else item for item in value]
        return "null" if value is None and key == "name" else value


@breaks(CRASH, "error.400.status", "request.name.type", source="aleph-im/pyaleph#476")
class BigIntegerCrash(RightCore):
    """Errors quote the refused value, and the serializer crashes on integers beyond 64 bits."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        try:
            return super().validate(request, sent)
        except BadRequest:
            wrong = [value for key, value in sent.items() if key in self.rules and not self.rules[key].holds(value)]
            for value in wrong:
                if type(value) is int and not -(2**63) <= value < 2**64:
                    raise OverflowError("Integer exceeds 64-bit range") from None
            raise


@breaks("request.personIds.type", "request.companyIds.type", source="lodash/lodash#3187", difficulty="hard")
class ArrayLikeMadeList(Lenient):
    """The server iterates an object with a number called `length` as a list."""

    def read(self, key: str, value: Any) -> Any:
        if not isinstance(value, dict) or type(value.get("length")) is not int or not 0 <= value["length"] < 1000:
            return value
        return [value.get(str(index), "") for index in range(value["length"])]


@breaks("http.request.media-type", *ANY_RULE, source="fastify/fastify#2686")
class PlainTextUnvalidated(Unvalidated):
    """The server parses text/plain as JSON, and its schema covers application/json only."""

    def parse(self, request: Request) -> Fields:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "text/plain":
            return super().parse(request)
        return super().parse(request._replace(headers={**request.headers, "content-type": "application/json"}))

    def skips(self, request: Request, sent: Fields) -> bool:
        return request.headers.get("content-type", "").startswith("text/plain")


@breaks("http.request.charset", "success.created", source="AspenWeb/pando.py#74", difficulty="easy")
class CharsetEmptiesBody(RightCore):
    """The server knows no media type with a parameter, so such a body counts as empty."""

    def parse(self, request: Request) -> Fields:
        if ";" in request.headers.get("content-type", ""):
            raise BadRequest(("", "must not be empty"))
        return super().parse(request)


@breaks("request.name.text", source="serverless/serverless#2901", difficulty="easy")
class ApostropheEscaped(RightCore):
    """The gateway's template escapes an apostrophe with a backslash, which makes the body malformed."""

    def parse(self, request: Request) -> Fields:
        return super().parse(request._replace(body=request.body.replace(b"'", b"\\'")))


@breaks(*ANY_SUCCESS, "http.answer.complete", source="h2o/h2o#393", difficulty="hard")
class RestOfLongerBody(RightCore):
    """The buffer of a connection is never cleared: a shorter body is followed by the rest of a longer one."""

    buffers: dict[Any, bytes]

    async def receive(self, scope: Scope, receive: Receive) -> Request:
        request = await super().receive(scope, receive)
        self.__dict__.setdefault("buffers", {})
        before = self.buffers.get(scope["client"], b"")
        body = request.body + before[len(request.body) :]
        self.buffers[scope["client"]] = body
        return request._replace(body=body)


@breaks(*ANY_SUCCESS, source="boostorg/beast#2300", difficulty="easy")
class BodiesConcatenated(RightCore):
    """The parser of a connection is used again, so each body follows the one before."""

    bodies: dict[Any, bytes]

    async def receive(self, scope: Scope, receive: Receive) -> Request:
        request = await super().receive(scope, receive)
        self.__dict__.setdefault("bodies", {})
        body = self.bodies.get(scope["client"], b"") + request.body
        self.bodies[scope["client"]] = body
        return request._replace(body=body)


# -- ids


@breaks("response.id.format", source="PaperMC/Velocity#109")
class IdWithoutLeadingZeros(RightCore):
    """The id is written as a hexadecimal number without leading zeros."""

    def new_id(self) -> str:
        digits = f"{uuid4().int:x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


@breaks("response.personIds.type", "response.personIds.echo", source="laravel/framework#17886")
class EmptyIdsMadeNull(ChangedLists):
    """The middleware turns empty strings into null, in lists too."""

    def change(self, ids: list[str]) -> Any:
        return [id or None for id in ids]


@breaks("response.personIds.echo", source="apache/shardingsphere#39395", difficulty="hard")
class BackslashesInIdsLost(ChangedLists):
    """The proxy writes array elements without escaping, so backslashes and quotes disappear."""

    def change(self, ids: list[str]) -> Any:
        return [re.sub(r"\\(.)", r"\1", id).replace('"', "") for id in ids]


@breaks("request.icpId.format", "request.companyIds.items.format", source="cowtowncoder/java-uuid-generator#90")
class HyphensAnywhere(LenientIds):
    """The parser accepts 36 characters with four hyphens in any place."""

    def read_id(self, text: str) -> str:
        digits = text.replace("-", "")
        if len(text) != 36 or not re.fullmatch(r"[0-9a-fA-F]{32}", digits):
            raise ValueError(text)
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


# -- names


@breaks(CRASH, "request.name.text", source="PicPeak/picpeak#1024", difficulty="easy")
class NameInHeaderCrash(RightCore):
    """The server writes the name into a header, which crashes beyond U+00FF."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        fields["name"].encode("latin-1")
        return super().build(request, user, fields)


@breaks("request.name.text", source="Couchers-org/couchers#9183", difficulty="hard")
class MarksRefused(RightCore):
    """The pattern for names knows letters, and no marks that combine with them, as Hindi needs."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        if any(unicodedata.category(char) in ("Mn", "Mc") and char != "\ufe0f" for char in fields["name"]):
            raise BadRequest(("/name", "must consist of letters"))
        return fields


@breaks("response.name.echo", source="n8n-io/n8n#18411", difficulty="hard")
class DollarsExpanded(ChangedName):
    """The name goes into an HTML page by a replacement that expands $' and $` to the text around."""

    def change(self, name: str) -> str:
        return name.replace("$'", "</script>").replace("$`", "<script>")


# -- dates


@breaks("response.startDate.echo", *ECHOES, source="babelfish-for-postgresql/babelfish_extensions#4018")
class StepsOfThreeMilliseconds(Stored):
    """The database keeps milliseconds in steps of 0, 3 and 7."""

    def written(self, moment: datetime) -> str:
        ticks = round(moment.microsecond * 3 / 10_000)
        return timestamp(moment.replace(microsecond=0) + timedelta(milliseconds=round(ticks * 10 / 3)))


@breaks("response.startDate.echo", *ECHOES, source="mikechambers/as3corelib#165")
class FractionReadAsMilliseconds(Stored):
    """The parser reads all digits of a fraction as a number of milliseconds: .578125 is 578,125 ms."""

    def stored(self, text: str) -> str:
        found = re.search(r"\.(\d+)", text)
        whole = to_utc(text.replace(found[0], "")) if found else to_utc(text)
        return timestamp(whole + timedelta(milliseconds=int(found[1]) if found else 0))


@breaks("response.startDate.echo", *ECHOES, source="nextlyhq/nextly#541", difficulty="hard")
class HourOfTheGapLater(Stored):
    """The server takes UTC for the time of New York: an hour that clocks skip there comes back an hour later."""

    def written(self, moment: datetime) -> str:
        march = moment.replace(month=3, day=8)
        sunday = march + timedelta(days=(6 - march.weekday()) % 7)
        in_gap = (moment.month, moment.day, moment.hour) == (3, sunday.day, 2)
        return timestamp(moment + timedelta(hours=1) if in_gap else moment)


@breaks("response.startDate.echo", *ECHOES, source="dbunit/dbunit-extension#694", difficulty="easy")
class WinterOffsetInSummer(Stored):
    """The driver applies the offset of winter all year, so dates of summer move by an hour."""

    def written(self, moment: datetime) -> str:
        return timestamp(moment - timedelta(hours=1) if 4 <= moment.month <= 9 else moment)


@breaks("response.startDate.echo", *ECHOES, source="HowardHinnant/date#335", difficulty="hard")
class SignOfShortOffsetLost(Stored):
    """The parser reads the hours of an offset as a number, which has no minus at zero: -00:13 is read as +00:13."""

    def stored(self, text: str) -> str:
        return super().stored(re.sub(r"-(00:\d\d)$", r"+\1", text))


@breaks("response.startDate.echo", *ECHOES, source="protocolbuffers/protobuf#10126", difficulty="hard")
class SecondBeforeEpochOff(Stored):
    """Before 1970 the seconds are cut towards zero, so an instant with a fraction moves by a second."""

    def written(self, moment: datetime) -> str:
        before = moment < datetime(1970, 1, 1, tzinfo=UTC) and moment.microsecond
        return timestamp(moment + timedelta(seconds=1) if before else moment)


@breaks("request.startDate.format", "request.endDate.format", source="laravel/framework#19386")
class RelativeWordsMadeDate(Lenient):
    """The rule for dates accepts what strtotime reads: a date followed by +1 week +1 hour."""

    def read(self, key: str, value: Any) -> Any:
        if key not in DATES or not isinstance(value, str):
            return value
        found = re.fullmatch(
            r"(\d{4}-\d\d-\d\d)[ T]?(\d\d:\d\d:\d\d)?(\.\d+)?Z?((?: ?[+-]\d+ (?:hour|day|week|month)s?)+)", value
        )
        return f"{found[1]}T{found[2] or '00:00:00'}Z" if found else value


# -- headers and logins


@breaks("http.request.unknown-headers", "success.created", source="KanishJebaMathewM/Truxify#2869", difficulty="hard")
class RefusalCachedByKey(RightCore):
    """The server keeps every response by Idempotency-Key, refusals too: the corrected body gets the old 400."""

    kept: dict[tuple[str, str], Answer]

    def create(self, request: Request) -> Answer:
        self.__dict__.setdefault("kept", {})
        key = (self.authenticate(request), request.headers.get("idempotency-key", ""))
        if key[1] and key in self.kept:
            return self.kept[key]
        try:
            answer = super().create(request)
        except Refusal as refusal:
            answer = self.refuse(request, refusal)
        self.kept[key] = answer
        return answer


def language_ranges(request: Request) -> list[str]:
    return [part.strip() for part in request.headers.get("accept-language", "").split(",") if part.strip()]


@breaks(CRASH, "http.request.unknown-headers", source="vercel/next.js#22329")
class MalformedLanguageCrash(RightCore):
    """The server crashes on a language that is no language tag, such as en_AE."""

    def route(self, request: Request) -> None:
        super().route(request)
        for part in language_ranges(request):
            if not re.fullmatch(r"(\*|[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*)", part.partition(";")[0].strip()):
                raise ValueError("Incorrect locale information provided")


@breaks(CRASH, "http.request.unknown-headers", source="FusionAuth/fusionauth-issues#1958", difficulty="hard")
class RegionWithoutLanguageCrash(RightCore):
    """The server crashes on a language range that starts with a hyphen: fr,-BE;q=0.4."""

    def route(self, request: Request) -> None:
        super().route(request)
        if any(part.startswith("-") for part in language_ranges(request)):
            raise ValueError("range=-be")


@breaks(CRASH, "http.request.unknown-headers", source="r18n/r18n#134", difficulty="hard")
class LanguageOfThreePartsCrash(RightCore):
    """The server crashes on a language range with two semicolons."""

    def route(self, request: Request) -> None:
        super().route(request)
        for part in language_ranges(request):
            _, *weights = part.split(";")
            if len(weights) > 1:
                raise ValueError("too many values to unpack")


@breaks(
    "http.answer.json", "http.answer.media-type", "http.answer.utf-8", source="labstack/echo#3021", difficulty="hard"
)
class CodingBySubstring(RightCore):
    """The server compresses where Accept-Encoding contains gzip in any word, such as supergzip."""

    def render(self, request: Request, status: int, value: Fields) -> Answer:
        answer = super().render(request, status, value)
        words = [part.partition(";")[0].strip() for part in request.headers.get("accept-encoding", "").split(",")]
        if "gzip" in words or not any("gzip" in word for word in words):
            return answer
        coded = {**answer.headers, "content-encoding": "gzip", "vary": "Accept-Encoding"}
        return answer._replace(headers=coded, body=gzip.compress(answer.body))


@breaks(CRASH, "http.request.unknown-headers", source="helidon-io/helidon#9354", difficulty="hard")
class UpgradeCrash(RightCore):
    """The server crashes on a request with a body that offers HTTP/2 (Upgrade: h2c)."""

    def route(self, request: Request) -> None:
        super().route(request)
        if "h2c" in request.headers.get("upgrade", "") and request.body:
            raise ValueError("the upgrade reads the body as frames")


@breaks("error.401.status", source="auth0/auth0-fastapi-api#56", difficulty="easy")
class MissingTokenBadRequest(RightCore):
    """The server answers 400 to a request without a token."""

    def authenticate(self, request: Request) -> str:
        if not self.tokens(request):
            raise BadRequest(("", "The Authorization header is missing."))
        return super().authenticate(request)


@breaks("access.carrier.cookie", CRASH, "error.401.status", source="assaf/zombie#544")
class CookieWithoutEqualsCrash(RightCore):
    """The parser of cookies crashes on a cookie without an equals sign."""

    def tokens(self, request: Request) -> list[str]:
        for cookie in filter(None, request.headers.get("cookie", "").split(";")):
            if "=" not in cookie:
                raise TypeError("undefined is not a function")
        return super().tokens(request)


@breaks("error.400.details", source="jquery-validation/jquery-validation#1646", difficulty="hard")
class ErrorOfEarlierCallStays(RightCore):
    """The list of errors keeps the error of the previous call until its field is valid in an invalid body."""

    left: dict[str, dict[str, str]]

    def details(self, problems: list[dict[str, str]]) -> Any:
        self.__dict__.setdefault("left", {})
        now = {problem["path"]: problem for problem in problems}
        before, self.left = self.left, now
        return list({**before, **now}.values())
