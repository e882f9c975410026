"""Explain from the response to the first request why a target cannot be judged."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from contract_tests.target.absence import is_of_gateway
from contract_tests.target.exchange import HUNG_UP, PARTLY, SILENT, UNREACHABLE, Exchange
from contract_tests.target.renewal import leads_elsewhere


def discovery_problem(
    exchange: Exchange, speaks_tls: Callable[[str], bool] = lambda url: False, *, proxy: str = ""
) -> str | None:
    """Return why the server cannot be judged, from the response to the first request; None if it can.

    speaks_tls: called with an http URL that sent no response. proxy: the name of the one that forwards the requests,
    which can respond itself if the URL is http.
    """
    url, response = exchange.request.url, exchange.response
    proxy = proxy if url.startswith("http:") else ""
    if response is None and url.startswith("http:") and not is_starting(exchange) and speaks_tls(url):
        return f"{url} expects TLS. Use https:// instead of http://."
    if response is None:
        return _no_connection(url, exchange.failure or "")
    if response.status == 401:
        given = "the given login is not accepted" if _has_login(exchange) else "no login was given"
        return (
            f"{url} answers 401: {given}. Give a valid session with --bearer TOKEN or --cookie NAME=VALUE "
            "(or LEADLISTS_BEARER, LEADLISTS_COOKIE); if it was valid, it may have expired."
        )
    if response.status == 403 and proxy:
        return (
            f"{url} answers 403: {proxy} refuses this host, or the user lacks a permission. Name the host in NO_PROXY, "
            "or use a user with this permission."
        )
    if response.status == 403:
        return f"{url} answers 403 to this login: the user lacks a permission. Use a user with this permission."
    if response.status == 407:
        return f"{url}: the proxy requires a login (407). Add it to the proxy variable: http://USER:PASSWORD@HOST:PORT."
    if response.status == 404 and (twice := _path_twice(url)):
        return f"{url} answers 404: the path has {twice} twice. Give the base URL without it."
    if response.status == 400 and b"HTTPS" in response.body[:2000]:
        return f"{url} expects TLS ({_first_line(response.body)}). Use https:// instead of http://."
    if response.status == 404:
        return f"{url} answers 404: there is no such endpoint. Give the base URL of the server, or the endpoint's URL."
    if response.status == 429:
        later = f"; its Retry-After is {response.header('Retry-After')}" if response.header("Retry-After") else ""
        return f"{url} answers 429 to the first request{later}: the quota is used up. Run again when it is renewed."
    if response.status in {502, 503, 504}:
        unless = f", or {proxy} does not reach it" if proxy else ""
        return (
            f"{url} answers {response.status} to a plain request: the server, or a gateway in front of it, is not "
            f"available{unless}. Check that the server is running and that this is its address."
        )
    if 300 <= response.status < 400:
        to = response.header("Location") or "nowhere"
        if to.endswith("/") and urlsplit(to).path == f"{urlsplit(url).path}/":
            return (
                f"{url} redirects ({response.status}) to {to}. The path of the API has no trailing slash: serve it "
                "without a redirect."
            )
        if leads_elsewhere(url, response):
            given = "the given login is not accepted" if _has_login(exchange) else "no login was given"
            return (
                f"{url} redirects ({response.status}) to {to}. If users sign in there, {given}, or the session has "
                "ended: give a valid one with --bearer, --cookie or --login-command. Otherwise, give that address: "
                "the suite does not follow redirects."
            )
        return f"{url} redirects ({response.status}) to {to}. The suite does not follow redirects: give that address."
    return None


def is_starting(exchange: Exchange) -> bool:
    """Return whether the target may respond later: nothing listens yet, or a gateway has no backend yet."""
    if exchange.response is None:
        failure = exchange.failure or ""
        return failure.startswith(UNREACHABLE) and "CERTIFICATE" not in failure
    return is_of_gateway(exchange)


def _path_twice(url: str) -> str | None:
    """Return the part of the path that occurs twice in a row, as in /api/v1/api/v1/entities."""
    parts = urlsplit(url).path.strip("/").split("/")
    for size in range(len(parts) // 2, 0, -1):
        for start in range(len(parts) - 2 * size + 1):
            if parts[start : start + size] == parts[start + size : start + 2 * size]:
                return "/" + "/".join(parts[start : start + size])
    return None


def _first_line(body: bytes) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", body[:500].decode("utf-8", "replace")).split())[:100]


def _no_connection(url: str, failure: str) -> str | None:
    if "the proxy " in failure:
        why = failure.partition("the proxy ")[2]
        return f"{url} cannot be reached through the proxy {why}. Correct the variable, or name the host in NO_PROXY."
    if "CERTIFICATE_REQUIRED" in failure or "HANDSHAKE_FAILURE" in failure:
        return f"{url} requires a client certificate ({failure}). Give --client-cert and --client-key."
    if failure == HUNG_UP and url.startswith("https:"):
        return f"{url}: {failure}. It may require a client certificate: give --client-cert and --client-key."
    if "WRONG_VERSION_NUMBER" in failure or "RECORD_LAYER_FAILURE" in failure:
        return f"{url} does not support TLS ({failure}). Use http:// instead of https://."
    if failure.startswith(SILENT) and failure.endswith(PARTLY):
        return f"{url} does not end its response: {failure}. Read the log of the server, or set a longer --timeout."
    if failure.startswith(SILENT):
        return f"{url} accepts the connection but sends nothing: {failure}. Check the port, or set a longer --timeout."
    if "CERTIFICATE_VERIFY_FAILED" in failure:
        return (
            f"{url} has a certificate that this machine does not trust ({failure}). If it is your own, give --ca-file "
            "FILE (or SSL_CERT_FILE) with the certificate, or with that of the authority that issued it."
        )
    if failure.startswith(UNREACHABLE):
        return f"{url} cannot be reached ({failure}). Check that the server is running and that this is its address."
    return None


def _has_login(exchange: Exchange) -> bool:
    return any(name.lower() in {"authorization", "cookie"} for name, _ in exchange.request.headers)
