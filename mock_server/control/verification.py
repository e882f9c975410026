"""Check that the requests that a test expects arrived; if not, find the nearest ones and their differences. Pure.

The journal is bounded, so it can have lost requests or bodies, and requests can be in progress. An upper bound that
these could exceed never passes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers

from mock_server.contract.schema import JsonPath
from mock_server.control.checks import Checker
from mock_server.control.matchers import (
    ABSENT,
    NOTHING,
    Difference,
    Matcher,
    compile_matcher,
    compile_text_matcher,
    difference,
)
from mock_server.control.possible import check_header_name, check_path
from mock_server.middleware.cors import is_preflight
from mock_server.pipeline.errors import Refused
from mock_server.pipeline.problems import problem, shorten
from mock_server.worlds.faults import glob_matches
from mock_server.worlds.journal import Exchange, Journal

NEAREST_SHOWN = 3
DIFFERENCES_SHOWN = 20

Mask = Callable[[str, str], str]  # header name (or an empty string) and text -> the text without secrets


@dataclass(frozen=True, slots=True)
class Question:
    """The body of the call `verify` with compiled matchers."""

    least: int
    most: int | None
    plain: Mapping[str, Any]  # method, path, status and user, as far as given
    headers: Mapping[str, Matcher]
    query: Mapping[str, Matcher]
    body: Matcher | None

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Question:
        """Compile the body of the call; raise WrongMatcher with the path of an invalid matcher, or Refused."""
        least, most = _bounds(asked)
        plain = {name: asked[name] for name in ("method", "status") if name in asked}
        plain |= {name: _matcher_or_text(asked[name], name) for name in ("path", "user") if name in asked}
        named = {
            place: {name: _present(each, (place, name)) for name, each in asked.get(place, {}).items()}
            for place in ("headers", "query")
        }
        if isinstance(asked.get("path"), str):
            check_path(asked["path"])
        for name in named["headers"]:
            check_header_name(name)
        body = compile_matcher(asked["body"], ("body",)) if "body" in asked else None
        return cls(least, most, plain, named["headers"], named["query"], body)


def verify(question: Question, journal: Journal, checker: Checker, mask: Mask) -> dict[str, Any]:
    """Return the outcome: whether the expected number of exchanges match, and if not, the nearest ones.

    `mask` removes secrets from the outcome.
    """
    wants_preflights = question.plain.get("method") == "OPTIONS"
    considered = [each for each in journal if wants_preflights or not is_preflight(each.method, each.headers)]
    found = [(each, *_compare(question, each, checker)) for each in considered]
    count = sum(not differences and is_known for _, differences, is_known in found)
    cut = sum(not differences and not is_known for _, differences, is_known in found)
    pending = sum(_can_match(question, each, checker) for each in journal.in_progress)
    unknown = cut + journal.dropped + pending
    outcome: dict[str, Any] = {"held": False, "count": count}
    least, most = question.least, question.most
    if least <= count and (most is None or count + unknown <= most):
        return {**outcome, "held": True}
    outcome["expected"] = _in_words(least, most)
    if unknown and count + unknown >= least and (most is None or count <= most):
        outcome |= {"unknown": unknown, "reason": _reason(journal.dropped, cut, pending)}
    differing = [(each, differences) for each, differences, is_known in found if is_known]
    nearest = sorted((pair for pair in differing if pair[1]), key=lambda pair: (len(pair[1]), -pair[0].id))
    if most is not None and count > most:  # too many arrived: show which
        nearest = [pair for pair in differing if not pair[1]]
    return {**outcome, "nearest": [_nearest(*pair, mask) for pair in nearest[:NEAREST_SHOWN]]}


def _bounds(asked: Mapping[str, Any]) -> tuple[int, int | None]:
    """Return the least and the most; raise Refused if no number, or not each bound, can be met."""
    if "times" in asked:
        if asked.keys() & {"atLeast", "atMost"}:
            got = f"{asked['times']} with another bound"
            raise Refused(400, [problem("range", ("times",), got=got, want="times, or atLeast and atMost")])
        return asked["times"], asked["times"]
    if "atMost" in asked:
        if asked["atMost"] < asked.get("atLeast", 0):
            got = f"{asked['atMost']}, below atLeast"
            raise Refused(400, [problem("range", ("atMost",), got=got, want=f"{asked['atLeast']} or more")])
        return asked.get("atLeast", 0), asked["atMost"]
    return asked.get("atLeast", 1), None


def _in_words(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {least}"
    return f"exactly {most}" if least == most else f"{least} to {most}"


def _reason(dropped: int, cut: int, pending: int) -> str:
    lost = [f"{dropped} request{'s'[: dropped > 1]}"] if dropped else []
    if cut:
        lost.append(f"the bod{'ies' if cut > 1 else 'y'} of {cut} request{'s'[: cut > 1]}")
    causes, remedies = [], []
    if pending:
        causes.append(f"{pending} request{'s are' if pending > 1 else ' is'} in progress")
        remedies.append("wait for the end with withinMs")
    if lost:
        causes.append(f"the journal has dropped {' and '.join(lost)}")
        remedies.append("reset the world before the test, or send fewer requests")
    return f"The number is unknown, because {', and '.join(causes)}; {'; '.join(remedies)}"


def _nearest(exchange: Exchange, differences: list[Difference], mask: Mask) -> dict[str, Any]:
    shown = []
    for each in differences[:DIFFERENCES_SHOWN]:
        header = each["path"].removeprefix("/headers/") if each["path"].startswith("/headers/") else ""
        shown.append({**each, "got": mask(header, each["got"])})
    return {
        "id": exchange.id,
        "method": exchange.method,
        "path": exchange.path,
        "status": exchange.status,
        "differences": shown,
    }


def _compare(question: Question, exchange: Exchange, checker: Checker) -> tuple[list[Difference], bool]:
    """Return the differences, and whether the exchange still has everything that the question needs."""
    differences = [*_outer_differences(question, exchange, checker)]
    if question.body is None:
        return differences, True
    if len(exchange.body) < exchange.body_bytes:
        return differences, bool(differences)  # with another difference it cannot match, whatever its body was
    return [*differences, *_body_differences(question.body, exchange, exchange.checker or checker)], True


def _can_match(question: Question, exchange: Exchange, checker: Checker) -> bool:
    """Return whether an exchange in progress can match once it has its status and its whole body."""
    plain = {name: each for name, each in question.plain.items() if name != "status"}
    body = question.body if exchange.body_complete else None
    return not _compare(dataclasses.replace(question, plain=plain, body=body), exchange, checker)[0]


def _outer_differences(question: Question, exchange: Exchange, checker: Checker) -> Iterator[Difference]:
    plain = question.plain
    for name in ("method", "status"):
        if name in plain and plain[name] != getattr(exchange, name):
            yield difference((name,), shorten(plain[name]), getattr(exchange, name))
    if "path" in plain:
        yield from plain["path"](exchange.path, ("path",))
    if "user" in plain:
        yield from plain["user"](checker.user_of(exchange), ("user",))
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


def _body_differences(matcher: Matcher, exchange: Exchange, checker: Checker) -> Iterator[Difference]:
    try:
        body = checker.json_of(bytes(exchange.body), Headers(raw=exchange.headers))
    except ValueError:
        got = "not JSON" if exchange.body else NOTHING
        yield {"path": "/body", "want": "JSON", "got": got}
    else:
        yield from matcher(body, ("body",))


def _matcher_or_text(want: Any, name: str) -> Matcher:
    """Return a matcher for a text; in a path that is a text, `*` matches any text."""
    if name != "path" or not isinstance(want, str):
        return compile_matcher(want) if want is None else compile_text_matcher(want, (name,))

    def matcher(got: Any, path: JsonPath) -> Iterator[Difference]:
        if not glob_matches(want, got):
            yield difference(path, shorten(want), got)

    return matcher


def _present(want: Any, path: tuple[str, str]) -> Matcher:
    """Return a matcher for a header or query parameter, or for its absence."""
    if want is not None:
        return compile_text_matcher(want, path, has_arrays=path[0] == "query")

    def matcher(got: Any, path: JsonPath) -> Iterator[Difference]:
        if got is not ABSENT:
            yield difference(path, NOTHING, got)

    return matcher
