"""Read the bytes of a request: bounded body, media type, strict JSON. Only this module reads request bodies."""

from __future__ import annotations

import asyncio
import json
import re
import types
import zlib
from collections.abc import Callable, Generator, Mapping
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.types import Receive

from mock_server.contract.openapi import OperationSpec
from mock_server.contract.readings import Readings
from mock_server.pipeline.errors import ClientLeft, Refused, refused, shorten

# -- reading


class BodyReader:
    """Reads a body, with a limit of bytes and of seconds."""

    def __init__(self, readings: Readings, *, max_bytes: int, timeout_s: float) -> None:
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s
        self._too_large_status = int(readings["oversized-body"])

    async def __call__(self, receive: Receive, headers: Headers) -> bytes:
        declared = headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > self._max_bytes:
            raise self._too_large(f"{int(declared)} bytes")  # before the first read, which would send 100 Continue
        received = receive()
        is_here, first = begin(received)
        if is_here and not first.get("more_body", False) and len(first.get("body", b"")) <= self._max_bytes:
            if first["type"] == "http.disconnect":
                raise ClientLeft
            whole: bytes = first.get("body", b"")
            return whole  # nearly every body has already arrived, and needs no timer
        body = bytearray()
        try:
            async with asyncio.timeout(self._timeout_s):
                message = first if is_here else await resumed(received, first)
                while True:
                    if message["type"] == "http.disconnect":
                        raise ClientLeft
                    body += message.get("body", b"")
                    if len(body) > self._max_bytes:
                        raise self._too_large(f"more than {self._max_bytes} bytes")
                    if not message.get("more_body", False):  # http.request.chunked: only this ends a body
                        return bytes(body)
                    message = await receive()
        except TimeoutError:
            got = f"{len(body)} of {declared} bytes" if declared else f"{len(body)} bytes"
            raise refused("timeout", closes=True, got=got, limit=f"{self._timeout_s:g}") from None

    def _too_large(self, got: str) -> Refused:
        return refused("size", status=self._too_large_status, closes=True, got=got, limit=self._max_bytes)


def begin(awaitable: Any) -> tuple[bool, Any]:
    """Run a coroutine until it has to wait; return (True, its result) or (False, what it waits for)."""
    try:
        return False, awaitable.send(None)
    except StopIteration as end:
        return True, end.value


@types.coroutine
def resumed(awaitable: Any, waits_for: Any) -> Generator[Any, Any, Any]:
    """Await a coroutine that `begin` has started, and return its result."""
    while True:
        try:
            try:
                sent = yield waits_for
            except BaseException as error:  # such as a timeout, which the coroutine handles
                waits_for = awaitable.throw(error)
            else:
                waits_for = awaitable.send(sent)
        except StopIteration as end:
            return end.value


# -- media type


class Negotiator:
    """Refuses requests whose headers say that the body is not JSON.

    It reads only Content-Type, Content-Encoding and Accept, and ignores all others (http.request.unknown-headers).
    """

    def __init__(self, readings: Readings) -> None:
        self._honours_accept = readings.follows("accept-header", "406")
        self._missing = readings["content-type-missing"]
        self._other = readings["other-media-types"]
        self._any_case = readings.follows("media-type-case", "accepted")
        self._compressed = readings["compressed-body"]

    def __call__(self, headers: Headers, operation: OperationSpec) -> None:
        if self._honours_accept and "accept" in headers and not _accepts_json(headers.getlist("accept")):
            # http.request.accept
            raise refused("accept", status=406, got=shorten(", ".join(headers.getlist("accept"))))
        if operation.body is None:
            return
        self._check_coding(headers)
        self._check_type(headers.getlist("content-type"), operation)

    def _check_coding(self, headers: Headers) -> None:
        if "content-encoding" not in headers:
            return
        coding = ", ".join(headers.getlist("content-encoding")).strip().lower()
        if coding in ("", "identity") or (self._compressed == "decoded" and coding in _INFLATORS):
            return
        status = 415 if self._compressed == "415" else 400
        raise refused("content_encoding", status=status, got=shorten(coding))

    def _check_type(self, values: list[str], operation: OperationSpec) -> None:
        want = operation.media_types[0]
        if not values:
            if self._missing != "accepted":
                raise refused("media_type", status=int(self._missing), got="missing", want=want)
            return
        if values == [want]:
            return
        media_type, charset = _media_type(values)
        if not self._any_case and media_type != media_type.lower():
            raise refused("media_type", got=shorten(values[0]), want=want)
        # http.request.media-type, http.request.charset: JSON is UTF-8 (RFC 8259 §8.1), another charset is an error.
        if charset in ("", "utf-8", "utf8") and media_type.lower() in operation.media_types:
            return
        if self._other != "parsed":
            raise refused("media_type", status=int(self._other), got=shorten(", ".join(values)), want=want)


def _media_type(values: list[str]) -> tuple[str, str]:
    """Return media type and charset from the Content-Type header lines; empty if there are several lines."""
    media_type, *parameters = ", ".join(values).split(";")
    charset = ""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return media_type.strip(), charset


def _accepts_json(values: list[str]) -> bool:
    ranges = [entry.split(";") for value in values for entry in value.split(",") if entry.strip()]
    for media_range, *parameters in ranges:
        refuses = any(re.fullmatch(r"q=0(\.0*)?", parameter.strip().lower()) for parameter in parameters)
        if media_range.strip().lower() in ("*/*", "application/*", "application/json") and not refuses:
            return True
    return not ranges


# -- JSON

_INFLATORS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# An escaped backslash, a whole surrogate pair, or a half one, in this order: only the last group matches halves.
_SURROGATES = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_LARGEST_FLOAT = 1.7976931348623157e308


class JsonParser:
    """Parses a body as strict JSON (request.body.json, http.request.json-spelling, http.request.key-order).

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
        coding = headers.get("content-encoding", "").strip().lower()
        if coding in _INFLATORS:
            body = _inflate(body, coding, self._max_bytes)
        if self._detects_encoding and (encoding := json.detect_encoding(body)) not in ("utf-8", "utf-8-sig"):
            body = body.decode(encoding, "replace").encode()
        if self._skips_mark:
            body = body.removeprefix(_BYTE_ORDER_MARK)
        if self._always_slow:
            value = self._look_again(body)
        else:
            try:
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
            words = error.msg.removesuffix(" starting at").removesuffix(" at").rstrip(": ")
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


def _inflate(body: bytes, coding: str, max_bytes: int) -> bytes:
    inflator = zlib.decompressobj(_INFLATORS[coding])
    try:
        inflated = inflator.decompress(body, max_bytes + 1)
    except zlib.error:
        raise refused("compressed", got="an incomplete stream", want=coding) from None
    if len(inflated) > max_bytes:
        raise refused("size", got=f"more than {max_bytes} bytes", limit=max_bytes)
    if not inflator.eof:
        raise refused("compressed", got="an incomplete stream", want=coding)
    return inflated
