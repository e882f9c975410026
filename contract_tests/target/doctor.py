"""Find out step by step why the target cannot be judged."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from contract_tests.target.client import Target
from contract_tests.target.exchange import Exchange, Request

CLOSE_CLOCK_S = 5.0  # the Date header has whole seconds, and the response needs time


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one step. is_right: None for a note. advice: what to do."""

    name: str
    is_right: bool | None
    text: str
    advice: str = ""


def examine(target: Target, request: Request, *, proxy_name: str = "") -> Iterator[Check]:
    """Resolve the name, connect, and send a request that every correct server accepts; stop at the first failure.

    proxy_name: the proxy, if there is one; it then resolves the name.
    """
    parts = urlsplit(request.url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    if proxy_name:
        yield Check("proxy", None, f"requests go through {proxy_name}", "name the host in NO_PROXY to avoid it")
    else:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            yield Check("name", False, f"{host} has no address: {error}", "check the name and the network")
            return
        yield Check("name", True, f"{host} is {', '.join(sorted({str(each[4][0]) for each in found}))}")
        try:
            with socket.create_connection((host, port), target.timeout_s):
                pass
        except OSError as error:
            yield Check("connection", False, f"port {port} does not accept: {error}", "check server and port")
            return
        yield Check("connection", True, f"port {port} accepts connections")
    exchange = target.send(request, "a plain request")
    yield from _answer(exchange)


def _answer(exchange: Exchange) -> Iterator[Check]:
    response = exchange.response
    if response is None:
        yield Check("response", False, exchange.failure or "none", "see the message of `leadlists-contract run`")
        return
    yield Check("response", True, f"{response.status} after {exchange.elapsed_s * 1000:.0f} ms")
    if date := response.header("Date"):
        try:
            off_s = parsedate_to_datetime(date).timestamp() - time.time()
        except ValueError:
            yield Check("clock", False, f"the Date header cannot be read: {date}", "write it as in RFC 9110 §5.6.7")
        else:
            is_close = abs(off_s) <= CLOSE_CLOCK_S
            advice = "" if is_close else "set the clock, or give --clock-allowance"
            yield Check("clock", is_close, f"the server's clock is off by {off_s:+.0f} s", advice)
    if 300 <= response.status < 400:
        to = response.header("Location") or "nowhere"
        yield Check("redirect", False, f"the server redirects to {to}", "give that address instead")
    if response.status in {401, 403}:
        advice = "give a valid session of a user who may create lead lists: --bearer, --cookie or --login-command"
        yield Check("credentials", False, f"the login is not accepted ({response.status})", advice)
    elif response.status < 300:
        yield Check("credentials", True, "the login is accepted, and a lead list was created")
    limits = [f"{name}: {value}" for name, value in response.headers if "ratelimit" in name.lower()]
    if response.status == 429 or limits:
        text = "; ".join(limits) or f"429, Retry-After {response.header('Retry-After')}"
        yield Check("rate limit", None, text, "a run sends several hundred requests: raise the limit for its user")
