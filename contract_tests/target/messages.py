"""Make the HTTP message of a request, as clients usually write it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import httpcore2

from contract_tests.target.exchange import Request
from contract_tests.target.raw import divided

_ALWAYS_WITH_LENGTH = frozenset({"POST", "PUT", "PATCH"})  # also where the body is empty (RFC 9110 §8.6)
# URLs that nothing normalises: in lower case up to the path, without dot segments, with valid escapes.
_NORMAL = re.compile(
    r"(https?)://([a-z0-9.-]+|\[[0-9a-f:]+\])(?::([1-9][0-9]{0,4}))?"
    r"((?:/(?![.])(?:[\w!$&'()*+,;=:@~.-]|%[0-9A-Fa-f]{2})*)+(?:\?(?:[\w!$&()*+,;=:@~./?-]|%[0-9A-Fa-f]{2})*)?)",
    re.ASCII,
)
_DEFAULT_PORTS = {"http": "80", "https": "443"}


def message(request: Request, headers: Iterable[tuple[str, str]], extensions: Mapping[str, Any]) -> httpcore2.Request:
    """Return a request with its Host and the header that tells the length of its body, unless headers have these.

    headers: in place of those of the request. Raise httpcore2.LocalProtocolError if the URL is none.
    """
    url, host = address(request.url)
    lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    names = {name.lower() for name, _ in lines}
    if b"host" not in names:
        lines.insert(0, (b"Host", host))
    if names.isdisjoint({b"content-length", b"transfer-encoding"}):
        if request.chunked:
            lines.append((b"Transfer-Encoding", b"chunked"))
        elif request.body or request.method in _ALWAYS_WITH_LENGTH:
            lines.append((b"Content-Length", b"%d" % len(request.body)))
    content = divided(request.body) if request.chunked or request.in_parts else request.body
    return httpcore2.Request(request.method, url, headers=lines, content=content, extensions=dict(extensions))


@lru_cache(maxsize=256)
def address(url: str) -> tuple[httpcore2.URL, bytes]:
    """Return where a URL leads, and the Host header of requests to it."""
    if parts := _NORMAL.fullmatch(url):
        scheme, host, port, target = parts.groups()
        if port != _DEFAULT_PORTS[scheme]:
            wire = httpcore2.URL(scheme=scheme, host=host.strip("[]"), port=int(port) if port else None, target=target)
            return wire, (f"{host}:{port}" if port else host).encode()
    import httpx2  # imported only where it is needed, since that takes long

    try:
        other = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise httpcore2.LocalProtocolError(str(error)) from None
    return (
        httpcore2.URL(scheme=other.raw_scheme, host=other.raw_host, port=other.port, target=other.raw_path),
        other.netloc,
    )
