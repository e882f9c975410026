"""Renew the session during a run: requests keep the first token, and are sent with the newest one."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from contract_tests.target.exchange import Headers, Wire

BEFORE_EXPIRY_S = 30.0  # clocks differ by less, and responses arrive by then


class Renewal:
    """Replaces the token of the run by a new one; thread-safe.

    token: the token in the planned requests. fetch: returns a new one. learn: called with each new one.
    """

    def __init__(self, token: str, fetch: Callable[[], str], learn: Callable[[list[str]], None]) -> None:
        self._first = self._current = token
        self._fetch = fetch
        self._learn = learn
        self._lock = threading.Lock()

    def headers(self, headers: Headers) -> Headers:
        """Return the headers with the newest token; fetch a new one if the current one is about to expire."""
        if not self.signs_in(headers):
            return headers
        expires_s = _expiry_s(self._current)
        if expires_s is not None and expires_s - time.time() < BEFORE_EXPIRY_S:
            self.renew(self._current)
        fresh = f"Bearer {self._current}"
        return tuple((name, fresh if self._is_login(name, value) else value) for name, value in headers)

    def wire(self, wire: Wire, headers: Headers) -> Wire:
        """Return the message with the newest token. headers: of the request that it was made from."""
        if self.headers(headers) == headers:
            return wire
        old, new = (f"Bearer {token}".encode("latin-1") for token in (self._first, self._current))
        return replace(wire, data=wire.data.replace(old, new))

    def renew(self, used: str | None = None) -> bool:
        """Fetch a new token; return whether it differs from the used one."""
        used = used or self._current
        with self._lock:
            if self._current == used:
                self._current = self._fetch()
                self._learn([self._current])
            return self._current != used

    def signs_in(self, headers: Headers) -> bool:
        """Return whether the headers contain the token of the run as a bearer token."""
        return any(self._is_login(name, value) for name, value in headers)

    @property
    def current(self) -> str:
        """The token that is sent now."""
        return self._current

    def _is_login(self, name: str, value: str) -> bool:
        return name.lower() == "authorization" and value == f"Bearer {self._first}"


def _expiry_s(token: str) -> float | None:
    """Return when a JSON Web Token expires (RFC 7519 §4.1.4), in seconds of the Unix epoch, or None."""
    with suppress(ValueError, IndexError, KeyError, TypeError):
        part = token.split(".")[1]
        return float(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["exp"])
    return None
