"""Traits of reading a body, and of other paths and methods."""

import gzip
import re
import zlib
from typing import Any

from contract_tests.tests.servers.right_core import PATH, Answer, BadRequest, Fields, Refusal, Request, RightCore
from contract_tests.tests.servers.trait import about

UNSUPPORTED = Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "The body must be plain application/json.")
JSON_ERROR = BadRequest(("", "must be well-formed JSON in UTF-8"))


def relabelled(request: Request, media_type: str = "application/json") -> Request:
    return request._replace(headers={**request.headers, "content-type": media_type})


# -- media types and codings


@about("content-type-missing")
class ContentTypeRequired(RightCore):
    """The server answers 415 to a body without Content-Type."""

    def parse(self, request: Request) -> Fields:
        if "content-type" not in request.headers:
            raise UNSUPPORTED
        return super().parse(request)


@about("content-type-missing")
class ContentTypeRequired400(RightCore):
    """The server answers 400 to a body without Content-Type."""

    def parse(self, request: Request) -> Fields:
        if "content-type" not in request.headers:
            raise BadRequest(("", "must come with a Content-Type"))
        return super().parse(request)


@about("media-type-case")
class MediaTypeInLowerCaseOnly(RightCore):
    """The server answers 415 to Application/JSON."""

    def parse(self, request: Request) -> Fields:
        if re.match("application/JSON|Application/", request.headers.get("content-type", "")):
            raise UNSUPPORTED
        return super().parse(request)


@about("other-media-types")
class AnyMediaTypeRead(RightCore):
    """The server reads the body as JSON with any Content-Type, like Node's request.json()."""

    def parse(self, request: Request) -> Fields:
        return super().parse(relabelled(request))


@about("other-media-types")
class OtherMediaTypes400(RightCore):
    """The server answers 400 to a body of another media type."""

    def parse(self, request: Request) -> Fields:
        try:
            return super().parse(request)
        except Refusal as refusal:
            if refusal.status == 415:
                raise Refusal(400, "BAD_REQUEST", refusal.message) from None
            raise


@about("compressed-body")
class GzippedBodyRead(RightCore):
    """The server decompresses a gzipped body."""

    def parse(self, request: Request) -> Fields:
        if request.headers.get("content-encoding", "").lower() != "gzip":
            return super().parse(request)
        headers = {key: value for key, value in request.headers.items() if key != "content-encoding"}
        try:
            body = gzip.decompress(request.body)
        except (OSError, EOFError, zlib.error):
            raise JSON_ERROR from None
        return super().parse(request._replace(headers=headers, body=body))


@about("oversized-body")
class SmallBodiesOnly(RightCore):
    """The server answers 400 to a body over 10 kB, as security guides for Express advise."""

    def parse(self, request: Request) -> Fields:
        if len(request.body) > 10_000:
            raise Refusal(400, "BAD_REQUEST", "The body is too large.")
        return super().parse(request)


@about("oversized-body")
class SmallerBodiesOnly(RightCore):
    """The gateway answers 413 to a body over 8 KiB, in front of the login."""

    def authenticate(self, request: Request) -> str:
        if len(request.body) > 8 * 1024:
            raise Refusal(413, "PAYLOAD_TOO_LARGE", "The body is too large.")
        return super().authenticate(request)


# -- JSON


@about("duplicate-keys")
class FirstOfTwoKeysCounts(RightCore):
    """The server uses the first value of a duplicate key."""

    def members(self, pairs: list[tuple[str, Any]]) -> Fields:
        return super().members(pairs[::-1])


@about("duplicate-keys")
class DuplicateKeysRefused(RightCore):
    """The server answers 400 to a duplicate key."""

    def members(self, pairs: list[tuple[str, Any]]) -> Fields:
        members = super().members(pairs)
        if len(members) < len(pairs):
            raise BadRequest(("", "must not have a key twice"))
        return members


@about("byte-order-mark")
class ByteOrderMarkSkipped(RightCore):
    """The server ignores a byte order mark."""

    def parse(self, request: Request) -> Fields:
        return super().parse(request._replace(body=request.body.removeprefix(b"\xef\xbb\xbf")))


@about("invalid-utf-8")
class BadBytesReplaced(RightCore):
    """Bytes that are not UTF-8 become U+FFFD, like in Node."""

    def parse(self, request: Request) -> Fields:
        if b"\0" in request.body or request.body[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return super().parse(request)  # another encoding
        return super().parse(request._replace(body=request.body.decode(errors="replace").encode()))


@about("lone-surrogate")
class HalfPairsReplaced(RightCore):
    """Half a surrogate pair becomes U+FFFD."""

    def parse(self, request: Request) -> Fields:
        body = super().parse(request)
        try:
            return {mended(key): mended(value) for key, value in body.items()}
        except RecursionError:
            raise JSON_ERROR from None


def mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [mended(item) for item in value]
    return {mended(key): mended(item) for key, item in value.items()} if isinstance(value, dict) else value


@about("deep-nesting")
class DeepNestingRefused(RightCore):
    """The server answers 400 to a body nested more than 32 levels deep."""

    def parse(self, request: Request) -> Fields:
        if b"[" * 33 in request.body or b'{"":' * 33 in request.body:
            raise BadRequest(("", "must not be nested so deep"))
        return super().parse(request)


@about("huge-numbers")
class HugeNumbersRefused(RightCore):
    """The server answers 400 to a number beyond the range of doubles."""

    def parse(self, request: Request) -> Fields:
        body = super().parse(request)
        if re.search(rb":[0-9]{300}|:[0-9]+e[0-9]{3}", request.body):
            raise BadRequest(("", "must not hold numbers of that size"))
        return body


# -- other paths and methods


@about("unknown-query-parameters")
class QueryRefused(RightCore):
    """The server answers 400 to a query; the path includes it here."""

    async def receive(self, scope: Any, receive: Any) -> Request:
        request = await super().receive(scope, receive)
        return request._replace(headers={**request.headers, ":query": scope["query_string"].decode("latin-1")})

    def parse(self, request: Request) -> Fields:
        if request.headers.get(":query"):
            raise Refusal(400, "BAD_REQUEST", "There are no query parameters here.")
        return super().parse(request)


@about("accept-header")
class NotAcceptable(RightCore):
    """The server answers 406 to an Accept header without JSON."""

    def parse(self, request: Request) -> Fields:
        if not re.search(r"\*/\*|application/(\*|json)", request.headers.get("accept", "*/*")):
            raise Refusal(406, "NOT_ACCEPTABLE", "Only application/json is spoken here.")
        return super().parse(request)


@about("other-methods")
class ListsCanBeRead(RightCore):
    """GET returns the caller's lists, HEAD only the headers, OPTIONS the methods."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.lists: list[tuple[str, Fields]] = []

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        created = super().build(request, user, fields)
        self.lists = [*self.lists[-20:], (user, created)]
        return created

    def create(self, request: Request) -> Answer:
        if request.path != PATH or request.method not in ("GET", "HEAD", "OPTIONS"):
            return super().create(request)
        if request.method == "OPTIONS":
            return Answer(204, {"allow": "GET, HEAD, OPTIONS, POST"}, b"")
        user = self.authenticate(request)
        return self.render(request, 200, {"data": [kept for who, kept in self.lists if who == user]})


@about("other-methods")
class OtherMethods404(RightCore):
    """The server answers 404 to other methods."""

    def route(self, request: Request) -> None:
        if request.method != "POST":
            raise Refusal(404, "NOT_FOUND", "There is nothing here for this method.")
        super().route(request)


@about("other-methods")
class OtherMethods401(RightCore):
    """The server answers 401 to other methods, even for a signed-in user."""

    def route(self, request: Request) -> None:
        if request.method != "POST":
            raise Refusal(401, "UNAUTHORIZED", "Sign in.")
        super().route(request)


@about("other-methods")
class OtherMethods403(RightCore):
    """The server answers 403 to other methods."""

    def route(self, request: Request) -> None:
        if request.method != "POST":
            raise Refusal(403, "FORBIDDEN", "You may not do that.")
        super().route(request)


@about("trailing-slash")
class SlashServed(RightCore):
    """The server serves the path with a trailing slash."""

    def route(self, request: Request) -> None:
        super().route(request._replace(path=request.path.removesuffix("/")))


@about("trailing-slash")
class SlashRedirected(RightCore):
    """The server redirects the path with a trailing slash with 308."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        if request.path == PATH + "/":
            return Answer(308, {"location": PATH}, b"")
        return super().refuse(request, refusal)
