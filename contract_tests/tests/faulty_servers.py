"""Twenty servers that break the contract, each the right core with exactly one fault.

A fault is a subclass that changes one stage: its name is the class's in kebab-case, its description the docstring, and
`@breaks` names its clause. They share nothing with the mock server, so that the two can't agree on a wrong reading.
"""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import NAMESPACE_OID, uuid5

from contract_tests.tests.right_core import (
    Answer,
    Fields,
    Refusal,
    Request,
    RightCore,
    Rule,
    Send,
    is_uuid,
    timestamp,
    to_utc,
)


class FaultyServer(NamedTuple):
    name: str
    clause: str  # the one that it breaks
    description: str
    app: Callable[[Mapping[str, str]], RightCore]  # session tokens (token -> user id) -> a fresh server


_declared: list[FaultyServer] = []


def breaks(clause: str) -> Callable[[type[RightCore]], type[RightCore]]:
    def declare(app: type[RightCore]) -> type[RightCore]:
        name = re.sub(r"(?<!^)([A-Z]|(?<!\d)\d)", r"-\1", app.__name__).lower()
        _declared.append(FaultyServer(name, clause, app.__doc__ or "", app))
        return app

    return declare


# -- who may call


@breaks("access.session.valid")
class CookiePresenceSuffices(RightCore):
    """Any value of the session cookie signs somebody in."""

    def tokens(self, request: Request) -> list[str]:
        somebody = [next(iter(self.users))] if "__session=" in request.headers.get("cookie", "") else []
        return super().tokens(request) + somebody


@breaks("access.login.first")
class ValidationBeforeLogin(RightCore):
    """A wrong body is answered 400 to a caller without a login."""

    def authenticate(self, request: Request) -> str:
        self.validate(request, self.parse(request))
        return super().authenticate(request)


# -- errors


@breaks("error.400.status")
class Validation422(RightCore):
    """A body that fails validation is answered 422."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = super().refuse(request, refusal)
        return answer._replace(status=422) if answer.status == 400 else answer


@breaks("error.400.details")
class DetailsMissing(RightCore):
    """A 400 has no details."""

    def envelope(self, refusal: Refusal) -> Fields:
        return super().envelope(Refusal(refusal.status, refusal.code, refusal.message))


@breaks("error.envelope")
class ErrorAsText(RightCore):
    """An error body holds a text in place of code and message."""

    def envelope(self, refusal: Refusal) -> Fields:
        return {"error": refusal.message}


@breaks("error.media-type")
class ErrorLabelledHtml(RightCore):
    """An error body is labelled text/html."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = super().refuse(request, refusal)
        return answer._replace(headers={**answer.headers, "content-type": "text/html; charset=utf-8"})


# -- HTTP and JSON


@breaks("http.answer.no-server-error")
class NulCrash(RightCore):
    """U+0000 in a text crashes the server, as some databases can't store it."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        if any("\0" in text for text in [fields["name"], *fields["personIds"]]):
            raise RuntimeError("invalid byte sequence for encoding UTF8: 0x00")
        return super().build(request, user, fields)


@breaks("http.answer.complete")
class AnswerCutShort(RightCore):
    """It sends as many bytes as the answer has characters, then hangs up."""

    async def deliver(self, request: Request, answer: Answer, send: Send) -> None:
        async def send_less(message: dict[str, Any]) -> None:
            body = message.get("body", b"")
            characters = len(body.decode())
            await send({**message, "body": body[:characters], "more_body": characters < len(body)})

        await super().deliver(request, answer, send_less)


@breaks("http.request.chunked")
class ChunkedRefused(RightCore):
    """A body without Content-Length is answered 411."""

    def parse(self, request: Request) -> Fields:
        if "content-length" not in request.headers:
            raise Refusal(411, "LENGTH_REQUIRED", "Send a Content-Length.")
        return super().parse(request)


@breaks("http.request.media-type")
class UpperCaseSkipsValidation(RightCore):
    """A body labelled Application/JSON is taken for JSON, but not validated."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        if request.headers.get("content-type", "application/json").startswith("application/json"):
            return super().validate(request, sent)
        return {key: (self.defaults | sent).get(key) for key in self.rules}


# -- success


@breaks("success.bare")
class WrappedInData(RightCore):
    """The lead list stands inside an object called data."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        return {"data": super().build(request, user, fields)}


# -- the request


@breaks("request.endDate.required")
class EndDateOptional(RightCore):
    """A list without endDate ends when it starts."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        return super().validate(request, {"endDate": sent.get("startDate"), **sent})


@breaks("request.startDate.format")
class February30Taken(RightCore):
    """A startDate of 30 February is taken for 1 March."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        start = sent.get("startDate")
        rolled = {"startDate": start.replace("-02-30", "-03-01")} if isinstance(start, str) else {}
        return super().validate(request, sent | rolled)


@breaks("request.companyIds.items.format")
class FirstCompanyIdChecked(RightCore):
    """Of the company ids only the first is validated."""

    rules = RightCore.rules | {
        "companyIds": Rule("an array of UUIDs", lambda value: isinstance(value, list) and all(map(is_uuid, value[:1])))
    }


@breaks("request.body.server-made")
class IdTakenOver(RightCore):
    """An id that the client sends becomes the id of the list."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        taken = {"id": sent["id"]} if is_uuid(sent.get("id")) else {}
        return super().validate(request, sent) | taken


# -- the created lead list


@breaks("response.userIds.includes-creator")
class CreatorMissing(RightCore):
    """Nobody stands in userIds."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        return super().build(request, user, fields) | {"userIds": []}


@breaks("response.userIds.no-stranger")
class PreviousCallerStays(RightCore):
    """The caller before this one stands in userIds as well."""

    previous: str | None = None

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        others = [self.previous] if self.previous not in (None, user) else []
        self.previous = user
        return super().build(request, user, fields) | {"userIds": [user, *others]}


@breaks("response.name.echo")
class NameCutAt64(RightCore):
    """A name is cut after 64 characters."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        return super().build(request, user, fields | {"name": fields["name"][:64]})


@breaks("response.startDate.echo")
class StartDateShifted(RightCore):
    """The startDate comes back as local time labelled UTC, five hours early."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        local = timestamp(to_utc(fields["startDate"]) - timedelta(hours=5))
        return super().build(request, user, fields | {"startDate": local})


@breaks("response.id.unique")
class IdFromContent(RightCore):
    """The same body gets the same id again."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        return super().build(request, user, fields) | {"id": str(uuid5(NAMESPACE_OID, request.body.hex()))}


FAULTY_SERVERS = tuple(_declared)
