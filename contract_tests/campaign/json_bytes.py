"""Write malformed and unusual JSON: other encodings, broken UTF-8, odd tokens, deep nesting, huge numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from contract_tests.requests.plan import encode

DEEPEST = 20_000  # levels; two bytes each, so that the body stays below 64 KiB
LONGEST_NUMBER = 5_000  # digits; more than Python and V8 read without complaint

# Not UTF-8 (RFC 3629 §3): a lone byte, an overlong slash, half a surrogate pair, a character without its end.
_NOT_UTF_8 = (b"\xff", b"\xc3(", b"\xc0\xaf", b"\xed\xa0\xbd", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80")
# Without the forms that a lenient parser reads and `judging.body` does not: a server may accept them (RFC 8259 §9).
# Legal or illegal as the inside of a string of JSON (RFC 8259 §7).
_IN_TEXT = (
    rb"\ud800", rb"\udc00\ud800", rb"\u0000", rb"\u12", b"\t", b"\x00", b"\x1f", b"\x7f", rb"\/"
)  # fmt: skip
_NUMBERS = (
    b"1e400", b"-1e400", b"1e-400", b"1E+999999999", b"-0", b"-0.0", b"0.1e1", b"01", b"+1",
    b"1_0", b"NaN", b"Infinity", b"-Infinity", b"9007199254740993", b"2" * 20, b"1" * LONGEST_NUMBER,
    b"0." + b"0" * LONGEST_NUMBER + b"1",
)  # fmt: skip
_TOKENS = (b"True", b"None", b"'text'", b"`text`", b"[1,]", b"{,}", b'{"a":1,}', b"{a:1}", b"")
_AFTER = (
    b"}",
    b",",
    b"\x00",
    b" {}",
    b"\n[]",
    b"//",
    b"/* */",
    b";",
    b"\r\n\t ",
)
_ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "utf-7", "cp1252", "shift_jis")


def json_bytes(body: bytes, random: Random) -> tuple[str, bytes]:
    """Change the bytes of an object; return the kind of change and the bytes, at most about 64 KiB."""
    fields = _fields(body)
    kind = random.choice(sorted(_MUTATORS))
    return kind, _MUTATORS[kind](fields, random)


def _fields(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) and value else {"x": ""}


def _with(fields: Mapping[str, Any], random: Random, value: bytes, *, name: str | None = None) -> bytes:
    """The object with these bytes as the value of one of its fields, or of an unknown one."""
    name = name or random.choice([*fields, "x"])
    mark = "\ue000"  # of private use, so in no field
    return encode({**fields, name: mark}).replace(encode(mark), value)


def _in_text(fields: Mapping[str, Any], random: Random, piece: bytes) -> bytes:
    texts = [name for name, value in fields.items() if isinstance(value, str)]
    name = random.choice([*texts, "x"])
    text = str(fields.get(name, "text"))
    at = random.randint(0, len(text))
    return _with(fields, random, encode(text[:at])[:-1] + piece + encode(text[at:])[1:], name=name)


def _not_utf_8(fields: Mapping[str, Any], random: Random) -> bytes:
    return _in_text(fields, random, random.choice(_NOT_UTF_8))


def _escapes(fields: Mapping[str, Any], random: Random) -> bytes:
    return _in_text(fields, random, random.choice(_IN_TEXT))


def _encoding(fields: Mapping[str, Any], random: Random) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode(random.choice(_ENCODINGS), "replace")


def _truncated(fields: Mapping[str, Any], random: Random) -> bytes:
    whole = encode(fields)
    return whole[: random.randrange(len(whole))]


def _more(fields: Mapping[str, Any], random: Random) -> bytes:
    whole, piece = encode(fields), random.choice(_AFTER)
    return random.choice((whole + piece, piece + whole, whole + whole))


def _key_twice(fields: Mapping[str, Any], random: Random) -> bytes:
    name = random.choice(list(fields))
    other = random.choice((None, 0, "", [], {}, *fields.values()))
    pairs = [encode({name: other})[1:-1], encode(fields)[1:-1]]
    return b"{" + b",".join(random.sample(pairs, 2)) + b"}"


def _nested(fields: Mapping[str, Any], random: Random) -> bytes:
    deep = random.choice((50, 200, 1_000, 5_000, DEEPEST))
    opened, closed = random.choice(((b"[", b"]"), (b'{"a":', b"}")))
    deep = min(deep, DEEPEST * 2 // len(opened + closed))
    value = opened * deep + b"0" + random.choice((closed * deep, closed * deep, b""))
    return random.choice((value, _with(fields, random, value)))


def _number(fields: Mapping[str, Any], random: Random) -> bytes:
    number = random.choice(_NUMBERS)
    return _with(fields, random, random.choice((number, b"[" + number + b"]")))


def _token(fields: Mapping[str, Any], random: Random) -> bytes:
    return _with(fields, random, random.choice(_TOKENS))


Mutator = Callable[[Mapping[str, Any], Random], bytes]
_MUTATORS: Mapping[str, Mutator] = {
    "not UTF-8": _not_utf_8,
    "escapes": _escapes,
    "another encoding": _encoding,
    "truncated": _truncated,
    "more than one value": _more,
    "a key twice": _key_twice,
    "deep nesting": _nested,
    "a number": _number,
    "a token": _token,
}
