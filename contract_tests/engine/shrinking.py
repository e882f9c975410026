"""Strategies between a plain request and a failing one, which Hypothesis shrinks towards the plain one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.judging.body import read_body
from contract_tests.requests.plan import encode
from contract_tests.target.exchange import Request

REQUESTS = 60  # for one clause; four times as many as halving needs for one place in a thousand, and its length
CLAUSES = 10  # for a server that breaks more, small examples matter less


class _LeftOut:
    """The value of an omitted field."""


_LEFT_OUT: Final = _LeftOut()


def plain_like(plains: Sequence[Request], found: Request) -> Request:
    """Return the plain request of the same operation; the first one if `found` belongs to none."""
    same = [plain for plain in plains if plain.url == found.url] or plains
    return next((plain for plain in same if plain.method == found.method), same[0])


def requests_between(plain: Request, found: Request) -> SearchStrategy[Request] | None:
    """Return a strategy for requests between `plain` and `found`, field by field; None if nothing is between."""
    ends = [_fields(plain.body), _fields(found.body)]
    if not all(ends) or found.body == plain.body or found.url != plain.url or found.wire is not None:
        return None
    return bodies_between(*ends).map(lambda body: replace(found, body=encode(body)))


def _fields(body: bytes) -> dict[str, Any]:
    """Return the fields of a body in the plain encoding, which a new encoding would not change; not of a deep one."""
    fields = read_body(body, None).value
    return fields if isinstance(fields, dict) and encode(fields) == body else {}


def bodies_between(plain: Mapping[str, Any], found: Mapping[str, Any]) -> SearchStrategy[dict[str, Any]]:
    """Return a strategy: each field from `plain`, or partly or wholly from `found`; it shrinks towards `plain`."""
    names = [*found, *(name for name in plain if name not in found)]
    fields = {name: _between(plain.get(name, _LEFT_OUT), found.get(name, _LEFT_OUT)) for name in names}
    return st.fixed_dictionaries(fields).map(
        lambda body: {name: value for name, value in body.items() if value is not _LEFT_OUT}
    )


@st.composite
def _between(draw: st.DrawFn, plain: Any, found: Any) -> Any:
    """Return a strategy for a part of the items of `found`: it shrinks to the fewest that still break the clause."""
    if (plain == found and type(plain) is type(found)) or not draw(st.booleans()):
        return plain
    if not isinstance(found, str | list):
        return found
    end = draw(_up_to(len(found)))
    return found[end - draw(_up_to(end)) : end]


def _up_to(count: int) -> SearchStrategy[int]:
    """Return a strategy for a number, often `count` itself, that shrinks evenly."""
    return st.integers(0, 2 * count).map(lambda number: min(number, count))
