"""The calls of the control API for the session of a browser: who it is, sign-in, sign-out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from mock_server.control.calls import Call, Handler, Parts
from mock_server.control.possible import check_user
from mock_server.middleware.cross_site import advice, is_cross_site
from mock_server.middleware.world_selection import port_cookie
from mock_server.pipeline.errors import Refused
from mock_server.pipeline.sessions import cookie_values
from mock_server.settings.parsers import EXPIRED_TOKEN

SESSIONS = "/__mock__/sessions"


async def get_session(parts: Parts, call: Call) -> Any:
    users = parts.settings.user_by_token
    tokens = cookie_values(call.headers.getlist("cookie"), parts.settings.cookie_name)
    user = next((users[token] for token in tokens if token in users), None)
    return {"user": user, "expired": user is None and EXPIRED_TOKEN in tokens}


async def sign_in(parts: Parts, call: Call) -> Response:
    tokens = dict(parts.settings.user)
    user = call.body["user"]
    check_user(user, tokens)
    had_preflight = parts.preflights.take(call.headers, "POST", SESSIONS)
    if why := advice(call.headers, call.scheme, had_preflight):
        call.world.notices.add(why)
        raise Refused(403, message=why)
    token = EXPIRED_TOKEN if call.body.get("expired") else tokens[user]
    response = JSONResponse({"user": user, "token": token})
    _set_cookies(response, parts, call, token, is_cross_site(call.headers, call.scheme, had_preflight))
    return response


async def sign_out(parts: Parts, call: Call) -> Response:
    response = Response(status_code=204)
    had_preflight = parts.preflights.take(call.headers, "DELETE", SESSIONS)
    _set_cookies(response, parts, call, "", is_cross_site(call.headers, call.scheme, had_preflight))
    return response


def _set_cookies(response: Response, parts: Parts, call: Call, token: str, crosses_sites: bool) -> None:
    """Set the session cookie, and a cookie with the mock's port, because mocks on one host share their cookies."""
    # Lax suffices for web pages of other ports on the same host. From other sites, a browser that blocks third-party
    # cookies keeps only a partitioned one, which needs https (RFC 6265bis §5.7).
    attributes = "HttpOnly; Path=/; SameSite=Lax" + ("; Secure" if call.scheme == "https" else "")
    if call.scheme == "https" and crosses_sites:
        attributes = "HttpOnly; Path=/; SameSite=None; Secure; Partitioned"
    if not token:
        attributes += "; Max-Age=0"
    name = parts.settings.cookie_name
    for each, value in ((name, token), (port_cookie(name), str(call.port) if token else "")):
        response.headers.append("set-cookie", f"{each}={value}; {attributes}")


HANDLERS: Mapping[str, Handler] = {"getSession": get_session, "signIn": sign_in, "signOut": sign_out}
