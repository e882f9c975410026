"""Reported bugs in headers that middleware reads: addresses, languages, media types, codings, conditions."""

import codecs
import gzip
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from contract_tests.tests.servers.breach import breaks
from contract_tests.tests.servers.foreign_bodies import ANY_RULE, Unvalidated
from contract_tests.tests.servers.right_core import Answer, Fields, Refusal, Request, RightCore

DIGITS = {"ar": "٠١٢٣٤٥٦٧٨٩", "fa": "۰۱۲۳۴۵۶۷۸۹", "mr": "०१२३४५६७८९"}


@breaks("http.request.unknown-headers", "http.answer.no-server-error", source="rails/rails#29387", difficulty="hard")
class DisagreeingAddressesCrash(RightCore):
    """The framework raises an error when Client-IP and X-Forwarded-For name different addresses."""

    def route(self, request: Request) -> None:
        address, forwarded = request.headers.get("client-ip"), request.headers.get("x-forwarded-for")
        if address and forwarded and address not in [one.strip() for one in forwarded.split(",")]:
            raise RuntimeError(f"IP spoofing attack?! {address} {forwarded}")
        super().route(request)


@breaks("http.request.unknown-headers", "http.answer.no-server-error", source="tburch/jsonblob#22", difficulty="hard")
class NumericRegionCrash(RightCore):
    """The language parser crashes on a numeric region, as in es-419, the Spanish of Latin America."""

    def route(self, request: Request) -> None:
        if re.search(r"\b[a-z]{2,3}-[0-9]{3}\b", request.headers.get("accept-language", ""), re.IGNORECASE):
            raise ValueError("Bad Accept-Language header value")
        super().route(request)


@breaks(
    "response.createdAt.format",
    "response.updatedAt.format",
    "response.startDate.format",
    "response.endDate.format",
    source="google/j2objc#804",
    difficulty="hard",
)
class DigitsOfTheLanguage(RightCore):
    """The formatter writes timestamps in the digits of the client's language, such as Arabic or Persian."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        created = super().build(request, user, fields)
        language = re.split(r"[-,;]", request.headers.get("accept-language", "en"))[0].strip().lower()
        digits = str.maketrans("0123456789", DIGITS.get(language, "0123456789"))
        timestamps = ("startDate", "endDate", "createdAt", "updatedAt")
        return created | {key: created[key].translate(digits) for key in timestamps}


@breaks("http.request.accept", "success.created", "http.request.unknown-headers", source="vovanbo/aiohttp_json_api#185")
class SeveralMediaTypesRefused(RightCore):
    """The server answers 406 to an Accept header that lists JSON with other media types or a parameter."""

    def route(self, request: Request) -> None:
        super().route(request)
        if request.headers.get("accept", "*/*").strip() not in ("*/*", "application/json"):
            raise Refusal(406, "NOT_ACCEPTABLE", "Only application/json is served.")


@breaks(
    "http.request.unknown-headers",
    "success.status",
    "success.created",
    source="marshmallow-code/flask-smorest#115",
    difficulty="hard",
)
class PostNotModified(RightCore):
    """The server applies conditions to POST: 304 for If-None-Match `*` and a late If-Modified-Since."""

    def render(self, request: Request, status: int, value: Fields) -> Answer:
        try:
            since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
            unmodified = since.astimezone(UTC) >= datetime.now(UTC)
        except ValueError:
            unmodified = False
        if status < 300 and (unmodified or request.headers.get("if-none-match") == "*"):
            return Answer(304, {}, b"")
        return super().render(request, status, value)


@breaks(
    "http.answer.json",
    "http.answer.media-type",
    "http.answer.utf-8",
    "http.request.unknown-headers",
    source="Kludex/starlette#3495",
    difficulty="hard",
)
class GzipThoughRefused(RightCore):
    """The server compresses 500 bytes or more when Accept-Encoding contains gzip, even `gzip;q=0`."""

    def render(self, request: Request, status: int, value: Fields) -> Answer:
        answer = super().render(request, status, value)
        if "gzip" not in request.headers.get("accept-encoding", "") or len(answer.body) < 500:
            return answer
        coded = {**answer.headers, "content-encoding": "gzip", "vary": "Accept-Encoding"}
        return answer._replace(headers=coded, body=gzip.compress(answer.body))


@breaks(
    "http.request.unknown-headers", "success.created", "error.envelope", source="dotnet/corefx#27912", difficulty="hard"
)
class UpgradeRefused(RightCore):
    """The server answers 400 without a body to a POST that offers HTTP/2 (Upgrade: h2c)."""

    async def answer(self, request: Request) -> Answer:
        if request.headers.get("upgrade", "").lower() == "h2c":
            return Answer(400, {"connection": "close"}, b"")
        return await super().answer(request)


@breaks("http.answer.no-server-error", "http.request.charset", source="aio-libs/aiohttp#3562")
class UnknownCharsetCrash(RightCore):
    """The decoder crashes on the name of an unknown charset."""

    def parse(self, request: Request) -> Fields:
        if named := re.search(r'charset="?([^";\s]+)', request.headers.get("content-type", ""), re.IGNORECASE):
            codecs.lookup(named[1])
        return super().parse(request)


@breaks("http.request.media-type", *ANY_RULE, source="honojs/middleware#891")
class NoMediaTypeNoValidation(Unvalidated):
    """The server skips validation of a body without a Content-Type."""

    def skips(self, request: Request, sent: Fields) -> bool:
        return "content-type" not in request.headers


@breaks("http.request.media-type", *ANY_RULE, source="Infisical/infisical#5795", difficulty="hard")
class TabSkipsValidation(Unvalidated):
    """The server parses a body whose media type ends in a tab, but skips its validation."""

    def skips(self, request: Request, sent: Fields) -> bool:
        return "application/json\t" in request.headers.get("content-type", "")


@breaks("http.method", "http.request.unknown-headers", source="klein/klein.php#27")
class MethodOfAHeader(RightCore):
    """The router replaces the method by X-HTTP-Method-Override, so a PUT can create and a POST can fail."""

    def route(self, request: Request) -> None:
        super().route(request._replace(method=request.headers.get("x-http-method-override", request.method).upper()))
