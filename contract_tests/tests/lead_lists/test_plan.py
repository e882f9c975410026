"""Test that the planned requests ask every open question and violate every rule, one per request."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from zoneinfo import ZoneInfo

import pytest

from contract_tests.contract.specification import Specification
from contract_tests.contract.terms import Terms
from contract_tests.judging.expectation import Expectation, expect
from contract_tests.lead_lists.bodies import CHOICES, CLOCK_CHANGES, HEADERS, PAGE_EXAMPLE, PERMITTED, ROWS
from contract_tests.lead_lists.meaning import MEANING
from contract_tests.lead_lists.open_questions import OPEN_QUESTIONS
from contract_tests.lead_lists.plan import WIRES, lead_list_plan
from contract_tests.requests.plan import Plan, Sender, Step
from contract_tests.requests.tokens import with_changed_payload, without_signature
from contract_tests.requests.transport import varied
from contract_tests.settings.values import Session, Settings
from contract_tests.tests.conftest import FIRST, SECOND

MOST_REQUESTS = 450  # of the plan: `--depth quick` suits every commit
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
    assert len(plan.steps) <= MOST_REQUESTS


def test_no_table_names_a_request_that_the_plan_lacks(plan: Plan, terms: Terms) -> None:
    assert HEADERS.keys() <= {step.label for step in plan.steps}
    others: dict[str, tuple[str, dict[str, str]]] = {"charset=utf-16": ("no name", {})}
    with pytest.raises(ValueError, match="there is no variation charset=utf-16"):
        list(varied(Sender(terms, terms.specification.operations[0]), {}, {}, "no name", others))


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyXzEifQ.c2lnbmVk"  # {"alg":"HS256"}, {"sub":"user_1"}


@pytest.mark.parametrize("first", [replace(FIRST, bearer=JWT), replace(FIRST, bearer=None, cookie=("__session", JWT))])
def test_a_json_web_token_is_sent_changed_and_unsigned_in_the_place_of_others(
    specification: Specification, first: Session
) -> None:
    terms = Terms.of(specification, Settings("http://127.0.0.1:1", first, SECOND, expired_bearer="token-3"))
    sent = lead_list_plan(terms, terms.specification.operations[0], "test").steps
    tokens = {re.split("[ =]", value, maxsplit=1)[-1] for step in sent for _, value in step.request.headers}
    assert {with_changed_payload(JWT), without_signature(JWT)} <= tokens
    assert len(sent) <= MOST_REQUESTS


def test_changes_of_a_json_web_token_keep_what_its_user_is_found_by() -> None:
    header, payload, signature = JWT.split(".")
    changed, unsigned = with_changed_payload(JWT).split("."), without_signature(JWT).split(".")
    assert [changed[0], changed[2]] == [header, signature]
    assert json.loads(base64.b64decode(changed[1] + "==")) == {"sub": "user_1", "admin": True}
    assert [json.loads(base64.b64decode(unsigned[0] + "=="))["alg"], *unsigned[1:]] == ["none", payload, ""]
    for opaque in ("", "token", "a.b.c", f"{header}.{payload}", f"{header}.e30", f"WzFd.{payload}.x"):
        assert with_changed_payload(opaque) == without_signature(opaque) == ""


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


def test_ids_under_the_wrong_type_are_existing_ones_if_given(specification: Specification) -> None:
    given = {"person_id": ("lead_9",), "company_id": ("5d0a1f3e-7c84-4b29-9e6d-2f8b3a4c5d6e",)}
    terms = Terms.of(specification, Settings("http://127.0.0.1:1", FIRST, SECOND, existing_ids=given))
    steps = {step.label: step for step in lead_list_plan(terms, terms.specification.operations[0], "test").steps}
    for label, reading in (
        ("person ids on a list of companies", "person-ids-on-company-list"),
        ("company ids on a list of people", "company-ids-on-person-list"),
    ):
        asked = expect(steps[label].request, terms, {"createLeadList": MEANING})
        assert asked.open_readings == {reading}  # a server that drops unknown IDs keeps these


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


def stored_as_local_time(moment: datetime, zone: str) -> datetime:
    """Return an instant as it comes back from a server that keeps its local time, but not the offset."""
    return moment.astimezone(ZoneInfo(zone)).replace(fold=0).astimezone(UTC)


def taken_for_local_time(moment: datetime, zone: str) -> datetime:
    """Return an instant as it comes back from a server that adds the time to its own clock, which skips an hour."""
    local = moment.replace(tzinfo=ZoneInfo(zone))
    return local.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=UTC)


@pytest.mark.parametrize("changed", [stored_as_local_time, taken_for_local_time])
@pytest.mark.parametrize(
    "zone",
    [
        "America/Chicago", "America/Denver", "America/Halifax", "America/Los_Angeles", "America/New_York",
        "Asia/Jerusalem", "Australia/Adelaide", "Australia/Sydney", "Europe/Athens", "Europe/Berlin", "Europe/London",
        "Pacific/Auckland",
    ],
)  # fmt: skip
def test_a_server_in_any_time_zone_gets_a_date_at_which_its_clocks_change(
    expectations: dict[Step, Expectation], changed: Callable[[datetime, str], datetime], zone: str
) -> None:
    bodies = [e.body.value for step, e in expectations.items() if step.label in PERMITTED]
    dates = {datetime.fromisoformat(body[field]) for body in bodies for field in ("startDate", "endDate")}
    assert any(changed(date, zone) != date for date in dates)


def test_each_change_of_clocks_is_sent_twice(expectations: dict[Step, Expectation]) -> None:
    ends = Counter(e.body.value["endDate"] for step, e in expectations.items() if step.label in PERMITTED)
    assert all(ends[moment] >= 2 for moment in CLOCK_CHANGES)
    assert all(datetime.fromisoformat(moment).utcoffset() == timedelta(0) for moment in CLOCK_CHANGES)


def test_the_other_users_id_is_sent_where_proxies_tell_the_user(plan: Plan) -> None:
    named = [step.request for step in plan.steps if step.request.header("Grpc-Metadata-User-Id")]
    assert {request.header("X-User-Id") for request in named} == {SECOND.user_id}
