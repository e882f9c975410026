"""Keep the newest preflights, which tell a call between two origins from one through a dev proxy."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

PREFLIGHTS_KEPT = 100  # of sign-ins that follow at once, and of the calls of a few web pages

ActualRequest = tuple[str, str, str, str]  # that a preflight asks about: Origin, Host, method and path


class Preflights:
    """The preflights of a mock, whatever their world: a browser sends them without cookies and without X-Mock-World."""

    def __init__(self) -> None:
        self._newest: deque[ActualRequest] = deque(maxlen=PREFLIGHTS_KEPT)

    def add(self, headers: Mapping[str, str], path: str) -> None:
        """Keep the preflight with these headers."""
        self._newest.append(_call(headers, headers.get("access-control-request-method", ""), path))

    def had(self, headers: Mapping[str, str], method: str, path: str) -> bool:
        """Return whether the browser of the call sent a preflight for it, or did for an earlier one like it."""
        return _call(headers, method, path) in self._newest

    def take(self, headers: Mapping[str, str], method: str, path: str) -> bool:
        """Return whether the browser sent a preflight for just this call; the browser must not cache it."""
        call = _call(headers, method, path)
        if had := call in self._newest:
            self._newest.remove(call)
        else:  # a dev proxy has come between: what was before it says nothing more
            self._newest = deque((each for each in self._newest if each[:2] != call[:2]), PREFLIGHTS_KEPT)
        return had


def _call(headers: Mapping[str, str], method: str, path: str) -> ActualRequest:
    return headers.get("origin", ""), headers.get("host", ""), method, path
