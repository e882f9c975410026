"""Refuse paths and methods that the spec does not have, and suggest the nearest path."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.contract.openapi import Contract
from mock_server.contract.readings import Readings
from mock_server.middleware.control_gate import CONTROL_PATH
from mock_server.middleware.error_responses import send_response
from mock_server.pipeline.errors import Refused, shorten
from mock_server.pipeline.responses import RenderedResponse

NO_PATH = "There is nothing at this path"
_HELP = {"link": f'<{CONTROL_PATH}>; rel="help"'}
# For a person who opens the mock in a browser; programs get the same as JSON.
_ROOT_PAGE = RenderedResponse(
    404,
    {"content-type": "text/html; charset=utf-8", "content-security-policy": "default-src 'none'", **_HELP},
    f'<!doctype html><html lang="en"><title>leadlists-mock</title><p>This is a mock of an API. '
    f'<a href="{CONTROL_PATH}">Its dashboard</a> shows the requests.\n'.encode(),
)


def exact_paths(app: ASGIApp, *, contract: Contract, readings: Readings) -> ASGIApp:
    """Refuse paths and methods that the spec does not have.

    Starlette would redirect a path with a trailing slash before the login is checked, and name in `Allow` the methods
    of the first route only.
    """
    slash = readings["trailing-slash"]
    other_method_status = int(readings["other-methods"])

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        path = scope["path"]
        methods = contract.methods(path)
        if not methods and path.endswith("/") and slash != "not-found":
            path = path[:-1]
            methods = contract.methods(path)
            if methods and slash == "redirected":
                query = scope["query_string"].decode("latin-1")
                target = quote(path) + (f"?{query}" if query else "")  # relative, without the Host sent
                raise Refused(308, message=f"This is at {path}", headers={"location": target})
            scope = {**scope, "path": path, "raw_path": path.encode()}
        if not methods:
            if path == "/" and _is_visit(scope):
                return await send_response(_ROOT_PAGE, send)
            raise Refused(404, message=nothing_at(path, contract), headers=_HELP if path == "/" else {})
        if scope["method"] not in methods:  # http.method, RFC 9110 §15.5.6
            allow = {"allow": ", ".join(methods)} if other_method_status == 405 else {}
            raise Refused(other_method_status, message=no_method(methods), headers=allow)
        await app(scope, receive, send)

    return middleware


def _is_visit(scope: Scope) -> bool:
    """Return whether a browser will show the response to a person."""
    headers: Mapping[bytes, bytes] = dict(scope["headers"])
    return b"text/html" in headers.get(b"accept", b"") and scope["method"] in ("GET", "HEAD")


def no_method(methods: tuple[str, ...]) -> str:
    """Return the message of a 405."""
    return f"This path does not have this method; it has {', '.join(methods)}"


def nothing_at(path: str, contract: Contract) -> str:
    """Return the message of a 404; it suggests a path that differs only in slashes, case or prefix, if there is one."""
    if path == "/":
        first = next(iter(contract.operations.values()), None)
        where = f"; the API is at {first.path}, the dashboard at {CONTROL_PATH}" if first else ""
        return f"{NO_PATH}{where}"
    near = next((each for each in contract.paths if _is_near(each, path)), None)
    return f"{NO_PATH}; did you mean {near} instead of {shorten(path, 200)[1:-1]}?" if near else NO_PATH


def _is_near(known: str, path: str) -> bool:
    """Return whether a path differs from one of the spec only in slashes, case or a prefix."""
    segments = [(each, other) for each, other in zip(_from_end(known), _from_end(path), strict=False)]
    literal = [(each, other) for each, other in segments if not each.startswith("{")]
    return bool(literal) and all(each.lower() == other.lower() for each, other in literal)


def _from_end(path: str) -> list[str]:
    return [each for each in path.split("/") if each][::-1]
