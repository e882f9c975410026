"""Reduce a response to what two servers can have in common: generated values become forms. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from typing import Any

import orjson

from contract_tests.results.views import ResponseView

ABSENT = "absent"
LONGEST_SHOWN = 120  # characters of one value in a difference

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)?")


def aspects(response: ResponseView, echoed: Set[str]) -> dict[str, str]:
    """Return each comparable part of a response by name: status, some headers, and every value of the body.

    echoed: the request fields that the response must return; of all other values only the form counts.
    """
    found = {"status": str(response.status)}
    headers = {name.lower(): value for name, value in response.headers}
    found["Content-Type"] = re.sub(r"\s", "", headers.get("content-type", ABSENT)).lower()
    found |= {name: "present" for name in ("Location", "WWW-Authenticate", "Retry-After") if name.lower() in headers}
    if allow := headers.get("allow"):
        found["Allow"] = ", ".join(sorted(method.strip().upper() for method in allow.split(",")))
    return found | dict(_body(response, echoed))


def _body(response: ResponseView, echoed: Set[str]) -> Iterator[tuple[str, str]]:
    try:
        value = orjson.loads(response.body.data)
    except orjson.JSONDecodeError:
        yield "body", "empty" if not response.body.size_bytes else "not JSON"
        return
    if response.status < 400 and isinstance(value, dict):
        for key, part in value.items():
            if key in echoed:
                yield f"body/{key}", _short(part)
            else:
                yield from _forms(f"body/{key}", part)
    else:
        yield from _forms("body", value)


def _forms(at: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the form of a value by place; all items of a list have one place."""
    left = [(at, value)]
    while left:
        place, part = left.pop()
        if isinstance(part, Mapping):
            yield place, "an object"
            left += [(f"{place}/{key}", inner) for key, inner in part.items()]
        elif isinstance(part, list):
            yield place, f"a list of {len(part)}"
            left += [(f"{place}/*", inner) for inner in part]
        else:
            # The code of an error is what programs read; the other texts of an error are words.
            yield place, _short(part) if place.endswith("/code") else form(part)


def form(value: Any) -> str:
    """Return the form of a value, as precisely as two servers should agree: `a UUID of version 4`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    text = str(value)
    if match := _UUID.fullmatch(text):
        return f"a UUID of version {match[1]}"
    if match := _TIME.fullmatch(text):
        digits, zone = len(match[1] or ".") - 1, (match[2] or "").upper()
        return f"a time with {digits} decimals and {zone if zone in ('Z', '') else 'an offset'}"
    return "a text" if text else "an empty text"


def _short(value: Any) -> str:
    text = orjson.dumps(value).decode()
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
