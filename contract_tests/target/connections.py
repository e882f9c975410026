"""Keep the connections to a server, and remember which request each of them carried last."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from enum import Enum
from typing import Any
from weakref import WeakKeyDictionary

import httpcore2

from contract_tests.target.streams import Backend

KEPT_S = 2  # an idle connection; many servers close it after five seconds


class Way(Enum):
    """How requests share connections: any idle one; one for those that are sent in turn; none."""

    POOL = "pool"
    ONE = "one"
    NEW = "new"


class Connections:
    """Pools of connections for each way of sharing them, made when first needed. Safe for use by several threads."""

    def __init__(
        self, *, kept: int, tls: ssl.SSLContext | None, proxy: str | None, connected: Callable[[str, int], None]
    ) -> None:
        """kept: maximum of idle connections. tls: trusted certificates and client certificate; None to trust nothing.
        proxy: its URL.

        connected: called with the address of each new connection before anything is sent; it may raise.
        """
        self._kept = {Way.POOL: kept, Way.ONE: 1, Way.NEW: 0}
        self._tls = tls
        self._proxy = proxy
        self._backend = Backend(connected)
        self._pools: dict[Way, httpcore2.ConnectionPool] = {}
        self._newest: WeakKeyDictionary[Any, int] = WeakKeyDictionary()  # stream -> number of its last request
        self._lock = threading.Lock()

    def send(self, request: httpcore2.Request, way: Way) -> httpcore2.Response:
        """Send a request and return its response, of which the body is still to be read and closed."""
        return self._pool(way).handle_request(request)

    def _pool(self, way: Way) -> httpcore2.ConnectionPool:
        with self._lock:
            if way not in self._pools:
                self._pools[way] = self._made(self._kept[way])
            return self._pools[way]

    def _made(self, kept: int) -> httpcore2.ConnectionPool:
        options: dict[str, Any] = {
            "ssl_context": self._tls or trusting_nothing(),
            "max_connections": None,
            "max_keepalive_connections": kept,
            "keepalive_expiry": KEPT_S,
            "network_backend": self._backend,
        }
        if self._proxy is None:
            return httpcore2.ConnectionPool(**options)
        import httpx2  # imported only where it is needed, since that takes long

        proxy = httpx2.Proxy(self._proxy)
        url = httpcore2.URL(
            scheme=proxy.url.raw_scheme, host=proxy.url.raw_host, port=proxy.url.port, target=proxy.url.raw_path
        )
        return httpcore2.HTTPProxy(url, proxy_auth=proxy.raw_auth, **options)

    def before(self, response: httpcore2.Response, number: int) -> int:
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
            if pool := self._pools.pop(way, None):
                pool.close()

    def close(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            pool.close()


def trusting_nothing() -> ssl.SSLContext:
    """Return what TLS trusts where the URL needs no TLS."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def usual_trust() -> ssl.SSLContext:
    """Return a context with the certificates of the system; loading them takes long.

    Python on its own looks for them only where it was built to, which is wrong for the Pythons of uv and of macOS.
    """
    import httpx2  # imported only where it is needed, since that takes long

    return httpx2.create_ssl_context(trust_env=False)
