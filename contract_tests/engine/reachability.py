"""Tells a target that cannot be judged, or not any more, from one that breaks a clause."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from contract_tests.engine.events import Ending
from contract_tests.target.exchange import HUNG_UP, SILENT, UNREACHABLE, Exchange

REFUSALS_IN_A_ROW = 3  # a restart takes a second; three connections refused in a row are no accident
SILENCES_IN_A_ROW = 20  # more than the covering set has requests that could anger any one server
REPEATED_LATER_IN_A_ROW = 3  # each was repeated for as long as a request may wait


class Watch:
    """Follows the exchanges of a run, in the order in which they end, and says when the target is out of reach."""

    def __init__(self) -> None:
        self._silences = 0
        self._put_off = 0
        self._seen = 0

    def see(self, exchange: Exchange) -> tuple[Ending, str] | None:
        """How the run ends because of this exchange, and why; None if it goes on."""
        self._seen += 1
        response = exchange.response
        self._silences = self._silences + 1 if response is None else 0
        put_off = response is not None and (
            response.status == 429 or (response.status == 503 and response.header("Retry-After") is not None)
        )
        self._put_off = self._put_off + 1 if put_off else 0
        refused = bool(exchange.failure and exchange.failure.startswith(UNREACHABLE))
        if self._silences >= (REFUSALS_IN_A_ROW if refused else SILENCES_IN_A_ROW):
            what = "accepts no connection" if refused else "sends no response"
            return Ending.TARGET_GONE, f"The server {what} any more, after {self._seen} requests: the run ends here."
        if response is not None and self._put_off >= REPEATED_LATER_IN_A_ROW:
            return _put_off(response.status, response.header("Retry-After"), self._seen)
        return None


def _put_off(status: int, retry_after: str | None, seen: int) -> tuple[Ending, str]:
    when = f"; its Retry-After is {retry_after}" if retry_after else ""
    if status == 429:
        why = (
            f"The server answers 429 and goes on doing so{when}: its quota is used up after {seen} requests. Run again "
            "when it is renewed, or raise the limit for the user of the tests."
        )
        return Ending.QUOTA_USED_UP, why
    why = f"The server, or a gateway before it, answers 503 and goes on doing so{when}, after {seen} requests."
    return Ending.TARGET_GONE, why


def session_ended(seen: int) -> tuple[Ending, str]:
    """How a run ends whose login was accepted before and is not any more."""
    return Ending.SESSION_ENDED, (
        f"The session ended after {seen} requests: the request that was accepted at first is now answered 401. Sign in "
        "again and run again, with a session that lasts longer than the run."
    )


def discovery_problem(exchange: Exchange, speaks_tls: Callable[[str], bool] = lambda url: False) -> str | None:
    """Why the response to the first request says that nothing else can be judged; None if judging can go on.

    speaks_tls: asked of an http URL from which no response came.
    """
    url, response = exchange.request.url, exchange.response
    if response is None and url.startswith("http:") and not is_starting(exchange) and speaks_tls(url):
        return f"{url} is a port for TLS. Write https:// instead of http://."
    if response is None:
        return _no_connection(url, exchange.failure or "")
    if response.status == 401:
        given = "the login given is not accepted" if _has_login(exchange) else "no login was given"
        return (
            f"{url} answers 401: {given}. Give a valid session with --bearer TOKEN or --cookie NAME=VALUE "
            "(or LEADLISTS_BEARER, LEADLISTS_COOKIE); if it was valid, it may have expired."
        )
    if response.status == 403:
        return f"{url} answers 403 to this login: it lacks a right there. Use a user who may create lead lists."
    if response.status == 407:
        return (
            f"{url}: the proxy asks for a login (407). Give it in the proxy variable: http://USER:PASSWORD@HOST:PORT."
        )
    if response.status == 404 and (twice := _path_twice(url)):
        return f"{url} answers 404: the path has {twice} twice. Give the base URL without it."
    if response.status == 400 and b"HTTPS" in response.body[:2000]:
        return f"{url} is a port for TLS ({_first_line(response.body)}). Write https:// instead of http://."
    if response.status == 404:
        return f"{url} answers 404: there is no such endpoint. Give the base URL or the endpoint itself."
    if response.status == 429:
        later = f"; its Retry-After is {response.header('Retry-After')}" if response.header("Retry-After") else ""
        return f"{url} answers 429 to the first request{later}: its quota is used up. Run again when it is renewed."
    if response.status in {502, 503, 504}:
        return (
            f"{url} answers {response.status} to a plain request: a gateway before the server, or the server itself, "
            "says that it is not available. Is the server up, and is this its address?"
        )
    if 300 <= response.status < 400:
        to = response.header("Location") or "nowhere"
        if to.endswith("/") and urlsplit(to).path == f"{urlsplit(url).path}/":
            return (
                f"{url} redirects ({response.status}) to {to}. The API's path has no slash at its end: serve it there."
            )
        return f"{url} redirects ({response.status}) to {to}. Redirects are not followed: give the address it leads to."
    return None


def is_starting(exchange: Exchange) -> bool:
    """Return whether the target may respond later: nothing listens yet, or a gateway has no backend yet."""
    if exchange.response is None:
        failure = exchange.failure or ""
        return failure.startswith(UNREACHABLE) and "CERTIFICATE" not in failure
    return exchange.response.status in {502, 503, 504}


def _path_twice(url: str) -> str | None:
    """The beginning of the path that follows itself, as in /api/v1/api/v1/entities."""
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
        return f"{url} asks for a client certificate ({failure}). Give --client-cert and --client-key."
    if failure == HUNG_UP and url.startswith("https:"):
        return f"{url}: {failure}. It may want a client certificate: give --client-cert and --client-key."
    if "WRONG_VERSION_NUMBER" in failure or "RECORD_LAYER_FAILURE" in failure:
        return f"{url} does not speak TLS ({failure}). Write http:// instead of https://."
    if failure.startswith(SILENT):
        return f"{url} accepts the connection but is silent: {failure}. Is this the port? --timeout allows more time."
    if "CERTIFICATE_VERIFY_FAILED" in failure:
        return (
            f"{url} has a certificate that is not trusted here ({failure}). "
            "If it is your own, give --ca-file FILE (or SSL_CERT_FILE) with it, or with the authority that signed it."
        )
    if failure.startswith(UNREACHABLE):
        return f"{url} cannot be reached ({failure}). Is the server running, and is this its address?"
    return None


def _has_login(exchange: Exchange) -> bool:
    return any(name.lower() in {"authorization", "cookie"} for name, _ in exchange.request.headers)
