"""The calls of the control API for the session of a browser: who it is, sign-in, sign-out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from mock_server.control.calls import Call, Handler, Parts
from mock_server.middleware.cross_site import advice, is_cross_site
from mock_server.middleware.world_selection import port_cookie
from mock_server.pipeline.errors import Refused, problem, shorten
from mock_server.pipeline.sessions import cookie_values
from mock_server.settings.parsers import EXPIRED_TOKEN


async def get_session(parts: Parts, call: Call) -> Any:
    users = {token: user for user, token in parts.settings.user}
    tokens = cookie_values(call.headers.getlist("cookie"), parts.settings.cookie_name)
    user = next((users[token] for token in tokens if token in users), None)
    return {"user": user, "expired": user is None and EXPIRED_TOKEN in tokens}


async def sign_in(parts: Parts, call: Call) -> Response:
    tokens = dict(parts.settings.user)
    user = call.body["user"]
    if user not in tokens:
        known = " or ".join(f'"{each}"' for each in tokens)
        raise Refused(400, [problem("enum", ("user",), got=shorten(user), want=known)])
    if told := advice(call.headers, call.scheme):
        call.world.notices.add(told)
        raise Refused(403, message=told)
    token = EXPIRED_TOKEN if call.body.get("expired") else tokens[user]
    response = JSONResponse({"user": user, "token": token})
    _set_cookies(response, parts, call, token)
    return response


async def sign_out(parts: Parts, call: Call) -> Response:
    response = Response(status_code=204)
    _set_cookies(response, parts, call, "")
    return response


def _set_cookies(response: Response, parts: Parts, call: Call, token: str) -> None:
    """Set the session cookie, and a cookie with the mock's port, because mocks on one host share their cookies."""
    # Lax suffices for web pages of other ports on the same host. From other sites, a browser that blocks third-party
    # cookies keeps only a partitioned one, which needs https (RFC 6265bis §5.7).
    attributes = "HttpOnly; Path=/; SameSite=Lax" + ("; Secure" if call.scheme == "https" else "")
    if call.scheme == "https" and is_cross_site(call.headers, call.scheme):
        attributes = "HttpOnly; Path=/; SameSite=None; Secure; Partitioned"
    if not token:
        attributes += "; Max-Age=0"
    name = parts.settings.cookie_name
    for each, value in ((name, token), (port_cookie(name), str(call.port) if token else "")):
        response.headers.append("set-cookie", f"{each}={value}; {attributes}")


HANDLERS: Mapping[str, Handler] = {"getSession": get_session, "signIn": sign_in, "signOut": sign_out}
