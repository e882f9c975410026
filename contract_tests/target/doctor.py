"""Find out step by step why the target cannot be judged."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from contract_tests.target.addresses import addresses_of, host_and_port
from contract_tests.target.client import Target
from contract_tests.target.exchange import Exchange, Request, Response
from contract_tests.target.renewal import leads_elsewhere

CLOSE_CLOCK_S = 5.0  # the Date header has whole seconds, and the response needs time
OWN_CHECK = frozenset({401, 403, 429})  # statuses that a later check explains, as it does redirects


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one step. is_right: None for a note. advice: what to do."""

    name: str
    is_right: bool | None
    text: str
    advice: str = ""


def examine(
    target: Target, request: Request, explain: Callable[[Exchange], str | None], *, proxy_name: str = ""
) -> Iterator[Check]:
    """Resolve the name, connect, and send a request that every correct server accepts; stop at the first failure.

    explain: returns why a run cannot judge the server, from the response to that request, with what to do; None if it
    can. proxy_name: the proxy, if there is one; it then resolves the name.
    """
    host, port = host_and_port(request.url)
    if proxy_name:
        yield Check("proxy", None, f"requests go through {proxy_name}", "name the host in NO_PROXY to avoid it")
    else:
        try:
            addresses = addresses_of(host, port)
        except OSError as error:
            yield Check("name", False, f"{host} has no address: {error}", "check the name and the network")
            return
        yield Check("name", True, f"{host} is {', '.join(addresses)}")
        try:
            with socket.create_connection((host, port), target.timeout_s):
                pass
        except OSError as error:
            yield Check("connection", False, f"port {port} does not accept: {error}", "check server and port")
            return
        yield Check("connection", True, f"port {port} accepts connections")
    exchange = target.send(request, "a plain request")
    yield from _connection_and_response(exchange, explain(exchange))
    if exchange.response is not None:
        yield from _headers(request.url, exchange.response)


def _connection_and_response(exchange: Exchange, problem: str | None) -> Iterator[Check]:
    response, is_tls = exchange.response, exchange.request.url.startswith("https:")
    if response is None:
        failure = exchange.failure or "none"
        name = "TLS" if is_tls and ("SSL" in failure or "CERTIFICATE" in failure) else "response"
        yield Check(name, False, "no response" if problem else failure, problem or "read the log of the server")
        return
    if is_tls:
        yield Check("TLS", True, "the certificate is valid for this host, and trusted")
    text = f"{response.status} after {exchange.elapsed_s * 1000:.0f} ms"
    if response.status in OWN_CHECK or 300 <= response.status < 400:
        yield Check("response", True, text)
    elif problem:
        yield Check("response", False, text, problem)
    elif response.status >= 400:
        yield Check("response", None, text, "the server does not accept a plain request; `run` says what it accepts")
    else:
        yield Check("response", True, text)


def _headers(url: str, response: Response) -> Iterator[Check]:
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
        advice = "give that address instead"
        if leads_elsewhere(url, response):
            advice += ", or a valid login if users sign in there: --bearer, --cookie or --login-command"
        yield Check("redirect", False, f"the server redirects to {to}", advice)
    if response.status in {401, 403}:
        advice = "give a valid session of a user who may send this request: --bearer, --cookie or --login-command"
        yield Check("credentials", False, f"the login is not accepted ({response.status})", advice)
    elif response.status < 300:
        yield Check("credentials", True, "the login is accepted, and the request succeeded")
    limits = [f"{name}: {value}" for name, value in response.headers if "ratelimit" in name.lower()]
    if response.status == 429:
        later = response.header("Retry-After") or "none"
        text = "; ".join(["the quota is used up", f"Retry-After: {later}", *limits])
        yield Check("rate limit", False, text, "wait until it is renewed, or raise the limit for the test user")
    elif limits:
        yield Check("rate limit", None, "; ".join(limits), "a run sends several hundred requests: raise the limit")
