"""Sessions: find the credentials of a request and their user."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connexion.security import NO_VALUE
from starlette.datastructures import Headers

from mock_server.contract.openapi import BEARER_TYPES
from mock_server.contract.readings import Readings
from mock_server.pipeline.errors import Refused
from mock_server.settings.parsers import EXPIRED_TOKEN

EXPIRED = "The session has expired; sign in again"

Authenticate = Callable[[Headers, str], str | None]


class Sessions:
    """Map tokens to users and find the token of a request. Called as the stage `authenticate`."""

    def __init__(
        self,
        users: Mapping[str, str],
        readings: Readings,
        *,
        cookie_name: str,
        is_own_origin: Callable[[str], bool],
    ) -> None:
        self._users = users  # token -> user id
        self._cookie_name = cookie_name
        self._is_own_origin = is_own_origin
        carrier = readings["session-carrier"]
        self._carriers = ("bearer", "cookie") if carrier == "either" else (carrier,)
        self._all_good = readings.follows("mixed-logins", "all-good")
        self._malformed_status = int(readings["malformed-login"])
        self._any_case = readings.follows("bearer-scheme-case", "insensitive")
        self._refuses_foreign = readings.follows("foreign-origin", "403")

    def __call__(self, headers: Headers, carrier: str) -> str | None:
        """Return the user of the token in `carrier` ("bearer" or "cookie"), or None without a token; raise Refused."""
        if carrier not in self._carriers:
            return None
        user = self._login(headers, carrier)
        if self._all_good:
            for other in self._carriers:
                self._login(headers, other)
        return user

    def _login(self, headers: Headers, carrier: str) -> str | None:
        if carrier == "bearer":
            return self._bearer_login(headers.getlist("authorization"))
        if "cookie" not in headers:
            return None
        user = self._cookie_login(cookie_values(headers.getlist("cookie"), self._cookie_name))
        foreign = "origin" in headers and not self._is_own_origin(headers["origin"])
        if user is not None and foreign and self._refuses_foreign:
            raise Refused(403, message="The session cookie came from a web page of another origin")
        return user

    def _bearer_login(self, values: list[str]) -> str | None:
        if not values:
            return None
        scheme, _, token = values[0].partition(" ")
        named = scheme.lower() == "bearer" if self._any_case else scheme == "Bearer"  # RFC 9110 §11.1
        token = token.strip(" \t")
        if not named or not token or len(values) > 1:
            # access.session.valid, RFC 6750 §2.1
            raise self._malformed("Authorization must be: Bearer <token>")
        return self._user(token)  # access.carrier.bearer

    def _cookie_login(self, values: list[str]) -> str | None:
        if not values:
            return None
        # A browser can send two cookies with one name (RFC 6265 §5.4), one of them stale: one valid token is enough.
        tokens = [value for value in values if value]
        if not tokens:
            raise self._malformed(f"The cookie {self._cookie_name} is empty")  # access.session.valid
        good = [self._users[token] for token in tokens if token in self._users]
        if good and not (self._all_good and len(good) < len(values)):
            return good[0]  # access.carrier.cookie
        return self._user(next(token for token in tokens if token not in self._users))

    def _user(self, token: str) -> str:
        if token == EXPIRED_TOKEN:  # access.session.expired, error.401.status
            raise Refused(401, message=EXPIRED)
        if token not in self._users:  # access.session.valid, error.401.status
            raise Refused(401, message="The session token is unknown; the mock prints its tokens at the start")
        return self._users[token]

    def _malformed(self, message: str) -> Refused:
        return Refused(self._malformed_status, message=message)  # error.401.status, unless malformed-login differs


def user_of_several(logins: Mapping[str, Mapping[str, str]]) -> str | None:
    """Return the user of several logins that an operation requires at once: that of a session, else that of a key."""
    for name in ("sub", "uid"):
        for each in logins.values():
            if name in each:
                return each[name]
    return None


def cookie_values(headers: list[str], name: str) -> list[str]:
    """Return the values of the cookie `name`.

    A browser sends every cookie of localhost to each of its ports, also cookies of other projects with names and values
    that Python's SimpleCookie cannot parse. This parser only relies on the semicolon after a pair (RFC 6265 §5.4).
    """
    pairs = (pair.partition("=") for header in headers for pair in header.split(";"))
    return [value.strip().strip('"') for key, equals, value in pairs if equals and key.strip() == name]


def security_map(authenticate: Authenticate, users: Mapping[str, str]) -> dict[str, Any]:
    """Return Connexion's handlers for each kind of security schemes: sessions call the stage `authenticate`.

    An API key in a header or the query can have any value, because the mock knows none, and so can a password. The
    token of a user is the key of that user; any other value is one of the first user.
    """
    first = next(iter(users.values()))

    def handler(carrier: str) -> type:
        class Handler:
            def get_fn(self, security_scheme: dict[str, Any], required_scopes: list[str]) -> Any:
                async def check(request: Any) -> Any:
                    user = authenticate(request.headers, carrier)
                    # access.login.required: Connexion refuses a request without a value from any scheme.
                    return NO_VALUE if user is None else {"sub": user}

                return check

        return Handler

    class KeyHandler(handler("cookie")):  # type: ignore[misc]  # made above
        def get_fn(self, security_scheme: dict[str, Any], required_scopes: list[str]) -> Any:
            if security_scheme["in"] == "cookie":
                return super().get_fn(security_scheme, required_scopes)
            name, is_header = security_scheme["name"], security_scheme["in"] == "header"

            async def check(request: Any) -> Any:
                key = (request.headers if is_header else request.query_params).get(name)
                return {"uid": users.get(key, first)} if key else NO_VALUE

            return check

    class BasicHandler:
        def get_fn(self, security_scheme: dict[str, Any], required_scopes: list[str]) -> Any:
            async def check(request: Any) -> Any:
                scheme, _, login = request.headers.get("authorization", "").partition(" ")
                return {"uid": first} if scheme.lower() == "basic" and login else NO_VALUE

            return check

    return {"apiKey": KeyHandler, "basic": BasicHandler, **dict.fromkeys(("bearer", *BEARER_TYPES), handler("bearer"))}
