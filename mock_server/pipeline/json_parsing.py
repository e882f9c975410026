"""Parse the bytes of a body as strict JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from starlette.datastructures import Headers

from mock_server.contract.readings import Readings
from mock_server.pipeline.decompression import WINDOW_BITS, inflate
from mock_server.pipeline.errors import Refused, refused
from mock_server.pipeline.problems import shorten

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# An escaped backslash, a whole surrogate pair, or a half one, in this order: only the last group matches halves.
_SURROGATES = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_OBJECT_AS_TEXT = "[object Object]"  # what JavaScript makes of an object that is passed as a body
_LARGEST_FLOAT = 1.7976931348623157e308


class JsonParser:
    """Parses a body as strict JSON.

    orjson accepts exactly the JSON of RFC 8259, so no second look is needed if it succeeds. If it fails, a second,
    slower parse finds the cause: not JSON, half a surrogate pair, a number that is too large, or too deep.
    """

    def __init__(self, readings: Readings, *, max_bytes: int, max_depth: int) -> None:
        self._max_bytes = max_bytes
        self._max_depth = max_depth
        self._cuts_deep = readings.follows("deep-nesting", "accepted")
        self._skips_mark = readings.follows("byte-order-mark", "accepted")
        self._detects_encoding = readings.follows("other-encodings", "decoded")
        self._is_lenient = readings.follows("json-extensions", "accepted")
        self._replaces_bytes = readings.follows("invalid-utf-8", "replaced")
        self._replaces_surrogates = readings.follows("lone-surrogate", "replaced")
        self._refuses_huge = readings.follows("huge-numbers", "refused")
        self._duplicates = readings["duplicate-keys"]
        # For two options every body needs the slow parse, because orjson does not report these cases.
        self._always_slow = self._refuses_huge or self._duplicates != "last"

    def __call__(self, body: bytes, headers: Headers) -> Any:
        if not body or body.isspace():
            raise refused("empty", got="only whitespace" if body else "nothing")  # request.body.required
        coding = headers.get("content-encoding")
        if coding and (coding := coding.strip().lower()) in WINDOW_BITS:
            body = inflate(body, coding, self._max_bytes)
        if self._detects_encoding and (encoding := json.detect_encoding(body)) not in ("utf-8", "utf-8-sig"):
            body = body.decode(encoding, "replace").encode()
        if self._skips_mark:
            body = body.removeprefix(_BYTE_ORDER_MARK)
        if self._always_slow:
            value = self._look_again(body)
        else:
            try:
                # request.body.json, http.request.json-spelling, http.request.key-order
                value = orjson.loads(body)
            except orjson.JSONDecodeError:
                value = self._look_again(body)
        # The number of brackets limits the depth of a value, and counting them is much faster than walking it.
        if body.count(b"[") + body.count(b"{") > self._max_depth:
            value = self._bounded(value)
        return value

    def _look_again(self, body: bytes) -> Any:
        text = self._decode(body)
        try:
            value = json.loads(
                text,
                parse_constant=_null if self._is_lenient else _no_constant,
                parse_int=self._integer,
                parse_float=self._float,
                object_pairs_hook=_PAIRS[self._duplicates],
            )
        except json.JSONDecodeError as error:
            if self._is_lenient and (plain := _without_extensions(text)) != text:
                return self._look_again(plain.encode())
            if text == _OBJECT_AS_TEXT:
                raise refused("json", got=f"it is the text {text}; pass JSON.stringify(body)") from None
            words = error.msg.removesuffix(" starting at").removesuffix(" at").rstrip(": ")
            # request.body.json
            raise refused("json", got=f"{words}, line {error.lineno}, column {error.colno}") from None
        except RecursionError:
            raise self._too_deep() from None
        text, halves = _whole_characters(text)
        if halves and not self._replaces_surrogates:
            raise refused("surrogate", got=halves[0])
        return self._look_again(text.encode()) if halves else value

    def _decode(self, body: bytes) -> str:
        if body.startswith(_BYTE_ORDER_MARK):
            raise refused("byte_order_mark", got="U+FEFF")
        try:
            return body.decode()  # http.request.utf-8
        except UnicodeDecodeError as error:
            if self._replaces_bytes:
                return body.decode(errors="replace")
            raise refused("encoding", got=f"byte 0x{body[error.start]:02X} at offset {error.start}") from None

    def _integer(self, digits: str) -> int | float:
        # int() fails for more than 4,300 digits; no 64-bit integer has 21.
        if len(digits) <= 20 and -(2**63) <= int(digits) < 2**64:
            return int(digits)
        return self._float(digits)

    def _float(self, digits: str) -> float:
        number = float(digits)
        beyond = abs(number) == float("inf") or not re.search("[.eE]", digits)
        if beyond and self._refuses_huge:
            raise refused("number", got=shorten(digits))
        # reading huge-numbers: use the nearest float.
        return max(-_LARGEST_FLOAT, min(_LARGEST_FLOAT, number))

    def _too_deep(self) -> Refused:
        return refused("depth", got=f"more than {self._max_depth} levels", limit=self._max_depth)

    def _bounded(self, value: Any) -> Any:
        """Return the value if it is not too deep. Walk it by levels, because a deep value would break recursion."""
        level = [value]
        for _ in range(self._max_depth):
            level = [child for node in level for child in _children(node) if isinstance(child, list | dict)]
            if not level:
                return value
        if not self._cuts_deep:
            raise self._too_deep()
        for node in level:  # reading deep-nesting: drop the deeper levels
            node.clear()
        return value


def _children(node: Any) -> Any:
    return node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()


# Strings in single or double quotes, comments, trailing commas, unquoted keys, constants, numbers with a leading zero.
_EXTENSIONS = re.compile(
    r"""("(?:[^"\\]|\\.)*")|'((?:[^'\\]|\\.)*)'|(/\*.*?\*/|//[^\n]*)|(,(?=\s*(?:/\*.*?\*/\s*)*[}\]]))"""
    r"""|([A-Za-z_$][\w$]*)(?=\s*:)|(-?(?:NaN|Infinity))|(?<![\w.])0+(?=\d)""",
    re.DOTALL,
)


def _without_extensions(text: str) -> str:
    """Convert JSON with extensions to JSON (reading json-extensions); constants such as NaN become null."""

    def plain(match: re.Match[str]) -> str:
        double, single, _, _, key, constant = match.groups()
        if double is not None:
            return re.sub(r"[\x00-\x1f]", lambda found: f"\\u{ord(found[0]):04x}", double)
        if single is not None:
            return json.dumps(single.replace("\\'", "'"), ensure_ascii=False)
        return f'"{key}"' if key else "null" if constant else ""

    return _EXTENSIONS.sub(plain, text)


def _no_constant(name: str) -> Any:
    raise refused("json", got=f"{name} is not a JSON number (RFC 8259 §6)")


def _null(name: str) -> None:
    return None


def _first_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(reversed(pairs))


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise refused("duplicate_key", got=shorten(key))
        found[key] = value
    return found


_PAIRS: Mapping[str, Callable[[list[tuple[str, Any]]], dict[str, Any]]] = {
    "last": dict,
    "first": _first_wins,
    "refused": _each_once,
}


def _whole_characters(text: str) -> tuple[str, list[str]]:
    """Replace each escaped half of a surrogate pair by U+FFFD; return the text and the halves."""
    halves: list[str] = []

    def replace(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0]
        halves.append(match[1])
        return "\\ufffd"

    return _SURROGATES.sub(replace, text), halves
