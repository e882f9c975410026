"""Problems, refusals, and the renderer of all error responses."""

from __future__ import annotations

import functools
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from http.client import responses
from json.encoder import encode_basestring
from typing import Any, NamedTuple

import orjson

from mock_server.contract.readings import Readings
from mock_server.pipeline.responses import RenderedResponse
from mock_server.pipeline.words import STATUSES, WORDS

MALFORMED = frozenset({"json", "empty", "encoding"})  # rules of bodies that are not JSON in UTF-8
# A body of 1 MiB can have a hundred thousand wrong IDs, but people read at most a screen of problems. One field must
# not fill the screen, because its problems would hide those of the next field.
PROBLEMS_LISTED = 100
PROBLEMS_LISTED_OF_A_FIELD = 20
GOT_CHARACTERS = 60
PLAIN_KEPT = 100  # there are few responses that quote nothing from the request


class Problem(NamedTuple):
    """One problem of a request; `path` is a JSON pointer (RFC 6901) into the body."""

    path: str
    rule: str
    got: str
    want: str
    message: str


class Refused(Exception):
    """Raised to refuse a request with an error response."""

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
        self.status = status  # Connexion reads this attribute when several logins fail
        self.problems = tuple(problems)
        self.message = message
        self.headers = headers or {}
        self.closes = closes  # the response closes the connection: the rest of the request is not read


class ClientLeft(Exception):
    """The client disconnected before its request was complete, so no response is sent."""


def problem(rule: str, path: Iterable[str | int] = (), *, got: str = "", **places: object) -> Problem:
    """Return a problem with a message of `words.WORDS`."""
    return worded_problem(WORDS, rule, path, got=got, **places)


def worded_problem(
    words: Mapping[str, tuple[str, str]], rule: str, path: Iterable[str | int] = (), *, got: str = "", **places: object
) -> Problem:
    """Return a problem with the message of its rule in a table; `places` fill its braces."""
    return Phrase(rule, *words[rule]).problem(tuple(path), got=got, **places)


class Phrase(NamedTuple):
    """The words of one kind of problem, with places in braces: what is expected, and the message."""

    rule: str
    want: str
    message: str

    def at(self, path: tuple[str | int, ...], **places: str) -> PhraseAt:
        """Return the phrase for a value at a path, with some of its places filled."""
        pointer, field = _place(path)
        if not pointer and self.message.startswith("{field}"):
            field = "The body"
        filled = _Filled({name: _literal(text) for name, text in {"field": field, **places}.items()})
        want, message = [_literal(text).format_map(filled) for text in (self.want, self.message)]
        return PhraseAt(pointer, self.rule, want, message, "%" in want)

    def problem(self, path: tuple[str | int, ...], *, got: str = "", **places: object) -> Problem:
        """Return the problem at a path; `got` and `places` fill the other places."""
        return self.at(path).problem(got, {"got": got, "example": "", **places})


class PhraseAt(NamedTuple):
    """The words of one kind of problem at one path, a JSON pointer. Its places are those of the operator %.

    That fills them in half the time of str.format_map, and a body can have many problems.
    """

    pointer: str
    rule: str
    want: str
    message: str
    want_has_places: bool

    def problem(self, got: str, places: Mapping[str, object]) -> Problem:
        """Return the problem; `places`, with `got` among them, fill the other places."""
        want = self.want % places if self.want_has_places else self.want
        return Problem(self.pointer, self.rule, got, want, self.message % places)


class _Filled(dict[str, str]):
    """Turns a place in braces into one of the operator % if there is nothing for it."""

    def __missing__(self, name: str) -> str:
        return f"%({name})s"


def _literal(text: str) -> str:
    """Return a text that the operator % leaves as it is."""
    return text.replace("%", "%%")


def refused(rule: str, *, status: int = 400, closes: bool = False, got: str = "", **words: object) -> Refused:
    """Return a refusal for one problem of the request as a whole."""
    return Refused(status, [problem(rule, (), got=got, **words)], closes=closes)


def kind(value: Any, short: str) -> str:
    """Describe the JSON type of a value in words, with the value if it is `short`: what `shorten` returns for it."""
    match value:
        case bool() | None:
            return short
        case int() | float():
            return f"the number {short}"
        case str():
            return f"the string {short}"
        case list():
            return f"an array of {len(value)}" if value else "an empty array"
        case _:
            return "an object"


_CONSTANTS = {True: "true", False: "false", None: "null"}


def shorten(value: Any, characters: int = GOT_CHARACTERS) -> str:
    """Return a value as JSON, cut after `characters`."""
    match value:
        case str():
            return encode_basestring(value if len(value) <= characters else value[: characters - 1] + "…")
        case bool() | None:
            return _CONSTANTS[value]
        case int():
            return str(value)[:characters]
        case list() | dict() if value:
            return kind(value, "")
        case _:
            return json.dumps(value)[:characters]


def _place(path: tuple[str | int, ...]) -> tuple[str, str]:
    """Return a path as a JSON pointer and in words."""
    if len(path) == 1 and isinstance(path[0], str) and len(path[0]) <= GOT_CHARACTERS:
        return _place_of_field(path[0])
    return pointer_to(path), _field(path)


@functools.lru_cache(maxsize=256)  # most problems concern the few fields of the spec
def _place_of_field(name: str) -> tuple[str, str]:
    return pointer_to((name,)), _field((name,))


def pointer_to(path: Iterable[str | int]) -> str:
    """Return the JSON pointer (RFC 6901) for a path."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def _field(path: Iterable[str | int]) -> str:
    words = ""
    for part in path:
        words += f"[{part}]" if isinstance(part, int) else f".{part}" if words else shorten(part)[1:-1]
    return words or "the body"


# -- rendering


class Renderer:
    """Renders refusals by the readings; never raises."""

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
        ) + ("; charset=utf-8" if readings.follows("response-charset", "present") else "")  # error.media-type

        self._plain: dict[tuple[int, str, bool], RenderedResponse] = {}

    def __call__(self, refusal: Refused) -> RenderedResponse:
        if refusal.problems or refusal.headers:
            return self._render(refusal)
        key = refusal.status, refusal.message, refusal.closes
        response = self._plain.get(key)
        if response is None:
            response = self._render(refusal)
            if len(self._plain) < PLAIN_KEPT:
                self._plain[key] = response
        return response

    def _render(self, refusal: Refused) -> RenderedResponse:
        status = refusal.status
        code, message = STATUSES.get(status) or _by_phrase(status)  # error.message: no entry is empty
        problems, more = self._listed(refusal.problems)
        if refusal.message:
            message = refusal.message
        elif len(problems) == 1:
            message = problems[0].message
        elif problems:
            count = f"more than {len(problems)}" if more else len(problems)
            message = f"{message}; {count} problems, the first: {problems[0].message}"
        problems += more
        error: dict[str, Any] = {"code": code, "message": message}  # error.envelope
        body: dict[str, Any] = error if self._flat else {"error": error}
        # error.400.details: a 400 has details, other errors only if a reading says so.
        if (status == 400 and not self._is_bare(problems)) or self._always_details:
            problems = problems or [Problem("", code.lower(), "", "", message)]
            (body if self._top_level else error)["details"] = self._details(problems)
        headers = {"content-type": self._media_type, **refusal.headers}
        if status == 401 and self._challenge:
            headers["www-authenticate"] = "Bearer"  # RFC 9110 §11.6.1, RFC 6750 §3
        if refusal.closes:
            headers["connection"] = "close"
        return RenderedResponse(status, headers, _to_json(body))

    def _listed(self, problems: tuple[Problem, ...]) -> tuple[list[Problem], list[Problem]]:
        """Return the reported problems, and a note for each field that has more of them."""
        if self._first_only:
            return list(problems[:1]), []
        if len(problems) <= PROBLEMS_LISTED_OF_A_FIELD:
            return list(problems), []
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
        return self._bare_json and any(each.rule in MALFORMED for each in problems)

    def _details(self, problems: list[Problem]) -> Any:
        if self._unnamed:
            problems = [Problem("", "invalid", "", p.want, f"A value is wrong; wanted: {p.want}.") for p in problems]
        if self._map:
            by_field: dict[str, list[str]] = {}
            for each in problems:
                name = each.path[1:].split("/")[0] or "body"
                by_field.setdefault(name, []).append(each.message)
            return by_field
        return [
            {"path": path, "rule": rule, "got": got, "want": want, "message": message}
            for path, rule, got, want, message in problems
        ]


def _by_phrase(status: int) -> tuple[str, str]:
    """Return code and message for a status that is not on the API page, from the phrase of RFC 9110 §15."""
    phrase = responses.get(status, f"HTTP {status}")
    return re.sub(r"\W+", "_", phrase).upper(), phrase


def _more(limit: int, *field: str) -> Problem:
    where = f" in {_field(field)}" if field else ""
    return problem("more", field, got=f"more than {limit} problems", limit=limit, where=where)


def _to_json(body: Any) -> bytes:
    try:
        return bytes(memoryview(orjson.dumps(body)))  # a copy, because orjson leaves 4 KiB allocated for each text
    except orjson.JSONEncodeError:  # a path or header with half a surrogate pair in it
        return json.dumps(body).encode()
