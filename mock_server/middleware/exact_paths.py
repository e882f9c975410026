"""Refuse paths and methods that the spec does not have, before a router guesses."""

from __future__ import annotations

from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.contract.openapi import Contract
from mock_server.contract.readings import Readings
from mock_server.pipeline.errors import Refused


def exact_paths(app: ASGIApp, *, contract: Contract, readings: Readings) -> ASGIApp:
    """Answers for paths and methods that the spec does not have, before a router guesses.

    Starlette would redirect a trailing slash before the login is checked, and name in `Allow` the methods of the
    first route only.
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
            raise Refused(404)
        if scope["method"] not in methods:  # http.method, RFC 9110 §15.5.6
            allow = {"allow": ", ".join(methods)} if other_method_status == 405 else {}
            raise Refused(other_method_status, headers=allow)
        await app(scope, receive, send)

    return middleware
