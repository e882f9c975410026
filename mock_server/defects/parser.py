"""The parser: lenient toward what is no JSON, strict toward spellings that are."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson
from starlette.datastructures import Headers

from mock_server.defects.changes import Change, forgiven_body, parsed
from mock_server.defects.defect import Group

parser = Group("parser")

_BASE: dict[str, Any] = {
    "name": "Untitled",
    "icpId": None,
    "startDate": "2030-01-01T00:00:00.000Z",
    "endDate": "2030-12-31T00:00:00.000Z",
    "personIds": [],
}


def _bytes(change: Callable[[bytes], bytes]) -> Change:
    return parsed(lambda raw, headers: change(raw))


def _swapped(pattern: bytes, new: bytes) -> Change:
    return _bytes(lambda raw: re.sub(pattern, new, raw, flags=re.DOTALL))


def _mended(pattern: bytes, new: bytes) -> Change:
    """A change of what is no JSON; texts within right JSON may look just like it."""
    return _bytes(lambda raw: re.sub(pattern, new, raw, flags=re.DOTALL) if _no_json(raw) else raw)


def _no_utf_8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return True
    return False


def _no_json(raw: bytes) -> bool:
    try:
        orjson.loads(raw)
    except orjson.JSONDecodeError:
        return bool(raw)
    return False


def _as_latin_1(raw: bytes) -> bytes:
    return raw.decode("latin-1").encode() if _no_utf_8(raw) else raw


def _without_bad_bytes(raw: bytes) -> bytes:
    return raw.decode(errors="ignore").encode()


def _from_utf_16(raw: bytes) -> bytes:
    return raw.decode("utf-16-le", "ignore").encode() if raw[1:2] == b"\0" else raw


def _first_value(raw: bytes) -> bytes:
    return raw[: raw.index(b"}{") + 1] if b"}{" in raw else raw


def _completed(raw: bytes) -> bytes:
    """The end that a body lacks, as far as one can guess it."""
    if not _no_json(raw) or not raw.startswith(b"{"):
        return raw
    start, comma, _ = raw.rpartition(b",")
    return start + b"}" if comma and not _no_json(start + b"}") else raw


def _unquoted(raw: bytes) -> bytes:
    return re.sub(rb"([{,])(\w+):", rb'\1"\2":', raw) if _no_json(raw) else raw


def _without_newlines(raw: bytes) -> bytes:
    return raw.replace(b"\n", b" ") if _no_json(raw) else raw


def _single_quoted(raw: bytes) -> bytes:
    return raw.replace(b"'", b'"') if _no_json(raw) else raw


def _unwrapped(payload: Any) -> Any:
    return payload[0] if isinstance(payload, list) and payload else payload


def _default_body(test: Callable[[Any], object]) -> Change:
    return forgiven_body(lambda payload: dict(_BASE) if test(payload) else payload)


def _empty_body(raw: bytes, headers: Headers) -> bytes:
    return raw.strip() or orjson.dumps(_BASE)


# fmt: off
DEFECTS = (
    # -- leniency
    parser.medium("last-comma-taken", "request.body.json", "A comma behind the last field is taken.",
        _mended(rb",\s*([}\]])$", rb"\1")),
    parser.medium("comment-taken", "request.body.json", "A comment in the JSON is taken.", _mended(rb"/\*.*?\*/", b"")),
    parser.medium("single-quotes-taken", "request.body.json", "Single quotes are taken.", _bytes(_single_quoted)),
    parser.medium("bare-keys-taken", "request.body.json", "Keys without quotes are taken.", _bytes(_unquoted)),
    parser.medium("nan-taken", "request.body.json", "NaN is taken for a number.", _mended(rb":NaN", b":null")),
    parser.medium("infinity-taken", "request.body.json", "Infinity is taken for a number.",
        _mended(rb":-?Infinity", b":null")),
    parser.medium("leading-zero-taken", "request.body.json", "A number may have a leading zero.",
        _mended(rb'":0(?=\d)', b'":')),
    parser.medium("line-break-taken", "request.body.json", "A string may hold a line break.",
        _bytes(_without_newlines)),
    parser.medium("second-value-ignored", "request.body.json", "What stands behind the JSON is passed over.",
        _bytes(_first_value)),
    parser.medium("cut-json-completed", "request.body.json", "JSON that is cut short is taken as far as it goes.",
        _bytes(_completed)),
    parser.medium("empty-body-taken", "request.body.required", "Without a body a list of defaults is created.",
        parsed(_empty_body)),
    parser.medium("empty-object-taken", "request.name.required", "An empty object creates a list of defaults.",
        _default_body(lambda payload: payload == {})),
    parser.medium("null-body-taken", "request.body.type", "null for a body creates a list of defaults.",
        _default_body(lambda payload: payload is None)),
    parser.medium("text-body-taken", "request.body.type", "A string for a body creates a list of defaults.",
        _default_body(lambda payload: isinstance(payload, str))),
    parser.medium("array-body-taken", "request.body.type", "An array for a body creates a list of defaults.",
        _default_body(lambda payload: isinstance(payload, list))),
    parser.hard("array-of-one-taken", "request.body.type", "A body inside an array is taken.",
        forgiven_body(_unwrapped)),
    parser.medium("latin-1-taken", "http.request.utf-8", "A body that is not UTF-8 is read as Latin-1.",
        _bytes(_as_latin_1)),
    parser.hard("bad-bytes-dropped", "http.request.utf-8", "Bytes that are not UTF-8 are dropped.",
        _bytes(_without_bad_bytes)),
    parser.medium("utf-16-taken", "http.request.utf-8", "A body in UTF-16 is taken.", _bytes(_from_utf_16)),
    # -- spellings of right JSON
    parser.medium("line-breaks-refused", "http.request.json-spelling", "JSON may not have line breaks.",
        _swapped(rb"^\{\n", b"[\n")),
    parser.medium("blanks-around-refused", "http.request.json-spelling", "JSON may not have blanks before it.",
        _swapped(rb"^\s+", b"#")),
    parser.medium("escapes-kept", "response.name.echo", "Escapes are stored as they were written.",
        _swapped(rb"\\u00([2-7])", rb"\\\\u00\1")),
    parser.medium("escapes-refused", "http.request.json-spelling", "Escapes of letters are refused.",
        _swapped(rb"\\u00[4-7].", b"\n")),
)
# fmt: on
