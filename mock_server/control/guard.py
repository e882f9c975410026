"""Protect the control API: accept programs and the mock's own web pages, refuse web pages of other origins.

Any web page that a developer opens can send requests to localhost, and CORS alone does not stop all of them. Therefore
the Host must name this machine (against names rebound to 127.0.0.1), the Origin must be the mock's own, and calls that
change state need a header that a form cannot send.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Callable, Collection, Iterable
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.types import Scope

from mock_server.pipeline.errors import Refused
from mock_server.pipeline.problems import shorten

CONTROL_HEADER = "X-Mock-Control"
NEEDS_CONTROL_HEADER = f"All calls except GET need the header {CONTROL_HEADER}: 1"

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?", re.IGNORECASE | re.ASCII)
_LOOPBACK_NAME = re.compile(r"(?:[a-z0-9_-]+\.)*localhost|127\.0\.0\.1|\[::1\]", re.ASCII)


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a listening address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Guard:
    """Checks calls of the control API; raises Refused with a message that says what is missing."""

    def __init__(
        self, *, own_host: str, allowed_hosts: Iterable[str], is_own_origin: Callable[[str], bool], token: str
    ) -> None:
        bound = f"[{own_host}]" if ":" in own_host else own_host
        unspecified = own_host in ("0.0.0.0", "::")
        self._hosts = frozenset(host.lower() for host in [*allowed_hosts, *([] if unspecified else [bound])])
        self._is_own_origin = is_own_origin
        self._token = token

    def check_host(self, scope: Scope, headers: Headers) -> None:
        """Raise unless Host names this machine, the local address of the connection, or an allowed host."""
        hosts = headers.getlist("host")
        match = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        name = match["name"].lower() if match else ""
        # A URL with an IP address has no name that could be rebound.
        address = _address(name.strip("[]"))
        if not (name and (self._is_own(name) or (address is not None and address == _own_address(scope)))):
            shown = shorten(", ".join(hosts))[1:-1]
            flag = f"; to allow it, start the mock with --allow-host {name}" if name else ""
            raise Refused(403, message=f"The Host {shown} is not a name of this mock{flag}")

    def check_caller(self, scope: Scope, headers: Headers, *, admits_own_origins: bool) -> None:
        """Raise if a web page of another origin sent the request, or if it changes state without the control header.

        `admits_own_origins` accepts web pages of this machine, on any port, and of --allow-origin.
        """
        origins = headers.getlist("origin")
        own = f"{scope.get('scheme', 'http')}://{headers.get('host', '')}"
        foreign = [each for each in origins if each.lower() != own.lower() and not self._is_own_origin(each)]
        # Behind a dev proxy that changes the Host, the browser reports web page and mock as one origin. Accept that
        # only for web pages of this machine; otherwise a name rebound to the proxy would be accepted.
        is_proxied = headers.get("sec-fetch-site") == "same-origin"
        differs = any(each.lower() != own.lower() for each in origins)
        if foreign or len(origins) > 1 or (differs and not (admits_own_origins or is_proxied)):
            raise Refused(403, message=_foreign(origins, own, may_be_admitted=admits_own_origins))
        reads = scope["method"] in ("GET", "HEAD")
        if not origins and not (reads and _is_visit(headers)) and not _is_same_site(headers):
            raise Refused(403, message="Web pages of another origin may not use the control API")
        if not reads:
            self._check_change(headers, headers.getlist(CONTROL_HEADER))

    def check_token(self, scope: Scope, headers: Headers) -> None:
        """Raise unless the request has the token, or comes by loopback to a mock without one."""
        given = headers.getlist(CONTROL_HEADER)
        if scope["method"] in ("GET", "HEAD"):
            query = scope["query_string"].decode("latin-1")
            given += [value for name, value in parse_qsl(query) if name == "token"]
        if self._token:
            if not any(hmac.compare_digest(each.encode(), self._token.encode()) for each in given):
                raise Refused(403, message=f"{CONTROL_HEADER} must be the token that the mock printed at its start")
        elif not _came_by_loopback(scope):
            raise Refused(403, message="Other machines need a token: start the mock with --control-token")

    def _check_change(self, headers: Headers, given: Collection[str]) -> None:
        if not any(given):
            raise Refused(403, message=NEEDS_CONTROL_HEADER)
        has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        media_types = [each.partition(";")[0].strip().lower() for each in headers.getlist("content-type")]
        if media_types != ["application/json"] and (has_body or media_types):
            raise Refused(403, message="Content-Type must be application/json")

    def _is_own(self, name: str) -> bool:
        return name in self._hosts or _LOOPBACK_NAME.fullmatch(name) is not None


def _foreign(origins: Collection[str], own: str, *, may_be_admitted: bool) -> str:
    page, mock = (shorten(each, 200)[1:-1] for each in (", ".join(origins), own))
    other = f"start the mock with --allow-origin {page}" if may_be_admitted else f"open {mock}/__mock__/ directly"
    return (
        f"The web page of {page} may not use the control API of {mock}: their origins differ. A dev proxy between them "
        f"changes the Host header if it has changeOrigin: set it to false, or {other}"
    )


def _is_visit(headers: Headers) -> bool:
    """Return whether the browser will show the response as a web page of its own, which no other web page can read."""
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"


def _is_same_site(headers: Headers) -> bool:
    """Return whether a program, the user or the mock's own web page sent the request (Fetch Metadata)."""
    return headers.get("sec-fetch-site", "none") in ("same-origin", "none")


def _came_by_loopback(scope: Scope) -> bool:
    """Return whether the local address is loopback; without a connection, the caller is in this process."""
    address = _own_address(scope)
    return address is None or address.is_loopback


def _own_address(scope: Scope) -> IpAddress | None:
    """Return the local address of the connection."""
    return _address((scope.get("server") or ("", 0))[0])


def _address(text: str) -> IpAddress | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    # A socket that listens on :: shows IPv4 as ::ffff:192.0.2.1 (RFC 4291 §2.5.5.2).
    return getattr(address, "ipv4_mapped", None) or address
