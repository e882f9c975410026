"""Refuse paths and methods that the spec does not have, and suggest the nearest path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.contract.openapi import Contract
from mock_server.contract.readings import Readings
from mock_server.middleware.control_gate import CONTROL_PATH
from mock_server.pipeline.errors import Refused
from mock_server.pipeline.problems import shorten
from mock_server.pipeline.responses import RenderedResponse
from mock_server.pipeline.sending import send_response
from mock_server.pipeline.words import TYPES

NO_PATH = "There is nothing at this path"
OPERATIONS_NAMED = 3
LIKENESS = 0.7  # of two segments, one of which is misspelled
COMPARED_CHARACTERS = 200  # comparing takes quadratic time
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
        if wrong := _wrong_number(scope["method"], path, contract):
            raise Refused(404, message=f"{NO_PATH}: {wrong}")
        await app(scope, receive, send)

    return middleware


def _wrong_number(method: str, path: str, contract: Contract) -> str:
    """Return which path parameter is not a number that the spec requires; empty if none. The router refuses it."""
    operation, texts = contract.operation_at("GET" if method == "HEAD" else method, path)
    for each in operation.parameters if operation and texts else ():
        kind = {"integer": int, "number": float}.get(each.type) if each.place == "path" else None
        try:
            if kind is not None:
                kind(texts[each.name])
        except ValueError:
            return f"{each.name} is {shorten(texts[each.name])}; send {TYPES[each.type]}"
    return ""


def _is_visit(scope: Scope) -> bool:
    """Return whether a browser will show the response to a person."""
    headers: Mapping[bytes, bytes] = dict(scope["headers"])
    return b"text/html" in headers.get(b"accept", b"") and scope["method"] in ("GET", "HEAD")


def no_method(methods: tuple[str, ...]) -> str:
    """Return the message of a 405."""
    return f"This path does not have this method; it has {', '.join(methods)}"


def nothing_at(path: str, contract: Contract) -> str:
    """Return the message of a 404: the path that comes near, else what there is."""
    if path == "/":
        first = next(iter(contract.operations.values()), None)
        where = f"; the API is at {first.path}, the dashboard at {CONTROL_PATH}" if first else ""
        return f"{NO_PATH}{where}"
    near = [each for each in contract.paths if _is_near(each, path)] or _control_path(path)
    near = near or [each for each in contract.paths if _is_misspelled(each, path)]
    if near:
        return f"{NO_PATH}; did you mean {near[0]} instead of {shorten(path, 200)[1:-1]}?"
    if len(contract.operations) > OPERATIONS_NAMED:
        return f"{NO_PATH}; see {CONTROL_PATH}reference/ for what this mock has"
    named = ", ".join(f"{each.method} {each.path}" for each in contract.operations.values())
    return f"{NO_PATH}; this mock has {named}"


def _is_near(known: str, path: str) -> bool:
    """Return whether a path differs from one of the spec only in slashes, case or a prefix."""
    segments = [(each, other) for each, other in zip(_from_end(known), _from_end(path), strict=False)]
    literal = [(each, other) for each, other in segments if not each.startswith("{")]
    return bool(literal) and all(each.lower() == other.lower() for each, other in literal)


def _is_misspelled(known: str, path: str) -> bool:
    """Return whether each segment of a path resembles that of one of the spec."""
    if len(path) > COMPARED_CHARACTERS:
        return False
    segments = [*zip(_from_end(known), _from_end(path.lower()), strict=False)]
    return len(_from_end(known)) == len(_from_end(path)) and all(
        each.startswith("{")
        or re.fullmatch(r"v\d+ v\d+", f"{each} {other}") is not None
        or SequenceMatcher(None, each.lower(), other, autojunk=False).ratio() >= LIKENESS
        for each, other in segments
    )


def _control_path(path: str) -> list[str]:
    """Return the path of the control API that a path outside of it looks like; else nothing."""
    first, *others = [each for each in path.split("/") if each] or [""]
    is_like_it = re.fullmatch(r"_*mock_*", first, re.IGNORECASE) and not path.startswith(CONTROL_PATH)
    return [CONTROL_PATH + "/".join(others)] if is_like_it else []


def _from_end(path: str) -> list[str]:
    return [each for each in path.split("/") if each][::-1]
