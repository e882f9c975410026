"""What is refused, in which words, and the one renderer of every answer that is not a success."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.client import responses
from typing import Any

import orjson

from mock_server.answers import Answer
from mock_server.readings import Readings

# A body of a mebibyte can hold a hundred thousand wrong ids; nobody reads more than a screen of problems. No field
# takes the whole screen, or its problems would hide those of the next field.
PROBLEMS_LISTED = 100
PROBLEMS_LISTED_OF_A_FIELD = 20
GOT_CHARACTERS = 60

# Status -> (code, message). The page documents 400, 401 and 500 (clauses error.*.code); the other codes follow the
# sibling pages (FORBIDDEN, NOT_FOUND) or, as that of any other status, the reason phrase of RFC 9110 §15.
STATUSES: Mapping[int, tuple[str, str]] = {
    400: ("BAD_REQUEST", "Request body validation failed"),
    401: (
        "UNAUTHORIZED",
        "User is not authenticated: send the header Authorization: Bearer <token>, or the session cookie",
    ),
    403: ("FORBIDDEN", "The user may not do this"),
    404: ("NOT_FOUND", "There is nothing at this path"),
    405: ("METHOD_NOT_ALLOWED", "This path does not have this method"),
    406: ("NOT_ACCEPTABLE", "The answer is JSON, which the Accept header of the request excludes"),
    413: ("CONTENT_TOO_LARGE", "The request body is too large"),
    415: ("UNSUPPORTED_MEDIA_TYPE", "The request body is of a media type that is not read here"),
    500: ("INTERNAL_ERROR", "An unexpected server error occurred"),
}

# Rule -> (what is wanted, the sentence). Every word that a problem says to a developer stands here.
WORDS: Mapping[str, tuple[str, str]] = {
    # -- the transport
    "http": ("an HTTP/1.1 request", "The request is not well-formed HTTP (RFC 9112): {got}."),
    "header_size": (
        "at most {limit} bytes of request line and headers",
        "The request line and headers are larger than {limit} bytes; cookies of other localhost projects are a usual "
        "reason: clear them, or start the mock with a larger --max-header-bytes.",
    ),
    "media_type": ("{want}", "Content-Type is {got}; send the body as {want} (curl: -H 'Content-Type: {want}')."),
    "content_encoding": ("an uncompressed body", "The body is compressed ({got}); send it without Content-Encoding."),
    "compressed": ("a whole {want} stream", "The body is not what its Content-Encoding says: a whole {want} stream."),
    "accept": ("application/json", "Accept is {got}, but the answer is application/json."),
    "size": (
        "at most {limit} bytes",
        "The body is larger than {limit} bytes; send less, or start the mock with a larger --max-body-bytes.",
    ),
    "timeout": (
        "the whole body within {limit} s",
        "The body was not complete after {limit} s; check that Content-Length is the true number of bytes.",
    ),
    "query": ("no query", "The URL has a query parameter {got} that this endpoint does not know; leave it out."),
    # -- the bytes
    "encoding": ("JSON in UTF-8", "The body is not UTF-8 text: {got}; encode it as UTF-8 (RFC 8259 §8.1)."),
    "byte_order_mark": ("JSON without a byte order mark", "The body starts with a byte order mark; leave it out."),
    "json": ("well-formed JSON", "The body is not JSON: {got}."),
    "empty": ("a JSON object", "The body is empty; send a JSON object."),
    "depth": ("at most {limit} levels", "The body is nested deeper than {limit} levels; flatten it."),
    "surrogate": (
        "whole characters",
        "The body has an escape {got} that is half of a surrogate pair; write both halves, or the character itself.",
    ),
    "number": ("a number that fits in 64 bits", "The number {got} is beyond the range of 64 bits; send a smaller one."),
    "duplicate_key": ("each key once", "The key {got} stands twice in one object; keep one of them."),
    # -- the schema
    "required": ("{want}", "{field} is missing; send {want}{example}."),
    "type": ("{want}", "{field} is {kind}; send {want}{example}."),
    "enum": ("{want}", "{field} is {got}; send {want}."),
    "uuid": ("{want}", "{field} is not a UUID of 8-4-4-4-12 hexadecimal digits: it is {got}; send {want}{example}."),
    "date": ("{want}", "{field} is not a date that is taken here: {reason}; send {want}{example}."),
    "format": ("{want}", "{field} is {got}, which is not {want}{example}."),
    "unknown": ("no such field", "{field} is a field that is not known here; leave it out."),
    "schema": ("what the schema says", "{field} does not fit: {reason}."),
    "more": ("fewer problems", "There are more problems{where} than the {limit} listed; mend these first."),
    # -- the readings (`leadlists-mock readings`)
    "server_made": ("no such field", "{field} is made by the server; leave it out."),
    "not_empty": ("at least one character", "{field} is empty; send at least one character."),
    "not_blank": ("a character that is no blank", "{field} consists of blanks; send at least one other character."),
    "no_outer_blanks": ("no blanks around the text", "{field} has blanks around it: {got}; cut them off."),
    "length": ("at most {limit} characters", "{field} has {got}; send at most {limit}."),
    "composed": ("text in normal form C", "{field} is not in Unicode normal form C: {got}; compose it."),
    "no_markup": ("text without tags", "{field} has markup in it: {got}; send plain text."),
    "no_nul": ("text without U+0000", "{field} has the character U+0000 in it; leave it out."),
    "no_control": ("text without control characters", "{field} has the control character {got} in it; leave it out."),
    "order": ("endDate after startDate", "endDate lies before startDate ({got}); swap them, or mend the wrong one."),
    "not_equal": ("endDate after startDate", "endDate is the same instant as startDate; let the campaign last."),
    "known": ("an id that exists", "{field} is {got}, and nothing has that id; send one that exists{example}."),
    "unused": ("an empty array", "{field} is not used on a list of type {type}; leave it empty."),
    "once": ("each id once", "{field} has {got} twice; send each id once."),
    "items": ("at most {limit} ids", "{field} has {got}; send at most {limit}."),
}

# What a schema wants, by its type and its format.
TYPES = {
    "string": "a string",
    "array": "an array",
    "object": "a JSON object",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
    "value": "a value",
}
UUID_EXAMPLE = "660e8400-e29b-41d4-a716-446655440001"
FORMATS = {"uuid": "a UUID", "date-time": "an ISO 8601 date", "date": "a date", "email": "an e-mail address"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a request; `path` is a JSON pointer (RFC 6901) into the body."""

    path: str
    rule: str
    got: str
    want: str
    message: str


class Refused(Exception):
    """A request that is answered with an error; the only way to refuse one."""

    def __init__(
        self,
        status: int,
        problems: Iterable[Problem] = (),
        *,
        message: str = "",
        headers: Mapping[str, str] | None = None,
        closes: bool = False,
    ) -> None:
        super().__init__(status, message)
        self.status = status  # Connexion looks for this name when several logins fail
        self.problems = tuple(problems)
        self.message = message
        self.headers = headers or {}
        self.closes = closes  # the rest of the request is unwanted: the connection ends with the answer


class ClientLeft(Exception):
    """The client hung up before its request was complete; nobody is there to be answered."""


def problem(rule: str, path: Iterable[str | int] = (), *, got: str = "", **words: object) -> Problem:
    """A problem in the words of the table; `words` fill its places."""
    pointer, field = pointer_to(path), _field(path)
    want, message = WORDS[rule]
    places = {"field": field, "got": got, "example": "", **words}
    sentence = message.format_map(places)
    if not pointer:  # "the body" starts it
        sentence = sentence[:1].upper() + sentence[1:]
    return Problem(pointer, rule, got, want.format_map(places), sentence)


def refused(rule: str, *, status: int = 400, closes: bool = False, got: str = "", **words: object) -> Refused:
    """A refusal for one problem of the request as a whole."""
    return Refused(status, [problem(rule, (), got=got, **words)], closes=closes)


def kind(value: Any) -> str:
    """The JSON type of a value, in words, with the value where it is short."""
    match value:
        case None:
            return "null"
        case bool():
            return json.dumps(value)
        case int() | float():
            return f"the number {shorten(value)}"
        case str():
            return f"the string {shorten(value)}"
        case list():
            return f"an array of {len(value)}" if value else "an empty array"
        case _:
            return "an object"


def shorten(value: Any, characters: int = GOT_CHARACTERS) -> str:
    """A value as JSON, short enough to be quoted."""
    match value:
        case str():
            cut = value if len(value) <= characters else value[: characters - 1] + "…"
            return json.dumps(cut, ensure_ascii=False)
        case list() | dict() if value:
            return kind(value)
        case _:
            return json.dumps(value)[:characters]


def pointer_to(path: Iterable[str | int]) -> str:
    """The JSON pointer (RFC 6901) to a place."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def _field(path: Iterable[str | int]) -> str:
    words = ""
    for part in path:
        words += f"[{part}]" if isinstance(part, int) else f".{part}" if words else shorten(part)[1:-1]
    return words or "the body"


# -- rendering


class Renderer:
    """Turns a refusal into the body that the readings in force ask for; total: it cannot fail."""

    def __init__(self, readings: Readings) -> None:
        self._flat = readings.follows("error-shape", "flat")
        self._top_level = readings.follows("details-place", "top-level")
        self._map = readings.follows("details-form", "map")
        self._unnamed = readings.follows("details-name-the-field", "unnamed")
        self._first_only = readings.follows("problems-listed", "first")
        self._bare_json = readings.follows("malformed-json-details", "absent")
        self._always_details = readings.follows("details-on-other-errors", "present")
        self._challenge = readings.follows("www-authenticate", "present")
        self._media_type = (
            "application/problem+json" if readings.follows("error-media-type", "problem-json") else "application/json"
        ) + ("; charset=utf-8" if readings.follows("response-charset", "present") else "")

    def __call__(self, refusal: Refused) -> Answer:
        status = refusal.status
        phrase = re.sub(r"\W+", "_", responses.get(status, f"HTTP {status}")).upper()
        code, message = STATUSES.get(status, (phrase, "The request was refused"))
        problems, more = self._listed(refusal.problems)
        if refusal.message:
            message = refusal.message
        elif len(problems) == 1:
            message = problems[0].message
        elif problems:
            count = f"more than {len(problems)}" if more else len(problems)
            message = f"{message}; {count} problems, of which the first: {problems[0].message}"
        problems += more
        error: dict[str, Any] = {"code": code, "message": message}
        body: dict[str, Any] = error if self._flat else {"error": error}
        # error.400.details: they stand on a 400, and on nothing else unless a reading says so.
        if (status == 400 and not self._is_bare(problems)) or self._always_details:
            problems = problems or [Problem("", code.lower(), "", "", message)]
            (body if self._top_level else error)["details"] = self._details(problems)
        headers = {"content-type": self._media_type, **refusal.headers}
        if status == 401 and self._challenge:
            headers["www-authenticate"] = "Bearer"  # RFC 9110 §11.6.1, RFC 6750 §3
        if refusal.closes:
            headers["connection"] = "close"
        return Answer(status, headers, _to_json(body))

    def _listed(self, problems: tuple[Problem, ...]) -> tuple[list[Problem], list[Problem]]:
        """The problems that are told, and a note for each place that has more of them."""
        if self._first_only:
            return list(problems[:1]), []
        listed: list[Problem] = []
        more: list[Problem] = []
        counts: Counter[str] = Counter()
        for each in problems:
            if len(listed) == PROBLEMS_LISTED:
                return listed, [*more, _more(PROBLEMS_LISTED)]
            field = each.path[1:].partition("/")[0].replace("~1", "/").replace("~0", "~")
            counts[field] += 1
            if not field or counts[field] <= PROBLEMS_LISTED_OF_A_FIELD:
                listed.append(each)
            elif counts[field] == PROBLEMS_LISTED_OF_A_FIELD + 1:
                more.append(_more(PROBLEMS_LISTED_OF_A_FIELD, field))
        return listed, more

    def _is_bare(self, problems: list[Problem]) -> bool:
        return self._bare_json and any(each.rule == "json" for each in problems)

    def _details(self, problems: list[Problem]) -> Any:
        if self._unnamed:
            problems = [Problem("", p.rule, "", p.want, f"A value is wrong; wanted: {p.want}.") for p in problems]
        if self._map:
            by_field: dict[str, list[str]] = {}
            for each in problems:
                name = each.path[1:].split("/")[0] or "body"
                by_field.setdefault(name, []).append(each.message)
            return by_field
        return [{"path": p.path, "rule": p.rule, "got": p.got, "want": p.want, "message": p.message} for p in problems]


def _more(limit: int, *field: str) -> Problem:
    where = f" in {_field(field)}" if field else ""
    return problem("more", field, got=f"more than {limit} problems", limit=limit, where=where)


def _to_json(body: Any) -> bytes:
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError:  # a path or header with half a surrogate pair in it
        return json.dumps(body).encode()
