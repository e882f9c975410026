"""Recognise calls from web pages of another site, where the browser drops the session cookie. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit


def is_cross_site(headers: Mapping[str, str], scheme: str, had_preflight: bool) -> bool:
    """Return whether a web page of another site sent the request (RFC 6265bis §5.2); http and https are two sites.

    Browsers say so in Sec-Fetch-Site, but not to a plain http server with another name than localhost. Then
    `had_preflight` decides: without a preflight, web page and mock are one origin for the browser, because a dev proxy
    between them changes the Host.
    """
    if site := headers.get("sec-fetch-site"):
        return site == "cross-site"
    page, own = _urls(headers, scheme)
    return had_preflight and bool(page.hostname) and (page.scheme, _site(page)) != (own.scheme, _site(own))


def advice(headers: Mapping[str, str], scheme: str, had_preflight: bool) -> str:
    """Return why the session cookie cannot work for the calling web page, and the address to use; empty if it can.

    Over http the cookie is SameSite=Lax: a browser neither stores nor sends it between sites. Over https it is
    SameSite=None for other sites.
    """
    if scheme == "https" or not is_cross_site(headers, scheme, had_preflight):
        return ""
    page, own = _urls(headers, scheme)
    if not page.hostname:
        return ""
    if page.scheme == "https":
        remedy = f"start the mock with --tls and call it as https://{own.netloc}"
    else:
        name = f"[{page.hostname}]" if ":" in page.hostname else page.hostname
        remedy = f"call the mock as http://{name}" + (f":{own.port}" if own.port else "")
        remedy += "" if _is_loopback(page) else f", started with --allow-host {name}"
    return (
        f"The browser drops the session cookie, because the web page {page.geturl()} and the mock at {own.geturl()} "
        f"are different sites: {remedy}, or send the token as Authorization: Bearer"
    )


def _urls(headers: Mapping[str, str], scheme: str) -> tuple[SplitResult, SplitResult]:
    """Return the URLs of the web page and of the mock; without a host name if the header has none."""
    found = []
    for url in (headers.get("origin", ""), f"{scheme}://{headers.get('host', '')}"):
        try:
            parts = urlsplit(url)
            _ = parts.port  # raises ValueError unless it is a number
        except ValueError:
            parts = urlsplit("")
        found.append(parts)
    return found[0], found[1]


def _is_loopback(url: SplitResult) -> bool:
    host = url.hostname or ""
    return host == "localhost" or host.endswith(".localhost") or host in ("127.0.0.1", "::1")


def _site(url: SplitResult) -> str:
    """Return the registrable domain, estimated without the list of public suffixes."""
    host = url.hostname or ""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ".".join(host.split(".")[-2:])
