"""Servers with one fault in who may call, or in how a refusal is written."""

import asyncio
import re
from contextlib import suppress

from contract_tests.tests.servers.breach import breaks
from contract_tests.tests.servers.right_core import Answer, Fields, Refusal, Request, RightCore

# -- who may call


@breaks("access.login.required")
class NoLoginNeeded(RightCore):
    """A call without any login is made in the name of the first user."""

    def authenticate(self, request: Request) -> str:
        if request.headers.keys().isdisjoint(("authorization", "cookie")):
            return next(iter(self.users.values()))
        return super().authenticate(request)


@breaks("access.session.valid")
class CookiePresenceSuffices(RightCore):
    """Any value of the session cookie signs somebody in."""

    def tokens(self, request: Request) -> list[str]:
        cookie = re.search(r"(?:^|; *)__session=", request.headers.get("cookie", ""))
        somebody = [next(iter(self.users))] if cookie else []
        return super().tokens(request) + somebody


@breaks("access.login.required")
class EndOfCookieNameSuffices(RightCore):
    """A cookie signs in if its name ends like the session's."""

    def tokens(self, request: Request) -> list[str]:
        cookies = [cookie.strip().partition("=") for cookie in request.headers.get("cookie", "").split(";")]
        return super().tokens(request) + [token for name, _, token in cookies if name.endswith("__session")]


@breaks("access.session.valid")
class OnlyCookieGuarded(RightCore):
    """The cookie is checked; any bearer token that has not expired signs somebody in."""

    def authenticate(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme == "Bearer" and token and token not in self.expired:
            return self.users.get(token, "user_0")
        return super().authenticate(request)


@breaks("access.session.valid")
class InheritedKeyIsASession(RightCore):
    """A token that every object of JavaScript has for a key signs somebody in, as where sessions[token] counts."""

    def authenticate(self, request: Request) -> str:
        inherited = {"constructor", "hasOwnProperty", "toString", "valueOf"}
        return "user_0" if inherited & {*self.tokens(request)} else super().authenticate(request)


@breaks("access.session.valid")
class SchemeIgnored(RightCore):
    """A token is taken whatever scheme stands before it."""

    def tokens(self, request: Request) -> list[str]:
        scheme, blank, token = request.headers.get("authorization", "").partition(" ")
        return super().tokens(request) + ([token] if blank and scheme.lower() != "bearer" else [])


@breaks("access.session.valid")
class TokenPrefixSuffices(RightCore):
    """The first characters of a token are as good as the whole."""

    def tokens(self, request: Request) -> list[str]:
        sent = [token for token in super().tokens(request) if len(token) > 2 and token not in self.expired]
        return [known for token in sent for known in self.users if known.startswith(token)]


@breaks("access.session.valid")
class MoreThanTokenTaken(RightCore):
    """A token with more characters behind it is taken for the token."""

    def tokens(self, request: Request) -> list[str]:
        return [known for token in super().tokens(request) for known in self.users if token.startswith(known)]


@breaks("access.session.valid")
class TokenCaseIgnored(RightCore):
    """Tokens are compared without regard to case, as some databases compare texts."""

    def tokens(self, request: Request) -> list[str]:
        sent = {token.lower() for token in super().tokens(request)}
        return [known for known in self.users if known.lower() in sent]


@breaks("access.session.expired")
class ExpiredSessionTaken(RightCore):
    """Nobody looks when a session ends."""

    def authenticate(self, request: Request) -> str:
        return next((self.expired[t] for t in self.tokens(request) if t in self.expired), "") or super().authenticate(
            request
        )


@breaks("access.carrier.cookie")
class FirstCookieOnly(RightCore):
    """Only the first cookie is looked at."""

    def tokens(self, request: Request) -> list[str]:
        first = request.headers.get("cookie", "").partition(";")[0]
        return super().tokens(request._replace(headers={**request.headers, "cookie": first}))


@breaks("access.login.first")
class ValidationBeforeLogin(RightCore):
    """A wrong body is answered 400 to a caller without a login."""

    def authenticate(self, request: Request) -> str:
        self.validate(request, self.parse(request))
        return super().authenticate(request)


@breaks("response.userIds.no-stranger")
class UserOfLatestCall(RightCore):
    """The caller is kept in one place for all calls: under load a list goes to whoever called last."""

    caller = ""

    async def answer(self, request: Request) -> Answer:
        with suppress(Refusal):
            self.caller = self.authenticate(request)
        await asyncio.sleep(0.01)  # as long as a database takes
        return await super().answer(request)

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        return super().build(request, self.caller, fields)


# -- errors


@breaks("error.400.status")
class Validation422(RightCore):
    """A body that fails validation is answered 422."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = super().refuse(request, refusal)
        return answer._replace(status=422) if answer.status == 400 else answer


@breaks("error.400.status")
class ErrorAnswered200(RightCore):
    """A body that fails validation is answered 200 with the error in the body."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = super().refuse(request, refusal)
        return answer._replace(status=200) if answer.status == 400 else answer


@breaks("error.400.code")
class MalformedJsonCode(RightCore):
    """Malformed JSON has a code of its own."""

    def parse(self, request: Request) -> Fields:
        try:
            return super().parse(request)
        except Refusal as refusal:
            code = "INVALID_JSON" if refusal.status == 400 else refusal.code
            raise Refusal(refusal.status, code, refusal.message, refusal.details) from None


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
    """What is wrong with endDate is told of startDate."""

    def envelope(self, refusal: Refusal) -> Fields:
        moved = [{**d, "path": d["path"].replace("endDate", "startDate")} for d in refusal.details or ()]
        return super().envelope(Refusal(refusal.status, refusal.code, refusal.message, moved or refusal.details))


@breaks("error.401.status")
class StrangerForbidden(RightCore):
    """A caller without a valid session is answered 403."""

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


@breaks("error.internals")
class TraceInMessage(RightCore):
    """The message of a 400 is a stack trace."""

    def envelope(self, refusal: Refusal) -> Fields:
        trace = 'Traceback (most recent call last):\n  File "/app/api/lists.py", line 12, in create\nValueError'
        message = trace if refusal.status == 400 else refusal.message
        return super().envelope(Refusal(refusal.status, refusal.code, message, refusal.details))


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
