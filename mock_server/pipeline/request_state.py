"""The typed state of one request, in its ASGI scope."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from starlette.types import Scope

from mock_server.worlds.journal import Exchange
from mock_server.worlds.worlds import World

KEY = "mock_server.request"  # of the scope


class Connection(Protocol):
    """The connection of a request, for faults that break it. Only the mock's own server provides it."""

    transport: asyncio.Transport
    disconnected: bool
    more_body: bool  # False: the whole request has arrived


@dataclass(slots=True, eq=False)
class RequestState:
    """The state of one request. The comment of each field without a default names the middleware that sets it."""

    header_names: frozenset[bytes]  # of the request: few middleware looks further
    connection: Connection | None = None  # by the server
    is_reused: bool = False  # by the server: the connection had a request before
    world: World = field(init=False)  # by world_selection
    exchange: Exchange = field(init=False)  # by journaling
    end_exchange: Callable[[], None] = field(init=False)  # by journaling: to call before cutting off a response


def request_state(scope: Scope) -> RequestState:
    """Return the state of the request with this scope; create it at the first call."""
    state: RequestState | None = scope.get(KEY)
    if state is None:
        state = scope[KEY] = RequestState(frozenset(name for name, _ in scope.get("headers", ())))
    return state
