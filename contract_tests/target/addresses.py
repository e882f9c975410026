"""Resolve the name of a host."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit


def host_and_port(url: str) -> tuple[str, int]:
    """Return where an http or https URL leads."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def addresses_of(host: str, port: int) -> tuple[str, ...]:
    """Return the IP addresses of a host, sorted; raise OSError if its name cannot be resolved."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(sorted({str(each[4][0]) for each in found}))
