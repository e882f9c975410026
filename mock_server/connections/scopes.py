"""The ASGI scope of a request: what its connection and its head say."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Scope

from mock_server.connections.parsing import RequestParser


def connection_scope(transport: asyncio.Transport) -> Scope:
    """Return the part of a scope that all requests of a connection share."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "server": _address(transport.get_extra_info("sockname")),
        "client": _address(transport.get_extra_info("peername")),
        "scheme": "http" if transport.get_extra_info("sslcontext") is None else "https",
        "root_path": "",
    }


def request_scope(of_connection: Scope, parser: RequestParser, app_state: dict[str, Any]) -> Scope:
    """Return the scope of the request whose head the parser has read."""
    scope = {**of_connection}
    scope["http_version"] = parser.version
    scope["method"] = parser.method
    scope["path"] = parser.path
    scope["raw_path"] = parser.raw_path
    scope["query_string"] = parser.query
    scope["headers"] = parser.headers
    scope["state"] = app_state.copy()
    return scope


def _address(name: Any) -> tuple[str, int] | None:
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) else None
