"""Find the caller of a request: compare its login with the sessions that the user gave. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from contract_tests.settings.values import Session, Settings
from contract_tests.target.exchange import Request

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)  # RFC 6750 §2.1


class Login(StrEnum):
    """The kind of login in a request."""

    NONE = "none"
    VALID = "valid"
    INVALID = "invalid"
    EXPIRED = "expired"
    MALFORMED = "malformed"
    MIXED = "mixed"
    UNKNOWN = "unknown"  # in the traffic of other programs: whether the server accepts it is not known


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of a request, and the carrier of the login."""

    login: Login
    session: Session | None = None
    carrier: str = ""


def caller_of(request: Request, settings: Settings, cookie_name: str) -> Caller:
    """Return the caller on whom all logins of the request agree; cookie_name: its default if no cookie was given."""
    callers = list(_callers(request, settings, cookie_name))
    kinds = {caller.login for caller in callers}
    if not callers:
        return Caller(Login.NONE)
    if len(callers) > 1 and Login.VALID in kinds:
        users = {caller.session for caller in callers if caller.login is Login.VALID}
        if kinds == {Login.VALID} and len(users) == 1:
            return callers[0]
        return Caller(Login.MIXED)
    return next((c for c in callers if c.login in {Login.INVALID, Login.EXPIRED}), callers[0])


def _callers(request: Request, settings: Settings, cookie_name: str) -> Iterator[Caller]:
    own = settings.first.headers
    if own and set(own) <= set(request.headers):
        yield Caller(Login.VALID, settings.first, "header")
    for name, value in request.headers:
        if (name, value) in own:
            continue  # judged as a whole, above
        if name.lower() == "authorization":
            yield _bearer(value, settings)
        elif name.lower() == "cookie":
            yield from _cookies(value, settings, cookie_name)


def _bearer(value: str, settings: Settings) -> Caller:
    scheme, _, token = value.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        return Caller(Login.MALFORMED, carrier="bearer")
    if session := next((s for s in settings.sessions if s.bearer == token), None):
        return Caller(Login.VALID, session, "bearer")
    if not _TOKEN.fullmatch(token):
        return Caller(Login.MALFORMED, carrier="bearer")
    return Caller(Login.EXPIRED if token == settings.expired_bearer else Login.INVALID, carrier="bearer")


def _cookies(value: str, settings: Settings, cookie_name: str) -> Iterator[Caller]:
    names = {s.cookie[0] for s in settings.sessions if s.cookie} or {cookie_name}
    for pair in value.split(";"):
        name, _, token = pair.strip().partition("=")
        if name not in names:
            continue
        if session := next((s for s in settings.sessions if s.cookie == (name, token)), None):
            yield Caller(Login.VALID, session, "cookie")
        else:
            wrong = Login.EXPIRED if token == settings.expired_bearer else Login.INVALID
            yield Caller(wrong if token else Login.MALFORMED, carrier="cookie")
