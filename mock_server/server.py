"""The server process: uvicorn serves a mock on listening sockets that are already open."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
from collections.abc import Callable, Coroutine
from email.utils import format_datetime
from typing import Any

import uvicorn

from mock_server.app import Mock
from mock_server.connections.listening import BACKLOG, Listener
from mock_server.connections.protocol import Connection
from mock_server.connections.shared import Shared
from mock_server.connections.tls import TlsContext, context_of
from mock_server.middleware.cors import own_origins
from mock_server.settings.values import Settings

with contextlib.suppress(ImportError):  # not available on Windows, where asyncio's own loop is used
    import uvloop  # noqa: F401  # imported here so that the start does not wait for it

GRACE_S = 1  # then open requests are cut: Ctrl-C must not wait for an event stream that no client closes

Background = Callable[[], Coroutine[Any, Any, None]]


class Server(uvicorn.Server):
    """Run uvicorn with a mock. It calls `on_ready` when it listens, and runs `background` until it stops."""

    def __init__(
        self, mock: Mock, settings: Settings, *, on_ready: Callable[[], None], background: Background | None = None
    ) -> None:
        tls = context_of(settings)
        shared = Shared(mock, own_origins(settings.allow_origin), settings.max_header_bytes)
        super().__init__(_config(mock, settings, shared, tls))
        if tls is not None:
            tls.respond_to_http = lambda request: shared.response_to_http(
                request, shared.default_head(self.server_state.default_headers)
            )
        self._mock = mock
        self._on_ready = on_ready
        self._background = background
        self._task: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._background is not None:
            self._task = asyncio.create_task(self._background())
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._task is not None:
            self._task.cancel()
        self._mock.worlds.close()  # ends the event streams, which would otherwise delay the shutdown
        await super().shutdown(sockets)


def serve(
    mock: Mock,
    listener: Listener,
    settings: Settings,
    *,
    on_ready: Callable[[], None],
    background: Background | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; call `on_ready` once the mock accepts requests."""
    Server(mock, settings, on_ready=on_ready, background=background).run(sockets=[*listener.sockets])


def _config(mock: Mock, settings: Settings, shared: Shared, tls: TlsContext | None) -> uvicorn.Config:
    return uvicorn.Config(
        mock,
        loop="auto",  # uvloop where it is installed
        http=functools.partial(Connection, shared=shared),  # type: ignore[arg-type]  # uvicorn only calls it
        ssl_context_factory=None if tls is None else lambda config, make_default: tls,
        ws="none",  # the contract has no WebSocket; a handshake is an ordinary request
        lifespan="on",  # with "auto" an unusable spec would only show as a 500 to every request
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=settings.now is None,
        headers=[("date", format_datetime(settings.now, usegmt=True))] if settings.now else [],
        timeout_graceful_shutdown=GRACE_S,
        backlog=BACKLOG,
    )
