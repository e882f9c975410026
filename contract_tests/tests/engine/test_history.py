"""The cases that a run keeps have a limit in number and in bytes."""

from __future__ import annotations

import pytest

from contract_tests.composition.suites import SUITES
from contract_tests.contract.loading import load_specification
from contract_tests.contract.terms import Terms
from contract_tests.engine import history
from contract_tests.engine.history import KEPT_BYTES, History
from contract_tests.engine.views import view_exchange
from contract_tests.operation_suite import judge_with
from contract_tests.target.exchange import Exchange, Request, Wire
from contract_tests.tests.conftest import settings_for

URL = "http://127.0.0.1:1"
MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("request_", "kept"),
    [
        (Request("POST", URL, (), b"x"), range(11, 31)),
        (Request("POST", URL, (), b"x" * 2 * MIB), range(31 - KEPT_BYTES // (2 * MIB), 31)),
        (Request("POST", URL, wire=Wire(b"x" * 4 * MIB)), range(31 - KEPT_BYTES // (4 * MIB), 31)),
        (Request("POST", URL, (), b"x" * 2 * KEPT_BYTES), range(30, 31)),
    ],
    ids=["short", "long", "messages", "too long"],
)
def test_the_newest_cases_are_kept(request_: Request, kept: range, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "KEPT_CASES", 20)
    judge = judge_with(Terms.of(load_specification(), settings_for(URL)), SUITES)
    cases = History()
    for number in range(1, 31):
        exchange = Exchange(request_, None, "no response", 0.0, 0.0, number=number)
        cases.add(number, judge.case(exchange), view_exchange(exchange, number, str))
    assert [case.exchange.number for case in cases] == list(kept)
