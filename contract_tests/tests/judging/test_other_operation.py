"""An operation that reuses every field name of the lead list with other meanings is judged by its own clauses alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from contract_tests.contract.loading import find_spec_folder, load_specification
from contract_tests.contract.specification import EVERY_OPERATION
from contract_tests.contract.terms import Terms
from contract_tests.contract.yaml_files import load_yaml
from contract_tests.judging.judge import Judge
from contract_tests.judging.verdict import Judgement, Outcome, Verdict
from contract_tests.lead_lists import LEAD_LISTS
from contract_tests.lead_lists.bodies import PERMITTED, base
from contract_tests.lead_lists.open_questions import OPEN_QUESTIONS
from contract_tests.operation_suite import judge_with, make_plan
from contract_tests.settings.values import Settings
from contract_tests.target.exchange import Exchange, Request, Response
from contract_tests.tests.corpus.exchanges import BASE_URL, FIRST, JSON_TYPE, LOGIN, NOW_S, SECOND, problem

PATH = "/api/v1/entities/paintings"
# The names of a lead list's fields; hardly one is of its type there.
REQUEST: dict[str, Any] = {
    "type": "object",
    "required": ["name", "type"],
    "properties": {
        "name": {"type": "integer"},
        "type": {"type": "string", "nullable": True},
        "icpId": {"type": "array", "items": {"type": "string"}},
        "startDate": {"type": "integer"},
        "endDate": {"type": "boolean"},
        "personIds": {"type": "array", "items": {"type": "integer"}},
        "companyIds": {"type": "string", "nullable": True},
    },
}
RESPONSE: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "integer"},
        "userIds": {"type": "integer"},
        "createdAt": {"type": "string"},
        "updatedAt": {"type": "boolean"},
    },
}
EXAMPLE = {"name": 7, "type": None, "startDate": 1889, "endDate": True, "personIds": [7], "companyIds": None}
MADE = {"id": 1, "name": 7, "userIds": 3, "createdAt": "in June", "updatedAt": False}
STATEMENTS = ("request.name.required", "request.name.type", "request.personIds.items.type", "response.id.required")


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    folder = tmp_path_factory.mktemp("other") / "spec"
    shutil.copytree(find_spec_folder(), folder)
    document = load_yaml(folder / "openapi.yaml")
    body = {"required": True, "content": {"application/json": {"schema": REQUEST, "example": EXAMPLE}}}
    made = {"description": "The painting.", "content": {"application/json": {"schema": RESPONSE, "example": MADE}}}
    document["paths"][PATH] = {
        "post": {
            "operationId": "createPainting",
            "security": [{"sessionBearer": []}],
            "requestBody": body,
            "responses": {"201": made},
        }
    }
    (folder / "openapi.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    clauses = load_yaml(folder / "clauses.yaml")
    clauses["createPainting"] = [
        {"id": f"createPainting.{rule}", "statement": rule, "place": "Paintings", "kind": "stated"}
        for rule in STATEMENTS
    ]
    (folder / "clauses.yaml").write_text(yaml.safe_dump(clauses, sort_keys=False))
    ids = {"icp_id": ("1",), "person_id": ("7",), "company_id": ("x",)}
    settings = Settings(BASE_URL, FIRST, SECOND, existing_ids=ids)
    return judge_with(Terms.of(load_specification(folder), settings), (LEAD_LISTS,))


def exchange(body: Any, status: int, answer: Any) -> Exchange:
    request = Request("POST", BASE_URL + PATH, (JSON_TYPE, *LOGIN), json.dumps(body).encode())
    return Exchange(request, Response(status, (JSON_TYPE,), json.dumps(answer).encode()), None, NOW_S, NOW_S + 0.1)


def violations(judge: Judge, body: Any) -> set[str]:
    return {violation.clause for violation in judge.case(exchange(body, 201, MADE)).expectation.violations}


def test_the_schema_of_the_operation_alone_says_what_a_violation_is(judge: Judge) -> None:
    assert violations(judge, EXAMPLE) == set()
    assert violations(judge, {**EXAMPLE, "personIds": ["7"]}) == {"createPainting.request.personIds.items.type"}
    assert violations(judge, {**EXAMPLE, "personIds": [None]}) == {"createPainting.request.personIds.items.type"}
    assert violations(judge, {"type": None}) == {"createPainting.request.name.required"}


def test_no_reading_of_the_lead_list_bears_on_it(judge: Judge) -> None:
    expectation = judge.case(exchange(EXAMPLE, 201, MADE)).expectation
    assert expectation.open_readings == frozenset()
    assert expectation.variations == {("access.carrier.bearer", "sent")}
    named = judge.case(exchange({**EXAMPLE, "userIds": 5}, 201, MADE)).expectation
    assert named.open_readings == {"server-made-fields-sent"}


def bodies() -> Iterator[Any]:
    yield EXAMPLE
    for changes in (*PERMITTED.values(), *OPEN_QUESTIONS.values()):
        yield {**base("of a lead list"), **changes}
        yield {**EXAMPLE, **changes}
    yield {**EXAMPLE, **MADE}


def test_no_verdict_is_on_a_clause_of_the_lead_list(judge: Judge) -> None:
    cases = [
        judge.case(exchange(body, status, answer))
        for body in bodies()
        for status, answer in ((201, MADE), (201, base("x")), (400, problem()), (404, problem()))
    ]
    found: list[Judgement] = [judgement for case in cases for judgement in judge.judge(case)]
    found += judge.judge_history(cases)
    clauses = judge.terms.specification.clauses
    verdicts = [judgement for judgement in found if isinstance(judgement, Verdict)]
    assert any(v.clause.startswith("createPainting.") and v.outcome is Outcome.BROKEN for v in verdicts)
    allowed = {clause.id for clause in clauses.values() if clause.operation in (EVERY_OPERATION, "createPainting")}
    assert {v.clause for v in verdicts if not v.clause.startswith("createPainting.")} <= allowed


def test_the_generic_plan_asks_of_its_own_fields(judge: Judge) -> None:
    operation = next(o for o in judge.terms.specification.operations if o.id == "createPainting")
    plan = make_plan((LEAD_LISTS,), judge.terms, operation, "test")
    assert json.loads(plan.first.request.body) == EXAMPLE
    named = {
        violation.clause
        for step in plan.steps
        for violation in judge.case(Exchange(step.request, None, "x", 0, 0)).expectation.violations
    }
    assert "createPainting.request.personIds.items.type" in named
    assert {clause for clause in named if clause.startswith("request.")} == set()
