"""Faulty servers: one defect each in login or in error bodies."""

import asyncio
import base64
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import ClassVar

from contract_tests.tests.servers.breach import breaks
from contract_tests.tests.servers.right_core import Answer, Fields, Refusal, Request, RightCore

# -- login


@breaks("access.login.required")
class NoLoginNeeded(RightCore):
    """The server serves a request without a login as the first user."""

    def authenticate(self, request: Request) -> str:
        if request.headers.keys().isdisjoint(("authorization", "cookie")):
            return next(iter(self.users.values()))
        return super().authenticate(request)


@breaks("access.session.valid")
class CookiePresenceSuffices(RightCore):
    """The server accepts any value of the session cookie."""

    def tokens(self, request: Request) -> list[str]:
        cookie = re.search(r"(?:^|; *)__session=", request.headers.get("cookie", ""))
        somebody = [next(iter(self.users))] if cookie else []
        return super().tokens(request) + somebody


@breaks("access.session.valid")
class TokenIsPattern(RightCore):
    """The server looks a token up with LIKE, so that % matches any session."""

    def tokens(self, request: Request) -> list[str]:
        given = super().tokens(request)
        return given + [token for token in self.users if "%" in given]


@breaks("access.login.required")
class EndOfCookieNameSuffices(RightCore):
    """The server accepts a cookie whose name ends like that of the session cookie."""

    def tokens(self, request: Request) -> list[str]:
        cookies = [cookie.strip().partition("=") for cookie in request.headers.get("cookie", "").split(";")]
        return super().tokens(request) + [token for name, _, token in cookies if name.endswith("__session")]


@breaks("access.session.valid")
class OnlyCookieGuarded(RightCore):
    """The server checks the cookie, but accepts any bearer token that has not expired."""

    def authenticate(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme == "Bearer" and token and token not in self.expired:
            return self.users.get(token, "user_0")
        return super().authenticate(request)


@breaks("access.session.valid")
class InheritedKeyIsASession(RightCore):
    """The server accepts a key that every JavaScript object has as a token, as with `sessions[token]`."""

    def authenticate(self, request: Request) -> str:
        inherited = {"constructor", "hasOwnProperty", "toString", "valueOf"}
        return "user_0" if inherited & {*self.tokens(request)} else super().authenticate(request)


@breaks("access.session.valid")
class SchemeIgnored(RightCore):
    """The server accepts a token with any scheme."""

    def tokens(self, request: Request) -> list[str]:
        scheme, blank, token = request.headers.get("authorization", "").partition(" ")
        return super().tokens(request) + ([token] if blank and scheme.lower() != "bearer" else [])


@breaks("access.session.valid")
class TokenPrefixSuffices(RightCore):
    """The server accepts the first characters of a token."""

    def tokens(self, request: Request) -> list[str]:
        sent = [token for token in super().tokens(request) if len(token) > 2 and token not in self.expired]
        return [known for token in sent for known in self.users if known.startswith(token)]


@breaks("access.session.valid")
class MoreThanTokenTaken(RightCore):
    """The server accepts a token with more characters appended."""

    def tokens(self, request: Request) -> list[str]:
        return [known for token in super().tokens(request) for known in self.users if token.startswith(known)]


@breaks("access.session.valid")
class TokenCaseIgnored(RightCore):
    """The server compares tokens without regard to case, as some databases do."""

    def tokens(self, request: Request) -> list[str]:
        sent = {token.lower() for token in super().tokens(request)}
        return [known for known in self.users if known.lower() in sent]


# {"alg":"HS256"}, {"sub":"user_first"} or {"sub":"user_second"}, and signatures that only the server can check.
JWT_FIRST = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyX2ZpcnN0In0.c2lnbmVkLWZpcnN0"
JWT_SECOND = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyX3NlY29uZCJ9.c2lnbmVkLXNlY29uZA"


@breaks("access.session.valid")
class ChangedPayloadTaken(RightCore):
    """The server decodes the payload of a JSON Web Token without checking its signature."""

    sessions: ClassVar[Mapping[str, str]] = {JWT_FIRST: "user_first", JWT_SECOND: "user_second"}

    def authenticate(self, request: Request) -> str:
        for header, payload, signature in (t.split(".") for t in self.tokens(request) if t.count(".") == 2):
            known = {self.sessions[token] for token in self.sessions if token.startswith(f"{header}.")}
            if signature and (user := _subject(payload)) in known:
                return user
        return super().authenticate(request)


@breaks("access.session.valid")
class AlgorithmNoneTaken(RightCore):
    """The server accepts a JSON Web Token of a known user without a signature if its algorithm is `none`."""

    sessions: ClassVar[Mapping[str, str]] = ChangedPayloadTaken.sessions

    def authenticate(self, request: Request) -> str:
        for token in self.tokens(request):
            header, _, rest = token.partition(".")
            if _part(header).get("alg") == "none" and (user := _subject(rest.rstrip("."))) in self.sessions.values():
                return user
        return super().authenticate(request)


def _subject(payload: str) -> str:
    return str(_part(payload).get("sub"))


def _part(text: str) -> Fields:
    try:
        value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


@breaks("access.session.expired")
class ExpiredSessionTaken(RightCore):
    """The server ignores when a session expires."""

    def authenticate(self, request: Request) -> str:
        return next((self.expired[t] for t in self.tokens(request) if t in self.expired), "") or super().authenticate(
            request
        )


@breaks("access.carrier.cookie")
class FirstCookieOnly(RightCore):
    """The server reads only the first cookie."""

    def tokens(self, request: Request) -> list[str]:
        first = request.headers.get("cookie", "").partition(";")[0]
        return super().tokens(request._replace(headers={**request.headers, "cookie": first}))


@breaks("access.login.first")
class ValidationBeforeLogin(RightCore):
    """The server answers 400 to an invalid body without a login."""

    def authenticate(self, request: Request) -> str:
        self.validate(request, self.parse(request))
        return super().authenticate(request)


@breaks("response.userIds.no-stranger")
class UserOfLatestCall(RightCore):
    """The server keeps the caller in a global variable: under load a list goes to the latest caller."""

    caller = ""

    async def answer(self, request: Request) -> Answer:
        with suppress(Refusal):
            self.caller = self.authenticate(request)
        await asyncio.sleep(0.01)  # the duration of a database query
        return await super().answer(request)

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        return super().build(request, self.caller, fields)


# -- errors


@breaks("error.400.status")
class Validation422(RightCore):
    """The server answers 422 to a body that fails validation."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = super().refuse(request, refusal)
        return answer._replace(status=422) if answer.status == 400 else answer


@breaks("error.400.status")
class ErrorAnswered200(RightCore):
    """The server answers 200 with an error body to a body that fails validation."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = super().refuse(request, refusal)
        return answer._replace(status=200) if answer.status == 400 else answer


@breaks("error.400.code")
class MalformedJsonCode(RightCore):
    """Malformed JSON has its own error code."""

    def parse(self, request: Request) -> Fields:
        try:
            return super().parse(request)
        except Refusal as refusal:
            code = "INVALID_JSON" if refusal.status == 400 else refusal.code
            raise Refusal(refusal.status, code, refusal.message, refusal.details) from None


@breaks("error.400.details")
class DetailsOfTheUserBefore(RightCore):
    """Each detail names the user who created the latest list."""

    latest = ""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        self.latest = user
        return super().build(request, user, fields)

    def details(self, problems: list[dict[str, str]]) -> list[dict[str, str]]:
        return [{**problem, "latest": self.latest} for problem in problems]


@breaks("error.400.details")
class DetailsMissing(RightCore):
    """A 400 has no details."""

    def envelope(self, refusal: Refusal) -> Fields:
        return super().envelope(Refusal(refusal.status, refusal.code, refusal.message))


@breaks("error.400.details")
class DetailsEmpty(RightCore):
    """The details of a 400 are an empty array."""

    def envelope(self, refusal: Refusal) -> Fields:
        return super().envelope(
            Refusal(refusal.status, refusal.code, refusal.message, None if refusal.details is None else [])
        )


@breaks("error.400.details")
class DetailsNameAnotherField(RightCore):
    """The details report a problem of endDate for startDate."""

    def envelope(self, refusal: Refusal) -> Fields:
        moved = [{**d, "path": d["path"].replace("endDate", "startDate")} for d in refusal.details or ()]
        return super().envelope(Refusal(refusal.status, refusal.code, refusal.message, moved or refusal.details))


@breaks("error.401.status")
class StrangerForbidden(RightCore):
    """The server answers 403 to a caller without a valid session."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = super().refuse(request, refusal)
        return answer._replace(status=403) if answer.status == 401 else answer


@breaks("error.401.code")
class StrangerUnauthenticated(RightCore):
    """A 401 carries the code UNAUTHENTICATED."""

    def envelope(self, refusal: Refusal) -> Fields:
        code = refusal.code.replace("UNAUTHORIZED", "UNAUTHENTICATED")
        return super().envelope(Refusal(refusal.status, code, refusal.message, refusal.details))


@breaks("error.message")
class MessageEmpty(RightCore):
    """The message of a 401 is empty."""

    def envelope(self, refusal: Refusal) -> Fields:
        message = "" if refusal.status == 401 else refusal.message
        return super().envelope(Refusal(refusal.status, refusal.code, message, refusal.details))


@breaks("error.400.code")
class CodeTranslated(RightCore):
    """The code of a 400 is in the language of the client."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        is_german = request.headers.get("accept-language", "").startswith("de")
        if is_german and refusal.status == 400:
            refusal = Refusal(400, "UNGÜLTIGE_ANFRAGE", refusal.message, refusal.details)
        return super().refuse(request, refusal)


@breaks("error.internals")
class PathInHeader(RightCore):
    """A header of a 400 has the file and the line of the exception."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = super().refuse(request, refusal)
        return answer._replace(headers={**answer.headers, "x-debug": "/var/www/app/create.py:7"})


@breaks("error.internals")
class TraceInMessage(RightCore):
    """The message of a 400 is a stack trace."""

    def envelope(self, refusal: Refusal) -> Fields:
        trace = 'Traceback (most recent call last):\n  File "/app/api/lists.py", line 12, in create\nValueError'
        message = trace if refusal.status == 400 else refusal.message
        return super().envelope(Refusal(refusal.status, refusal.code, message, refusal.details))


@breaks("error.envelope")
class ErrorAsText(RightCore):
    """An error body holds a string instead of code and message."""

    def envelope(self, refusal: Refusal) -> Fields:
        return {"error": refusal.message}


@breaks("error.media-type")
class ErrorLabelledHtml(RightCore):
    """The Content-Type of an error is text/html."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = super().refuse(request, refusal)
        return answer._replace(headers={**answer.headers, "content-type": "text/html; charset=utf-8"})
