"""Test what several exchanges show together."""

from __future__ import annotations

import pytest

from contract_tests.judging.verdict import Verdict
from contract_tests.requests.plan import encode
from contract_tests.target.exchange import Headers
from contract_tests.tests.corpus.exchanges import (
    KNOWN_PERSON,
    LOGIN,
    OMIT,
    OTHER_ID,
    broken_clauses,
    created,
    exchange,
    judgements,
    observed,
    problem,
    request,
    sent_body,
    warned_clauses,
)
from contract_tests.tests.judging.test_judge import BAD_BODY, NAME, PEOPLE, RIGHT, UUID, echo, people


def test_two_error_shapes_on_one_server_warn() -> None:
    nested = exchange(request(BAD_BODY), 400)
    assert "error.envelope" in warned_clauses(nested, RIGHT["flat errors"])


def test_duplicates_are_removed_by_spelling_or_by_meaning() -> None:
    one, other = "7b0f8d6e-3c52-4a7e-9d41-0c5a8e2f9b13", "c2a9e1f4-58d7-4b36-8e0a-91d4f7b6a205"
    body = sent_body(type="company", companyIds=[one, other, one, other.upper()])
    for kept, option in (
        ([one, other, other.upper()], "removed"),
        ([one, other], "removed"),
        ([one, other, one, other], "kept"),
    ):
        assert broken_clauses(echo(body, companyIds=kept)) == set()
        assert observed(echo(body, companyIds=kept))["duplicate-ids"] == {option}
    assert broken_clauses(echo(body, companyIds=[one, other, one])) == {"response.companyIds.echo"}


def test_a_verdict_names_every_option_that_is_allowed() -> None:
    twice = people([KNOWN_PERSON] * 2, [KNOWN_PERSON] * 2)
    found = judgements(twice, duplicate_ids="removed,refused")
    verdicts = [each for each in found if isinstance(each, Verdict) and each.reading == "duplicate-ids"]
    assert {(each.expected, each.actual) for each in verdicts} == {
        ("removed (keeps one) or refused (answers 400)", "kept (keeps both)")
    }


def test_ids_dropped_only_from_some_requests_are_reported_as_lost() -> None:
    some = people(["lead_x"], ["lead_x"])
    many = sent_body(personIds=[f"p{n}" for n in range(200)])
    all_gone = exchange(request(many), answer=created(many, personIds=[], id=OTHER_ID))
    assert PEOPLE in broken_clauses(some, all_gone)
    assert broken_clauses(all_gone) == set()
    assert broken_clauses(people(["lead_abc123"], ["lead_abc123"]), all_gone) == set()


@pytest.mark.parametrize(("key", "seen"), [("companyIds", None), ("unknown", {"refused"})])
def test_a_refusal_with_a_key_twice_can_be_about_either_value(key: str, seen: set[str] | None) -> None:
    taken = [
        exchange(request(raw=encode(sent_body())[:-1] + b',"name":"Spring"}')),
        exchange(request(sent_body(icpId=UUID, unknown=1))),
    ]
    raw = encode(sent_body(icpId="2c1d43b8-e6d7-11ee-bd3d-0242ac120002"))[:-1] + f',"{key}":1}}'.encode()
    refused = exchange(request(raw=raw), 400, problem(details=[]))
    assert observed(*taken, refused).get("uuid-versions") == seen


@pytest.mark.parametrize(
    ("status", "end", "seen"), [(400, " ", None), (400, "", {"sensitive"}), (401, " ", {"sensitive"})]
)
def test_a_400_for_a_login_in_another_case_can_be_about_the_body(status: int, end: str, seen: set[str] | None) -> None:
    login = tuple((name, value.replace("Bearer", "bearer")) for name, value in LOGIN)
    body = sent_body(endDate="2030-03-31T23:59:59.000Z" + end)
    refused = exchange(request(body, login=login), status, problem(status, details=[] if status == 400 else OMIT))
    assert observed(refused).get("bearer-scheme-case") == seen


def test_the_text_null_is_not_null_and_not_a_uuid() -> None:
    assert broken_clauses(echo(sent_body(), icpId="null")) == {"response.icpId.type", "response.icpId.echo"}


def test_a_clock_that_runs_back_warns() -> None:
    earlier = "2030-03-17T17:46:30.000Z"
    second = exchange(at_s=1, answer=created(id=OTHER_ID, createdAt=earlier, updatedAt=earlier))
    assert "response.createdAt.clock" in warned_clauses(exchange(), second)
    assert broken_clauses(exchange(), second) == set()


def test_a_frozen_clock_is_detected() -> None:
    assert "response.createdAt.clock" in broken_clauses(exchange(), exchange(at_s=9, answer=created(id=OTHER_ID)))


def test_the_creator_must_be_the_same_for_one_user_only() -> None:
    second: Headers = (("Authorization", "Bearer bearer-two"),)
    theirs = exchange(request(login=second), answer=created(id=OTHER_ID, userIds=["user_1"]))
    assert "response.userIds.includes-creator" in broken_clauses(exchange(), theirs)


@pytest.mark.parametrize("field", ["id", "createdAt", "updatedAt"])
def test_a_generated_field_that_was_sent_as_null_is_not_null(field: str) -> None:
    null = exchange(request(sent_body(**{field: None})), answer=created(**{field: None}), at_s=1)
    assert "request.body.server-made" in broken_clauses(exchange(), null)
    assert "request.body.server-made" not in broken_clauses(null)


def test_an_idempotency_key_may_be_honoured() -> None:
    asked = request(headers=(("Idempotency-Key", "k"),))
    assert broken_clauses(exchange(asked), exchange(asked, at_s=5)) == set()
    assert observed(exchange(asked), exchange(asked, at_s=5))["idempotency-key"] == {"honoured"}


@pytest.mark.parametrize("key", [None, "another"])
def test_a_list_of_a_key_belongs_to_no_request_without_this_key(key: str | None) -> None:
    asked = request(headers=(("Idempotency-Key", "k"),))
    other = request(sent_body(name="Other"), headers=(("Idempotency-Key", key),) if key else ())
    shared = exchange(other, answer=created(name="Other"), at_s=5)
    assert broken_clauses(exchange(asked), shared) == {"response.id.unique"}
    assert broken_clauses(shared, exchange(asked, at_s=9)) == {"response.id.unique"}


def test_the_refusal_is_attributed_to_the_reading_that_is_always_refused() -> None:
    opaque, plain = sent_body(personIds=["lead_1"]), sent_body(personIds=[UUID])
    seen = observed(exchange(request(opaque), 400), exchange(request(plain)))
    assert seen["person-id-form"] == {"refused"}


def test_a_pinned_reading_decides() -> None:
    null_type = exchange(request(sent_body(type=None)), answer=created(type="person"))
    assert broken_clauses(null_type) == {"request.type.nullability"}
    assert broken_clauses(null_type, type_null="default") == set()
    trimmed = RIGHT["spaces trimmed"]
    assert broken_clauses(trimmed, surrounding_blanks="kept") == {NAME}


def test_lists_under_a_doubled_key_are_not_joined() -> None:
    raw = encode(sent_body(personIds=["a"]))[:-1] + b',"personIds":["b"]}'
    joined = exchange(request(raw=raw), answer=created(personIds=["a", "b"]))
    found = [each for each in judgements(joined) if isinstance(each, Verdict) and each.clause == PEOPLE]
    assert [(each.expected, each.actual) for each in found] == [("['b'] or ['a']", "['a', 'b']")]


@pytest.mark.parametrize(("end_of_equal", "status", "is_broken"), [(0, 400, True), (0, 201, False), (1, 400, False)])
def test_a_server_that_accepts_an_end_at_the_start_accepts_a_later_one(
    end_of_equal: int, status: int, is_broken: bool
) -> None:
    start = "2030-01-01T00:00:00.000Z"
    equal = sent_body(startDate=start, endDate=f"2030-01-01T00:00:0{end_of_equal}.000Z")
    later = sent_body(startDate=start, endDate="2030-01-01T00:00:00.500Z")
    fraction = sent_body(startDate=start, endDate="2030-03-01T00:00:00.500Z")
    accepted = [
        exchange(request(body), answer=created(body, id=new)) for body, new in ((equal, UUID), (fraction, OTHER_ID))
    ]
    answer = problem() if status == 400 else created(later)
    found = [
        each
        for each in judgements(*accepted, exchange(request(later), status, answer))
        if isinstance(each, Verdict) and each.actual == "400, although the end is later than the start"
    ]
    assert [each.clause for each in found] == ["request.endDate.order"] * is_broken
