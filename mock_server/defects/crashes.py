"""Crashes on hostile input, in the parser or in code that trusts it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson

from mock_server.defects.changes import Change, crashes_if, crashes_on_bytes
from mock_server.defects.defect import Group

parser = Group("parser")

LEAST: dict[str, Any] = {
    "name": "Untitled",
    "icpId": None,
    "startDate": "2030-01-01T00:00:00.000Z",
    "endDate": "2030-12-31T00:00:00.000Z",
    "personIds": [],
}


def _crash(pattern: bytes) -> Change:
    return crashes_on_bytes(re.compile(pattern, re.DOTALL).search)


def _crash_at(name: str, test: Callable[[Any], object]) -> Change:
    return crashes_if(lambda payload: isinstance(payload, dict) and name in payload and test(payload[name]))


def not_utf_8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return True
    return False


def not_json(raw: bytes) -> bool:
    try:
        orjson.loads(raw)
    except orjson.JSONDecodeError:
        return bool(raw)
    return False


CRASH = "http.answer.no-server-error"

# fmt: off
DEFECTS = (
    parser.medium("crash-deep", CRASH, "Deeply nested JSON crashes the server.",
        crashes_on_bytes(lambda raw: raw.count(b"[") > 300)),
    parser.hard("crash-very-deep", CRASH, "A hundred thousand brackets crash the server.",
        crashes_on_bytes(lambda raw: raw.count(b"[") > 50_000)),
    parser.medium("crash-half-pair", CRASH, "Half a surrogate pair crashes the server.",
        _crash(rb"\\u[dD][89abAB]..(?!\\u)")),
    parser.medium("crash-nul", CRASH, "U+0000 in a string crashes the server.", _crash(rb"\\u0000")),
    parser.hard("crash-long-integer", CRASH, "An integer of hundreds of digits crashes the server.",
        _crash(rb"\d{300}")),
    parser.hard("crash-infinite", CRASH, "A number beyond the range of doubles crashes the server.",
        _crash(rb"\de[1-9]\d\d")),
    parser.medium("crash-no-utf-8", CRASH, "Bytes that are not UTF-8 crash the server.", crashes_on_bytes(not_utf_8)),
    parser.medium("crash-byte-order-mark", CRASH, "A byte order mark crashes the server.", _crash(rb"^\xef\xbb\xbf")),
    parser.medium("crash-no-json", CRASH, "Malformed JSON crashes the server.", crashes_on_bytes(not_json)),
    parser.medium("crash-no-body", CRASH, "An empty body crashes the server.", _crash(rb"^$")),
    parser.medium("crash-array", CRASH, "An array as the body crashes the server.",
        crashes_if(lambda payload: isinstance(payload, list))),
    parser.medium("crash-null", CRASH, "null as the body crashes the server.",
        crashes_if(lambda payload: payload is None)),
    parser.hard("crash-key-twice", CRASH, "A duplicate key crashes the server.", _crash(rb'"name".*"name":')),
    parser.hard("crash-prototype", CRASH, "A key __proto__ crashes the server.", _crash(rb'"__proto__"')),
    parser.medium("crash-emoji", CRASH, "An emoji crashes the server.", _crash(rb"[\xf0-\xf4][\x80-\xbf]{3}")),
    parser.medium("crash-apostrophe", CRASH, "An apostrophe in a name breaks the SQL.",
        _crash_at("name", lambda name: "'" in str(name))),
    parser.medium("crash-percent", CRASH, "A percent sign in a name breaks the format string.",
        _crash_at("name", lambda name: "%" in str(name))),
    parser.medium("crash-long-name", CRASH, "A name over 255 characters breaks the SQL insert.",
        _crash_at("name", lambda name: isinstance(name, str) and len(name) > 255)),
    parser.medium("crash-name-number", CRASH, "A number as the name crashes the server.",
        _crash_at("name", lambda name: isinstance(name, int))),
    parser.medium("crash-people-null", CRASH, "null as personIds crashes the server.",
        _crash_at("personIds", lambda ids: ids is None)),
    parser.medium("crash-person-null", CRASH, "null among the person IDs crashes the server.",
        _crash_at("personIds", lambda ids: isinstance(ids, list) and None in ids)),
    parser.medium("crash-bad-uuid", CRASH, "An icpId that is not a UUID breaks the SQL query.",
        _crash_at("icpId", lambda icp: isinstance(icp, str) and len(icp) < 32)),
    parser.medium("crash-bad-date", CRASH, "A day that does not exist crashes the server.",
        _crash_at("startDate", lambda date: isinstance(date, str) and "-02-30" in date)),
    parser.hard("crash-year-500", CRASH, "A year before 1000 crashes the server.",
        _crash_at("startDate", lambda date: isinstance(date, str) and date.startswith("0"))),
    parser.hard("crash-many-ids", CRASH, "More than a thousand IDs crash the server.",
        _crash_at("personIds", lambda ids: isinstance(ids, list) and len(ids) > 1000)),
    parser.hard("crash-large-body", CRASH, "A body over 100 kB crashes the server.",
        crashes_on_bytes(lambda raw: len(raw) > 100_000)),
    parser.medium("crash-unknown-field", CRASH, "An undocumented field crashes the server.",
        crashes_if(lambda payload: isinstance(payload, dict) and set(payload) - set(LEAST) - {"type", "companyIds"})),
)
# fmt: on
