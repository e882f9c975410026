"""Listening sockets, and the URLs that reach them."""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

BACKLOG = 2048
LOCALHOST = "localhost"
_LOOPBACK_HOSTS = ("127.0.0.1", "::1")
_EVERYWHERE = ("0.0.0.0", "::")
_PORTS_TRIED = 20  # for port 0: another program can occupy the port on the second address between two calls


class PortTaken(OSError):
    """Another program uses the port, or the port needs privileges; the message is one line."""


class HostUnusable(OSError):
    """This machine cannot listen on the host; the message is one line."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Open listening sockets of one host and port. The port is reserved as soon as this object exists."""

    host: str
    port: int
    sockets: tuple[socket.socket, ...]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all sockets."""
        for each in self.sockets:
            each.close()

    def url(self, scheme: str = "http") -> str:
        """Return the base URL for clients on this machine."""
        return url_of(self.host, self.port, scheme)

    def lan_urls(self, scheme: str = "http") -> list[str]:
        """Return the base URLs for other machines; empty unless the listener uses all addresses."""
        if self.host not in _EVERYWHERE:
            return []
        return [url_of(address, self.port, scheme) for address in own_addresses(with_ipv6=self.host == "::")]


def listen(host: str, port: int) -> Listener:
    """Open listening sockets; port 0 chooses a free one.

    `localhost` means both loopback addresses, as for clients: Node 18 and later try ::1 first, and must not reach
    another program there.
    """
    if host != LOCALHOST:
        opened = _open(host, port)
        return Listener(host, opened.getsockname()[1], (opened,))
    attempts = 1 if port else _PORTS_TRIED
    for _ in range(attempts - 1):
        with suppress(PortTaken):
            return _listen_on_loopback(port)
    return _listen_on_loopback(port)


def _listen_on_loopback(port: int) -> Listener:
    ipv4, ipv6 = _LOOPBACK_HOSTS
    sockets = [_open(ipv4, port)]
    port = sockets[0].getsockname()[1]
    try:
        if _has_ipv6_loopback():
            sockets.append(_open(ipv6, port))
    except OSError:
        sockets[0].close()
        raise
    return Listener(LOCALHOST, port, tuple(sockets))


def _has_ipv6_loopback() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind((_LOOPBACK_HOSTS[1], 0))
    except OSError:  # many containers have no IPv6
        return False
    return True


def _open(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        opened = socket.socket(family, kind, protocol)
        try:
            # On Windows SO_REUSEADDR would let a second program take over a port in use.
            windows = sys.platform == "win32"
            option = socket.SO_EXCLUSIVEADDRUSE if windows else socket.SO_REUSEADDR  # type: ignore[attr-defined,unused-ignore]
            opened.setsockopt(socket.SOL_SOCKET, option, 1)
            opened.bind(address)
            opened.listen(BACKLOG)
        except OSError:
            opened.close()
            raise
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        refusal = PortTaken if getattr(error, "errno", None) in (errno.EADDRINUSE, errno.EACCES) else HostUnusable
        raise refusal(f"cannot listen on {host or repr(host)} port {port}: {reason[:1].lower()}{reason[1:]}") from None
    opened.setblocking(False)
    return opened


def url_of(host: str, port: int, scheme: str = "http") -> str:
    """Return the base URL on this machine for a server that listens on a host and port."""
    host = LOCALHOST if host in _EVERYWHERE else host
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def own_addresses(*, with_ipv6: bool) -> list[str]:
    """Return the addresses of this machine that other machines can reach, without duplicates."""
    found = dict.fromkeys([*_route_sources(with_ipv6=with_ipv6), *_resolved_name()])
    return [each for each in found if not each.startswith(("127.", "::1", "fe80:")) and (with_ipv6 or ":" not in each)]


def _route_sources(*, with_ipv6: bool) -> Iterator[str]:
    # Connecting a UDP socket sends nothing; it only chooses the source address of later packets.
    # Both destinations are reserved for documentation (RFC 5737, RFC 3849).
    destinations = [(socket.AF_INET, "192.0.2.1"), *([(socket.AF_INET6, "2001:db8::1")] if with_ipv6 else [])]
    for family, destination in destinations:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((destination, 9))
            yield str(probe.getsockname()[0])


def _resolved_name() -> Iterator[str]:
    with suppress(OSError):
        for *_, address in socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM):
            yield str(address[0])
