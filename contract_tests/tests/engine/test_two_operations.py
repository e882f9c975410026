"""Test a run of two operations: it searches and shrinks each with its own plain request, and judges both together."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import strategies as st

from contract_tests import OperationRules
from contract_tests.composition.run import open_run
from contract_tests.contract.loading import load_specification
from contract_tests.contract.terms import Terms
from contract_tests.engine.bases import on_an_accepted_base
from contract_tests.engine.searches import searches
from contract_tests.judging.case import Case
from contract_tests.operation_suite import OperationSuite, RequestGroup, judge_with, make_plan
from contract_tests.requests.plan import Sender, Step
from contract_tests.results.events import Event, ExchangeSeen, StageStarted, VerdictGiven
from contract_tests.settings.values import Depth, Settings
from contract_tests.target.exchange import Exchange, Request, Response
from contract_tests.tests.conftest import EXPIRED, USERS, settings_for, with_fewer_requests
from contract_tests.tests.judging.test_voucher_operation import PATH, write_spec
from contract_tests.tests.servers.right_core import Fields, Receive, RightCore, Scope, Send
from contract_tests.tests.servers.right_core import Request as Received
from contract_tests.tests.servers.serving import serve


class SameIdsAndAnyTitle(RightCore):
    """Gives each lead list the same id, and accepts a voucher with a title of any type."""

    def build(self, request: Received, user: str, fields: Fields) -> Fields:
        return {**super().build(request, user, fields), "id": "3f2504e0-4f89-41d3-9a0c-0305e82c3301"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await super().__call__(scope, receive, send)
            return
        request = await self.receive(scope, receive)
        status, body = self.answer_to_voucher(request)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    def answer_to_voucher(self, request: Received) -> tuple[int, Any]:
        try:
            body = json.loads(request.body)
        except ValueError:
            body = None
        if isinstance(body, dict) and "title" in body:
            return 201, {"code": "V1", "message": "Enjoy."}
        return 400, {"error": {"code": "BAD_REQUEST", "message": "No.", "details": [{"path": "title"}]}}


class NoLeadList(SameIdsAndAnyTitle):
    """Refuses every lead list."""

    def build(self, request: Received, user: str, fields: Fields) -> Fields:
        raise RuntimeError


def vouchers(suite: OperationSuite | None = None) -> tuple[OperationSuite, ...]:
    """Return the suite of lead lists with few requests, and one of vouchers."""
    return (*with_fewer_requests(lambda sent: False, every=12), *([suite] if suite else ()))


def run_against(app: RightCore, settings: Settings, suites: tuple[OperationSuite, ...]) -> list[Event]:
    events: list[Event] = []
    with serve(app) as url, open_run(replace(settings, url=url), suites=suites) as run:
        run.conduct(events.append)
    return events


def sent_to_vouchers(events: list[Event], label: str) -> int:
    seen = (event.exchange for event in events if isinstance(event, ExchangeSeen))
    return sum(each.request.url.endswith(PATH) and label in each.label for each in seen)


def test_operations_are_judged_together_once_and_shrunk_by_their_own_plain_requests(tmp_path: Path) -> None:
    settings = settings_for("http://unknown", depth=Depth.QUICK, spec_folder=write_spec(tmp_path / "spec"))
    events = run_against(SameIdsAndAnyTitle(USERS, EXPIRED), settings, vouchers())
    verdicts = [event.verdict.clause for event in events if isinstance(event, VerdictGiven)]
    assert verdicts.count("response.id.unique") == 1
    assert "createVoucher.request.title.type" in verdicts
    assert sent_to_vouchers(events, ", made smaller")


def test_an_operation_is_searched_although_the_server_refuses_every_body_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Depth, "examples", property(lambda depth: 1))
    group = RequestGroup(lambda sender: st.just(sender.request({"title": "drawn"})), "drawn")
    suite = OperationSuite(OperationRules("createVoucher"), groups={"valid vouchers": group})
    settings = settings_for("http://unknown", depth=Depth.STANDARD, spec_folder=write_spec(tmp_path / "spec"))
    events = run_against(NoLeadList(USERS, EXPIRED), settings, vouchers(suite))
    stages = [event.name for event in events if isinstance(event, StageStarted)]
    assert "searching: valid vouchers" in stages
    assert sent_to_vouchers(events, "drawn")


def test_another_base_of_an_operation_leaves_the_plain_request_of_the_first_one(tmp_path: Path) -> None:
    terms = Terms.of(load_specification(write_spec(tmp_path / "spec")), settings_for("http://unknown"))
    judge = judge_with(terms, ())
    first, voucher = (make_plan((), terms, each, "") for each in terms.specification.operations)
    other = replace(
        voucher, first=Step("other", Sender(terms, terms.specification.operations[-1]).request({"title": "y"}))
    )

    def answered(step: Step, status: int) -> Case:
        return judge.case(Exchange(step.request, Response(status, (), b'{"code": "V", "message": ""}'), None, 0, 1))

    history = [answered(voucher.first, 409), answered(other.first, 201)]
    traffic: Any = SimpleNamespace(
        plain=first.first, history=history, denied=frozenset(), probe=lambda step: [], allows_more=True
    )
    based = on_an_accepted_base(traffic, replace(voucher, others=lambda: [other]))
    assert based.plan.first is other.first
    assert traffic.plain is first.first


def test_operations_at_one_path_are_searched_on_their_own_bases(tmp_path: Path) -> None:
    terms = Terms.of(load_specification(write_spec(tmp_path / "spec")), Settings("http://unknown"))
    voucher = terms.specification.operations[-1]
    operations = (voucher, replace(voucher, id="replaceVoucher", method="PUT"))
    terms = replace(terms, specification=replace(terms.specification, operations=operations))
    seen: list[Any] = []

    def strategy(sender: Sender) -> st.SearchStrategy[Request]:
        seen.append((sender.operation.method, sender.base))
        return st.nothing()

    suites = [
        OperationSuite(OperationRules(each.id), groups={"all": RequestGroup(strategy, "all")}) for each in operations
    ]
    plans = [replace(make_plan((), terms, each, ""), base={"title": each.method}) for each in operations]
    for _ in zip(range(2), searches(tuple(suites), terms, plans, examples=1, seeds=(0,)), strict=False):
        pass
    assert seen == [("POST", {"title": "POST"}), ("PUT", {"title": "PUT"})]
