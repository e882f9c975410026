"""Recognise calls of a web page of another site: the browser drops the session cookie between the two. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit


def is_cross_site(headers: Mapping[str, str], scheme: str) -> bool:
    """Whether a page of another site sent the request (RFC 6265bis §5.2); http and https are different sites."""
    page, own = _urls(headers, scheme)
    site = headers.get("sec-fetch-site")
    if site or scheme == "https" or _is_loopback(own):  # browsers send the header to these, and to no other mock
        return site == "cross-site"
    return bool(page.hostname) and (page.scheme, _site(page)) != (own.scheme, _site(own))


def advice(headers: Mapping[str, str], scheme: str) -> str:
    """Say why the session cookie cannot work for the calling page, and which address does; empty if it can.

    Over http the cookie is SameSite=Lax: a browser neither stores nor sends it between sites. Over https it is
    SameSite=None where that is needed.
    """
    if scheme == "https" or not is_cross_site(headers, scheme):
        return ""
    page, own = _urls(headers, scheme)
    if not page.hostname:
        return ""
    if page.scheme == "https":
        remedy = f"start the mock with --tls and call it as https://{own.netloc}"
    else:
        name = f"[{page.hostname}]" if ":" in page.hostname else page.hostname
        remedy = f"call the mock as http://{name}" + (f":{own.port}" if own.port else "")
    return (
        f"The page {page.geturl()} and the mock at {own.geturl()} are different sites, between which a browser drops "
        f"the session cookie: {remedy}, or send the token as Authorization: Bearer"
    )


def _urls(headers: Mapping[str, str], scheme: str) -> tuple[SplitResult, SplitResult]:
    """The origin of the page and that of the mock; without a host name where a header names none."""
    found = []
    for url in (headers.get("origin", ""), f"{scheme}://{headers.get('host', '')}"):
        try:
            parts = urlsplit(url)
            _ = parts.port  # raises where it is no number
        except ValueError:
            parts = urlsplit("")
        found.append(parts)
    return found[0], found[1]


def _is_loopback(url: SplitResult) -> bool:
    host = url.hostname or ""
    return host == "localhost" or host.endswith(".localhost") or host in ("127.0.0.1", "::1")


def _site(url: SplitResult) -> str:
    """The registrable domain, as far as it can be told without the list of public suffixes."""
    host = url.hostname or ""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ".".join(host.split(".")[-2:])
