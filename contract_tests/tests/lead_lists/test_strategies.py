"""Test that each strategy draws requests of its class, and the same requests for the same seed."""

from __future__ import annotations

from collections.abc import Callable

import hypothesis
import pytest
from hypothesis import HealthCheck
from hypothesis.strategies import SearchStrategy

from contract_tests.contract.specification import Specification
from contract_tests.contract.terms import Terms
from contract_tests.judging.expectation import Expectation, expect
from contract_tests.lead_lists import strategies
from contract_tests.lead_lists.meaning import MEANING
from contract_tests.requests.plan import Sender
from contract_tests.settings.values import Settings
from contract_tests.target.exchange import Request
from contract_tests.tests.conftest import FIRST, ICP_ID, PERSON_IDS

Group = Callable[[Sender], SearchStrategy[Request]]


@pytest.fixture
def sender(specification: Specification) -> Sender:
    settings = Settings("http://127.0.0.1:1", FIRST, existing_ids={"icp_id": (ICP_ID,), "person_id": PERSON_IDS})
    return Sender(Terms.of(specification, settings), specification.operations[0])


def draw(sender: Sender, group: Group, examples: int, seed: int = 1) -> list[tuple[Request, Expectation]]:
    drawn: list[tuple[Request, Expectation]] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples, database=None, deadline=None, derandomize=False, suppress_health_check=list(HealthCheck)
    )
    @hypothesis.given(group(sender))
    def collect(request: Request) -> None:
        drawn.append((request, expect(request, sender.terms, {"createLeadList": MEANING})))

    collect()
    return drawn


def test_requests_to_accept_have_no_violation_and_no_reading_that_permits_a_refusal(sender: Sender) -> None:
    drawn = draw(sender, strategies.requests_to_accept, 200)
    assert [e.violations for _, e in drawn if e.violations] == []
    assert [e.open_readings for _, e in drawn if e.may_be_refused(sender.terms.specification)] == []
    used = {clause for _, e in drawn for clause, _ in e.variations}
    assert {"request.type.optional", "request.companyIds.optional", "request.icpId.format"} <= used
    assert {"http.request.json-spelling", "http.request.key-order"} <= used
    assert any(len(request.body) > 250 for request, _ in drawn)


def test_requests_to_reject_have_one_violation_or_are_barely_unspecified(sender: Sender) -> None:
    drawn = draw(sender, strategies.requests_to_refuse, 300)
    faulty = [e for _, e in drawn if e.violations]
    assert len(faulty) >= 0.85 * len(drawn)  # some break a rule in a way that a reading leaves open
    assert {len(e.violations) for e in faulty} == {1}
    assert len({e.violations[0].clause for e in faulty}) >= 15


def test_unspecified_requests_cover_most_readings_of_bodies(sender: Sender) -> None:
    asked = {reading_id for _, e in draw(sender, strategies.requests_left_open, 400) for reading_id in e.open_readings}
    assert {
        "end-before-start",
        "unknown-properties",
        "unknown-icp",
        "date-only",
        "date-offset",
        "control-characters",
        "nul-in-text",
        "duplicate-ids",
        "user-ids-sent",
        "server-made-fields-sent",
    } <= asked


def test_the_same_seed_draws_the_same_requests_and_another_seed_others(sender: Sender) -> None:
    first, again, other = (
        [request for request, _ in draw(sender, strategies.requests_left_open, 30, seed)] for seed in (5, 5, 6)
    )
    assert first == again
    assert first != other
