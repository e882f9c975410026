"""Explain in our own words why a response is incomplete."""

from __future__ import annotations

import httpcore2

from contract_tests.target.exchange import HUNG_UP, NOT_HTTP, UNREACHABLE

_ENDED = "without sending a response"  # words of httpcore2
_CUT_HEAD = "the connection was closed before the end of its head"
_LONGEST_KIB = httpcore2.HTTP11Connection.MAX_INCOMPLETE_EVENT_SIZE // 1024
_WORDS = {  # of h11 -> ours
    "Receive buffer too long": f"its head, or one line of its body, is longer than {_LONGEST_KIB} KiB",
    "_SWITCH_UPGRADE": "it answers 101 (Switching Protocols), which the request does not ask for",
}


def failure_of(error: Exception, *, has_head: bool, received_bytes: int) -> str:
    """Return the failure of an exchange from the error that the client raised while it read the response."""
    if "SSL" in str(error):
        return f"{UNREACHABLE}: {error}"
    is_cut = not has_head and (isinstance(error, httpcore2.NetworkError) or _ENDED in str(error))
    if is_cut and not received_bytes:
        return HUNG_UP
    return f"{NOT_HTTP}: {_CUT_HEAD if is_cut else _why(error)}"


def _why(error: Exception) -> str:
    text = str(error)
    return next((words for part, words in _WORDS.items() if part in text), text) or "the connection was cut"
