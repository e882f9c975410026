"""The third foreign set, part 2: headers, spellings, sizes and rare values."""

import re
import unicodedata
import zlib
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from contract_tests.tests.servers.breach import Changed, breaks
from contract_tests.tests.servers.right_core import (
    Answer,
    Fields,
    Refusal,
    Request,
    RightCore,
    timestamp,
    to_utc,
)
from contract_tests.tests.servers.trait import Strict

CRASH = "http.answer.no-server-error"
ANY_SUCCESS = ("success.created", "success.repeatable", "success.concurrent")
FAULTY_BODIES = ("request.body.json", "request.name.type", "request.name.required", "request.type.enum")
ECHOES = ("response.startDate.echo", "response.endDate.echo")

DATES = ("startDate", "endDate")
# -- medium: a certain header shows it


@breaks("error.400.status", "error.401.status", CRASH, source="laravel/framework#47317")
class RedirectsUnlessJsonAccepted(RightCore):
    """Unless Accept names JSON, the framework redirects after a faulty body and fails to find its login page."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        accepts_json = re.search("[/+]json", request.headers.get("accept", ""))
        if accepts_json or request.headers.get("x-requested-with") == "XMLHttpRequest":
            return super().refuse(request, refusal)
        if refusal.status == 400:
            return Answer(302, {"location": "/", "content-type": "text/html"}, b"Redirecting to /")
        if refusal.status == 401:
            return super().refuse(request, Refusal(500, "INTERNAL_ERROR", "Route [login] not defined."))
        return super().refuse(request, refusal)


@breaks(CRASH, "http.request.unknown-headers", *ANY_SUCCESS, source="requarks/wiki#2491")
class UserAgentNeeded(RightCore):
    """A middleware calls a method of the User-Agent header, which some clients do not send: 500."""

    def route(self, request: Request) -> None:
        request.headers["user-agent"].lower()
        super().route(request)


@breaks("access.session.valid", "error.401.status", source="fleetdm/fleet#51471")
class TokensInAnyCase(RightCore):
    """The database compares session tokens without regard to upper and lower case."""

    def authenticate(self, request: Request) -> str:
        users = {token.lower(): user for token, user in self.users.items()}
        for token in self.tokens(request):
            if token.lower() in users:
                return users[token.lower()]
        return super().authenticate(request)


@breaks(
    "response.userIds.includes-creator",
    "response.userIds.no-stranger",
    "http.request.unknown-headers",
    source="grpc-ecosystem/grpc-gateway#7281",
)
class HeadersAsMetadata(RightCore):
    """The gateway passes Grpc-Metadata-… headers on, and the service reads the user's ID from the metadata."""

    def authenticate(self, request: Request) -> str:
        user = super().authenticate(request)
        return request.headers.get("grpc-metadata-user-id", user)


# -- hard: values that few people send


@breaks(
    "success.created",
    "response.name.echo",
    "request.name.text",
    "request.name.descriptive",
    "success.repeatable",
    source="slevithan/xregexp#232",
    difficulty="hard",
)
class LettersWithoutMarks(Strict):
    r"""Names have to match [\p{L}\p{N}\p{P}\p{S}\p{Z}], and Thai and Hindi write vowels as marks, \p{M}."""

    def objections(self, sent: Fields, fields: Fields) -> Any:
        yield from super().objections(sent, fields)
        name = unicodedata.normalize("NFC", sent["name"])
        if any(unicodedata.category(character).startswith("M") for character in name):
            yield "/name", "must consist of letters, digits and punctuation"


@breaks(*ECHOES, source="moment/moment-timezone#93", difficulty="hard")
class DoubledHourOfSydney(Changed):
    """Dates are stored as local time of Sydney, where one hour comes twice when summer time ends."""

    def changes(self, created: Fields) -> Fields:
        return {key: timestamp(self.local(to_utc(created[key]))) for key in DATES}

    def local(self, moment: datetime) -> datetime:
        zone = ZoneInfo("Australia/Sydney")
        try:
            return moment.astimezone(zone).replace(fold=0).astimezone(UTC)
        except OverflowError:
            return moment


# -- hard: headers, spellings and sizes


@breaks(
    *ECHOES,
    "response.createdAt.clock",
    "response.updatedAt.clock",
    source="dotnetcore/FreeSql#1726",
    difficulty="hard",
)
class YearsOfTheClientsCalendar(RightCore):
    """Dates are written in the culture of Accept-Language, and Thai years are 543 ahead."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        created = super().build(request, user, fields)
        if not re.match("(?i)th(-|,|;|$)", request.headers.get("accept-language", "")):
            return created
        dates = ("startDate", "endDate", "createdAt", "updatedAt")
        return created | {key: f"{int(created[key][:4]) + 543:04}{created[key][4:]}" for key in dates}


@breaks("http.request.json-spelling", source="simdjson/simdjson#1562", difficulty="hard")
class KeysComparedRaw(RightCore):
    r"""The parser compares keys as they are written: "n\u0061me" is not "name"."""

    def parse(self, request: Request) -> Fields:
        spelled = re.sub(rb'"((?:[^"\\]|\\.)*)"(\s*:)?', self.key, request.body)
        return super().parse(request._replace(body=spelled))

    def key(self, found: re.Match[bytes]) -> bytes:
        return b'"raw %b"%b' % (found[1], found[2]) if found[2] and b"\\" in found[1] else found[0]


@breaks(CRASH, "request.name.text", source="payloadcms/payload#8787", difficulty="hard")
class IndexRowTooLarge(RightCore):
    """The name is indexed, and a row of the index holds 2704 bytes after compression: 500 beyond."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        if len(zlib.compress(fields["name"].encode(), 1)) > 2704:
            raise RuntimeError("index row size exceeds btree version 4 maximum 2704")
        return super().build(request, user, fields)


@breaks(*FAULTY_BODIES, "request.personIds.items.type", source="Kong/kong#8088", difficulty="hard")
class BufferedBodyUnvalidated(RightCore):
    """The gateway cannot read a body beyond its buffer of 8 KiB, and passes it on without validation."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        if len(request.body) <= 8192:
            return super().validate(request, sent)
        stored: Fields = {key: (self.defaults | sent).get(key) for key in self.rules}
        dates = {key: stored[key] for key in ("startDate", "endDate") if self.rules[key].holds(stored[key])}
        return stored | {key: timestamp(to_utc(text)) for key, text in dates.items()}


@breaks(
    "response.id.unique",
    "success.repeatable",
    "response.name.echo",
    *FAULTY_BODIES,
    source="apache/apisix#8990",
    difficulty="hard",
)
class LargeBodiesShareCache(RightCore):
    """The cache key contains the body, but that is empty if the proxy had to write it to a file, beyond 16 KiB."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.cached: dict[str, Answer] = {}

    def create(self, request: Request) -> Answer:
        user = self.authenticate(request)
        if len(request.body) <= 16384:
            return super().create(request)
        if user not in self.cached:
            self.cached[user] = super().create(request)
        return self.cached[user]
