"""Change a request: another user, another way to send it, other bytes or values in its body. Pure, from a `Random`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from contract_tests.requests.plan import USER_AGENT, encode
from contract_tests.requests.transport import VARIATIONS
from contract_tests.settings.values import Session
from contract_tests.target.exchange import Request

LARGEST_NUMBER = 1e300  # Python writes no number that is much longer
LONGEST_BODY_BYTES = 64 * 1024  # a longer one burdens the server and finds little
_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    1.5,
    2**53 + 1,
    1e300,
    "",
    " ",
    "0",
    "null",
    "text",
    [],
    {},
    [[]],
)
_PIECES = (
    "\x00", "\t", "\n", "\u00a0", "\u200b", "\u202e", "\ufeff", "é", "e\u0301", "ß", "İ", "🚀", "𐍈", "'", '"', "\\",
    "%", "<", "&", "{", "}", "$", ";", "/", "..", "--", "Z", "T", "+", "-", ".", "0", "9", " ",
)  # fmt: skip


def signed_in_as(request: Request, session: Session, logins: Sequence[Session]) -> Request:
    """Return the request of another user. logins: the users whose logins it may carry."""
    names = {"authorization", "cookie"} | {name.lower() for each in logins for name, _ in each.headers}
    headers = tuple(header for header in request.headers if header[0].lower() not in names)
    return replace(request, headers=(*headers, *session.login()), wire=None)


def marked(request: Request, run_id: str) -> Request:
    """Return the request with the run's id in its User-Agent, which the log of the server may show."""
    name, agent = USER_AGENT
    named = f"{agent} ({run_id})"
    headers = tuple((n, named if (n.lower(), v) == (name.lower(), agent) else v) for n, v in request.headers)
    wire = request.wire
    if wire is not None:
        data = re.sub(rb"(?i)(user-agent:\s*)%s" % agent.encode(), rb"\g<1>" + named.encode(), wire.data, count=2)
        wire = replace(wire, data=data)
    return replace(request, headers=headers, wire=wire)


def sent_like(request: Request, name: str) -> Request:
    """Return the request with a variation of `requests.transport`, which leaves its meaning unchanged."""
    changes = VARIATIONS[name].changes
    headers = tuple(header for header in request.headers if header[0] not in changes.get("without", ()))
    if "media_type" in changes:
        headers = tuple(header for header in headers if header[0] != "Content-Type")
        headers += (("Content-Type", changes["media_type"]),) if changes["media_type"] else ()
    added = {name.lower() for name, _ in changes.get("more", ())}
    headers = (*(header for header in headers if header[0].lower() not in added), *changes.get("more", ()))
    url = request.url + (changes.get("path_end", "") if "?" not in request.url else "")
    return replace(request, url=url, headers=headers, chunked=changes.get("chunked", request.chunked), wire=None)


def mutated(request: Request, others: Sequence[Request], random: Random) -> Request:
    """Change the body of a request in one to three places. others: requests that lend their values and bytes."""
    body = request.body
    other = random.choice(others).body if others else b""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        body = _changed(body, other, random)[:LONGEST_BODY_BYTES]
    if body and request.header("Content-Type") is None:
        request = replace(request, headers=(*request.headers, ("Content-Type", "application/json")))
    return replace(request, body=body, wire=None)


def _changed(body: bytes, other: bytes, random: Random) -> bytes:
    fields = _fields(body)
    if fields is None or random.random() < 0.15:
        return random.choice(_OF_BYTES)(body, other, random)
    if not fields:
        return encode(_fields(other) or {"x": None})
    changed = random.choice(_OF_FIELDS)(fields, _fields(other) or {}, random)
    return changed if isinstance(changed, bytes) else encode(changed)


def _fields(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


Fields = dict[str, Any]


def _drop(fields: Fields, _: Fields, random: Random) -> Fields:
    name = random.choice(list(fields))
    return {key: value for key, value in fields.items() if key != name}


def _put(fields: Fields, _: Fields, random: Random) -> Fields:
    return {**fields, random.choice(list(fields)): random.choice(_VALUES)}


def _borrow(fields: Fields, other: Fields, random: Random) -> Fields:
    """A value of another request: of the same field, or of any."""
    name = random.choice(list(fields))
    if name in other and random.random() < 0.7:
        return {**fields, name: other[name]}
    return {**fields, name: random.choice([*fields.values(), *other.values()])}


def _blend(fields: Fields, other: Fields, random: Random) -> Fields:
    return {key: random.choice((value, other.get(key, value))) for key, value in fields.items()}


def _add(fields: Fields, other: Fields, random: Random) -> Fields:
    name = random.choice([*other, "x", "id", "created", "__proto__", "constructor", "", random.choice(_PIECES)])
    return {**fields, name: other.get(name, random.choice(_VALUES))}


def _respell(fields: Fields, _: Fields, random: Random) -> Fields:
    """A name in another spelling."""
    name = random.choice(list(fields))
    spelling: Callable[[str], str] = random.choice((str.upper, str.capitalize, lambda n: n + " ", lambda n: n[:-1]))
    return {spelling(key) if key == name else key: value for key, value in fields.items()}


def _double(fields: Fields, _: Fields, random: Random) -> bytes:
    """A key twice, with two values."""
    name = random.choice(list(fields))
    again = encode({name: random.choice((*fields.values(), *_VALUES))})
    return encode(fields)[:-1] + b"," + again[1:]


def _bend(fields: Fields, _: Fields, random: Random) -> Fields:
    """A value that is changed a little."""
    name = random.choice(list(fields))
    return {**fields, name: _bent(fields[name], random)}


def _bent(value: Any, random: Random) -> Any:
    match value:
        case str():
            at = random.randint(0, len(value))
            piece = random.choice(_PIECES)
            return random.choice(
                (
                    value[:at] + piece + value[at:],
                    value[:at] + piece + value[at + 1 :],
                    value[:at] + value[at + 1 :],
                    value[:at],
                    value * random.choice((2, 3, 10)),
                    value.swapcase(),
                    f" {value}",
                    f"{value} ",
                    [value],
                )
            )
        case list() if value:
            at = random.randrange(len(value))
            grown = value * random.choice((2, 5, 20))
            item = random.choice((*_VALUES, _bent(value[at], random)))
            return random.choice(([*value[:at], item, *value[at + 1 :]], value[:at], [*value, value[at]], grown))
        case list():
            return [random.choice(_VALUES)]
        case bool() | None:
            return random.choice(_VALUES)
        case int() | float() if abs(value) > LARGEST_NUMBER:
            return random.choice((0, 1))
        case int() | float():
            return random.choice((value + 1, -value, value // 2, value % 1000 / 7, str(value)))
        case _:
            return {"value": value}


def _cut(body: bytes, _: bytes, random: Random) -> bytes:
    return body[: random.randint(0, len(body))]


def _flip(body: bytes, _: bytes, random: Random) -> bytes:
    at = random.randrange(len(body) + 1)
    return body[:at] + bytes([random.randrange(256)]) + body[at + 1 :]


def _insert(body: bytes, _: bytes, random: Random) -> bytes:
    at = random.randint(0, len(body))
    return body[:at] + random.choice(_PIECES).encode() + body[at:]


def _splice(body: bytes, other: bytes, random: Random) -> bytes:
    return body[: random.randint(0, len(body))] + other[random.randint(0, len(other)) :]


_OF_BYTES = (_cut, _flip, _insert, _splice)
_OF_FIELDS = (_drop, _put, _put, _borrow, _borrow, _blend, _add, _respell, _double, _bend, _bend, _bend)
