"""Test by property how a refusal is attributed: to what no accepted request used, and to one clause for one cause."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contract_tests.judging.oracles.attribution import refused_though_valid, unguarded_media_type
from contract_tests.judging.verdict import Verdict
from contract_tests.target.exchange import Request
from contract_tests.tests.corpus.exchanges import OMIT, case, exchange, problem, request, sent_body
from contract_tests.tests.corpus.histories import made

# For each clause, a change of the plain body that it permits, and how a server sees it.
CHANGES: Mapping[str, dict[str, Any]] = {
    "request.name.text": {"name": "Größe"},
    "request.type.enum": {"type": "company"},
    "request.startDate.any-time": {"startDate": "2020-01-01T00:00:00.000Z"},
    "request.companyIds.optional": {"companyIds": OMIT},
    "request.icpId.format": {"icpId": "660e8400-e29b-41d4-a716-446655440099"},
}
GENERAL = "success.created"
Chosen = frozenset[str]
SETS: st.SearchStrategy[Chosen] = st.frozensets(st.sampled_from(sorted(CHANGES)), max_size=3)


def told(sets: list[Chosen], refuses: Callable[[Chosen], bool]) -> dict[str, Verdict]:
    """Return the verdicts of a server that refuses some sets of changes, by their clauses."""
    cases = []
    for number, chosen in enumerate(sets):
        body = sent_body(**{field: value for clause in chosen for field, value in CHANGES[clause].items()})
        refusal = exchange(request(body), 400, problem(details=["is wrong"]), at_s=number)
        cases.append(case(refusal if refuses(chosen) else made(number, body)))
    found = list(refused_though_valid(cases))
    verdicts = {judgement.clause: judgement for judgement in found if isinstance(judgement, Verdict)}
    assert len(verdicts) == len(found)
    return verdicts


@settings(max_examples=60)
@given(st.lists(SETS, min_size=1, max_size=8), st.sampled_from(sorted(CHANGES)))
def test_one_cause_is_named_by_one_clause_and_never_by_an_innocent_one(sets: list[Chosen], culprit: str) -> None:
    sets = [frozenset(), *sets]  # the plain request is accepted
    verdicts = told(sets, lambda chosen: culprit in chosen)
    accepted = {clause for chosen in sets if culprit not in chosen for clause in chosen}
    refused = [chosen for chosen in sets if culprit in chosen]
    assert len(verdicts) == bool(refused)
    assert verdicts.keys().isdisjoint(accepted)
    if any(chosen - accepted == {culprit} for chosen in refused):
        assert verdicts.keys() == {culprit}
    for verdict in verdicts.values():
        if verdict.clause == GENERAL:
            assert culprit in verdict.actual.partition("; the cause is one of: ")[2].split(", ")


@settings(max_examples=30)
@given(st.lists(SETS, max_size=8))
def test_a_server_that_accepts_everything_breaks_nothing(sets: list[Chosen]) -> None:
    assert told(sets, lambda chosen: False) == {}


@settings(max_examples=60)
@given(st.lists(SETS, max_size=6), st.sampled_from(sorted(CHANGES)), st.sampled_from(sorted(CHANGES)))
def test_two_causes_that_were_sent_alone_are_both_named(sets: list[Chosen], one: str, other: str) -> None:
    verdicts = told(
        [frozenset(), frozenset({one}), frozenset({other}), *sets], lambda chosen: bool(chosen & {one, other})
    )
    assert verdicts.keys() == {one, other}


def test_a_field_whose_value_another_request_used_is_no_suspect() -> None:
    late, name = {"endDate": "2030-11-03T07:30:00.000Z"}, {"name": "Select all"}
    refusal = exchange(request(sent_body(**late, **name)), 400, problem(details=["is wrong"]), at_s=2)
    cases = [case(made(0, sent_body())), case(made(1, sent_body(**late, type="company"))), case(refusal)]
    (verdict,) = refused_though_valid(cases)
    assert isinstance(verdict, Verdict)
    assert verdict.clause == "request.name.text"


def test_a_refusal_that_names_a_field_is_not_attributed_to_the_accept_header() -> None:
    late = sent_body(endDate="2030-11-03T07:30:00.000Z")
    named = problem(details=[{"path": "/endDate", "message": "is wrong"}])
    refusal = exchange(request(late, headers=(("Accept", "*/*"),)), 400, named, at_s=1)
    (verdict,) = refused_though_valid([case(made(0, sent_body())), case(refusal)])
    assert isinstance(verdict, Verdict)
    assert verdict.clause == "request.endDate.format"


def test_a_request_that_is_accepted_when_sent_again_was_not_refused_for_its_fields() -> None:
    refused = [
        exchange(request(sent_body(**CHANGES[c])), 400, problem(details=[]), at_s=n) for n, c in enumerate(CHANGES)
    ]
    again = made(len(refused), sent_body(**CHANGES["request.name.text"]))
    cases = [case(made(-1, sent_body())), *map(case, refused), case(again)]
    (verdict,) = refused_though_valid(cases)
    assert isinstance(verdict, Verdict)
    assert verdict.clause == GENERAL
    twice = case(exchange(refused[1].request, 400, problem(details=[]), at_s=9))
    assert {found.clause for found in refused_though_valid([*cases, twice]) if isinstance(found, Verdict)} == {
        "request.type.enum", GENERAL,
    }  # fmt: skip


def test_a_size_is_no_reason_to_refuse_a_body_if_a_longer_one_is_accepted() -> None:
    def sent(length: int) -> Request:
        return request(raw=b" " * length + json.dumps(sent_body()).encode())

    plain, refusal = case(made(0)), case(exchange(sent(20_000), 413, problem()))
    assert list(refused_though_valid([plain, refusal])) == []
    longer = case(exchange(sent(30_000), at_s=1))
    assert [found.clause for found in refused_though_valid([plain, refusal, longer]) if isinstance(found, Verdict)]


def test_what_the_server_accepts_with_the_plain_media_type_says_nothing_of_another() -> None:
    body = sent_body(companyIds=["company_1"])
    refusal = case(exchange(request(body), 400, problem(details=["is wrong"])))
    typed = case(exchange(request(body, content_type="Application/JSON")))
    with_charset = case(exchange(request(body, content_type="application/json; charset=utf-8")))
    (verdict,) = unguarded_media_type([refusal, typed, with_charset])
    assert isinstance(verdict, Verdict)
    assert verdict.clause == "request.companyIds.items.format"


def test_another_value_that_was_refused_says_nothing_of_the_media_type() -> None:
    def named(value: str) -> set[str]:
        refusal = exchange(request(sent_body(companyIds=["company_1"])), 400, problem(details=["is wrong"]))
        typed = exchange(request(sent_body(companyIds=[value]), content_type="Application/JSON"))
        found = unguarded_media_type([case(refusal), case(typed)])
        return {judgement.clause for judgement in found if isinstance(judgement, Verdict)}

    assert named("company_2") == {"request.companyIds.items.format"}
    assert named("company_1") == {"http.request.media-type"}
