"""Who may use the control API: programs of this machine and the mock's own pages, never a page of another origin.

Any page that a developer looks at can send requests to localhost. What keeps it out here does not rest on the
browser's CORS alone: the Host must be one of ours, or a name that was rebound to 127.0.0.1 would do; the Origin must be
the mock's own; and what changes state needs a header that a form cannot send.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Callable, Collection, Iterable
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.types import Scope

from mock_server.pipeline.errors import Refused, shorten

CONTROL_HEADER = "X-Mock-Control"
NEEDS_CONTROL_HEADER = f"What changes the mock needs the header {CONTROL_HEADER}: 1"

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?", re.IGNORECASE | re.ASCII)
_LOOPBACK_NAME = re.compile(r"(?:[a-z0-9_-]+\.)*localhost|127\.0\.0\.1|\[::1\]", re.ASCII)


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Guard:
    """Refuses a control request of which it cannot be sure; raises Refused, with a word on what was missing."""

    def __init__(
        self, *, own_host: str, allowed_hosts: Iterable[str], is_own_origin: Callable[[str], bool], token: str
    ) -> None:
        bound = f"[{own_host}]" if ":" in own_host else own_host
        unspecified = own_host in ("0.0.0.0", "::")
        self._hosts = frozenset(host.lower() for host in [*allowed_hosts, *([] if unspecified else [bound])])
        self._is_own_origin = is_own_origin
        self._token = token

    def check_host(self, scope: Scope, headers: Headers) -> None:
        """Raise unless Host names this machine, the address that the connection came in on, or an allowed host."""
        hosts = headers.getlist("host")
        match = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        name = match["name"].lower() if match else ""
        # No name can be rebound to an address that stands in the URL itself.
        address = _address(name.strip("[]"))
        if not (name and (self._is_own(name) or (address is not None and address == _own_address(scope)))):
            shown = shorten(", ".join(hosts))[1:-1]
            flag = f"; to allow it, start the mock with --allow-host {name}" if name else ""
            raise Refused(403, message=f"The Host {shown} does not name this mock{flag}")

    def check_caller(self, scope: Scope, headers: Headers, *, admits_own_origins: bool) -> None:
        """Raise if a page of another origin sent the request, or if it changes something without our header.

        `admits_own_origins` lets pages of this machine and of --allow-origin in, whatever their port.
        """
        origins = headers.getlist("origin")
        own = f"{scope.get('scheme', 'http')}://{headers.get('host', '')}"
        foreign = [each for each in origins if each.lower() != own.lower() and not self._is_own_origin(each)]
        # Behind a dev proxy that changes the Host, the page and the mock are of one origin, as the browser says; that
        # counts for pages of this machine alone, or a name rebound to the proxy would get in.
        is_proxied = headers.get("sec-fetch-site") == "same-origin"
        differs = any(each.lower() != own.lower() for each in origins)
        if foreign or len(origins) > 1 or (differs and not (admits_own_origins or is_proxied)):
            raise Refused(403, message=_foreign(origins, own))
        reads = scope["method"] in ("GET", "HEAD")
        if not origins and not (reads and _is_visit(headers)) and not _is_same_site(headers):
            raise Refused(403, message="Pages of another origin may not use the control API")
        if not reads:
            self._check_change(headers, headers.getlist(CONTROL_HEADER))

    def check_token(self, scope: Scope, headers: Headers) -> None:
        """Beyond loopback, the request must have the token."""
        given = headers.getlist(CONTROL_HEADER)
        if scope["method"] in ("GET", "HEAD"):
            query = scope["query_string"].decode("latin-1")
            given += [value for name, value in parse_qsl(query) if name == "token"]
        if self._token:
            if not any(hmac.compare_digest(each.encode(), self._token.encode()) for each in given):
                raise Refused(403, message=f"{CONTROL_HEADER} must be the token that was printed at the start")
        elif not _came_by_loopback(scope):
            raise Refused(403, message="Beyond loopback a token is needed: start the mock with --control-token")

    def _check_change(self, headers: Headers, given: Collection[str]) -> None:
        if not any(given):
            raise Refused(403, message=NEEDS_CONTROL_HEADER)
        has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        media_types = [each.partition(";")[0].strip().lower() for each in headers.getlist("content-type")]
        if media_types != ["application/json"] and (has_body or media_types):
            raise Refused(403, message="Content-Type must be application/json")

    def _is_own(self, name: str) -> bool:
        return name in self._hosts or _LOOPBACK_NAME.fullmatch(name) is not None


def _foreign(origins: Collection[str], own: str) -> str:
    page, mock = (shorten(each, 200)[1:-1] for each in (", ".join(origins), own))
    return (
        f"The page of {page} may not use the control API of {mock}: their origins differ. If a dev proxy is between "
        f"them, it changes the Host header: remove changeOrigin from it, or open {mock}/__mock__/ itself"
    )


def _is_visit(headers: Headers) -> bool:
    """Somebody followed a link or typed the address: the answer is shown, and no page can read it."""
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"


def _is_same_site(headers: Headers) -> bool:
    """No browser sends this, or one that says that a page of the mock asks (Fetch Metadata)."""
    return headers.get("sec-fetch-site", "none") in ("same-origin", "none")


def _came_by_loopback(scope: Scope) -> bool:
    """Whether the connection came in at a loopback address; without a connection, the caller is in this process."""
    address = _own_address(scope)
    return address is None or address.is_loopback


def _own_address(scope: Scope) -> IpAddress | None:
    """The address of this machine that the connection came in on."""
    return _address((scope.get("server") or ("", 0))[0])


def _address(text: str) -> IpAddress | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    # A socket that listens on :: shows IPv4 as ::ffff:192.0.2.1 (RFC 4291 §2.5.5.2).
    return getattr(address, "ipv4_mapped", None) or address
