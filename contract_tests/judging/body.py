"""Read the bytes of a request body: the JSON value or the violation, and the open readings. Pure."""

from __future__ import annotations

import codecs
import gzip
import json
import re
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

MUST_ACCEPT_DEPTH = 16  # a body of the API page has two levels; beyond this depth servers can refuse
MAX_PARSED_DEPTH = 200  # parsing a deeper body could crash our own process
MAX_EXACT_INTEGER = 2**53  # beyond it, JSON parsers differ (RFC 8259 §6)
LARGE_BODY_BYTES = 10_000  # servers of Express often refuse more than 10 kB, as its security guides advise
FORM_MEDIA_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


class _Unread:
    def __repr__(self) -> str:
        return "UNREAD"


UNREAD = _Unread()


@dataclass(frozen=True)
class Body:
    """A request body as a server reads it.

    value: the JSON value, or UNREAD. other_value: the value with the other choice for duplicate keys.
    violation: the clause that the bytes break, if any. spellings: the differences from a JSON encoder's default output.
    """

    value: Any = UNREAD
    other_value: Any = UNREAD
    violation: str | None = None
    open_readings: frozenset[str] = frozenset()
    spellings: frozenset[str] = frozenset()


def read_body(data: bytes, content_coding: str | None = None) -> Body:
    """Read the bytes as a server must (RFC 8259), and note each reading on which servers differ."""
    open_readings: set[str] = set()
    if content_coding and content_coding.strip().lower() != "identity":
        open_readings.add("compressed-body")
        try:
            data = _decoded(data, content_coding.strip().lower())
        except (ValueError, OSError, EOFError, zlib.error):
            return Body(
                open_readings=frozenset(open_readings)
            )  # whether and how a server decodes it is open, so nothing is certain
    if len(data) > LARGE_BODY_BYTES:
        open_readings.add("oversized-body")
    if not data.strip(b" \t\r\n"):
        return Body(violation="request.body.required", open_readings=frozenset(open_readings))
    if encoding := _wide_encoding(data):
        open_readings.add("other-encodings")
        try:
            data = data.decode(encoding).removeprefix("\ufeff").encode()
        except UnicodeError:
            return Body(violation="http.request.utf-8", open_readings=frozenset(open_readings))
    if data.startswith(codecs.BOM_UTF8):
        open_readings.add("byte-order-mark")
        data = data[3:]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        open_readings.add("invalid-utf-8")
        text = data.decode("utf-8", errors="replace")
    if text.count("[") + text.count("{") > MUST_ACCEPT_DEPTH:
        depth = _depth(text)
        if depth > MUST_ACCEPT_DEPTH:
            open_readings.add("deep-nesting")
        if depth > MAX_PARSED_DEPTH:
            return Body(open_readings=frozenset(open_readings))
    return _parse(text, open_readings)


def _wide_encoding(data: bytes) -> str | None:
    """Detect UTF-16 or UTF-32 by a byte order mark or by zeros around the first ASCII characters (RFC 4627 §3)."""
    for mark, encoding in (
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return encoding
    zeros = "".join("0" if byte == 0 else "x" for byte in data[:4])
    return {"000x": "utf-32-be", "x000": "utf-32-le", "0x0x": "utf-16-be", "x0x0": "utf-16-le"}.get(zeros)


def _decoded(data: bytes, coding: str) -> bytes:
    if coding == "gzip":
        return gzip.decompress(data)
    if coding == "deflate":
        return zlib.decompress(data)
    raise ValueError(f"no decoder for {coding}")


def _parse(text: str, open_readings: set[str]) -> Body:
    duplicates: list[str] = []

    def last(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            duplicates.append("")
        return found

    def integer(digits: str) -> int | float:
        if len(digits) > 16 or abs(int(digits)) > MAX_EXACT_INTEGER:
            open_readings.add("huge-numbers")
            return float(digits) if len(digits) < 300 else 1e300
        return int(digits)

    def real(digits: str) -> float:
        number = float(digits)
        if number in (float("inf"), float("-inf")) or len(digits) > 32:
            open_readings.add("huge-numbers")
        return min(max(number, -1e300), 1e300)

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")  # Python would accept NaN and Infinity

    def parse(pairs_hook: Any) -> Any:
        return json.loads(
            text, object_pairs_hook=pairs_hook, parse_int=integer, parse_float=real, parse_constant=refuse
        )

    try:
        value = parse(last)
        other = parse(lambda pairs: dict(reversed(pairs))) if duplicates else UNREAD
    except RecursionError:
        return Body(open_readings=frozenset(open_readings | {"deep-nesting"}))
    except ValueError:
        return _parse_extended(text, open_readings)
    if "deep-nesting" in open_readings:
        return Body(open_readings=frozenset(open_readings))
    if _ESCAPED_HALF.search(text) and not _is_whole(value):
        open_readings.add("lone-surrogate")
    if duplicates:
        open_readings.add("duplicate-keys")
    return Body(value, other, None, frozenset(open_readings), frozenset() if open_readings else _spellings(text, value))


_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def _is_whole(value: Any) -> bool:
    """Return whether no text of the value, and no key, has half a surrogate pair without the other half."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


# Strings in either quotes, comments, unquoted keys, numbers with a leading zero or plus sign, and spaces of Unicode.
_EXTENSION = re.compile(
    r"""(?P<double>"(?:[^"\\]|\\.)*+")|(?P<single>'(?:[^'\\]|\\.)*+')|(?P<comment>/\*.*?\*/|//[^\n]*|\#[^\n]*)|(?P<open>["'].*|/\*.*)"""
    r"""|(?<![\w$])(?P<key>[A-Za-z_$][\w$]*+)(?=\s*:)|(?<![\w.+-])(?P<sign>-?)\+?0*(?P<number>\d[\d.eE+-]*)|(?P<sigil>\+)(?=Infinity)"""
    r"""|(?P<space>[^\S \t\r\n]|\ufeff)""",
    re.DOTALL,
)
_TRAILING_COMMA = re.compile(r"""("(?:[^"\\]|\\.)*+"|".*)|,(?=\s*[}\]])""", re.DOTALL)


def _parse_extended(text: str, open_readings: set[str]) -> Body:
    """Return the body if it is JSON with extensions that lenient parsers accept (RFC 8259 §9), else a violation."""
    plain = _TRAILING_COMMA.sub(lambda match: match[1] or "", _EXTENSION.sub(_without_extension, text))
    extended = frozenset(open_readings | {"json-extensions"})
    with suppress(ValueError, RecursionError):
        return Body(_leniently(plain), UNREAD, None, extended)
    with suppress(ValueError, RecursionError):
        _leniently(_ESCAPE.sub(lambda match: match[0] if match[1] else "", plain))
        return Body(open_readings=extended)  # parsers that know such an escape differ in what it means
    return Body(violation="request.body.json", open_readings=frozenset(open_readings))


def _leniently(text: str) -> Any:
    return json.loads(text, strict=False, parse_int=_bounded, parse_float=_bounded, parse_constant=lambda name: 0.0)


_ESCAPE = re.compile(r"""\\(["\\/bfnrtu])|\\""")  # all that JSON knows (RFC 8259 §7), or the start of another one


def _without_extension(match: re.Match[str]) -> str:
    if match["open"] is not None:  # a string or comment without an end: no parser accepts it
        return match["open"]
    if match["single"] is not None:
        inner = match["single"][1:-1].replace("\\'", "'")
        return '"' + re.sub(r'(?<!\\)"', r'\\"', inner) + '"'
    if match["key"] is not None:
        return f'"{match["key"]}"'
    if match["number"] is not None:
        return match["sign"] + match["number"]
    return match["double"] or (" " if match["comment"] or match["space"] else "")


def _bounded(digits: str) -> int | float:
    number = min(max(float(digits), -1e300), 1e300)
    return int(number) if number.is_integer() and abs(number) < MAX_EXACT_INTEGER else number


def _spellings(text: str, value: Any) -> frozenset[str]:
    core = text.strip()
    found = {"spaces around"} if core != text else set()
    if not _spelled_plainly(core, value):
        odd = {"line breaks": "\n" in core, "escapes": "\\" in core, "escaped keys": _has_escaped_key(core)}
        found |= {name for name, is_so in odd.items() if is_so} or {"blanks"}
    return frozenset(found)


_STRING = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?', re.DOTALL)


def _has_escaped_key(text: str) -> bool:
    return any(found[2] and "\\" in found[1] for found in _STRING.finditer(text))


_PLAIN_ENCODERS = tuple(
    json.JSONEncoder(ensure_ascii=ascii_only, separators=separators)
    for ascii_only in (False, True)
    for separators in ((",", ":"), (", ", ": "))
)


def _spelled_plainly(text: str, value: Any) -> bool:
    return any(text == encoder.encode(value) for encoder in _PLAIN_ENCODERS)


_STRING_OR_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[{]|[\]}]', re.DOTALL)


def _depth(text: str) -> int:
    """Return how deep brackets nest outside of strings, without recursion; beyond MAX_PARSED_DEPTH it stops."""
    depth = deepest = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        first = found[0][0]
        if first in "[{":
            depth += 1
            if depth > deepest:
                deepest = depth
                if depth > MAX_PARSED_DEPTH:
                    break
        elif first != '"':
            depth -= 1
    return deepest
