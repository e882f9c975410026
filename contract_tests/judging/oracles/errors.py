"""Judge the body of a documented error by the error table of the API page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from contract_tests.contract.schema import short
from contract_tests.judging.body import UNREAD
from contract_tests.judging.case import Case, Oracle, envelope
from contract_tests.judging.details import fields_named, fields_of
from contract_tests.judging.verdict import Judgement, Observation, broken, held, warned
from contract_tests.target.exchange import Response

CODES = {400: "BAD_REQUEST", 401: "UNAUTHORIZED", 500: "INTERNAL_ERROR"}
_INTERNALS = re.compile(
    r"Traceback \(most recent|File \"[^\"]+\.py\"|\bat [^(\n]{1,200}\(.{0,200}\.[jt]s:\d+|node_modules/|\.java:\d+\)|"
    r"(?:^|[\s\"'(])/(?:usr|home|var|srv|opt|app)/\w+/|[A-Z]:\\\\\w+\\\\"
)
_SEARCHED_CHARACTERS = 256 * 1024  # of an error body; so that no body of a server takes long to search

_WITH_PATHS = frozenset({"location", "content-location", "link", "set-cookie"})  # headers that hold paths of URLs
_LONG_ID = 6  # characters: a shorter ID of a user can be part of a message by chance


def error_body(case: Case) -> Iterator[Judgement]:
    """Judge envelope, code, message and details of a 400, 401 or 500."""
    response = case.exchange.response
    if case.operation is None or response is None or response.status not in CODES:
        return
    yield from _media_type(case, response)
    try:
        text = response.body.decode("utf-8")
    except UnicodeDecodeError as wrong:
        actual = f"byte {wrong.start} is {response.body[wrong.start]:#04x}"
        yield broken("http.answer.utf-8", case.exchange, expected="UTF-8", actual=actual)
        return
    own = [value for name, value in response.headers if name.lower() not in _WITH_PATHS]
    if match := _INTERNALS.search("\n".join((text[:_SEARCHED_CHARACTERS], *own))):
        yield broken("error.internals", case.exchange, expected="no stack trace or path", actual=match[0].strip())
    else:
        yield held("error.internals", case.exchange)
    if (found := envelope(response)) is None:
        yield broken(
            "error.envelope",
            case.exchange,
            expected='{"error": {"code": …, "message": …}}, or code and message at the top level',
            actual=" ".join(text[:120].split()) or "an empty body",
        )
        return
    yield held("error.envelope", case.exchange)
    error, nested = found
    yield Observation("error-shape", "nested" if nested else "flat", case.exchange)
    code_clause = f"error.{response.status}.code"
    if error.get("code") == CODES[response.status]:
        yield held(code_clause, case.exchange)
    else:
        wanted = f"code {CODES[response.status]}"
        yield broken(code_clause, case.exchange, expected=wanted, actual=f"code {short(error.get('code', 'missing'))}")
    message = error.get("message")
    if isinstance(message, str) and message.strip():
        yield held("error.message", case.exchange)
    else:
        yield broken("error.message", case.exchange, expected="a non-empty string", actual=short(message))
    if response.status == 400:
        yield from _details(case, response, error, nested)
    elif response.status == 401:
        has_details = "details" in error or "details" in response.json
        yield Observation("details-on-other-errors", "present" if has_details else "absent", case.exchange)
        present = response.header("WWW-Authenticate") is not None
        yield Observation("www-authenticate", "present" if present else "absent", case.exchange)


def _media_type(case: Case, response: Response) -> Iterator[Judgement]:
    essence = (response.header("Content-Type") or "").partition(";")[0].strip().lower()
    if essence == "application/json" or essence.endswith("+json"):
        yield held("error.media-type", case.exchange)
        yield Observation(
            "error-media-type", "json" if essence == "application/json" else "problem-json", case.exchange
        )
    else:
        yield broken(
            "error.media-type", case.exchange, expected="application/json", actual=essence or "no Content-Type"
        )


def _details(case: Case, response: Response, error: Mapping[str, Any], nested: bool) -> Iterator[Judgement]:
    next_to_code = error.get("details")
    details = next_to_code if next_to_code is not None else response.json.get("details")
    if details is not None and nested:
        yield Observation("details-place", "beside-code" if next_to_code is not None else "top-level", case.exchange)
    malformed = case.expectation.body.violation is not None
    if malformed and case.signed_in:
        yield Observation("malformed-json-details", "absent" if details is None else "present", case.exchange)
    if not details and (
        malformed
        or not case.signed_in
        or case.must_accept
        or case.is_open_on_group("media-type", "transport")
        or _unparsed(case)
    ):
        return  # no field is wrong
    if not isinstance(details, list | dict) or not details:
        actual = "no details" if details is None else f"details {short(details)}"
        yield broken("error.400.details", case.exchange, expected="details with at least one issue", actual=actual)
        return
    if stranger := _stranger(case, response):
        expected = "details that are about this request"
        yield broken(
            "error.400.details", case.exchange, expected=expected, actual=f"the ID of another user: {stranger}"
        )
        return
    yield held("error.400.details", case.exchange)
    yield Observation("details-form", "list" if isinstance(details, list) else "map", case.exchange)
    if case.signed_in:
        yield from _named_fields(case, details)


def _named_fields(case: Case, details: list[Any] | dict[str, Any]) -> Iterator[Judgement]:
    """Compare the fields that the details name with those that are wrong."""
    words = list(_words(details))
    fields = case.expectation.violated_fields
    named = {field for field in fields if any(field in word for word in words)}
    if len(fields) > 1 and named:
        yield Observation("problems-listed", "all" if named == fields else "first", case.exchange)
    if len(fields) != 1 or case.expectation.open_readings:
        return
    (field,) = fields
    others = {other for other in _unmistakable(case) - fields if any(other in word for word in words)}
    stray = fields_named(details, fields_of(case)) - fields
    if named and stray:
        # A validator that continues after a violation can report the order of the dates as well. The API page asks for
        # the specific issues and does not exclude others; history.py finds leftovers of other requests.
        actual = f"one of them is about {', '.join(sorted(stray))}, which is valid"
        yield warned("error.400.details", case.exchange, expected=f"details only about {field}", actual=actual)
    elif others and not named:
        actual = f"they name {', '.join(sorted(others))}"
        yield broken("error.400.details", case.exchange, expected=f"details about {field}", actual=actual)
    else:
        yield Observation("details-name-the-field", "named" if named else "unnamed", case.exchange)


def _stranger(case: Case, response: Response) -> str:
    """Return the ID of another user in the response that the request does not contain; empty if there is none."""
    request, session = case.exchange.request, case.expectation.caller.session
    sent = [request.url.encode(), request.body, *(value.encode("latin-1", "replace") for _, value in request.headers)]
    ids = [s.user_id for s in case.terms.settings.sessions if session not in (None, s) and s.user_id]
    return next(
        (
            text
            for text in ids
            if len(text) >= _LONG_ID
            and re.search(rb"(?<!\w)%s(?!\w)" % re.escape(text.encode()), response.body)
            and not any(text.encode() in part for part in sent)
        ),
        "",
    )


def _unmistakable(case: Case) -> set[str]:
    """Return the fields whose names are not everyday English words, so that details with the name mean the field."""
    return {name for name in fields_of(case) if name != name.lower() or "_" in name}


def _unparsed(case: Case) -> bool:
    """Return whether common parsers (body-parser, secure-json-parse) refuse the value before the validation.

    The former accepts only objects and arrays as JSON texts (RFC 4627 §2); the latter refuses `__proto__`.
    """
    value = case.expectation.body.value
    return value is not UNREAD and (not isinstance(value, dict | list) or "__proto__" in _words(value))


def _words(value: Any) -> Iterator[str]:
    """Yield every key and string of a JSON value, without recursion, because a response can be deeply nested."""
    left = [value]
    while left:
        part = left.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            yield from part
            left.extend(part.values())
        elif isinstance(part, list):
            left.extend(part)


ORACLES = (
    Oracle(
        (
            "http.answer.utf-8",
            "error.media-type",
            "error.internals",
            "error.envelope",
            "error.400.code",
            "error.401.status",
            "error.401.code",
            "error.500.code",
            "error.message",
            "error.400.details",
        ),
        error_body,
    ),
)
