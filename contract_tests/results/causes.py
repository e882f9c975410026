"""Say what a breach shows without the values of one case, so that breaches with one cause are the same. Pure."""

from __future__ import annotations

import re

import orjson

LONGEST = 120  # characters of a cause
WORDS = 16  # of a message of the server; more repeat the request
REFUSED, ACCEPTED = "refused", "accepted"  # begin the cause of a refused valid request, of an accepted invalid one
_DATA = re.compile(
    r"""(["'`‘“]).*?(["'`’”])|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[-+]?\d[\d.]*(e[-+]?\d+)?|[^\s\w.,;:()]+""",
    re.IGNORECASE,
)
_IN_ALL = re.compile(r"\((\d+) in all\)")  # of a value that is too long to be shown
_STATUS = re.compile(r"[1-5]\d\d")  # of HTTP: no value of the case
_REFUSED = re.compile(
    r"[1-5]\d\d\b[^;]*, although nothing is wrong with the request"
    r"(?:; the server says: (?P<words>.*?))?(?:; the cause is one of: [^;]*)?",
    re.DOTALL,
)
_ACCEPTED = re.compile(r"2\d\d, although (?P<what>.*)", re.DOTALL)
_TAKEN_OVER = ", as sent by the client"
_KINDS = (
    ("text", re.compile(r"b?[\"']")),
    ("list", re.compile(r"\[")),
    ("object", re.compile(r"\{")),
    ("time", re.compile(r"(the instant )?\d{4}-\d\d-\d\d")),
    ("number", re.compile(r"-?\d+(\.\d+)?$")),
)


def shape_of(text: str) -> str:
    """Return a text without quotations, numbers and symbols, so that messages about different values are equal."""
    return " ".join(_DATA.sub("…", text[: 8 * LONGEST]).split())[:LONGEST]


def cause_of(expected: str, actual: str, hint: str = "", sent: bytes = b"") -> str:
    """Return what is wrong: in the words of the verdict, or how a value differs from the expected one.

    sent: the body of the request, whose words a message of the server can repeat.
    """
    if _STATUS.fullmatch(actual):
        return f"{actual} instead of {expected}"[:LONGEST]
    if found := _REFUSED.fullmatch(actual):
        return f"{REFUSED}: {_words(found['words'] or '', sent)}".removesuffix(": ")
    if found := _ACCEPTED.match(actual):
        place, _, got = found["what"].partition(" is ")
        ends = "" if not got else " is left out" if got.startswith("left out") else " is wrong"
        return f"{ACCEPTED}, although {_without_values(place)}{ends}"
    if actual.endswith(_TAKEN_OVER):
        return f"as sent by the client, not {_without_values(expected)}"[:LONGEST]
    kind, wanted = _kind(actual), _kind(expected)
    if not kind:
        return _without_values(actual)
    if hint:
        return _without_values(hint)
    if not wanted:
        return f"a {kind}"
    return f"another {kind}" if wanted == kind else f"a {kind}, not a {wanted}"


def _without_values(text: str) -> str:
    """The text up to its first colon, after which the values come."""
    return shape_of(text.partition(": ")[0]).rstrip(" .…;,")


def _words(message: str, sent: bytes) -> str:
    """The words of a message without those that the request has in its values, at most WORDS of them."""
    values = {word for text in _texts(sent) for word in _split(text)}
    return " ".join([word for word in _split(message) if word not in values][:WORDS])


def _texts(body: bytes) -> list[str]:
    """The texts among the values of an object and in its lists."""
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    values = [*fields.values()] if isinstance(fields, dict) else []
    items = [item for value in values if isinstance(value, list) for item in value]
    return [value for value in (*values, *items) if isinstance(value, str)]


def _split(text: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[^\W\d_]{2,}", text)]


def _kind(text: str) -> str:
    return next((name for name, pattern in _KINDS if pattern.match(text)), "")
