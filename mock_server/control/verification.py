"""Did the requests come that a test expects? If not: which came nearest, and what was different. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from mock_server.control.verdicts import Judge
from mock_server.pipeline.errors import pointer_to, shorten
from mock_server.worlds.faults import glob_matches
from mock_server.worlds.journal import Exchange

NEAREST_TOLD = 3
DIFFERENCES_TOLD = 20
NOTHING = "nothing"

Difference = dict[str, str]


def verify(question: Mapping[str, Any], exchanges: Iterable[Exchange], judge: Judge) -> dict[str, Any]:
    """Whether as many exchanges fit `question` (the body of the call `verify`) as it expects."""
    least, most = _bounds(question)
    exchanges = list(exchanges)
    differing = [(list(_differences(question, each, judge)), each) for each in exchanges]
    count = sum(not differences for differences, _ in differing)
    if least <= count and (most is None or count <= most):
        return {"held": True, "count": count}
    nearest = sorted((pair for pair in differing if pair[0]), key=lambda pair: (len(pair[0]), -pair[1].id))
    if count > least:  # too many came: the question is which
        nearest = [pair for pair in differing if not pair[0]]
    return {
        "held": False,
        "count": count,
        "expected": _in_words(least, most),
        "nearest": [_told(each, differences) for differences, each in nearest[:NEAREST_TOLD]],
    }


def _bounds(question: Mapping[str, Any]) -> tuple[int, int | None]:
    if "times" in question:
        return question["times"], question["times"]
    if "atMost" in question:
        return question.get("atLeast", 0), question["atMost"]
    return question.get("atLeast", 1), None


def _in_words(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {least}"
    return f"exactly {most}" if least == most else f"{least} to {most}"


def _told(exchange: Exchange, differences: list[Difference]) -> dict[str, Any]:
    return {
        "id": exchange.id,
        "method": exchange.method,
        "path": exchange.path,
        "status": exchange.status,
        "differences": differences[:DIFFERENCES_TOLD],
    }


def _differences(question: Mapping[str, Any], exchange: Exchange, judge: Judge) -> Iterator[Difference]:
    if question.get("method", exchange.method) != exchange.method:
        yield _difference(("method",), question["method"], exchange.method)
    if not glob_matches(question.get("path", "*"), exchange.path):
        yield _difference(("path",), question["path"], exchange.path)
    if question.get("status", exchange.status) != exchange.status:
        yield _difference(("status",), question["status"], exchange.status)
    if "user" in question and question["user"] != (user := judge(exchange).user):
        yield _difference(("user",), question["user"], user)
    if "body" in question:
        try:
            body = orjson.loads(exchange.body)
        except orjson.JSONDecodeError:
            yield {"path": "/body", "want": shorten(question["body"]), "got": "not JSON" if exchange.body else NOTHING}
        else:
            yield from _in_json(question["body"], body, ("body",))


def _in_json(want: Any, got: Any, path: tuple[str | int, ...]) -> Iterator[Difference]:
    """An object must have the members that are wanted, and may have more; everything else must be equal."""
    if isinstance(want, dict) and isinstance(got, dict):
        for name, each in want.items():
            if name in got:
                yield from _in_json(each, got[name], (*path, name))
            else:
                yield {"path": pointer_to((*path, name)), "want": shorten(each), "got": NOTHING}
    elif isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        for i, (each, other) in enumerate(zip(want, got, strict=True)):
            yield from _in_json(each, other, (*path, i))
    elif want != got or isinstance(want, bool) != isinstance(got, bool):  # in JSON, true is not 1
        yield _difference(path, want, got)


def _difference(path: tuple[str | int, ...], want: Any, got: Any) -> Difference:
    return {"path": pointer_to(path), "want": shorten(want), "got": shorten(got)}
