"""Faulty servers: one defect each in reading or writing HTTP and JSON."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from contract_tests.tests.servers.breach import breaks
from contract_tests.tests.servers.right_core import Answer, BadRequest, Fields, Refusal, Request, RightCore, Send

# -- responses


@breaks("http.answer.no-server-error")
class NulCrash(RightCore):
    """U+0000 in a string crashes the server, because some databases cannot store it."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        if any("\0" in text for text in [fields["name"], *fields["personIds"]]):
            raise RuntimeError("invalid byte sequence for encoding UTF8: 0x00")
        return super().build(request, user, fields)


@breaks("http.answer.no-server-error")
class OneIdInTwoCasesCrash(RightCore):
    """A company ID in lower and in upper case violates a unique key of the database."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        spelled = dict.fromkeys(fields["companyIds"])
        if len({text.lower() for text in spelled}) < len(spelled):
            raise KeyError("duplicate key")
        return fields


@breaks("http.answer.no-server-error")
class DeepNestingCrash(RightCore):
    """JSON nested a hundred levels deep crashes the server."""

    def parse(self, request: Request) -> Fields:
        if b"[" * 100 in request.body:
            raise RuntimeError("stack overflow")
        return super().parse(request)


@breaks("http.answer.no-server-error")
class CookieWithoutValueCrash(RightCore):
    """A cookie without an equals sign crashes the server."""

    def tokens(self, request: Request) -> list[str]:
        for cookie in filter(None, re.split("; *", request.headers.get("cookie", ""))):
            _name, _value = cookie.split("=", 1)
        return super().tokens(request)


@breaks("http.answer.no-server-error")
class Year2038Crash(RightCore):
    """A date beyond 32-bit seconds crashes the server."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        if max(fields["startDate"], fields["endDate"]) > "2038-01-19T03:14:07":
            raise OverflowError("timestamp out of range")
        return super().build(request, user, fields)


@breaks("error.500.code")
class CrashWithOtherCode(RightCore):
    """U+0000 in a name crashes the server with the code SERVER_ERROR."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        if "\0" in fields["name"]:
            raise Refusal(500, "SERVER_ERROR", "Something went wrong.")
        return super().build(request, user, fields)


@breaks("http.answer.complete")
class AnswerCutShort(RightCore):
    """The server sends as many bytes as the response has characters, then closes the connection."""

    async def deliver(self, request: Request, answer: Answer, send: Send) -> None:
        async def send_less(message: dict[str, Any]) -> None:
            body = message.get("body", b"")
            characters = len(body.decode())
            await send({**message, "body": body[:characters], "more_body": characters < len(body)})

        await super().deliver(request, answer, send_less)


@breaks("http.answer.complete")
class LengthOverstated(RightCore):
    """Content-Length of an error is two bytes too large."""

    async def deliver(self, request: Request, answer: Answer, send: Send) -> None:
        async def send_less(message: dict[str, Any]) -> None:
            body = message.get("body", b"")
            await send({**message, "body": body.removesuffix(b"\r\n"), "more_body": body.endswith(b"\r\n")})

        counted = answer._replace(body=answer.body + b"\r\n") if answer.status >= 400 else answer
        await super().deliver(request, counted, send_less)


@breaks("http.answer.media-type")
class SuccessLabelledText(RightCore):
    """The Content-Type of a success is text/plain."""

    def render(self, request: Request, status: int, value: Fields) -> Answer:
        answer = super().render(request, status, value)
        return answer if status >= 400 else answer._replace(headers={"content-type": "text/plain"})


@breaks("http.answer.json")
class BodyCutByCharacters(RightCore):
    """A body is truncated to as many bytes as it has characters."""

    def render(self, request: Request, status: int, value: Fields) -> Answer:
        answer = super().render(request, status, value)
        return answer._replace(body=answer.body[: len(answer.body.decode())])


@breaks("http.answer.utf-8")
class AnswerInLatin1(RightCore):
    """A body is encoded in Latin-1."""

    def render(self, request: Request, status: int, value: Fields) -> Answer:
        text = json.dumps(value, ensure_ascii=False)
        escaped = re.sub("[^\0-\xff]", lambda match: json.dumps(match[0])[1:-1], text)
        return super().render(request, status, value)._replace(body=escaped.encode("latin-1"))


@breaks("http.answer.location")
class LocationInBrackets(RightCore):
    """Location holds the path in angle brackets."""

    def render(self, request: Request, status: int, value: Fields) -> Answer:
        answer = super().render(request, status, value)
        location = {"location": f"<{request.path}/{value.get('id')}>"} if status < 400 else {}
        return answer._replace(headers={**answer.headers, **location})


# -- requests


@breaks("success.created", "http.request.chunked")
class ChunkedLimitedTo16Kib(RightCore):
    """The server answers 413 to a chunked body over 16 KiB, because it cannot know its length before."""

    def parse(self, request: Request) -> Fields:
        if "content-length" not in request.headers and len(request.body) > 16_384:
            raise Refusal(413, "CONTENT_TOO_LARGE", "The body is too large.")
        return super().parse(request)


@breaks("http.request.chunked")
class ChunkedRefused(RightCore):
    """The server answers 411 to a body without Content-Length."""

    def parse(self, request: Request) -> Fields:
        if "content-length" not in request.headers:
            raise Refusal(411, "LENGTH_REQUIRED", "Send a Content-Length.")
        return super().parse(request)


@breaks("http.request.charset")
class CharsetRefused(RightCore):
    """The server answers 415 to a media type with a charset parameter."""

    def parse(self, request: Request) -> Fields:
        if "charset" in request.headers.get("content-type", ""):
            raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "The body must be application/json.")
        return super().parse(request)


@breaks("http.request.unknown-headers")
class UnknownHeaderRefused(RightCore):
    """The server answers 400 to an unknown header that starts with X-."""

    def parse(self, request: Request) -> Fields:
        if any(name.startswith("x-") for name in request.headers):
            raise BadRequest(("", "must not come with unknown headers"))
        return super().parse(request)


@breaks("http.request.json-spelling")
class LineBreakRefused(RightCore):
    """The server answers 400 to JSON on several lines."""

    def parse(self, request: Request) -> Fields:
        if b"\n" in request.body.strip():
            raise BadRequest(("", "must be JSON on one line"))
        return super().parse(request)


@breaks("http.request.key-order")
class NameMustComeFirst(RightCore):
    """The server answers 400 if name is not the first field."""

    def parse(self, request: Request) -> Fields:
        body = super().parse(request)
        if "name" in body and next(iter(body)) != "name":
            raise BadRequest(("/name", "must come first"))
        return body


@breaks("http.request.media-type")
class UpperCaseSkipsValidation(RightCore):
    """The server reads a body with Content-Type Application/JSON, but does not validate it."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        if request.headers.get("content-type", "application/json").startswith("application/json"):
            return super().validate(request, sent)
        return {key: (self.defaults | sent).get(key) for key in self.rules}


@breaks("http.request.media-type")
class FormTaken(RightCore):
    """The server creates a lead list from an HTML form."""

    def parse(self, request: Request) -> Fields:
        if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return super().parse(request)
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        return {**form, "personIds": form.get("personIds", "").split()}


@breaks("http.method")
class PutCreates(RightCore):
    """PUT creates a lead list as well."""

    def route(self, request: Request) -> None:
        super().route(request._replace(method="POST") if request.method == "PUT" else request)


@breaks("http.method")
class DeleteAnswers200(RightCore):
    """DELETE answers 200, with an error in the body."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = super().refuse(request, refusal)
        return answer._replace(status=200) if request.method == "DELETE" else answer
