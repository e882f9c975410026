"""Says what a breach shows without the values of one case, so that breaches with one cause are one finding. Pure."""

from __future__ import annotations

import re

LONGEST = 120  # characters of a cause
_DATA = re.compile(
    r"""(["'`‘“]).*?(["'`’”])|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+|[^\s\w.,;:()]+""", re.IGNORECASE
)
_IN_ALL = re.compile(r"\((\d+) in all\)")  # of a value that is too long to be shown
_STATUS = re.compile(r"[1-5]\d\d")  # of HTTP: no value of the case
_KINDS = (
    ("text", re.compile(r"b?[\"']")),
    ("list", re.compile(r"\[")),
    ("object", re.compile(r"\{")),
    ("time", re.compile(r"(the instant )?\d{4}-\d\d-\d\d")),
    ("number", re.compile(r"-?\d+(\.\d+)?$")),
)


def shape_of(text: str) -> str:
    """The text without quotations, numbers and symbols, so that messages about different values are the same."""
    return " ".join(_DATA.sub("…", text[: 8 * LONGEST]).split())[:LONGEST]


def cause_of(expected: str, actual: str, hint: str = "") -> str:
    """What is wrong: in the words of the verdict, or how a value differs from the expected one."""
    kind, wanted = _kind(actual), _kind(expected)
    if _STATUS.fullmatch(actual):
        return f"{actual} instead of {expected}"[:LONGEST]
    if not kind:
        return shape_of(actual)
    if hint:
        return shape_of(hint)
    if not wanted:
        return f"a {kind}"
    if wanted != kind:
        return f"a {kind}, not a {wanted}"
    size, wanted_size = _size(kind, actual), _size(kind, expected)
    if size == wanted_size or kind not in {"text", "list"}:
        return f"another {kind}"
    return f"a shorter {kind}" if size < wanted_size else f"a longer {kind}"


def _kind(text: str) -> str:
    return next((name for name, pattern in _KINDS if pattern.match(text)), "")


def _size(kind: str, text: str) -> int:
    if found := _IN_ALL.search(text):
        return int(found[1])
    return text.count(",") if kind == "list" and len(text) > 2 else len(text)
