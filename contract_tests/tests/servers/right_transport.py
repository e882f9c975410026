"""Traits of how a body is read, and of what stands beside the endpoint."""

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


# -- labels and codings


@about("content-type-missing")
class ContentTypeRequired(RightCore):
    """A body without Content-Type is answered 415."""

    def parse(self, request: Request) -> Fields:
        if "content-type" not in request.headers:
            raise UNSUPPORTED
        return super().parse(request)


@about("content-type-missing")
class ContentTypeRequired400(RightCore):
    """A body without Content-Type is answered 400."""

    def parse(self, request: Request) -> Fields:
        if "content-type" not in request.headers:
            raise BadRequest(("", "must come with a Content-Type"))
        return super().parse(request)


@about("media-type-case")
class MediaTypeInLowerCaseOnly(RightCore):
    """Application/JSON is answered 415."""

    def parse(self, request: Request) -> Fields:
        if re.match("application/JSON|Application/", request.headers.get("content-type", "")):
            raise UNSUPPORTED
        return super().parse(request)


@about("other-media-types")
class AnyMediaTypeRead(RightCore):
    """The body is read as JSON whatever its label says, as Node's request.json() does."""

    def parse(self, request: Request) -> Fields:
        return super().parse(relabelled(request))


@about("other-media-types")
class OtherMediaTypes400(RightCore):
    """A body of another media type is answered 400."""

    def parse(self, request: Request) -> Fields:
        try:
            return super().parse(request)
        except Refusal as refusal:
            if refusal.status == 415:
                raise Refusal(400, "BAD_REQUEST", refusal.message) from None
            raise


@about("compressed-body")
class GzippedBodyRead(RightCore):
    """A gzipped body is unpacked."""

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
    """A body over 100 kB is answered 400."""

    def parse(self, request: Request) -> Fields:
        if len(request.body) > 100_000:
            raise Refusal(400, "BAD_REQUEST", "The body is too large.")
        return super().parse(request)


# -- JSON


@about("duplicate-keys")
class FirstOfTwoKeysCounts(RightCore):
    """Of two equal keys the first counts."""

    def members(self, pairs: list[tuple[str, Any]]) -> Fields:
        return super().members(pairs[::-1])


@about("duplicate-keys")
class DuplicateKeysRefused(RightCore):
    """Two equal keys are answered 400."""

    def members(self, pairs: list[tuple[str, Any]]) -> Fields:
        members = super().members(pairs)
        if len(members) < len(pairs):
            raise BadRequest(("", "must not have a key twice"))
        return members


@about("byte-order-mark")
class ByteOrderMarkSkipped(RightCore):
    """A byte order mark before the JSON is skipped."""

    def parse(self, request: Request) -> Fields:
        return super().parse(request._replace(body=request.body.removeprefix(b"\xef\xbb\xbf")))


@about("invalid-utf-8")
class BadBytesReplaced(RightCore):
    """Bytes that are not UTF-8 become U+FFFD, as in Node."""

    def parse(self, request: Request) -> Fields:
        if b"\0" in request.body or request.body[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return super().parse(request)  # that is another encoding
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
    """A body nested more than 32 levels deep is answered 400."""

    def parse(self, request: Request) -> Fields:
        if b"[" * 33 in request.body or b'{"":' * 33 in request.body:
            raise BadRequest(("", "must not be nested so deep"))
        return super().parse(request)


@about("huge-numbers")
class HugeNumbersRefused(RightCore):
    """A number beyond doubles is answered 400."""

    def parse(self, request: Request) -> Fields:
        body = super().parse(request)
        if re.search(rb":[0-9]{300}|:[0-9]+e[0-9]{3}", request.body):
            raise BadRequest(("", "must not hold numbers of that size"))
        return body


# -- around the endpoint


@about("unknown-query-parameters")
class QueryRefused(RightCore):
    """A query is answered 400; the path comes with it here."""

    async def receive(self, scope: Any, receive: Any) -> Request:
        request = await super().receive(scope, receive)
        return request._replace(headers={**request.headers, ":query": scope["query_string"].decode("latin-1")})

    def parse(self, request: Request) -> Fields:
        if request.headers.get(":query"):
            raise Refusal(400, "BAD_REQUEST", "There are no query parameters here.")
        return super().parse(request)


@about("accept-header")
class NotAcceptable(RightCore):
    """An Accept header without JSON is answered 406."""

    def parse(self, request: Request) -> Fields:
        if not re.search(r"\*/\*|application/(\*|json)", request.headers.get("accept", "*/*")):
            raise Refusal(406, "NOT_ACCEPTABLE", "Only application/json is spoken here.")
        return super().parse(request)


@about("other-methods")
class ListsCanBeRead(RightCore):
    """GET gives the caller's lists, HEAD the same without them, OPTIONS what is possible."""

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
    """Another method is answered 404."""

    def route(self, request: Request) -> None:
        if request.method != "POST":
            raise Refusal(404, "NOT_FOUND", "There is nothing here for this method.")
        super().route(request)


@about("other-methods")
class OtherMethods401(RightCore):
    """Another method is answered 401, even to somebody who is signed in: nobody has a session for it."""

    def route(self, request: Request) -> None:
        if request.method != "POST":
            raise Refusal(401, "UNAUTHORIZED", "Sign in.")
        super().route(request)


@about("other-methods")
class OtherMethods403(RightCore):
    """Another method is answered 403."""

    def route(self, request: Request) -> None:
        if request.method != "POST":
            raise Refusal(403, "FORBIDDEN", "You may not do that.")
        super().route(request)


@about("trailing-slash")
class SlashServed(RightCore):
    """The path with a slash behind it is the same endpoint."""

    def route(self, request: Request) -> None:
        super().route(request._replace(path=request.path.removesuffix("/")))


@about("trailing-slash")
class SlashRedirected(RightCore):
    """The path with a slash behind it is redirected with 308."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        if request.path == PATH + "/":
            return Answer(308, {"location": PATH}, b"")
        return super().refuse(request, refusal)
