"""Read the fault that a request asks for with `Prefer`, `X-Mock-Fault` or a cookie."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from mock_server.pipeline.problems import shorten
from mock_server.pipeline.sessions import cookie_values
from mock_server.worlds.faults import ANSWERS, EFFECTS, LONGEST_DELAY_MS, AppliedFault, Fault, FaultError

FAULT_COOKIE = "mock_fault"

_PREFERENCES = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')  # the text between commas (RFC 7240 §2)
_PREFER_CHARACTERS = 1_000
CARRIERS = frozenset([b"prefer", b"x-mock-fault", b"cookie"])  # the headers that can ask for a fault


def requested_fault(headers: Iterable[tuple[bytes, bytes]]) -> AppliedFault | None:
    """Return the fault that a request asks for, or None; raise FaultError for an invalid X-Mock-Fault or cookie."""
    prefer: list[str] = []
    by_header: list[str] = []
    by_cookie = ""
    for name, value in headers:
        if name not in CARRIERS:
            continue
        if name == b"prefer":
            prefer.append(value.decode("latin-1"))
        elif name == b"x-mock-fault":
            by_header.append(value.decode("latin-1"))
        elif b"mock_fault" in value:
            by_cookie = next(iter(cookie_values([value.decode("latin-1")], FAULT_COOKIE)), "")
    if any(by_header):
        return AppliedFault(from_text("&".join(by_header)), "header")
    if prefer and (preferred := _preferred(", ".join(prefer))):
        return preferred
    return AppliedFault(from_text(by_cookie), "cookie") if by_cookie else None


def from_text(text: str) -> Fault:
    """Parse a fault from a header or cookie, such as `status=500&delayMs=200`; raise FaultError."""
    attributes: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if name not in _READ:
            raise FaultError("", shorten(name), f"names of {', '.join(_READ)}")
        if EFFECTS.get(name, name) in attributes:
            raise FaultError(name, "two values", "one value")
        read, want = _READ[name]
        try:
            attributes[EFFECTS.get(name, name)] = read(value)
        except ValueError:
            raise FaultError(name, shorten(value), want) from None
    return Fault(**attributes)


def _number(kind: type[int] | type[float], least: int, most: int) -> tuple[Callable[[str], float], str]:
    def read(text: str) -> float:
        number = kind(text)
        if not least <= number <= most:
            raise ValueError(text)
        return number

    return read, f"{'an integer' if kind is int else 'a number'}, from {least} to {most}"


def _one_of(*options: str) -> tuple[Callable[[str], str], str]:
    def read(text: str) -> str:
        if text not in options:
            raise ValueError(text)
        return text

    return read, " or ".join(options)


def _headers(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError(text)
    return value


# Name -> (parser, which raises ValueError; what it accepts, in words)
_READ: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "status": _number(int, 200, 599),
    "delayMs": _number(float, 0, LONGEST_DELAY_MS),
    "p99Ms": _number(float, 0, LONGEST_DELAY_MS),
    "answer": _one_of(*ANSWERS),
    "session": _one_of("expired"),
    "share": _number(float, 0, 1),
    "body": (json.loads, "JSON"),
    "headers": (_headers, 'a JSON object such as {"Retry-After": "1"}'),
}
_PREFERRED = (("code", "status", 1, _READ["status"][0]), ("wait", "delay_ms", 1000, _number(float, 0, 60)[0]))


def _preferred(text: str) -> AppliedFault | None:
    """Parse `Prefer: code=500, wait=2`; unknown and invalid preferences are ignored (RFC 7240 §2)."""
    given: dict[str, str] = {}
    for preference in _PREFERENCES.findall(text[:_PREFER_CHARACTERS]):
        name, _, value = preference.partition(";")[0].partition("=")
        given.setdefault(name.strip().lower(), value.strip().strip('"'))  # the first of two applies
    honoured: dict[str, Any] = {}
    for name, attribute, factor, read in _PREFERRED:
        try:
            honoured[attribute] = read(given[name]) * factor
        except (KeyError, ValueError):
            given.pop(name, None)
    if not honoured:
        return None
    return AppliedFault(
        Fault(**honoured), "prefer", preferences=", ".join(f"{n}={given[n]}" for n in ("code", "wait") if n in given)
    )
