"""Keep cases to compare later ones with, or to send again.

These are the newest, the first accepted one of each permitted variation, and those of the worst verdict on each broken
clause. Which ones are kept does not depend on the order in which responses arrive.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import orjson

from contract_tests.judging.case import Case
from contract_tests.results.numbers import CALLED_FOR
from contract_tests.results.views import ExchangeView, id_in
from contract_tests.target.exchange import NOT_JSON, Exchange, Response

# Twice as many as a run of depth standard sends; history oracles compare no older ones. As many more of those that a
# response called for, because their numbers do not say when they were sent.
KEPT_CASES = 2000
KEPT_BYTES = 32 * 1024 * 1024  # of bodies and messages; 2000 usual cases have a tenth of it
KEPT_RESPONSE_BYTES = 64 * 1024
KEPT_TEXT = 1024  # characters of one long text in a response that is longer than that
KEPT_ITEMS = 100


class History:
    """The judged cases of a run, bounded in number and in size."""

    def __init__(self) -> None:
        self._cases: dict[int, tuple[Case, ExchangeView]] = {}
        self._granting: dict[tuple[str, str], int] = {}  # permitted variation -> number of the first accepted case
        self._pinned: dict[Hashable, tuple[int, ...]] = {}  # breach -> numbers of what shows it
        self._first_with: dict[tuple[str, str], int] = {}  # operation and ID of what was created -> number
        self._bytes = 0

    def add(self, number: int, case: Case, view: ExchangeView) -> None:
        """Keep a case, and drop those with the smallest numbers that are no longer needed."""
        kept = remembered(case)
        self._pop(number)
        self._cases[number] = (kept, view)
        self._bytes += _size_bytes(kept.exchange)
        if case.succeeded:
            for variation in case.expectation.variations:
                self._granting[variation] = min(number, self._granting.get(variation, number))
        if name := _created(kept):
            self._first_with[name] = min(number, self._first_with.get(name, number))
        if len(self._cases) > KEPT_CASES or self._bytes > KEPT_BYTES:
            self._drop(number)

    def pin(self, breach: Hashable, numbers: Iterable[int]) -> None:
        """Keep the cases that show a breach, instead of those that showed it before."""
        self._pinned[breach] = tuple(numbers)

    def _drop(self, newest: int) -> None:
        first = {*self._granting.values(), newest}
        pinned = {number for numbers in self._pinned.values() for number in numbers} - first
        numbers = sorted(self._cases)
        planned = bisect_left(numbers, True, key=_is_called_for)
        old = {*numbers[:planned][:-KEPT_CASES], *numbers[planned:][:-KEPT_CASES]} - first - pinned
        for number in old:
            self._pop(number)
        if self._bytes <= KEPT_BYTES:
            return
        for number in (*sorted(self._cases.keys() - first - pinned), *sorted(pinned)):
            self._pop(number)
            if self._bytes <= KEPT_BYTES:
                return

    def _pop(self, number: int) -> None:
        if number in self._cases:
            case, _ = self._cases.pop(number)
            self._bytes -= _size_bytes(case.exchange)
            if (name := _created(case)) and self._first_with.get(name) == number:
                del self._first_with[name]

    def __iter__(self) -> Iterator[Case]:
        """Return all kept cases, in the order of sending."""
        return iter(self._cases[number][0] for number in sorted(self._cases))

    @property
    def granting(self) -> list[Case]:
        """Return the first accepted case of each permitted variation, in the order of sending."""
        return [self._cases[number][0] for number in sorted(set(self._granting.values()))]

    def with_ids_of(self, cases: Iterable[Case]) -> list[Case]:
        """Return the first kept case with the same ID as each of these, in the order of sending."""
        numbers = {self._first_with[name] for case in cases if (name := _created(case)) in self._first_with}
        return [self._cases[number][0] for number in sorted(numbers)]

    def view(self, number: int) -> ExchangeView | None:
        """Return the view of an exchange for reports; None if it was dropped."""
        return self._cases[number][1] if number in self._cases else None

    def exchange(self, number: int) -> Exchange | None:
        """Return the exchange with its secrets, to send it again; its response can be shortened."""
        return self._cases[number][0].exchange if number in self._cases else None


def remembered(case: Case) -> Case:
    """Return the case for history oracles: with shortened texts and lists if its response is long."""
    response = case.exchange.response
    if response is None or len(response.body) <= KEPT_RESPONSE_BYTES:
        return case
    value = response.json
    body = response.body[:KEPT_TEXT] if value is NOT_JSON else orjson.dumps(_shortened(value), default=str)
    shorter = Response(response.status, response.headers, body)
    return Case(replace(case.exchange, response=shorter), case.expectation, case.terms)


def _created(case: Case) -> tuple[str, str] | None:
    """Return the operation and the ID of what a request created; None if it created nothing with an ID."""
    response = case.exchange.response
    if case.created is None or case.operation is None or response is None:
        return None
    name = id_in(response)
    return (case.operation.id, name.lower()) if name else None


def _is_called_for(number: int) -> bool:
    return number // CALLED_FOR % 2 == 1


def _size_bytes(exchange: Exchange) -> int:
    """Return the size of what the server can make large, or the requests of a search."""
    request, response = exchange.request, exchange.response
    return len(request.body) + len(request.wire.data if request.wire else b"") + len(response.body if response else b"")


def _shortened(value: Any, depth: int = 8) -> Any:
    if isinstance(value, str):
        return value[:KEPT_TEXT].encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_shortened(item, depth - 1) for item in value[:KEPT_ITEMS]] if depth else []
    if isinstance(value, dict):
        some = list(value.items())[:KEPT_ITEMS]
        return {_shortened(key): _shortened(item, depth - 1) for key, item in some} if depth else {}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return float(value) if abs(value) < 10**300 else None
    return value
