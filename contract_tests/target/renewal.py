"""Renew the session during a run: requests keep the first token, and are sent with the newest one."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from contract_tests.target.exchange import Headers, Response, Wire

BEFORE_EXPIRY_S = 30.0  # clocks differ by less, and responses arrive by then
COOKIES_APART = "; "  # RFC 6265 §4.2.1
VAIN_RENEWALS = 3  # a redirect that as many new tokens have not changed is not about the session


class Renewal:
    """Replaces the token of the run by a new one; thread-safe.

    token: the token in the planned requests. fetch: returns a new one. learn: called with each new one. cookie: the
    name of the cookie with the token; empty for a bearer token.
    """

    def __init__(
        self, token: str, fetch: Callable[[], str], learn: Callable[[list[str]], None], *, cookie: str = ""
    ) -> None:
        self._header, self._prefix = ("cookie", f"{cookie}=") if cookie else ("authorization", "Bearer ")
        self._first = self._current = token
        self._fetch = fetch
        self._learn = learn
        self._lock = threading.Lock()
        self._vain = 0  # renewals after which the server still redirected

    def headers(self, headers: Headers) -> Headers:
        """Return the headers with the newest token; fetch a new one if the current one is about to expire."""
        if not self.signs_in(headers):
            return headers
        expires_s = _expiry_s(self._current)
        if expires_s is not None and expires_s - time.time() < BEFORE_EXPIRY_S:
            self.renew(self._current)
        return tuple((name, self._renewed(name, value)) for name, value in headers)

    def wire(self, wire: Wire, headers: Headers) -> Wire:
        """Return the message with the newest token. headers: of the request that it was made from."""
        if self.headers(headers) == headers:
            return wire
        old, new = (f"{self._prefix}{token}".encode("latin-1") for token in (self._first, self._current))
        return replace(wire, data=wire.data.replace(old, new))

    def renew(self, used: str | None = None) -> bool:
        """Fetch a new token; return whether it differs from the used one."""
        used = used or self._current
        with self._lock:
            if self._current == used:
                self._current = self._fetch()
                self._learn([self._current])
            return self._current != used

    def is_due(self, url: str, response: Response | None) -> bool:
        """Return whether a response can mean that the session has ended."""
        if response is None:
            return False
        return response.status == 401 or (self._vain < VAIN_RENEWALS and leads_elsewhere(url, response))

    def learn_effect(self, url: str, response: Response | None) -> None:
        """Take into account how the server responds to the request with the new token."""
        self._vain = self._vain + 1 if response is not None and leads_elsewhere(url, response) else 0

    def signs_in(self, headers: Headers) -> bool:
        """Return whether the headers contain the token of the run."""
        return any(self._prefix + self._first in self._parts(name, value) for name, value in headers)

    @property
    def current(self) -> str:
        """The token that is sent now."""
        return self._current

    def _renewed(self, name: str, value: str) -> str:
        parts = self._parts(name, value)
        old, new = self._prefix + self._first, self._prefix + self._current
        return COOKIES_APART.join(new if part == old else part for part in parts) if parts else value

    def _parts(self, name: str, value: str) -> list[str]:
        """Return the parts of the header that can have the token: cookies, or the whole header."""
        return value.split(COOKIES_APART) if name.lower() == self._header else []


def leads_elsewhere(url: str, response: Response) -> bool:
    """Return whether a response redirects to another path, as gateways do to where users sign in."""
    to = response.header("Location")
    if response.status not in {302, 303, 307} or not to:
        return False
    try:
        return urlsplit(urljoin(url, to)).path.rstrip("/") != urlsplit(url).path.rstrip("/")
    except ValueError:
        return False


def _expiry_s(token: str) -> float | None:
    """Return when a JSON Web Token expires (RFC 7519 §4.1.4), in seconds of the Unix epoch, or None."""
    with suppress(ValueError, IndexError, KeyError, TypeError):
        part = token.split(".")[1]
        return float(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["exp"])
    return None
