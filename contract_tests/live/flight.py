"""One exchange on its way through the proxy."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from contract_tests.live.framing import Head
from contract_tests.live.seen import Seen

KEPT_BODY_BYTES = 1024 * 1024  # of one message; no valid message of the contract is longer


@dataclass(slots=True)
class Flight:
    """One exchange in progress. is_watched: whether to keep its bytes."""

    head: Head
    is_watched: bool
    is_first: bool  # of its connection
    sent_at_s: float = field(default_factory=time.time)
    request_body: bytearray = field(default_factory=bytearray)
    is_sent: bool = False
    answer: Head | None = None
    response_body: bytearray = field(default_factory=bytearray)
    is_too_long: bool = False
    is_plain: bool = True

    def keep(self, body: bytearray, data: bytes) -> None:
        if not self.is_watched or self.is_too_long:
            return
        if len(body) + len(data) > KEPT_BODY_BYTES:
            self.is_too_long = True
            body.clear()
        else:
            body += data

    def seen(self, failure: str | None = None) -> Seen:
        answer = self.answer if failure is None else None
        return Seen(
            self.head.start[0],
            self.head.start[1],
            self.head.headers,
            bytes(self.request_body),
            answer.status if answer else None,
            answer.headers if answer else (),
            bytes(self.response_body) if answer else b"",
            self.sent_at_s,
            time.time(),
            failure,
            is_plain=self.is_plain,
        )
