"""Test that the fields which a refusal names are evidence: it is never attributed to another field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract_tests.judging.details import fields_named, may_be_about, refused_fields
from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.target.exchange import Exchange
from contract_tests.tests.corpus.exchanges import (
    OMIT,
    broken_clauses,
    case,
    exchange,
    judgements,
    observed,
    problem,
    request,
    sent_body,
    warned_clauses,
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


@pytest.mark.parametrize(("path", "may_be"), [("/name", True), ("/personIds/1", True), ("/icpId", False)])
def test_a_reading_of_text_can_be_about_each_field_that_has_free_texts(path: str, may_be: bool) -> None:
    refused = case(exchange(request(), 400, problem(details=[{"path": path}])))
    reading = refused.terms.specification.readings["nul-in-text"]
    assert may_be_about(reading, refused, refused_fields(refused)) is may_be


def test_a_refusal_is_not_attributed_to_a_field_that_it_does_not_name() -> None:
    refused = exchange(request(sent_body(name="Größe")), 400, problem(details=[{"path": "/endDate"}]), at_s=1)
    broken = [f for f in judgements(exchange(), refused) if isinstance(f, Verdict) and f.outcome is Outcome.BROKEN]
    assert {verdict.clause for verdict in broken} == {"success.created"}
    assert "the server says: [{'path': '/endDate'}]" in broken[0].actual


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({**problem(details=OMIT), "details": ["no room"]}, "; the server says: ['no room']"),
        (problem(details=OMIT), "; the server says: 'It is wrong.'"),
        ("no error body", ""),
    ],
)
def test_a_refusal_of_a_valid_request_is_reported_with_the_words_of_the_server(answer: Any, words: str) -> None:
    refused = exchange(request(sent_body(name="Größe")), 400, answer, at_s=1)
    broken = [f for f in judgements(exchange(), refused) if isinstance(f, Verdict) and f.expected == "200 or 201"]
    assert [verdict.actual.partition("nothing is wrong with the request")[2] for verdict in broken] == [words]


def refusal_of(body: object, *paths: str, at_s: float) -> Exchange:
    return exchange(request(body), 400, problem(details=[{"path": path} for path in paths]), at_s=at_s)


NO_END, NO_END_LATER = (sent_body(name=name, endDate=OMIT) for name in ("Spring", "Autumn"))
DETAILS = "error.400.details"


def test_details_on_a_right_field_next_to_the_wrong_one_are_a_warning() -> None:
    # A validator that goes on after the first problem may compare the two dates.
    one = refusal_of(NO_END, "/endDate", "/startDate", at_s=0)
    assert DETAILS not in broken_clauses(one)
    assert DETAILS in warned_clauses(one)


def test_details_on_nothing_but_right_fields_break_the_clause() -> None:
    assert DETAILS in broken_clauses(refusal_of(NO_END, "/startDate", at_s=0))


def test_details_that_are_left_over_from_an_earlier_request_break_the_clause() -> None:
    first = refusal_of(NO_END, "/endDate", at_s=0)
    between = refusal_of(sent_body(personIds=7), "/personIds", at_s=1)
    again = refusal_of(NO_END_LATER, "/endDate", "/personIds", at_s=2)
    assert DETAILS in broken_clauses(first, between, again)
    assert DETAILS in broken_clauses(exchange(at_s=-1), first, between, again)
    # Without an earlier fault there, or on a body with other values, it is another matter.
    assert DETAILS not in broken_clauses(first, again)
    other = refusal_of({**NO_END_LATER, "type": "company"}, "/endDate", "/personIds", at_s=2)
    assert DETAILS not in broken_clauses(first, between, other)
    assert DETAILS not in broken_clauses(first, between, refusal_of(NO_END_LATER, "/endDate", at_s=2))


def test_details_on_a_field_with_two_values_are_no_left_over() -> None:
    def refusal(more: bytes, *paths: str, at_s: float) -> Exchange:
        body = json.dumps(sent_body(endDate=None)).encode()[:-1] + more + b"}"
        return exchange(request(raw=body), 400, problem(details=[{"path": path} for path in paths]), at_s=at_s)

    first = refusal(b',"personIds":[]', "/endDate", at_s=0)
    between = refusal_of(sent_body(name=7), "/name", at_s=1)
    assert DETAILS not in broken_clauses(first, between, refusal(b',"name":true', "/endDate", "/name", at_s=2))
