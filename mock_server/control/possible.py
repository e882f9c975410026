"""Refuse to search for impossible requests: a test that expects none of them would always pass."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mock_server.contract.schema import JsonPath
from mock_server.pipeline.errors import Refused
from mock_server.pipeline.problems import problem, shorten

# What no path in the journal looks like, and what is possible instead.
_WRONG_PATHS = (
    (r"(?![/*]).*", "a path that starts with /, without scheme and host; * matches any text"),
    (r".*[?#].*", "a path without query and fragment"),
    (r".*%[0-9A-Fa-f]{2}.*", "a decoded path"),
    (r"/__mock__(/.*)?", "a path outside of /__mock__/, because calls of the control API are not recorded"),
)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.1


def check_path(path: str, place: JsonPath = ("path",)) -> None:
    """Raise Refused unless a request can have a path like this; `*` matches any text."""
    for pattern, want in _WRONG_PATHS:
        if re.fullmatch(pattern, path, re.DOTALL):
            raise Refused(400, [problem("range", place, got=shorten(path), want=want)])


def check_user(user: str, tokens: Mapping[str, str], place: JsonPath = ("user",)) -> None:
    """Raise Refused unless there is a token for this user."""
    if user not in tokens:
        known = " or ".join(f'"{each}"' for each in tokens)
        raise Refused(400, [problem("enum", place, got=shorten(user), want=known)])


def check_header_name(name: str) -> None:
    """Raise Refused unless a header can have this name."""
    if not _HEADER_NAME.fullmatch(name):
        want = "the name of a header, such as Content-Type"
        raise Refused(400, [problem("range", ("headers", name), got=shorten(name), want=want)])
