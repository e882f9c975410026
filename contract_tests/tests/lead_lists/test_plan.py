"""Test that the covering set asks every open question and violates every rule, one per request."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, product

import pytest

from contract_tests.contract.specification import Specification
from contract_tests.contract.terms import Terms
from contract_tests.judging.expectation import Expectation, expect
from contract_tests.lead_lists.bodies import CHOICES, OPEN_QUESTIONS, PAGE_EXAMPLE, PERMITTED, ROWS
from contract_tests.lead_lists.meaning import MEANING
from contract_tests.lead_lists.plan import WIRES, lead_list_plan
from contract_tests.requests.plan import Plan, Step
from contract_tests.settings.values import Settings
from contract_tests.tests.conftest import FIRST, SECOND

# Readings that show in responses to any request, or only in several requests.
SEEN_IN_ANSWERS = {
    "success-status", "location-header", "additional-response-fields", "response-charset", "request-id-header",
    "id-version", "updated-at", "timestamp-form", "error-shape", "details-place", "details-form",
    "details-name-the-field", "problems-listed", "malformed-json-details", "details-on-other-errors",
    "error-media-type", "session-carrier", "login-before-validation", "www-authenticate", "other-methods",
    "trailing-slash", "date-echo",
}  # fmt: skip


@pytest.fixture(scope="module")
def terms(specification: Specification) -> Terms:
    return Terms.of(specification, Settings("http://127.0.0.1:1", FIRST, SECOND, expired_bearer="token-3"))


@pytest.fixture(scope="module")
def plan(terms: Terms) -> Plan:
    return lead_list_plan(terms, terms.specification.operations[0], "test")


@pytest.fixture(scope="module")
def expectations(plan: Plan, terms: Terms) -> dict[Step, Expectation]:
    return {step: expect(step.request, terms, {"createLeadList": MEANING}) for step in plan.steps}


def test_it_is_small_enough_for_every_commit(plan: Plan) -> None:
    assert len(plan.steps) <= 450


def test_labels_are_unique(plan: Plan) -> None:
    twice = {"the same request twice", "an Idempotency-Key", "the same request at the same moment"}
    repeated = {label for label, count in Counter(step.label for step in plan.steps).items() if count > 1}
    assert repeated <= twice


def test_any_two_options_of_two_choices_are_combined_once(plan: Plan, expectations: dict[Step, Expectation]) -> None:
    options = [len(choice) for choice in (*CHOICES, WIRES)]
    for (one, several), (other, many) in combinations(enumerate(options), 2):
        assert {(int(row[one]), int(row[other])) for row in ROWS} == set(product(range(several), range(many)))
    rows = [step for step in plan.steps if step.label.startswith("variations together")]
    assert len({step.request for step in rows}) == len(rows) == len(ROWS)
    assert all(not expectations[step].open_readings and not expectations[step].violations for step in rows)


def test_every_field_rule_is_violated_alone(
    expectations: dict[Step, Expectation], specification: Specification
) -> None:
    alone = {e.violations[0].clause for e in expectations.values() if len(e.violations) == 1}
    rules = ("required", "type", "nullability", "enum", "format", "json")
    breakable = {
        clause.id
        for clause in specification.judged_clauses
        if clause.id.startswith("request.") and clause.id.endswith(rules) and clause.id != "request.icpId.nullability"
    }
    assert breakable - alone == set()


def test_every_open_question_is_asked(expectations: dict[Step, Expectation], specification: Specification) -> None:
    asked = {reading_id for e in expectations.values() for reading_id in e.open_readings}
    assert set(specification.readings) - asked == SEEN_IN_ANSWERS - asked


def test_permitted_variations_must_be_accepted(
    expectations: dict[Step, Expectation], specification: Specification
) -> None:
    for step, e in expectations.items():
        if step.label in PERMITTED:
            assert not e.violations, step.label
            assert not e.may_be_refused(specification), step.label


def test_open_questions_are_not_violations(expectations: dict[Step, Expectation], specification: Specification) -> None:
    strict = {reading.clause for reading in specification.readings.values() if reading.must_refuse}
    for step, e in expectations.items():
        if step.label in OPEN_QUESTIONS:
            assert e.open_readings, step.label
            assert {violation.clause for violation in e.violations} <= strict, step.label


def test_the_example_of_the_spec_is_sent_unchanged(specification: Specification) -> None:
    assert specification.operations[0].request_example == PAGE_EXAMPLE
