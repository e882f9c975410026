"""One request with its response, as immutable values with the exact bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

Headers = tuple[tuple[str, str], ...]
UNREACHABLE = "no connection"  # the start of a failure without a connection
OTHER_NETWORK = "of another kind of network"  # in such a failure: the address is not allowed
SILENT = "no complete response within"  # the start of a failure of a server that took too long
PARTLY = ", only a part of it"  # the end of such a failure, if something arrived
HUNG_UP = "the server closed the connection without a response"
NOT_HTTP = "the response is not HTTP or not whole"  # the start of a failure of a server that sent something else
NOT_SENT = "not sent"  # the start of a failure of our own, not of the server


def silent(timeout_s: float, received_bytes: int) -> str:
    """Return the failure of a server that sent nothing, or only a part of a response, within timeout_s."""
    return f"{SILENT} {timeout_s:g} s{PARTLY if received_bytes else ''}"


@dataclass(frozen=True, slots=True)
class Wire:
    """The bytes of a message that usual HTTP clients do not write, sent on a connection of its own.

    violation: why its body is not whole, for which a server must refuse it; empty if a server may accept the message.
    is_complete: whether a server must know where the message ends; otherwise it may wait for more, or close. is_last:
    the client ends its side of the connection after the bytes.
    """

    data: bytes
    violation: str = ""
    is_complete: bool = True
    is_last: bool = False


@dataclass(frozen=True)
class Request:
    """The exact bytes of a request; header values are text in Latin-1.

    chunked: the body is sent in two chunks. in_parts: it is sent with Content-Length, the second half a moment later.
    wire: the bytes of the whole message, if they are other ones than a usual client writes for the other fields.
    """

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    chunked: bool = False
    in_parts: bool = False
    wire: Wire | None = None

    def header(self, name: str) -> str | None:
        """Return the value of the first header of that name, in any case; None if there is none."""
        return self._first_values.get(name.lower())

    @cached_property
    def _first_values(self) -> dict[str, str]:
        return first_values(self.headers)


@dataclass(frozen=True)
class Response:
    """A complete response; its body is without the content coding."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the value of the first header of that name, in any case; None if there is none."""
        return self._first_values.get(name.lower())

    @cached_property
    def _first_values(self) -> dict[str, str]:
        return first_values(self.headers)

    @cached_property
    def json(self) -> Any:
        """The body as JSON, or NOT_JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return _patient_json(self.body)


def first_part(body: bytes) -> int:
    """Return where a body is divided: inside a character of several bytes in UTF-8, if there is one."""
    inside = (at for at in range(len(body) // 4, len(body)) if body[at] & 0xC0 == 0x80)
    return next(inside, len(body) // 2)


class _NotJson:
    def __repr__(self) -> str:
        return "NOT_JSON"


NOT_JSON = _NotJson()


@dataclass(frozen=True)
class Exchange:
    """A request, and its response or the failure; times are in seconds of the Unix epoch."""

    request: Request
    response: Response | None
    failure: str | None
    sent_at_s: float
    received_at_s: float
    label: str = field(default="", compare=False)
    number: int = field(default=0, compare=False)  # its place in the order of the plan; 0 outside of a run
    after: int = field(default=0, compare=False)  # the number of the one before it on its connection; 0 for the first

    @property
    def elapsed_s(self) -> float:
        return self.received_at_s - self.sent_at_s


def _patient_json(body: bytes) -> Any:
    """Parse JSON that orjson refuses but RFC 8259 allows: halves of surrogate pairs (§8.2), any number (§6)."""

    def integer(digits: str) -> int | float:
        return int(digits) if len(digits) < 400 else float(digits)  # int() takes long for very many digits

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is not JSON")

    try:
        return json.loads(body.decode("utf-8"), parse_int=integer, parse_constant=refuse)
    except (ValueError, RecursionError):
        return NOT_JSON


def first_values(headers: Headers) -> dict[str, str]:
    """Return the value of the first header of each name in lower case."""
    return {name.lower(): value for name, value in reversed(headers)}
