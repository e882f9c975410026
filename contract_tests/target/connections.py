"""Keep the connections to a server, and remember which request each of them carried last."""

from __future__ import annotations

import ssl
import threading
from enum import Enum
from typing import Any
from weakref import WeakKeyDictionary

import httpx2

KEPT_S = 2  # an idle connection; many servers close it after five seconds


class Way(Enum):
    """How requests share connections: any idle one; one for those that are sent in turn; none."""

    POOL = "pool"
    ONE = "one"
    NEW = "new"


class Connections:
    """HTTP clients for each way of sharing connections, made when first needed. Safe for use by several threads."""

    def __init__(self, *, kept: int, timeout_s: float, tls: ssl.SSLContext | None, proxy: str | None) -> None:
        """kept: maximum of idle connections. tls: trusted certificates and client certificate. proxy: its URL."""
        self._kept = {Way.POOL: kept, Way.ONE: 1, Way.NEW: 0}
        self._timeout_s = timeout_s
        self._tls = tls
        self._proxy = proxy
        self._clients: dict[tuple[bool, Way], httpx2.Client] = {}  # by whether they use TLS
        self._newest: WeakKeyDictionary[Any, int] = WeakKeyDictionary()  # stream -> number of its last request
        self._lock = threading.Lock()

    def client(self, url: str, way: Way) -> httpx2.Client:
        """Return the client for a URL; only TLS loads the trusted certificates, which takes long."""
        is_encrypted = any(each.lower().startswith("https:") for each in (url, self._proxy or ""))
        with self._lock:
            if (is_encrypted, way) not in self._clients:
                self._clients[is_encrypted, way] = httpx2.Client(
                    # A burst opens more; none of its requests must wait for a connection in the client.
                    limits=httpx2.Limits(max_keepalive_connections=self._kept[way], keepalive_expiry=KEPT_S),
                    timeout=self._timeout_s,
                    follow_redirects=False,
                    trust_env=False,  # the settings read the proxy variables, so that they can name a wrong one
                    proxy=self._proxy,
                    verify=self._tls or (True if is_encrypted else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)),
                )
            return self._clients[is_encrypted, way]

    def before(self, response: httpx2.Response, number: int) -> int:
        """Return the number of the request before this one on the connection of a response, 0 if it is the first."""
        stream = response.extensions.get("network_stream")
        if stream is None:
            return 0
        with self._lock:
            earlier = self._newest.get(stream, 0)
            self._newest[stream] = number
        return earlier

    def restart(self, way: Way) -> None:
        """Close the connections that requests of this way have used."""
        with self._lock:
            for key in [key for key in self._clients if key[1] is way]:
                self._clients.pop(key).close()

    def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            client.close()
