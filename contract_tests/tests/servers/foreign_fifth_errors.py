"""The fifth foreign set, part 2: errors, and bodies that crash the server."""

import re
from typing import Any

from contract_tests.tests.servers.breach import breaks
from contract_tests.tests.servers.right_core import (
    Answer,
    BadRequest,
    Fields,
    Refusal,
    Request,
    RightCore,
    is_text,
    is_uuid,
)

CRASH = "http.answer.no-server-error"


@breaks("error.400.status", source="fastapi/fastapi#643", difficulty="easy")
class UnprocessableWithDetail(RightCore):
    """The framework answers 422 to an invalid body, with a list called detail."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        if refusal.status != 400:
            return super().refuse(request, refusal)
        detail = [
            {"type": "value_error", "loc": ["body", *one["path"].split("/")[1:]], "msg": one["message"]}
            for one in refusal.details or ()
        ]
        return self.render(request, 422, {"detail": detail})


@breaks("error.401.status", source="aspnet/Security#508", difficulty="easy")
class LoginPageRedirect(RightCore):
    """The framework redirects a request without a login to its login page."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        if refusal.status == 401:
            return Answer(302, {"location": f"/Account/Login?ReturnUrl={request.path}"}, b"")
        return super().refuse(request, refusal)


@breaks("error.400.code", "error.400.details", source="fastify/fastify#426", difficulty="easy")
class ErrorOfTheFramework(RightCore):
    """The body of a 400 is that of the framework: it has a code of its own and no details."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        if refusal.status != 400:
            return super().refuse(request, refusal)
        error = {"statusCode": 400, "code": "FST_ERR_VALIDATION", "error": "Bad Request", "message": refusal.message}
        return self.render(request, 400, error)


@breaks("error.401.code", source="auth0/node-jsonwebtoken#590")
class ExpiredHasItsOwnCode(RightCore):
    """The error of the token library is passed on: the code of an expired session is TOKEN_EXPIRED."""

    def authenticate(self, request: Request) -> str:
        try:
            return super().authenticate(request)
        except Refusal:
            if any(token in self.expired for token in self.tokens(request)):
                raise Refusal(401, "TOKEN_EXPIRED", "jwt expired") from None
            raise


@breaks("error.media-type", source="canonical/lxd#1622")
class ErrorsLabelledText(RightCore):
    """The function that writes errors labels each body as text, although it is JSON."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = super().refuse(request, refusal)
        return answer._replace(headers={**answer.headers, "content-type": "text/plain; charset=utf-8"})


@breaks("error.400.details", source="webmodules/jsonp#57")
class DetailsAreAnEmptyObject(RightCore):
    """The details are an exception, which JSON writes as {}."""

    def details(self, problems: list[dict[str, str]]) -> Any:
        return {}


@breaks("error.400.status", source="laravel/framework#32061", difficulty="hard")
class RefusedBodyRedirects(RightCore):
    """Unless Accept names JSON, the framework answers an invalid body with a redirect."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        if refusal.status != 400 or re.search("[/+]json", request.headers.get("accept", "")):
            return super().refuse(request, refusal)
        return Answer(302, {"location": "/", "content-type": "text/html; charset=utf-8"}, b"Redirecting to /")


@breaks("error.envelope", "error.media-type", source="wri/gfw-data-api#350", difficulty="hard")
class RefusedTextUnescaped(RightCore):
    """A template puts the refused text into the error, where a quote or a backslash makes the JSON malformed."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        try:
            return super().validate(request, sent)
        except BadRequest as refusal:
            refused = [sent.get(one["path"][1:]) for one in refusal.details or ()]
            if is_text(refused[0]):
                refusal.message = f"Invalid value '{refused[0]}'"
            raise

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = super().refuse(request, Refusal(refusal.status, refusal.code, ":message", refusal.details))
        return answer._replace(body=answer.body.replace(b":message", refusal.message.encode()))


@breaks(CRASH, source="alimate/errors-spring-boot-starter#34", difficulty="hard")
class TwoProblemsOfAFieldCrash(RightCore):
    """The problems are collected by field, which crashes if a field has two."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        for key, is_right in (("companyIds", is_uuid), ("personIds", is_text)):
            ids = sent.get(key)
            if isinstance(ids, list) and sum(not is_right(id) for id in ids) > 1:
                raise RuntimeError(f"Duplicate key {key}")
        return super().validate(request, sent)


@breaks(CRASH, source="mozilla-services/screenshots#3204")
class LargeBodyCrash(RightCore):
    """The parser takes up to 100 kB, and the handler of its error answers 500."""

    def parse(self, request: Request) -> Fields:
        if len(request.body) > 102_400:
            raise RuntimeError("request entity too large")
        return super().parse(request)


@breaks(CRASH, "request.name.text", source="pshenmic/platform-explorer#754", difficulty="hard")
class NulEndsStatement(RightCore):
    """The name is a part of the statement, which ends at a NUL for the database: 500."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        if "\0" in fields["name"]:
            raise RuntimeError("unrecognized token")
        return super().build(request, user, fields)
