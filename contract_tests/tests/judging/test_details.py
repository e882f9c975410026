"""Test that the fields which a refusal names are evidence: it is never attributed to another field."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.judging.details import fields_named, refused_fields
from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.tests.corpus.exchanges import (
    case,
    exchange,
    findings,
    observed,
    problem,
    request,
    sent_body,
)

FIELDS = {"name", "startDate", "endDate", "companyIds"}
EQUAL = sent_body(endDate="2030-01-01T00:00:00.000Z")


@pytest.mark.parametrize(
    ("details", "named"),
    [
        ([{"path": "/companyIds/0"}, {"path": "/companyIds/3"}], {"companyIds"}),
        ([{"path": ["body", "endDate"]}], {"endDate"}),
        ([{"field": "name"}, {"pointer": "#/startDate"}, {"path": "other"}], {"name", "startDate"}),
        ([{"path": "companyIds[2]"}, {"path": "endDate.x"}], {"companyIds", "endDate"}),
        ({"name": ["is required"], "endDate": []}, {"name"}),
        (["name"], set()),
        ("name", set()),
        (None, set()),
        ([{"path": 7}, {"path": [3]}, {}], set()),
    ],
)
def test_the_fields_that_details_name(details: Any, named: set[str]) -> None:
    assert fields_named(details, FIELDS) == named


def test_only_a_400_names_fields() -> None:
    refused = problem(details=[{"path": "/name"}])
    assert refused_fields(case(exchange(status=400, answer=refused))) == {"name"}
    assert refused_fields(case(exchange(status=404, answer=refused))) == set()
    assert refused_fields(case(exchange())) == set()


@pytest.mark.parametrize(
    ("path", "seen"),
    [("/endDate", {"refused"}), ("/startDate", {"refused"}), ("/companyIds/0", None), ("", {"refused"})],
)
def test_a_reading_is_observed_only_if_the_refusal_names_no_field_of_another_kind(
    path: str, seen: set[str] | None
) -> None:
    answer = problem(details=[{"path": path}])
    assert observed(exchange(request(EQUAL), 400, answer)).get("equal-dates") == seen


def test_a_refusal_is_not_attributed_to_a_field_that_it_does_not_name() -> None:
    refused = exchange(request(sent_body(name="Größe")), 400, problem(details=[{"path": "/endDate"}]), at_s=1)
    broken = [f for f in findings(exchange(), refused) if isinstance(f, Verdict) and f.outcome is Outcome.BROKEN]
    assert {verdict.clause for verdict in broken} == {"success.created"}
    assert "it says: [{'path': '/endDate'}]" in broken[0].actual
