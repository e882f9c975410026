"""Requests for any operation: bodies that break its schema, bodies that are not JSON, invalid logins."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import cycle
from typing import Any

from contract_tests.contract.specification import Operation
from contract_tests.contract.terms import Terms
from contract_tests.requests.plan import Plan, Sender, Step, encode
from contract_tests.requests.tokens import unsigned_of, with_changed_payload, without_signature
from contract_tests.settings.values import Session
from contract_tests.target.exchange import Headers, Request


def schema_violations(schema: Mapping[str, Any], *bases: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield labelled bodies that break the schema in exactly one place each. bases: valid bodies, used in turn."""
    base = cycle(bases)
    properties = schema.get("properties", {})
    met: set[str] = set()
    for name in schema.get("required", ()):
        yield f"{name} left out", {key: value for key, value in next(base).items() if key != name}
    for name, part in properties.items():
        for kind, value in _wrong_values(part):
            yield f"{name} is {kind}", {**next(base), name: value}
        items = part.get("items", {})
        for kind, value in _wrong_values(items) if items else ():
            yield f"an item of {name} is {kind}", {**next(base), name: [value]}
        for value in _wrong_texts(part, met):
            yield f"{name} is {value!r}", {**next(base), name: value}
        for value in _wrong_texts(items, met):
            yield f"an item of {name} is {value!r}", {**next(base), name: [value]}


_VALUES = {
    "string": "text",
    "integer": 1,  # also the index of an option in an enum
    "number": 7.5,
    "boolean": True,
    "array": [],
    "object": {},
}
COMMON = 5  # wrong texts of each list that every field of the format gets
_WRONG_DATES = (
    "not a date",
    "campaign 7",  # lenient parsers read any number as a month
    "",
    "2030-02-30T00:00:00.000Z",
    "2030-13-01T00:00:00.000Z",
    "2100-02-29T00:00:00Z",  # not a leap year, although divisible by 4; without fraction, as some parsers branch on it
    "2030-00-10T00:00:00.000Z",
    "2030-01-32T00:00:00.000Z",
    "2030-04-31T00:00:00.000+02:00",  # some parsers check the calendar only in UTC
    "2030-01-00T00:00:00.000Z",
    "2030-01-01T25:00:00.000Z",
    "2030-01-01T00:60:00.000Z",
    "2030-01-01T00:00:61.000Z",
    "2030-01-01T00:00:00.000+25:00",
    "2030-02-30",
)
_WRONG_UUIDS = (
    "",
    "660e8400-e29b-41d4-a716-44665544000",
    "660e8400-e29b-41d4-a716-4466554400012",
    "660e8400-e29b-41d4-a716-44665544000g",
    "660e8400-e29b-41d4-a716_446655440001",
    "660e840-0e29b-41d4-a716-446655440001",
    "icp\n660e8400-e29b-41d4-a716-446655440001",  # in some languages ^ matches at the start of each line
    "660e8400-e29b-41d4-a716-44665544000\uff11",  # a digit to `\\d` and to Python's int(), and not hexadecimal
    "P1BOAE+JQdOaDAMF6CwzAQ==",  # base64, which GraphQL servers and .NET drivers accept
    "x3f2504e0-4f89-41d3-9a0c-0305e82c3301x",  # some parsers read any 38 characters as a UUID in braces
)


def _wrong_values(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    kind = schema.get("type")
    if kind is None:
        return
    if not schema.get("nullable"):
        yield "null", None
    for other, value in _VALUES.items():
        if other == kind or (kind == "number" and other == "integer"):
            continue
        if other == "boolean" and (schema.get("nullable") or (kind == "array" and "default" in schema)):
            value = False  # a test for truth takes it for an omitted field
        if kind == "string" and other in ("array", "object"):
            value = [_right_text(schema)] if other == "array" else _wrapped(schema)
        if kind == "array" and other == "string" and "format" in schema.get("items", {}):
            value = _right_text(schema["items"])  # some parsers make a list of it
        if kind == "array" and other == "object" and "format" in schema.get("items", {}):
            value = {"0": _right_text(schema["items"]), "length": 1}  # JavaScript and PHP iterate it like a list
        yield f"a value of type {other}", value


def _wrapped(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an object that some parsers read as text: an enum in Rust, a date or an ID in MongoDB's JSON."""
    if "enum" in schema:
        return {str(schema["enum"][-1]): None}
    return {{"date-time": "$date", "uuid": "$uuid"}.get(schema.get("format", ""), "value"): _right_text(schema)}


def _right_text(schema: Mapping[str, Any]) -> str:
    """Return a text that is valid on its own, so that a server that unwraps arrays or objects accepts it."""
    texts = {"date-time": "2030-01-01T00:00:00.000Z", "uuid": "3f2504e0-4f89-41d3-9a0c-0305e82c3301"}
    return str(schema["enum"][-1]) if "enum" in schema else texts.get(schema.get("format", ""), "text")


def _wrong_texts(schema: Mapping[str, Any], met: set[str]) -> Iterator[str]:
    """Yield texts of the wrong form; fewer for a format that is met again, since one parser reads both fields."""
    if "enum" in schema:
        first = str(schema["enum"][0])
        # Some collations ignore spaces at the end, and `$` in a pattern also matches before a line end.
        yield from (first.capitalize(), f"{first} ", first.upper(), f"{first}\n", "", f"other\n{first}", "1")
    kind = schema.get("format", "")
    texts = {"date-time": _WRONG_DATES, "uuid": _WRONG_UUIDS}.get(kind, ())
    yield from (*texts[:COMMON], *texts[COMMON + 1 :: 2]) if kind in met else texts
    met.add(kind)


RAW_VIOLATIONS: Mapping[str, bytes] = {
    "no body": b"",
    "spaces as a body": b" \r\n\t ",
    "an array for a body": b"[]",
    "a number for a body": b"7",
    "true for a body": b"true",
    "null for a body": b"null",
    "an empty object": b"{}",
}


def raw_violations(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield bodies that are not JSON (RFC 8259), made from a valid one."""
    yield from RAW_VIOLATIONS.items()
    yield "JSON cut short", body[:-5]
    yield "a comma after the last field", body[:-1] + b",}"
    yield "a comment in the JSON", body[:-1] + b"/* note */}"
    yield "single quotes", body.replace(b'"', b"'")
    yield "a key without quotes", re.sub(rb'^\{"(\w+)"', rb"{\1", body)
    yield "NaN for the first field", re.sub(rb'^(\{"\w+":)("[^"]*"|[^,]*)', rb"\1NaN", body)
    yield "NaN as a value", body[:-1] + b',"x":NaN}'
    yield "Infinity as a value", body[:-1] + b',"x":-Infinity}'
    yield "two JSON values", body + b"\n" + body
    yield "text after the JSON", body + b" trailing"
    yield "the object inside an array", b"[" + body + b"]"
    if isinstance(fields := json.loads(body), dict):
        yield "the values in an array", json.dumps(list(fields.values())).encode()
    yield "the object inside a string", json.dumps(body.decode()).encode()
    yield "a line break in a string", body[:-1] + b',"x":"a\nb"}'
    yield "a number with a leading zero", body[:-1] + b',"x":012}'
    yield "the whole body in UTF-16", body.decode().encode("utf-16-le")


def wrong_logins(session: Session, cookie_name: str, expired: str | None) -> Iterator[tuple[str, Headers]]:
    """Yield labelled headers that are not a valid login, each close to a valid one."""
    yield "no login", ()
    # Every JavaScript object has this key, so sessions[token] is not undefined.
    yield "an unknown token", (("Authorization", "Bearer hasOwnProperty"),)
    yield "an unknown cookie", (("Cookie", f"{cookie_name}=not-a-session"),)
    # With the valid token: only so a server that ignores the scheme accepts it.
    yield "another scheme", (("Authorization", f"Basic {session.bearer or 'dXNlcjpwYXNz'}"),)
    yield "a scheme without token", (("Authorization", "Bearer"),)
    yield "an empty cookie", (("Cookie", f"{cookie_name}="),)
    token = session.cookie[1] if session.cookie else session.bearer or "not-a-session"
    yield "cookies of longer names", (("Cookie", f"{cookie_name}x={token}; x{cookie_name}={token}"),)
    if session.bearer:
        yield "a token without scheme", (("Authorization", session.bearer),)
        yield "the beginning of a token", (("Authorization", f"Bearer {session.bearer[:-1]}"),)
        yield "a token and more", (("Authorization", f"Bearer {session.bearer}x"),)
        if changed := with_changed_payload(session.bearer):
            yield "a token with a changed payload", (("Authorization", f"Bearer {changed}"),)
        elif session.bearer.swapcase() != session.bearer:
            yield "a token in other case", (("Authorization", f"Bearer {session.bearer.swapcase()}"),)
    if session.cookie:
        name, token = session.cookie
        yield "the beginning of a cookie", (("Cookie", f"{name}={token[:-1]}"),)
        if changed := with_changed_payload(token):
            yield "a cookie with a changed payload", (("Cookie", f"{name}={changed}"),)
        else:
            yield "a cookie and more", (("Cookie", f"{name}={token}x"),)
        if not session.bearer and (unsigned := without_signature(token)):
            yield "a cookie without signature", (("Cookie", f"{name}={unsigned}"),)
    yield from _odd_logins(session, cookie_name)
    if expired:
        yield "an expired session", (("Authorization", f"Bearer {expired}"),)
        yield "an expired session as a cookie", (("Cookie", f"{cookie_name}={expired}"),)


_UNSIGNED = "a token without signature"
# Values that clients send before their token has loaded, and JWTs that no server has signed.
_WORDS = {
    "undefined": "undefined",
    "null": "null",
    _UNSIGNED: "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyXzEiLCJleHAiOjQxMDI0NDQ4MDB9.",
    # Base64 of "not JSON" as the payload, then as the header.
    "a token with a payload that is not JSON": "eyJhbGciOiJIUzI1NiJ9.bm90IEpTT04.c2lnbmF0dXJl",
    "a token with a header that is not JSON": "bm90IEpTT04.eyJzdWIiOiJ1c2VyXzEifQ.c2lnbmF0dXJl",
    "a token with quotes": "' OR '1'='1",
    "a token with an accent": "t\xf6ken",
    "a token with percent signs": "%00%zz../../etc",
    "a percent sign": "%",  # matches every session in SQL's LIKE
    # {"alg":"HS256","typ":"JWT"}, {"sub":"user_1","exp":4102444800} and a signature that no key produces.
    "a token of 2,000 characters": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1c2VyXzEiLCJleHAiOjQxMDI0NDQ4MDB9."
    + "x" * 1900,
}


def _odd_logins(session: Session, cookie_name: str) -> Iterator[tuple[str, Headers]]:
    """Yield labelled headers whose token is a word, or looks like a token, and is not a session."""
    unsigned = without_signature(session.bearer or "")
    for label, token in ({**_WORDS, _UNSIGNED: unsigned} if unsigned else _WORDS).items():
        yield f"{label} as a bearer", (("Authorization", f"Bearer {token}"),)
    yield "undefined as a cookie", (("Cookie", f"{cookie_name}=undefined"),)
    yield "a cookie with percent signs", (("Cookie", f"{cookie_name}=%00%zz%27; a=%"),)
    if session.user_id:
        yield (
            "a token of the user without signature as a bearer",
            (("Authorization", f"Bearer {unsigned_of(session.user_id)}"),),
        )
        yield "a user id as a bearer", (("Authorization", f"Bearer {session.user_id}"),)
    if session.bearer:
        yield "two bearers joined by a comma", (("Authorization", f"Bearer x, Bearer {session.bearer}"),)


def generic_plan(terms: Terms, operation: Operation, *bases: Mapping[str, Any]) -> Plan:
    """Return a plan made from the operation's schema alone. bases: bodies that the server must accept."""
    sender = Sender(terms, operation)
    bases = bases or (operation.request_example or {},)
    body = dict(bases[0])
    if operation.request_schema is None:
        return Plan(Step("a plain request", sender.request()), tuple(_login_steps(sender, None)))
    steps = [
        Step(label, sender.request(wrong, login=_other_login(terms, operation.request_schema, wrong)))
        for label, wrong in schema_violations(operation.request_schema, *bases)
    ]
    steps += [Step(label, sender.request(raw=raw)) for label, raw in raw_violations(encode(body))]
    steps += _login_steps(sender, body)
    return Plan(Step("a plain request", sender.request(body)), tuple(steps))


def _other_login(terms: Terms, schema: Mapping[str, Any], body: Mapping[str, Any]) -> Headers | None:
    """Return the last login of the user if a required field is missing: a server can have a route for each login."""
    session = terms.settings.first
    is_complete = body.keys() >= set(schema.get("required", ()))
    return session.login(session.carriers[-1]) if session.carriers and not is_complete else None


def _login_steps(sender: Sender, body: Any) -> Iterator[Step]:
    if not sender.operation.secured:
        return
    settings = sender.terms.settings
    cookie = settings.first.cookie[0] if settings.first.cookie else sender.terms.specification.cookie_name
    for label, login in wrong_logins(settings.first, cookie, settings.expired_bearer):
        yield Step(label, sender.request(body, login=login))
    if body is not None:
        # With a token: some servers check that there is one, then the body, and look for its session at last.
        unknown = (
            ("Authorization", "Bearer not-a-session") if settings.first.bearer else ("Cookie", f"{cookie}=no-session")
        )
        yield Step("an unknown session and an empty object", sender.request({}, login=(unknown,)))
        yield Step("no login, not JSON", sender.request(raw=b"{", login=()))
    for session in settings.sessions:
        for carrier in session.carriers:
            request = sender.request(body, login=session.login(carrier))
            yield Step(f"the {session.name} user by {carrier}, header names in lower case", _in_lower_case(request))


def _in_lower_case(request: Request) -> Request:
    """Return the request with all header names in lower case (RFC 9110 §5.1), as many clients write them."""
    return replace(request, headers=tuple((name.lower(), value) for name, value in request.headers))
