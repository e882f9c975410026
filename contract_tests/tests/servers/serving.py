"""Serve an ASGI app over real HTTP for the length of a `with` block."""

import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import uvicorn


@contextmanager
def serve(app: Callable[[Any, Any, Any], Awaitable[None]], port: int = 0) -> Iterator[str]:
    """Yield the base URL of `app`, served in a thread, by default on a free port; several can run at once."""
    # Bind here, not in uvicorn: the port is known at once and no other program can take it.
    listener = socket.create_server(("127.0.0.1", port))
    # Without log settings, uvicorn's errors go to the root logger, and pytest shows them on a failure.
    # ws="none": no server here speaks WebSocket, and importing a library for it costs time and warnings.
    config = uvicorn.Config(
        app, lifespan="off", ws="none", log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="serve", daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("the server ended before it had started")
            time.sleep(0.001)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=5)
        listener.close()
