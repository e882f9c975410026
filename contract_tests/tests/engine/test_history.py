"""The cases that a run keeps have a limit in number and in bytes."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pytest

from contract_tests.composition.suites import SUITES
from contract_tests.contract.loading import load_specification
from contract_tests.contract.terms import Terms
from contract_tests.engine import history
from contract_tests.engine.case_log import CaseLog
from contract_tests.engine.history import KEPT_BYTES, History
from contract_tests.operation_suite import judge_with
from contract_tests.results.event_log import EventLog
from contract_tests.results.numbers import CALLED_FOR
from contract_tests.results.views import view_exchange
from contract_tests.settings.secrets import Masker
from contract_tests.target.exchange import Exchange, Request, Wire
from contract_tests.tests.conftest import settings_for
from contract_tests.tests.corpus.exchanges import created, exchange, judge, request, sent_body

URL = "http://127.0.0.1:1"
MIB = 1024 * 1024
SHORT = Request("POST", URL, (), b"x")
NO_PINS: Mapping[int, Mapping[str, Sequence[int]]] = {}


def history_of(
    numbers: Iterable[int], request_: Request = SHORT, pins: Mapping[int, Mapping[str, Sequence[int]]] = NO_PINS
) -> list[int]:
    """Return the numbers of the kept cases. numbers: as they arrive. pins: after which number, what is pinned."""
    judge = judge_with(Terms.of(load_specification(), settings_for(URL)), SUITES)
    cases = History()
    for number in numbers:
        exchange = Exchange(request_, None, "no response", 0.0, 0.0, number=number)
        cases.add(number, judge.case(exchange), view_exchange(exchange, number, str))
        for breach, shown in pins.get(number, {}).items():
            cases.pin(breach, shown)
    return [case.exchange.number for case in cases]


@pytest.mark.parametrize(
    ("request_", "kept"),
    [
        (SHORT, range(11, 31)),
        (Request("POST", URL, (), b"x" * 2 * MIB), range(31 - KEPT_BYTES // (2 * MIB), 31)),
        (Request("POST", URL, wire=Wire(b"x" * 4 * MIB)), range(31 - KEPT_BYTES // (4 * MIB), 31)),
        (Request("POST", URL, (), b"x" * 2 * KEPT_BYTES), range(30, 31)),
    ],
    ids=["short", "long", "messages", "too long"],
)
def test_the_newest_cases_are_kept(request_: Request, kept: range, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "KEPT_CASES", 20)
    assert history_of(range(1, 31), request_) == list(kept)


def test_the_kept_cases_do_not_depend_on_the_order_of_arrival(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "KEPT_CASES", 20)
    for seed in range(5):
        late = random.Random(seed)
        order = sorted(range(1, 101), key=lambda number: number + late.random() * 10)
        assert history_of(order) == list(range(81, 101))


def test_the_cases_of_a_breach_are_kept_and_those_that_showed_it_before_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(history, "KEPT_CASES", 20)
    assert history_of(range(1, 101), pins={9: {"a": (3, 5), "b": (5, 9)}}) == [3, 5, 9, *range(81, 101)]
    replaced = {number: {"a": (number,)} for number in range(1, 61)}
    assert history_of(range(1, 101), pins=replaced) == [60, *range(81, 101)]


def test_what_responses_call_for_does_not_displace_planned_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "KEPT_CASES", 20)
    called_for = range(CALLED_FOR + 1, CALLED_FOR + 101)
    assert history_of([*range(1, 51), *called_for, *range(51, 61)]) == [*range(41, 61), *called_for[-20:]]


def test_an_id_that_an_earlier_search_has_seen_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one whose case is kept: the newest, and those that show a breach."""
    monkeypatch.setattr(history, "KEPT_CASES", 4)
    log = CaseLog(judge(), EventLog(None), chosen=frozenset({"response.id.unique"}), secrets=Masker({}))

    def broken_by(number: int, last: str) -> list[tuple[int, ...]]:
        body = sent_body(name=f"list {number}")
        answer = created(body, id=f"3F2504E0-4F89-41D3-9A0C-0305E82C33{last}", createdAt="2030-01-01T00:00:00.000Z")
        case = judge().case(replace(exchange(request(body), answer=answer, at_s=number), number=number))
        log.add(case, judge().judge(case))
        found = log.broken(log.judge_new([case]))
        return [tuple(shown.number for shown in verdict.exchanges) for verdict in found]

    lasts = ["00", "01", "02", "03", "04", "02", "01", "05", "01", "06", "07", "01"]
    found = {number: broken_by(number, last) for number, last in enumerate(lasts, 1)}
    assert {number: shown for number, shown in found.items() if shown} == {6: [(3, 6)], 9: [(7, 9)], 12: [(7, 12)]}


def test_the_cases_of_breaches_also_have_a_limit_in_bytes() -> None:
    request_ = Request("POST", URL, (), b"x" * 4 * MIB)
    assert history_of(range(1, 31), request_, pins={n: {str(n): (n,)} for n in range(1, 31)}) == list(range(23, 31))
