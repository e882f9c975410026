"""The data from a proxy or a file: complete exchanges, and counts of the rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from contract_tests.target.exchange import Headers

NOT_WHOLE = "cut off by the client"
TOO_LONG = "too long to keep"
OPAQUE = "not HTTP/1.1"
EARLY = "answered before the request was whole"
UNREACHABLE = "without a connection to the server"
ODD = "refused in a form that servers need not accept"
RACE = "on a connection that the server closed meanwhile"


class TrafficLostError(Exception):
    """The traffic ends before its time; the message says why."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One exchange as it was on the wire. target: the path with its query. response_body: with its content coding.

    status: None without a complete response; failure then has the reason. is_login_shown: whether the headers would
    show a login; browsers remove it from recordings. is_plain: whether the request had the usual form of HTTP/1.1.
    """

    method: str
    target: str
    request_headers: Headers
    request_body: bytes
    status: int | None
    response_headers: Headers
    response_body: bytes
    sent_at_s: float
    received_at_s: float
    failure: str | None = None
    is_coded: bool = True  # whether response_body has the content coding that its headers name
    is_login_shown: bool = True
    is_plain: bool = True


@dataclass(slots=True)
class Counts:
    """How many exchanges there were. forwarded: all. of_operation: those of the operations, of which so many were:

    dropped: because the judging could not keep up. left_out: for each reason, those that cannot be judged. not_http:
    connections on which the client did not speak HTTP/1.1.
    """

    forwarded: int = 0
    of_operation: int = 0
    dropped: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    not_http: int = 0
