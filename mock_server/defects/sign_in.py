"""Login defects: access without a valid session, refused valid sessions, wrong responses to a missing login."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.datastructures import Headers, MutableHeaders

from mock_server.defects.changes import Change, stage, together
from mock_server.defects.conditions import every, headed, only, requests
from mock_server.defects.defect import Group
from mock_server.defects.error_changes import error_sent, error_status
from mock_server.lead_lists.record import LeadList, Payload
from mock_server.pipeline.errors import Refused
from mock_server.pipeline.responses import RenderedResponse
from mock_server.pipeline.sessions import Authenticate
from mock_server.settings.parsers import EXPIRED_TOKEN

GUEST = "user_guest"

sign_in = Group("sign-in")


def _good_login(authenticate: Authenticate, headers: Headers) -> str | None:
    for carrier in ("bearer", "cookie"):
        try:
            if user := authenticate(headers, carrier):
                return user
        except Refused:
            pass
    return None


def _guests(admits: Callable[[Headers], object]) -> Change:
    """Serve callers without a valid session if `admits` returns true for their headers."""

    def wrap(authenticate: Authenticate) -> Authenticate:
        def changed(headers: Headers, carrier: str) -> str | None:
            if user := _good_login(authenticate, headers):
                return user
            return GUEST if admits(headers) else authenticate(headers, carrier)

        return changed

    return stage("authenticate", wrap)


def _remembering(key: Callable[[str], str]) -> Change:
    """Look sessions up in a cache of valid logins, by a part of the sent header."""

    def wrap(authenticate: Authenticate) -> Authenticate:
        known: dict[str, str] = {}

        def changed(headers: Headers, carrier: str) -> str | None:
            sent = headers.get("authorization") or headers.get("cookie") or ""
            if user := _good_login(authenticate, headers):
                known[key(sent)] = user
                return user
            return known.get(key(sent)) or authenticate(headers, carrier)

        return changed

    return stage("authenticate", wrap)


def _rewritten(name: str, change: Callable[[str], str]) -> Change:
    """Change a login header before it is read."""

    def wrap(authenticate: Authenticate) -> Authenticate:
        def changed(headers: Headers, carrier: str) -> str | None:
            if name in headers:
                headers = MutableHeaders(raw=list(headers.raw))
                headers[name] = change(headers[name])
            return authenticate(headers, carrier)

        return changed

    return stage("authenticate", wrap)


def _last_caller(authenticate: Authenticate) -> Authenticate:
    last: list[str] = []

    def changed(headers: Headers, carrier: str) -> str | None:
        if user := _good_login(authenticate, headers):
            last[:] = [user]
            return user
        return last[0] if last and not {"authorization", "cookie"} & set(headers) else authenticate(headers, carrier)

    return changed


def _first_user_only(authenticate: Authenticate) -> Authenticate:
    first: list[str] = []

    def changed(headers: Headers, carrier: str) -> str | None:
        user = authenticate(headers, carrier)
        if user is not None:
            first.extend([] if first else [user])
            if user != first[0]:
                raise Refused(401)
        return user

    return changed


def _refuse_all(authenticate: Authenticate) -> Authenticate:
    def changed(headers: Headers, carrier: str) -> str | None:
        raise Refused(401)

    return changed


def _after_validation() -> Change:
    """Check the session only when the list is stored, after validation."""

    def late(build: Any) -> Any:
        def changed(payload: Payload, user: str, now: datetime, list_id: str) -> LeadList:
            if user == GUEST:
                raise Refused(401)
            built: LeadList = build(payload, user, now, list_id)
            return built

        return changed

    return together(_guests(lambda headers: True), stage("build", late))


def _by_simple_cookie(text: str) -> str:
    """Parse cookies with Python's SimpleCookie, which gives up on unexpected names and values."""
    try:
        cookies = SimpleCookie(text)
    except CookieError:
        return ""
    return "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())


def _by_pairs(text: str) -> str:
    """Crash on a cookie without a value."""
    return "; ".join("=".join(pair.split("=", 1)[i] for i in (0, 1)) for pair in text.split("; "))


def _token(headers: Headers) -> str:
    return headers.get("authorization", "").partition(" ")[2].strip()


def _without_slash(scope: Any) -> Any:
    return {**scope, "path": scope["path"].rstrip("/"), "raw_path": scope["path"].rstrip("/").encode()}


def _trailing_slash() -> Callable[[Any], bool]:
    return lambda scope: scope["path"].endswith("/")


# fmt: off
DEFECTS = (
    sign_in.easy("login-not-needed", "access.login.required", "Every request is served without a login.",
        _guests(lambda headers: True)),
    sign_in.medium("login-missing-only", "access.login.required",
        "A request without a login is served; an invalid login is refused.",
        _guests(lambda headers: not {"authorization", "cookie"} & set(headers))),
    sign_in.medium("login-any-bearer", "access.session.valid", "Any Authorization header is a valid login.",
        _guests(lambda headers: "authorization" in headers)),
    sign_in.medium("login-any-token", "access.session.valid", "Any Bearer token is a valid login.",
        _guests(lambda headers: headers.get("authorization", "").startswith("Bearer ") and _token(headers))),
    sign_in.medium("login-any-cookie", "access.session.valid",
        "Any session cookie is a valid login; Bearer tokens are checked.",
        _guests(lambda headers: "__session=" in headers.get("cookie", ""))),
    sign_in.medium("login-empty-cookie", "access.session.valid", "An empty session cookie is a valid login.",
        _guests(lambda headers: headers.get("cookie", "").endswith("__session="))),
    sign_in.medium("login-any-scheme", "access.session.valid", "Any Basic credentials are a valid login.",
        _guests(lambda headers: headers.get("authorization", "").startswith("Basic "))),
    sign_in.medium("login-without-scheme", "access.session.valid",
        "A token without the scheme Bearer is a valid login.",
        _rewritten("authorization", lambda text: text if " " in text else f"Bearer {text}")),
    sign_in.medium("login-expired", "access.session.expired", "An expired session is a valid login.",
        _guests(lambda headers: EXPIRED_TOKEN in _token(headers) + headers.get("cookie", ""))),
    sign_in.medium("login-by-beginning", "access.session.valid", "The first part of a token is a valid login.",
        _remembering(lambda sent: sent[:18])),
    sign_in.hard("login-any-case", "access.session.valid",
        "A token in another case is a valid login.", _remembering(str.lower)),
    sign_in.medium("login-other-cookie-name", "access.login.required",
        "A cookie whose name starts with that of the session cookie is a valid login.",
        _guests(lambda headers: "__sessionx=" in headers.get("cookie", ""))),
    sign_in.hard("login-of-last-caller", "access.login.required",
        "A request without a login is served as the previous caller.",
        stage("authenticate", _last_caller)),
    sign_in.hard("login-skipped-when-chunked", "access.login.required",
        "A request with a chunked body is served without a login.",
        _guests(lambda headers: "transfer-encoding" in headers)),
    sign_in.hard("login-skipped-without-type", "access.login.required",
        "A request without Content-Type is served without a login.",
        _guests(lambda headers: "content-type" not in headers)),
    sign_in.hard("login-skipped-by-header", "access.login.required",
        "A request with an internal middleware header is served without a login.",
        _guests(lambda headers: "x-middleware-subrequest" in headers)),
    sign_in.hard("login-skipped-behind-slash", "access.login.required",
        "A request with a trailing slash is served without a login.",
        only(_trailing_slash, together(_guests(lambda headers: True), requests(_without_slash)))),
    sign_in.hard("login-skipped-from-origin", "access.login.required",
        "A request with an Origin header is served without a login.",
        only(headed(lambda headers: "origin" in headers), _guests(lambda headers: True))),
    sign_in.medium("login-after-validation", "access.login.first",
        "The server validates the body before it checks the login.",
        _after_validation()),
    # -- refused valid sessions
    sign_in.medium("cookie-first-only", "access.carrier.cookie",
        "The server finds the session cookie only if it is the first cookie.",
        _rewritten("cookie", lambda text: text.partition(";")[0])),
    sign_in.medium("cookie-last-only", "access.carrier.cookie",
        "The server finds the session cookie only if it is the last cookie.",
        _rewritten("cookie", lambda text: text.rpartition(";")[2])),
    sign_in.medium("cookie-odd-neighbours", "access.carrier.cookie", "Odd cookies hide the session cookie after them.",
        _rewritten("cookie", _by_simple_cookie)),
    sign_in.medium("cookie-flag-crash", "http.answer.no-server-error", "A cookie without a value crashes the server.",
        _rewritten("cookie", _by_pairs)),
    sign_in.hard("sessions-one-user", "access.carrier.bearer", "The server answers the second user with 401.",
        stage("authenticate", _first_user_only)),
    sign_in.hard("sessions-flicker", "access.carrier.bearer", "Every 40th request with a session gets 401.",
        only(every(40), stage("authenticate", _refuse_all))),
    # -- the response to a missing login
    sign_in.medium("no-login-403", "error.401.status",
        "The server answers a missing login with 403.", error_status(401, 403)),
    sign_in.medium("no-login-404", "error.401.status",
        "The server answers a missing login with 404.", error_status(401, 404)),
    sign_in.medium("no-login-400", "error.401.status",
        "The server answers a missing login with 400.", error_status(401, 400)),
    sign_in.medium("no-login-500", "http.answer.no-server-error", "The server answers a missing login with 500.",
        error_status(401, 500)),
    sign_in.medium("no-login-200", "error.401.status",
        "The server answers a missing login with 200 and the error body.",
        error_status(401, 200)),
    sign_in.medium("no-login-redirect", "error.401.status", "A missing login is redirected to a sign-in page.",
        error_sent(401, lambda response: RenderedResponse(302, {"location": "/sign-in"}, b""))),
)
# fmt: on
