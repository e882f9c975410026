"""Keep cases to compare later ones with: the newest, and the first accepted one of each permitted variation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from contract_tests.engine.views import ExchangeView
from contract_tests.judging.case import Case
from contract_tests.target.exchange import NOT_JSON, Exchange, Response

KEPT_CASES = 2000  # twice as many as a run of depth standard sends; history oracles compare no older ones
KEPT_BYTES = 32 * 1024 * 1024  # of bodies and messages; 2000 usual cases have a tenth of it
KEPT_RESPONSE_BYTES = 64 * 1024
KEPT_TEXT = 1024  # characters of one long text in a response that is longer than that
KEPT_ITEMS = 100


class History:
    """The judged cases of a run, bounded in number and in size."""

    def __init__(self) -> None:
        self._cases: dict[int, tuple[Case, ExchangeView]] = {}
        self._granting: dict[tuple[str, str], int] = {}  # permitted variation -> number of the first accepted case
        self._bytes = 0

    def add(self, number: int, case: Case, view: ExchangeView) -> None:
        """Keep a case, and drop the oldest ones that are no longer needed."""
        kept = remembered(case)
        self._cases[number] = (kept, view)
        self._bytes += _size_bytes(kept.exchange)
        if case.succeeded:
            for variation in case.expectation.variations:
                self._granting[variation] = min(number, self._granting.get(variation, number))
        if len(self._cases) > KEPT_CASES or self._bytes > KEPT_BYTES:
            self._drop()

    def _drop(self) -> None:
        needed = {*self._granting.values(), next(reversed(self._cases))}
        while len(self._cases) > KEPT_CASES or self._bytes > KEPT_BYTES:
            oldest = next((number for number in self._cases if number not in needed), None)
            if oldest is None:
                return
            self._bytes -= _size_bytes(self._cases.pop(oldest)[0].exchange)

    def __iter__(self) -> Iterator[Case]:
        """Return all kept cases, in the order of sending."""
        return iter(self._cases[number][0] for number in sorted(self._cases))

    @property
    def granting(self) -> list[Case]:
        """Return the first accepted case of each permitted variation, in the order of sending."""
        return [self._cases[number][0] for number in sorted(set(self._granting.values()))]

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
