"""The problems of a request, and their words: what came, what is expected, and the message."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring
from typing import Any, NamedTuple

from mock_server.contract.schema import JsonPath
from mock_server.pipeline.words import WORDS

GOT_CHARACTERS = 60  # of a value that a message quotes


class Problem(NamedTuple):
    """One problem of a request; `path` is a JSON pointer (RFC 6901) into the body."""

    path: str
    rule: str
    got: str
    want: str
    message: str


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

    def at(self, path: JsonPath, **places: str) -> PhraseAt:
        """Return the phrase for a value at a path, with some of its places filled."""
        pointer, field = _place(path)
        if not pointer and self.message.startswith("{field}"):
            field = "The body"
        filled = _Filled({name: _literal(text) for name, text in {"field": field, **places}.items()})
        want, message = [_literal(text).format_map(filled) for text in (self.want, self.message)]
        return PhraseAt(pointer, self.rule, want, message, "%" in want)

    def problem(self, path: JsonPath, *, got: str = "", **places: object) -> Problem:
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


def _place(path: JsonPath) -> tuple[str, str]:
    """Return a path as a JSON pointer and in words."""
    if len(path) == 1 and isinstance(path[0], str) and len(path[0]) <= GOT_CHARACTERS:
        return _place_of_field(path[0])
    return pointer_to(path), path_in_words(path)


@functools.lru_cache(maxsize=256)  # most problems concern the few fields of the spec
def _place_of_field(name: str) -> tuple[str, str]:
    return pointer_to((name,)), path_in_words((name,))


def pointer_to(path: Iterable[str | int]) -> str:
    """Return the JSON pointer (RFC 6901) for a path."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def path_in_words(path: Iterable[str | int]) -> str:
    """Return a path as in JavaScript, such as `ids[3].name`."""
    words = ""
    for part in path:
        words += f"[{part}]" if isinstance(part, int) else f".{part}" if words else shorten(part)[1:-1]
    return words or "the body"
