"""Traits of login and of error bodies."""

from typing import Any

from contract_tests.tests.servers.right_core import Answer, BadRequest, Fields, Refusal, Request, RightCore
from contract_tests.tests.servers.trait import about

# -- login


@about("session-carrier", carriers=("bearer",))
class BearerOnly(RightCore):
    """The server ignores the cookie."""

    def tokens(self, request: Request) -> list[str]:
        return super().tokens(request._replace(headers={**request.headers, "cookie": ""}))


@about("session-carrier", carriers=("cookie",))
class CookieOnly(RightCore):
    """The server ignores the Authorization header."""

    def tokens(self, request: Request) -> list[str]:
        return super().tokens(request._replace(headers={**request.headers, "authorization": ""}))


@about("mixed-logins")
class EveryLoginMustBeGood(RightCore):
    """The server refuses an invalid login next to a valid one."""

    def authenticate(self, request: Request) -> str:
        users = {self.users.get(token) for token in self.tokens(request)}
        if len(users) > 1:
            raise Refusal(401, "UNAUTHORIZED", "Two logins were sent that do not agree.")
        return super().authenticate(request)


@about("bearer-scheme-case")
class SchemeInThisCaseOnly(RightCore):
    """The server accepts only Bearer, not bearer."""

    def tokens(self, request: Request) -> list[str]:
        wrong = request.headers.get("authorization", "")[:7] in ("bearer ", "BEARER ")
        return [] if wrong else super().tokens(request)


@about("malformed-login")
class MalformedLogin400(RightCore):
    """The server answers 400 to a login without a token or with another scheme."""

    def authenticate(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "Bearer x").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Refusal(400, "BAD_REQUEST", "The Authorization header must be: Bearer, a space, the token.")
        return super().authenticate(request)


@about("foreign-origin")
class ForeignOriginForbidden(RightCore):
    """The server answers 403 to a cookie with a foreign Origin header."""

    def authenticate(self, request: Request) -> str:
        user = super().authenticate(request)
        origin = request.headers.get("origin", "").partition("//")[2]
        if origin and origin != request.headers["host"] and "authorization" not in request.headers:
            raise Refusal(403, "FORBIDDEN", "Pages of this origin may not call.")
        return user


@about("login-before-validation", by_name="validation-first")
class ValidationFirst(RightCore):
    """The server validates the body before it checks the login."""

    def authenticate(self, request: Request) -> str:
        self.validate(request, self.parse(request))
        return super().authenticate(request)


@about("www-authenticate")
class ChallengeAbsent(RightCore):
    """A 401 has no WWW-Authenticate header."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = super().refuse(request, refusal)
        return answer._replace(headers={k: v for k, v in answer.headers.items() if k != "www-authenticate"})


@about("www-authenticate")
class ChallengeExplained(RightCore):
    """A 401 explains in WWW-Authenticate what is wrong with the token (RFC 6750 §3)."""

    def authenticate(self, request: Request) -> str:
        if any(token in self.expired for token in self.tokens(request)):
            raise Refusal(401, "UNAUTHORIZED", "The session has ended; sign in again.")
        return super().authenticate(request)

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = super().refuse(request, refusal)
        why = ', error="invalid_token", error_description="no session"' if self.tokens(request) else ""
        told = {"www-authenticate": f'Bearer realm="lead lists"{why}, Cookie realm="lead lists"'}
        return answer._replace(headers={**answer.headers, **told}) if answer.status == 401 else answer


@about("cookies")
class SessionRenewed(RightCore):
    """Every response to a signed-in caller sets the session cookie again, and another cookie."""

    def render(self, request: Request, status: int, value: Fields) -> Answer:
        answer = super().render(request, status, value)
        token = next((token for token in self.tokens(request) if token in self.users), None)
        renewed = {"set-cookie": f"__session={token}; Path=/; HttpOnly; SameSite=Lax"} if token else {}
        return answer._replace(headers={**answer.headers, **renewed, "Set-Cookie": "seen=1; Path=/"})


# -- the body of an error


@about("error-shape")
class ErrorFlat(RightCore):
    """code and message are at the top level."""

    def envelope(self, refusal: Refusal) -> Fields:
        body = super().envelope(refusal)
        error = body.pop("error")
        return {**body, **error}


@about("details-place")
class DetailsAtTop(RightCore):
    """details is next to the error object."""

    def envelope(self, refusal: Refusal) -> Fields:
        body = super().envelope(refusal)
        error = body.get("error", body)
        return {**body, "details": error.pop("details")} if "details" in error else body


@about("details-form")
class DetailsByField(RightCore):
    """details is an object of lists by field, as Laravel and Rails write it."""

    def details(self, problems: list[dict[str, str]]) -> Any:
        found: dict[str, list[str]] = {}
        for problem in problems:
            found.setdefault(problem["path"].strip("/") or "body", []).append(problem["message"])
        return found


@about("details-form")
class DetailsAsTexts(RightCore):
    """details is an array of sentences."""

    def details(self, problems: list[dict[str, str]]) -> Any:
        return [f"{problem['path'].strip('/') or 'The body'} {problem['message']}" for problem in problems]


@about("details-form")
class DetailsFlattened(RightCore):
    """details has formErrors and fieldErrors, as zod flattens them."""

    def details(self, problems: list[dict[str, str]]) -> Any:
        fields = {p["path"].strip("/"): [p["message"]] for p in problems if p["path"]}
        return {"formErrors": [p["message"] for p in problems if not p["path"]], "fieldErrors": fields}


@about("details-form")
class DetailsAsTree(RightCore):
    """details has the shape of the body, as zod's treeifyError writes it."""

    def details(self, problems: list[dict[str, str]]) -> Any:
        fields = {p["path"].strip("/"): {"errors": [p["message"]]} for p in problems if p["path"]}
        return {"errors": [p["message"] for p in problems if not p["path"]], "properties": fields}


@about("details-form")
class DetailsWithPointers(RightCore):
    """details has objects with a JSON pointer and a detail, as in the examples of RFC 9457."""

    def details(self, problems: list[dict[str, str]]) -> Any:
        return [{"pointer": f"#{p['path']}", "detail": p["message"], "code": "invalid"} for p in problems]


@about("details-form")
class DetailsWithPathLists(RightCore):
    """details has the path as an array, as zod's issues and pydantic's errors do."""

    def details(self, problems: list[dict[str, str]]) -> Any:
        return [{"loc": ["body", *p["path"].split("/")[1:]], "msg": p["message"], "type": "value"} for p in problems]


@about("details-name-the-field")
class DetailsNameNoField(RightCore):
    """details has no field names."""

    def details(self, problems: list[dict[str, str]]) -> Any:
        return super().details([{"path": "", "message": problem["message"]} for problem in problems])


@about("problems-listed")
class FirstProblemOnly(RightCore):
    """details has only the first problem."""

    def details(self, problems: list[dict[str, str]]) -> Any:
        return super().details(problems[:1])


@about("problems-listed")
class OrderCheckedAfterFaults(RightCore):
    """If a date is invalid, details also say that the dates are out of order, as zod's superRefine can."""

    def details(self, problems: list[dict[str, str]]) -> Any:
        dates = {problem["path"] for problem in problems} & {"/startDate", "/endDate"}
        order = [{"path": path, "message": "must be in order"} for path in ("/startDate", "/endDate") if dates]
        return super().details([*problems, *order])


@about("malformed-json-details")
class MalformedWithoutDetails(RightCore):
    """A 400 for malformed JSON has no details."""

    def parse(self, request: Request) -> Fields:
        try:
            return super().parse(request)
        except BadRequest as refusal:
            details = None if "well-formed" in str(refusal.details) else refusal.details
            raise Refusal(400, refusal.code, "The body is not well-formed JSON.", details) from None


@about("what the parser refuses")
class ScalarsUnparsed(RightCore):
    """The server treats a scalar body as malformed JSON, without details, like Express."""

    def parse(self, request: Request) -> Fields:
        try:
            return super().parse(request)
        except Refusal as refusal:
            if "a JSON object" not in str(refusal.details) or request.body.strip().startswith(b"["):
                raise
            raise Refusal(400, refusal.code, "Unexpected token") from None


@about("what the parser refuses")
class PrototypesUnparsed(RightCore):
    """The server treats a key __proto__ as malformed JSON, without details, like Fastify."""

    def parse(self, request: Request) -> Fields:
        sent = super().parse(request)
        if b'"__proto__":' in request.body:
            raise Refusal(400, "BAD_REQUEST", "Object contains forbidden prototype property")
        return sent


@about("details-on-other-errors")
class DetailsEverywhere(RightCore):
    """Every error has details, possibly empty."""

    def envelope(self, refusal: Refusal) -> Fields:
        details = refusal.details if refusal.details is not None or refusal.status == 400 else []
        return super().envelope(Refusal(refusal.status, refusal.code, refusal.message, details))


@about("error members")
class ErrorForSupport(RightCore):
    """An error has more fields: status, request ID, time, path, a link."""

    def envelope(self, refusal: Refusal) -> Fields:
        more = {"status": refusal.status, "requestId": "req_8f3a", "timestamp": self.write(self.now())}
        return super().envelope(refusal) | more | {"path": "/api/v1", "docs": "https://docs.example/errors"}


@about("error-media-type")
class ProblemJson(RightCore):
    """An error is an RFC 9457 problem with code and message."""

    def envelope(self, refusal: Refusal) -> Fields:
        problem = {"type": "about:blank", "title": refusal.code.title(), "status": refusal.status}
        return problem | {"detail": refusal.message} | super().envelope(refusal)

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = super().refuse(request, refusal)
        return answer._replace(headers={**answer.headers, "content-type": "application/problem+json"})
