"""Choose ports for servers that tests start."""

from __future__ import annotations

import secrets
import socket
from contextlib import suppress

# Below the ports that systems give to connections and to servers that ask for any port. Tests that run at the same time
# open thousands of those, and one of them would take a port that is free now before the server of a test does.
FIRST, COUNT = 20_000, 12_000


def free_port() -> int:
    """Return a port on which nothing listens."""
    while True:
        port = FIRST + secrets.randbelow(COUNT)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
