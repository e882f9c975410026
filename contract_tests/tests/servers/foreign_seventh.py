"""The seventh foreign set: of servers whose authors had not seen the suite, those that it missed in the first run."""

import re
from email.utils import parsedate_to_datetime
from typing import Any

from contract_tests.tests.servers.breach import breaks
from contract_tests.tests.servers.right_core import Answer, Fields, Refusal, Request, RightCore, timestamp


@breaks("http.answer.media-type", "http.answer.json", source="spring-projects/spring-boot#4215")
class XmlForBrowsers(RightCore):
    """A converter for XML is installed, and the Accept header of browsers, which names XML, selects it."""

    def render(self, request: Request, status: int, value: Fields) -> Answer:
        if status != 201 or "application/xml" not in request.headers.get("accept", ""):
            return super().render(request, status, value)
        fields = "".join(f"<{key}>{field}</{key}>" for key, field in value.items())
        return Answer(status, {"content-type": "application/xml"}, f"<leadList>{fields}</leadList>".encode())


@breaks("success.created", "http.request.unknown-headers", "error.400.status", source="haiwen/seafile#1230")
class ExpectRefused(RightCore):
    """The proxy does not know `Expect: 100-continue`, and answers 417."""

    def route(self, request: Request) -> None:
        if "expect" in request.headers:
            raise Refusal(417, "EXPECTATION_FAILED", "The expectation cannot be met.")
        super().route(request)


@breaks("response.name.echo", source="NousResearch/hermes-agent#1758")
class AddressesMasked(RightCore):
    """A filter of personal data replaces mail addresses, also in names."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        return fields | {"name": re.sub(r"[\w.]+@[\w.]+", "[email]", fields["name"])}


@breaks("response.type.echo", source="dotnet/runtime#73693", difficulty="hard")
class TypeReadFirst(RightCore):
    """The reader takes the type only where it comes before the IDs, and the default otherwise."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        keys = [key for key in sent if key in ("type", "personIds", "companyIds")]
        late = "type" in keys and keys[0] != "type"
        return super().validate(request, sent) | ({"type": "person"} if late else {})


@breaks("access.carrier.cookie", source="clerk/javascript#9345", difficulty="hard")
class OneBadCookieHidesAll(RightCore):
    """The reader decodes percent signs in all cookies, and finds no cookie at all if one cannot be decoded."""

    def tokens(self, request: Request) -> list[str]:
        if re.search(r"%(?![0-9a-fA-F]{2})", request.headers.get("cookie", "")):
            request = request._replace(headers={**request.headers, "cookie": ""})
        return super().tokens(request)


@breaks("access.login.required", source="kwhitley/apicache#225", difficulty="hard")
class CacheBeforeLogin(RightCore):
    """A cache in front of the login check keeps responses by body, and answers a request without login from it."""

    def __init__(self, *users: Any) -> None:
        super().__init__(*users)
        self.cached: dict[bytes, Answer] = {}

    async def answer(self, request: Request) -> Answer:
        if not request.headers.keys() & {"authorization", "cookie"} and request.body in self.cached:
            return self.cached[request.body]
        answer = await super().answer(request)
        if answer.status == 201:
            self.cached[request.body] = answer
        return answer


@breaks("response.name.echo", source="dhall-lang/dhall-lang#1201")
class YamlReadsNames(RightCore):
    """Lists are kept as YAML 1.1 without quotes, where yes, no, on and off are truth values."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        truth = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(fields["name"].lower())
        return fields | ({"name": truth} if truth else {})


@breaks("request.type.default", "response.type.echo", source="hapijs/bourne#6", difficulty="hard")
class DefaultsPolluted(RightCore):
    """The members of constructor.prototype in one body become those of all later objects."""

    def __init__(self, *users: Any) -> None:
        super().__init__(*users)
        self.inherited: Fields = {}

    def validate(self, request: Request, sent: Fields) -> Fields:
        constructor = sent.get("constructor")
        members = constructor.get("prototype") if isinstance(constructor, dict) else None
        if isinstance(members, dict) and "type" in members:
            self.inherited = {"type": members["type"]}
        return super().validate(request, self.inherited | sent)


@breaks("access.login.required", "error.401.status", source="biigle/core#642", difficulty="hard")
class SignInForBrowsers(RightCore):
    """A request without login that accepts HTML is redirected to a form."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = super().refuse(request, refusal)
        if refusal.status != 401 or "text/html" not in request.headers.get("accept", ""):
            return answer
        return answer._replace(status=302, headers={**answer.headers, "location": "/sign-in"})


@breaks("response.personIds.echo", source="mongodb-labs/YCSB#1", difficulty="hard")
class LastOfBatchLost(RightCore):
    """IDs are written in batches of 30, and a last batch of one is never written."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        count = len(fields["personIds"])
        return fields | ({"personIds": fields["personIds"][:-1]} if count > 30 and count % 30 == 1 else {})


@breaks("response.name.echo", "http.request.json-spelling", source="ZenToad/jsonez#11", difficulty="hard")
class SlashKeepsBackslash(RightCore):
    """The parser knows all escapes of JSON except that of a slash, and keeps its backslash."""

    def parse(self, request: Request) -> Fields:
        return super().parse(request._replace(body=request.body.replace(b"\\/", b"\\\\/")))


@breaks("response.createdAt.clock", "response.updatedAt.clock", source="minio/minio-java#731", difficulty="hard")
class DateHeaderIsNow(RightCore):
    """Lists that were made offline have the time of the Date header, which any client can send."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        created = super().build(request, user, fields)
        if date := request.headers.get("date"):
            created |= dict.fromkeys(("createdAt", "updatedAt"), timestamp(parsedate_to_datetime(date)))
        return created


@breaks("request.name.repeatable", source="jimmycleuren/fireping#316", difficulty="hard")
class UniqueWithinIcp(RightCore):
    """A unique index on ICP and name, which NULL as the ICP escapes, since NULL is never equal."""

    def __init__(self, *users: Any) -> None:
        super().__init__(*users)
        self.names: set[tuple[str, str]] = set()

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        if fields["icpId"] is not None:
            if (key := (fields["icpId"], fields["name"])) in self.names:
                raise Refusal(409, "CONFLICT", "A lead list with this name exists.")
            self.names.add(key)
        return super().build(request, user, fields)
