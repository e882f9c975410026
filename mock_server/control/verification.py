"""Did the requests come that a test expects? If not: which came nearest, and what was different. Pure.

The journal is bounded, so there may be requests that are not known any more, or not whole. An outcome never says that
a bound holds which they might break.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.datastructures import Headers

from mock_server.control.matchers import (
    ABSENT,
    NOTHING,
    Difference,
    Matcher,
    WrongMatcher,
    compile_matcher,
    difference,
)
from mock_server.control.verdicts import Judge
from mock_server.middleware.cors import is_preflight
from mock_server.pipeline.errors import shorten
from mock_server.worlds.faults import glob_matches
from mock_server.worlds.journal import Exchange

NEAREST_TOLD = 3
DIFFERENCES_TOLD = 20

Mask = Callable[[str, str], str]  # header name (or nothing) and text -> the text without secrets


@dataclass(frozen=True, slots=True)
class Question:
    """The body of the call `verify`, its matchers compiled."""

    least: int
    most: int | None
    plain: Mapping[str, Any]  # method, path, status, user: those that are asked for
    headers: Mapping[str, Matcher]
    query: Mapping[str, Matcher]
    body: Matcher | None

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Question:
        """Compile a question; raise WrongMatcher with its place in it."""
        least, most = _bounds(asked)
        plain = {name: asked[name] for name in ("method", "status") if name in asked}
        plain |= {name: _matcher_or_text(asked[name], name) for name in ("path", "user") if name in asked}
        named = {
            place: {name: _present(each, (place, name)) for name, each in asked.get(place, {}).items()}
            for place in ("headers", "query")
        }
        body = compile_matcher(asked["body"], ("body",)) if "body" in asked else None
        return cls(least, most, plain, named["headers"], named["query"], body)


def verify(question: Question, exchanges: Sequence[Exchange], dropped: int, judge: Judge, mask: Mask) -> dict[str, Any]:
    """Return the outcome: whether as many exchanges fit as expected, and if not, the nearest ones.

    `dropped` is how many left the journal. `mask` takes the secrets out of what is shown.
    """
    wants_preflights = question.plain.get("method") == "OPTIONS"
    considered = [each for each in exchanges if wants_preflights or not is_preflight(_scope(each))]
    found = [(each, *_compare(question, each, judge)) for each in considered]
    count = sum(not differences and is_known for _, differences, is_known in found)
    cut = sum(not differences and not is_known for _, differences, is_known in found)
    unknown = cut + dropped
    outcome: dict[str, Any] = {"held": False, "count": count}
    least, most = question.least, question.most
    if least <= count and (most is None or count + unknown <= most):
        return {**outcome, "held": True}
    outcome["expected"] = _in_words(least, most)
    if unknown and count + unknown >= least and (most is None or count <= most):
        outcome |= {"unknown": unknown, "reason": _reason(dropped, cut)}
    differing = [(each, differences) for each, differences, is_known in found if is_known]
    nearest = sorted((pair for pair in differing if pair[1]), key=lambda pair: (len(pair[1]), -pair[0].id))
    if most is not None and count > most:  # too many came: the question is which
        nearest = [pair for pair in differing if not pair[1]]
    return {**outcome, "nearest": [_told(*pair, mask) for pair in nearest[:NEAREST_TOLD]]}


def _bounds(asked: Mapping[str, Any]) -> tuple[int, int | None]:
    if "times" in asked:
        return asked["times"], asked["times"]
    if "atMost" in asked:
        return asked.get("atLeast", 0), asked["atMost"]
    return asked.get("atLeast", 1), None


def _in_words(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {least}"
    return f"exactly {most}" if least == most else f"{least} to {most}"


def _reason(dropped: int, cut: int) -> str:
    parts = []
    if dropped:
        parts.append(f"{dropped} request{'s'[: dropped > 1]} left the journal")
    if cut:
        parts.append(f"of {cut} request{'s'[: cut > 1]} the body is not kept")
    return f"It cannot be known: {' and '.join(parts)}; reset the world before the test, or ask for less in one world"


def _told(exchange: Exchange, differences: list[Difference], mask: Mask) -> dict[str, Any]:
    shown = []
    for each in differences[:DIFFERENCES_TOLD]:
        header = each["path"].removeprefix("/headers/") if each["path"].startswith("/headers/") else ""
        shown.append({**each, "got": mask(header, each["got"])})
    return {
        "id": exchange.id,
        "method": exchange.method,
        "path": exchange.path,
        "status": exchange.status,
        "differences": shown,
    }


def _scope(exchange: Exchange) -> dict[str, Any]:
    return {"method": exchange.method, "headers": list(exchange.headers)}


def _compare(question: Question, exchange: Exchange, judge: Judge) -> tuple[list[Difference], bool]:
    """The differences, and whether all of the exchange is known that the question asks for."""
    differences = [*_outer_differences(question, exchange, judge)]
    if question.body is None:
        return differences, True
    if len(exchange.body) < exchange.body_bytes:
        return differences, bool(differences)  # another difference suffices: it does not fit, whatever its body
    return [*differences, *_body_differences(question.body, exchange)], True


def _outer_differences(question: Question, exchange: Exchange, judge: Judge) -> Iterator[Difference]:
    plain = question.plain
    for name in ("method", "status"):
        if name in plain and plain[name] != getattr(exchange, name):
            yield difference((name,), shorten(plain[name]), getattr(exchange, name))
    if "path" in plain:
        yield from plain["path"](exchange.path, ("path",))
    if "user" in plain:
        yield from plain["user"](judge(exchange).user, ("user",))
    headers = Headers(raw=list(exchange.headers))
    for name, matcher in question.headers.items():
        yield from matcher(", ".join(headers.getlist(name)) if name in headers else ABSENT, ("headers", name))
    if question.query:
        query: dict[str, list[str]] = {}
        for name, value in parse_qsl(exchange.query.decode("latin-1"), keep_blank_values=True):
            query.setdefault(name, []).append(value)
        for name, matcher in question.query.items():
            values = query.get(name, [])
            yield from matcher(values if len(values) > 1 else values[0] if values else ABSENT, ("query", name))


def _body_differences(matcher: Matcher, exchange: Exchange) -> Iterator[Difference]:
    try:
        body = orjson.loads(exchange.body)
    except orjson.JSONDecodeError:
        got = "not JSON" if exchange.body else NOTHING
        yield {"path": "/body", "want": "JSON", "got": got}
    else:
        yield from matcher(body, ("body",))


def _matcher_or_text(want: Any, name: str) -> Matcher:
    """A matcher of a text; in a path that is given as a text, `*` matches any text."""
    if name != "path" or not isinstance(want, str):
        return compile_matcher(want, (name,))

    def matcher(got: Any, path: tuple[str | int, ...]) -> Iterator[Difference]:
        if not glob_matches(want, got):
            yield difference(path, shorten(want), got)

    return matcher


def _present(want: Any, path: tuple[str, str]) -> Matcher:
    """A matcher of a header or a query parameter, or of its absence."""
    if want is not None:
        return compile_matcher(want, path)

    def matcher(got: Any, path: tuple[str | int, ...]) -> Iterator[Difference]:
        if got is not ABSENT:
            yield difference(path, NOTHING, got)

    return matcher


__all__ = ["Question", "WrongMatcher", "verify"]
