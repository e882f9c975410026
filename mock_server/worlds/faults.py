"""Faults as values: delays, statuses and broken connections that an honest server may show to its clients.

A fault comes through one of four doors: the headers `Prefer` and `X-Mock-Fault`, a cookie, or the control API, which
the dashboard uses. The first three apply to the request that carries them. Every draw takes its randomness as a
parameter.
"""

from __future__ import annotations

import dataclasses
import json
import math
import random
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any
from urllib.parse import urlencode

LONGEST_DELAY_MS = 60_000
ANSWERS = ("hang", "reset", "empty", "half", "dribble", "bad-chunk", "not-json")
# Headers that a fault cannot set: the server needs them for itself.
FRAMING = ("connection", "content-length", "date", "keep-alive", "transfer-encoding", "x-mock-fault")
SHOWN_CHARACTERS = 300  # of a fault's body or headers, in the response header X-Mock-Fault

SECOND_ATTEMPT_S = 1.0  # a browser retries at once

RawHeaders = Iterable[tuple[bytes, bytes]]
Chance = Callable[[], float]  # draws a number: 0 <= number < 1
CompileBody = Callable[[Any], Callable[[bytes], bool]]  # compiles a matcher (JSON) to a test of request bodies

_Z99 = NormalDist().inv_cdf(0.99)


class FaultError(ValueError):
    """A fault with an invalid field; `name` is that field, empty for the fault as a whole."""

    def __init__(self, name: str, got: str, want: str) -> None:
        super().__init__(name, got, want)
        self.name = name
        self.got = got
        self.want = want


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the requests it applies to, their number or share, and its effects."""

    method: str | None = None
    path: str | None = None  # `*` matches any text
    user: str | None = None
    sent: Any = None  # a matcher for the body of the request; None: any body
    times: int | None = None
    share: float = 1.0
    status: int | None = None
    delay_ms: float | None = None
    p99_ms: float | None = None
    answer: str | None = None
    session: str | None = None
    body: Any = None  # response body instead of the documented one
    headers: Mapping[str, str] | None = None  # response headers
    fits_sent: Callable[[bytes], bool] | None = dataclasses.field(default=None, compare=False)  # `sent`, compiled

    def __post_init__(self) -> None:
        if self.body is not None and self.status is None:
            raise FaultError("body", "a body without a status", "a status as well")
        self._check_headers()
        self._check_conflicts()
        if self.p99_ms is not None and (self.delay_ms is None or self.p99_ms < self.delay_ms):
            got = f"{self.p99_ms:g}" + ("" if self.delay_ms is None else f" with a delayMs of {self.delay_ms:g}")
            raise FaultError("p99Ms", got, "delayMs, the median, and a p99Ms that is not below it")
        if not self.effects():
            raise FaultError("", "without an effect", "at least one of status, delayMs, answer, session and headers")

    def _check_conflicts(self) -> None:
        """Refuse an effect that another one would hide."""
        given = self.effects()
        if "session" in given and "status" in given:
            raise FaultError("status", f"{self.status} with a session", "one of them; session returns 401")
        hidden = _HIDDEN_BY.get(self.answer or "", ())
        if name := next((each for each in hidden if each in given), ""):
            raise FaultError(name, f"a {name} with answer {self.answer}", "one of them; `answer` replaces it")
        if self.status in _WITHOUT_BODY and "body" in given:
            raise FaultError("body", f"a body with the status {self.status}", "another status; this one has no body")

    def _check_headers(self) -> None:
        for name, value in (self.headers or {}).items():
            if not _HEADER_NAME.fullmatch(name):
                raise FaultError("headers", f"an object with {name!r}", "names of headers, such as Retry-After")
            if name.lower() in FRAMING:
                raise FaultError("headers", f"an object with {name}", "headers that the mock does not need for itself")
            if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
                want = "values that are texts of visible Latin-1 characters and spaces"
                raise FaultError("headers", f"an object with {name}: {value!r}", want)

    def matches(self, method: str, path: str, sender: Sender | None = None) -> bool:
        """Return whether the fault applies to a request."""
        if self.method not in (None, method) or not (self.path is None or glob_matches(self.path, path)):
            return False
        if self.user is not None and (sender is None or sender.user() != self.user):
            return False
        return self.fits_sent is None or (sender is not None and self.fits_sent(sender.body))

    def draw_delay_s(self, chance: Chance) -> float:
        """Draw the delay of a response: fixed, or log-normal with this median and 99th percentile."""
        delay_ms = self.delay_ms or 0.0
        if self.p99_ms is not None and delay_ms > 0:
            sigma = math.log(self.p99_ms / delay_ms) / _Z99
            delay_ms *= math.exp(sigma * NormalDist().inv_cdf(chance() or 0.5))
        return min(delay_ms, LONGEST_DELAY_MS) / 1000

    def __str__(self) -> str:
        """Return the effects in the form of the header X-Mock-Fault: `status=500&delayMs=200`."""
        return urlencode({name: _as_text(value) for name, value in self.effects().items()})

    def effects(self) -> dict[str, Any]:
        """Return the effects by their names in the control API."""
        named = {name: getattr(self, attribute) for name, attribute in EFFECTS.items()}
        return {name: value for name, value in named.items() if value is not None}

    def to_json(self) -> dict[str, Any]:
        """Return the Fault of the control API."""
        named = (("method", self.method), ("path", self.path), ("user", self.user), ("body", self.sent))
        match = {name: value for name, value in named if value is not None}
        times = {} if self.times is None else {"times": self.times}
        share = {} if self.share == 1 else {"share": self.share}
        return {**({"match": match} if match else {}), **times, **share, **self.effects()}


EFFECTS = {
    "status": "status",
    "delayMs": "delay_ms",
    "p99Ms": "p99_ms",
    "answer": "answer",
    "session": "session",
    "body": "body",
    "headers": "headers",
}
_NO_RESPONSE = ("status", "session", "body", "headers")
_HIDDEN_BY = {"hang": _NO_RESPONSE, "reset": _NO_RESPONSE, "empty": _NO_RESPONSE, "not-json": ("body",)}
_WITHOUT_BODY = (204, 205, 304)  # RFC 9110 §15.3.5, §15.3.6, §15.4.5
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.1
_HEADER_VALUE = re.compile("[ -~\\u00a0-\\u00ff]*")  # RFC 9110 §5.5


def _as_text(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int | float) or (isinstance(value, str) and len(value) < 20):
        return value
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= SHOWN_CHARACTERS else "..."


@dataclass(frozen=True, slots=True)
class Sender:
    """The properties of a request that faults can match, besides its method and path."""

    user: Callable[[], str | None]  # returns the signed-in user; called only if a fault matches users
    body: bytes = b""


def glob_matches(pattern: str, text: str) -> bool:
    """Return whether a text matches a pattern, in which `*` matches any text, in linear time."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == first
    at = len(first) if text.startswith(first) else -1
    for part in rest[:-1]:  # the first match leaves the most for the rest, so no other needs a try
        at = -1 if at < 0 or (found := text.find(part, at)) < 0 else found + len(part)
    return at >= 0 and text.endswith(rest[-1], at)


def from_json(value: Mapping[str, Any], compile_body: CompileBody) -> Fault:
    """Create a fault from a value that is valid by the schema of the control API; raise FaultError."""
    attributes = {EFFECTS.get(name, name): each for name, each in value.items() if name not in ("match", "remaining")}
    match = {("sent" if name == "body" else name): each for name, each in value.get("match", {}).items()}
    return Fault(**match, **attributes, fits_sent=compile_body(match["sent"]) if "sent" in match else None)


# -- faults in force


@dataclass(frozen=True, slots=True)
class AppliedFault:
    """A fault as applied to one request: who requested it (`door`), and the drawn delay."""

    fault: Fault
    door: str
    delay_s: float = 0.0
    preferences: str = ""  # the honoured preferences, for Preference-Applied (RFC 7240 §3)

    def __str__(self) -> str:
        return f"{self.fault}; door={self.door}"


class Faults:
    """The current faults of a world."""

    def __init__(self, seed: int) -> None:
        self._own_seed = seed
        self.clear()

    def __len__(self) -> int:
        """Return the number of faults that can still apply to a request."""
        return sum(remaining != 0 for _, remaining in self.in_force)

    @property
    def are_none(self) -> bool:
        """Whether no fault is in force, nor waits for a browser's retry."""
        return not self.in_force and self._repeated is None

    @property
    def ask_for_body(self) -> bool:
        """Whether the fault to apply depends on the request body."""
        return any(remaining != 0 and fault.fits_sent is not None for fault, remaining in self.in_force)

    def clear(self) -> None:
        """Remove all faults."""
        self.put((), None)

    def put(self, faults: Iterable[Fault], seed: int | None) -> None:
        """Replace all faults; the same seed gives the same shares and delays."""
        self.seed = self._own_seed if seed is None else seed
        self._chance = random.Random(self.seed).random
        self._repeated: tuple[AppliedFault, tuple[str, str, RawHeaders], float] | None = None
        self.in_force = [(fault, fault.times) for fault in faults]  # with the remaining number of requests

    def repeat_for_retry(self, applied: AppliedFault, method: str, path: str, headers: RawHeaders) -> None:
        """Apply the fault once more if the same request comes within SECOND_ATTEMPT_S: the browser's own retry."""
        self._repeated = (applied, (method, path, list(headers)), time.monotonic() + SECOND_ATTEMPT_S)

    def choose(
        self,
        method: str,
        path: str,
        headers: RawHeaders,
        requested: AppliedFault | None = None,
        sender: Sender | None = None,
    ) -> AppliedFault | None:
        """Return the fault to apply to a request: the `requested` one, else the first current one that matches."""
        if self._repeated is not None:
            (applied, request, until_s), self._repeated = self._repeated, None
            if request == (method, path, list(headers)) and time.monotonic() < until_s:
                return dataclasses.replace(applied, delay_s=0.0)
        if requested is not None:
            if requested.fault.share < 1 and self._chance() >= requested.fault.share:
                return None
            return dataclasses.replace(requested, delay_s=requested.fault.draw_delay_s(self._chance))
        if not self.in_force:
            return None
        taken = decide(self.in_force, method, path, self._chance, sender)
        if taken is None:
            return None
        fault, remaining = self.in_force[taken]
        if remaining is not None:
            self.in_force[taken] = (fault, remaining - 1)
        return AppliedFault(fault, "control", fault.draw_delay_s(self._chance))


def decide(
    in_force: Iterable[tuple[Fault, int | None]], method: str, path: str, chance: Chance, sender: Sender | None = None
) -> int | None:
    """Return the index of the first fault that applies to a request, or None."""
    for place, (fault, remaining) in enumerate(in_force):
        if remaining != 0 and fault.matches(method, path, sender) and (fault.share >= 1 or chance() < fault.share):
            return place
    return None
