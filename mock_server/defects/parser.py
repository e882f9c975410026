"""Parser defects: it accepts text that is not JSON, or refuses a valid spelling of JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson
from starlette.datastructures import Headers

from mock_server.defects.changes import Change, lenient_body, parsed
from mock_server.defects.crashes import LEAST, not_json, not_utf_8, parser


def _bytes(change: Callable[[bytes], bytes]) -> Change:
    return parsed(lambda raw, headers: change(raw))


def _swapped(pattern: bytes, new: bytes) -> Change:
    return _bytes(lambda raw: re.sub(pattern, new, raw, flags=re.DOTALL))


def _repaired(pattern: bytes, new: bytes) -> Change:
    """Change text that is not JSON; the same pattern inside valid JSON must stay."""
    return _bytes(lambda raw: re.sub(pattern, new, raw, flags=re.DOTALL) if not_json(raw) else raw)


def _as_latin_1(raw: bytes) -> bytes:
    return raw.decode("latin-1").encode() if not_utf_8(raw) else raw


def _without_bad_bytes(raw: bytes) -> bytes:
    return raw.decode(errors="ignore").encode()


def _low_bytes(raw: bytes) -> bytes:
    return raw[::2].decode("latin-1").encode() if raw[1:2] == b"\0" else raw


def _first_value(raw: bytes) -> bytes:
    return raw[: following.start() + 1] if (following := re.search(rb"\}\s*\{", raw)) else raw


def _completed(raw: bytes) -> bytes:
    """Drop the incomplete last field of truncated JSON and close the object."""
    if not not_json(raw) or not raw.startswith(b"{"):
        return raw
    start, comma, _ = raw.rpartition(b",")
    return start + b"}" if comma and not not_json(start + b"}") else raw


def _unwrapped(payload: Any) -> Any:
    return payload[0] if isinstance(payload, list) and payload else payload


def _default_body(test: Callable[[Any], object]) -> Change:
    return lenient_body(lambda payload: dict(LEAST) if test(payload) else payload)


def _empty_body(raw: bytes, headers: Headers) -> bytes:
    return raw.strip() or orjson.dumps(LEAST)


# fmt: off
DEFECTS = (
    # -- leniency
    parser.hard("comments-in-strings-removed", "response.name.echo",
        "The server removes comments from the body, also within strings.", _swapped(rb"/\*.*?\*/|//[^\"]*", b"")),
    parser.medium("text-after-json-ignored", "request.body.json", "The server ignores a word after the JSON.",
        _repaired(rb"(?<=[}]) *\w+$", b"")),
    parser.medium("second-value-ignored", "request.body.json", "The server ignores text after the JSON.",
        _bytes(_first_value)),
    parser.medium("cut-json-completed", "request.body.json", "The server accepts truncated JSON.",
        _bytes(_completed)),
    parser.medium("empty-body-taken", "request.body.required", "An empty body creates a list of default values.",
        parsed(_empty_body)),
    parser.medium("empty-object-taken", "request.name.required", "An empty object creates a list of default values.",
        _default_body(lambda payload: payload == {})),
    parser.medium("null-body-taken", "request.body.type", "null as the body creates a list of default values.",
        _default_body(lambda payload: payload is None)),
    parser.medium("text-body-taken", "request.body.type", "A string as the body creates a list of default values.",
        _default_body(lambda payload: isinstance(payload, str))),
    parser.medium("array-body-taken", "request.body.type", "An array as the body creates a list of default values.",
        _default_body(lambda payload: isinstance(payload, list))),
    parser.hard("array-of-one-taken", "request.body.type", "The server accepts a body inside an array.",
        lenient_body(_unwrapped)),
    parser.medium("latin-1-taken", "http.request.utf-8", "The server decodes a body that is not UTF-8 as Latin-1.",
        _bytes(_as_latin_1)),
    parser.hard("bad-bytes-dropped", "http.request.utf-8", "The server drops bytes that are not UTF-8.",
        _bytes(_without_bad_bytes)),
    parser.medium("utf-16-misread", "http.request.utf-8", "The server reads the low bytes of UTF-16 as Latin-1.",
        _bytes(_low_bytes)),
    # -- valid spellings of JSON
    parser.medium("line-breaks-refused", "http.request.json-spelling", "The server refuses JSON with newlines.",
        _swapped(rb"^\{\n", b"[\n")),
    parser.medium("blanks-around-refused", "http.request.json-spelling",
        "The server refuses JSON with leading whitespace.",
        _swapped(rb"^\s+", b"#")),
    parser.medium("escapes-kept", "response.name.echo", "The server stores escapes undecoded.",
        _swapped(rb"\\u00([2-7])", rb"\\\\u00\1")),
    parser.medium("escapes-refused", "http.request.json-spelling", "The server refuses escaped letters.",
        _swapped(rb"\\u00[4-7].", b"\n")),
)
# fmt: on
