"""Requests between a plain one and one that breaks a clause, for Hypothesis to shrink towards the plain one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.judging.body import read_body
from contract_tests.requests.plan import encode
from contract_tests.target.exchange import Request

REQUESTS = 60  # for one clause; four times what halving takes to find a place among a thousand, and its length
CLAUSES = 10  # a server that breaks more has other worries than small examples


class _LeftOut:
    """The value of a field that is not sent."""


_LEFT_OUT: Final = _LeftOut()


def requests_between(plain: Request, found: Request) -> SearchStrategy[Request] | None:
    """Requests like found whose fields are in part those of plain; None where there is nothing between."""
    ends = [_fields(plain.body), _fields(found.body)]
    if not all(ends) or found.body == plain.body or found.url != plain.url:
        return None
    return bodies_between(*ends).map(lambda body: replace(found, body=encode(body)))


def _fields(body: bytes) -> dict[str, Any]:
    """The fields of a body that is written plainly, or it would change, and that is not nested deep on purpose."""
    fields = read_body(body, None).value
    return fields if isinstance(fields, dict) and encode(fields) == body else {}


def bodies_between(plain: Mapping[str, Any], found: Mapping[str, Any]) -> SearchStrategy[dict[str, Any]]:
    """Each field as it is in `plain`, or in part or whole as it is in `found`; they shrink towards `plain`."""
    names = [*found, *(name for name in plain if name not in found)]
    fields = {name: _between(plain.get(name, _LEFT_OUT), found.get(name, _LEFT_OUT)) for name in names}
    return st.fixed_dictionaries(fields).map(
        lambda body: {name: value for name, value in body.items() if value is not _LEFT_OUT}
    )


@st.composite
def _between(draw: st.DrawFn, plain: Any, found: Any) -> Any:
    """`plain`, or neighbours in `found`: they end where the clause just breaks, and then are as few as may be."""
    if (plain == found and type(plain) is type(found)) or not draw(st.booleans()):
        return plain
    if not isinstance(found, str | list):
        return found
    end = draw(_up_to(len(found)))
    return found[end - draw(_up_to(end)) : end]


def _up_to(count: int) -> SearchStrategy[int]:
    """A number that is likely to be `count`, so that something is found at all, and shrinks evenly from there."""
    return st.integers(0, 2 * count).map(lambda number: min(number, count))
