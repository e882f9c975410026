"""An operation whose objects have a code and a message, but no id: no success of it is an error body."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract_tests import HistoryOracle, OperationRules, OperationSuite
from contract_tests.contract.loading import find_spec_folder, load_specification
from contract_tests.contract.specification import SpecificationError
from contract_tests.contract.terms import Terms
from contract_tests.contract.yaml_files import load_yaml
from contract_tests.judging.case import Case
from contract_tests.judging.verdict import Judgement, Observation, Outcome, Verdict, broken
from contract_tests.lead_lists import LEAD_LISTS
from contract_tests.operation_suite import judge_with
from contract_tests.settings.values import Settings, UsageError
from contract_tests.spec_gate import problems
from contract_tests.target.exchange import Exchange, Request, Response
from contract_tests.tests.corpus.exchanges import BASE_URL, FIRST, JSON_TYPE, LOGIN

PATH = "/api/v1/entities/vouchers"
REQUEST = {"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}}}
VOUCHER = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
}
RULES = (
    "success.created",
    "success.bare",
    "success.repeatable",
    "request.title.required",
    "request.title.type",
    "response.code.required",
)


def write_spec(folder: Path, path: str = PATH) -> Path:
    """Copy the contract, and add an operation at a path."""
    shutil.copytree(find_spec_folder(), folder)
    document = load_yaml(folder / "openapi.yaml")
    document["paths"][path] = {
        "post": {
            "operationId": "createVoucher",
            "security": [{"sessionBearer": []}],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": REQUEST, "example": {"title": "x"}}},
            },
            "responses": {"201": {"description": "A voucher.", "content": {"application/json": {"schema": VOUCHER}}}},
        }
    }
    (folder / "openapi.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    clauses = load_yaml(folder / "clauses.yaml")
    clauses["createVoucher"] = [
        {"id": f"createVoucher.{rule}", "statement": rule, "place": "Vouchers", "kind": "stated"}
        for rule in (*RULES, "response.code.unique")
    ]
    (folder / "clauses.yaml").write_text(yaml.safe_dump(clauses, sort_keys=False))
    return folder


@pytest.fixture(scope="module")
def terms(tmp_path_factory: pytest.TempPathFactory) -> Terms:
    folder = write_spec(tmp_path_factory.mktemp("vouchers") / "spec")
    return Terms.of(load_specification(folder), Settings(BASE_URL, FIRST))


def exchange(status: int, answer: Any, *, number: int = 1, headers: tuple[tuple[str, str], ...] = ()) -> Exchange:
    body = json.dumps({"title": "a"}).encode()
    request = Request("POST", BASE_URL + PATH, (JSON_TYPE, *LOGIN, *headers), body)
    return Exchange(
        request, Response(status, (JSON_TYPE,), json.dumps(answer).encode()), None, number, number + 0.5, "x", number
    )


def voucher(number: int) -> dict[str, str]:
    return {"code": f"V{number}", "message": "Enjoy."}


def test_a_correct_success_with_a_code_is_a_success(terms: Terms) -> None:
    judge = judge_with(terms, (LEAD_LISTS,))
    case = judge.case(exchange(201, voucher(1)))
    assert case.created == voucher(1)
    outcomes = {each.clause: each.outcome for each in judge.judge_all(case) if isinstance(each, Verdict)}
    assert outcomes["createVoucher.success.created"] is Outcome.HELD
    assert set(outcomes.values()) == {Outcome.HELD}
    assert judge.case(exchange(201, {"code": "BAD_REQUEST", "error": "no"})).is_error_body
    assert judge.case(exchange(201, {"error": voucher(1)})).is_error_body


def test_the_expected_statuses_are_those_of_the_operation(terms: Terms) -> None:
    judge = judge_with(terms, (LEAD_LISTS,))
    judged = judge.judge_all(judge.case(exchange(409, {"error": voucher(1)})))
    broken_ones = [each for each in judged if isinstance(each, Verdict) and each.outcome is Outcome.BROKEN]
    assert {each.expected for each in broken_ones} == {"201"}


def test_objects_without_an_id_are_not_the_same_object(terms: Terms) -> None:
    judge = judge_with(terms, (LEAD_LISTS,))
    key = (("Idempotency-Key", "k"),)
    cases = [judge.case(exchange(201, voucher(n), number=n, headers=key)) for n in (1, 2)]
    seen = [each for each in judge.judge_history(cases) if isinstance(each, Observation)]
    assert "idempotency-key" not in {each.reading for each in seen}


def test_an_oracle_of_a_suite_gets_the_cases_of_all_operations_if_it_spans_them(terms: Terms) -> None:
    spanned = []

    def unique(cases: Sequence[Case]) -> Iterator[Judgement]:
        spanned.append([case.exchange.number for case in cases])
        yield broken("createVoucher.response.code.unique", cases[0].exchange, expected="a", actual="b")

    oracle = HistoryOracle(("response.code.unique",), unique, spans_operations=True)
    suite = OperationSuite(OperationRules("createVoucher", history_oracles=(oracle,)))
    judge = judge_with(terms, (LEAD_LISTS, suite))
    elsewhere = exchange(404, {}, number=2)
    elsewhere = replace(elsewhere, request=replace(elsewhere.request, url=f"{BASE_URL}/nowhere"))
    found = judge.judge_history([judge.case(exchange(201, voucher(1))), judge.case(elsewhere)])
    assert "createVoucher.response.code.unique" in {each.clause for each in found if isinstance(each, Verdict)}
    assert spanned == [[1, 2]]


def test_an_operation_has_one_suite_and_exists(terms: Terms) -> None:
    suite = OperationSuite(OperationRules("createVoucher"))
    with pytest.raises(UsageError, match="createVoucher has several suites"):
        judge_with(terms, (LEAD_LISTS, suite, suite))
    with pytest.raises(UsageError, match="no operation of the spec is called createVouchers, which a suite is for"):
        judge_with(terms, (OperationSuite(OperationRules("createVouchers")),))


def test_a_path_with_a_parameter_is_refused(tmp_path: Path) -> None:
    folder = write_spec(tmp_path / "spec", PATH + "/{code}")
    assert any("has a parameter" in problem for problem in problems(folder))
    with pytest.raises(SpecificationError, match="has a parameter in its path"):
        load_specification(folder)
