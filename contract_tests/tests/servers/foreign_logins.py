"""Reported bugs in logins: tokens, cookies, headers that name a user."""

import base64
import json
import re
from collections.abc import Mapping

from contract_tests.tests.servers.breach import breaks
from contract_tests.tests.servers.right_core import Answer, Refusal, Request, RightCore


@breaks("error.401.status", source="fastapi/fastapi#2026", difficulty="easy")
class MissingLoginForbidden(RightCore):
    """The server answers 403 to a request without a login, 401 to a wrong token."""

    def authenticate(self, request: Request) -> str:
        if not self.tokens(request):
            raise Refusal(403, "FORBIDDEN", "Not authenticated")
        return super().authenticate(request)


@breaks(
    "http.answer.no-server-error",
    "access.session.valid",
    "error.401.status",
    source="NousResearch/hermes-agent#65305",
    difficulty="hard",
)
class NonAsciiTokenCrash(RightCore):
    """The comparison in constant time crashes on a token with a character beyond ASCII."""

    def authenticate(self, request: Request) -> str:
        if not all(token.isascii() for token in self.tokens(request)):
            raise TypeError("comparing strings with non-ASCII characters is not supported")
        return super().authenticate(request)


@breaks("access.session.valid", "access.login.required", source="Abblix/Oidc.Server#76", difficulty="hard")
class UnsignedTokenSignsIn(RightCore):
    """The server accepts an unsigned JSON Web Token whose algorithm is "none", in any case."""

    def authenticate(self, request: Request) -> str:
        for token in self.tokens(request):
            header, _, rest = token.partition(".")
            if str(self.part(header).get("alg")).lower() == "none":
                return str(self.part(rest.partition(".")[0]).get("sub", "user_unknown"))
        return super().authenticate(request)

    def part(self, text: str) -> Mapping[str, object]:
        try:
            value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


@breaks("access.login.required", source="code100x/cms#1831", difficulty="hard")
class InternalCallSkipsLogin(RightCore):
    """The header x-middleware-subrequest, which marks the framework's own calls, skips the login."""

    def authenticate(self, request: Request) -> str:
        if "middleware" in request.headers.get("x-middleware-subrequest", ""):
            return "user_internal"
        return super().authenticate(request)


@breaks("access.login.required", "response.userIds.includes-creator", source="mike840609/assets_tracker#639")
class ProxyNamesUser(RightCore):
    """The server trusts X-Forwarded-User and the like from any client."""

    def authenticate(self, request: Request) -> str:
        for header in ("x-forwarded-user", "x-user-id", "x-auth-request-user"):
            if request.headers.get(header):
                return request.headers[header]
        return super().authenticate(request)


@breaks("access.carrier.cookie", source="aio-libs/aiohttp#7330")
class JsonCookieHidesSession(RightCore):
    """The cookie parser stops at a value of raw JSON and loses a session cookie after it."""

    def tokens(self, request: Request) -> list[str]:
        kept: list[str] = []
        for cookie in request.headers.get("cookie", "").split(";"):
            value = cookie.partition("=")[2].strip()
            if '"' in value and not re.fullmatch(r'"[^"]*"', value):
                break
            kept.append(cookie)
        return super().tokens(request._replace(headers={**request.headers, "cookie": ";".join(kept)}))


@breaks("access.carrier.cookie", "http.answer.no-server-error", source="expressjs/express#1331")
class PercentInCookieCrash(RightCore):
    """The cookie parser crashes on a percent sign that begins no escape, in any cookie."""

    def route(self, request: Request) -> None:
        if re.search(r"%(?![0-9a-fA-F]{2})", request.headers.get("cookie", "")):
            raise ValueError("URI malformed")
        super().route(request)


@breaks(
    "response.userIds.includes-creator",
    "response.userIds.no-stranger",
    source="nensii21/devlink#773",
    difficulty="hard",
)
class IdempotencyKeyOfAnotherUser(RightCore):
    """The server caches by Idempotency-Key alone, so a second user receives the list of the first."""

    def __init__(self, users: Mapping[str, str], expired: Mapping[str, str] = {}) -> None:
        super().__init__(users, expired)
        self.answers: dict[str, Answer] = {}

    def create(self, request: Request) -> Answer:
        key = request.headers.get("idempotency-key")
        if key is None:
            return super().create(request)
        self.route(request)
        self.authenticate(request)
        if key not in self.answers:
            self.answers[key] = super().create(request)
        return self.answers[key]
