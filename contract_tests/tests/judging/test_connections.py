"""Test when a response belongs to what is left of the request before it on the connection."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract_tests.judging.oracles.connections import is_out_of_step, may_leave_body, responses_out_of_step
from contract_tests.judging.verdict import Verdict
from contract_tests.target.exchange import Exchange
from contract_tests.tests.corpus.exchanges import case, created, exchange, problem, request, sent_body
from contract_tests.tests.corpus.histories import made


def test_a_refusal_is_out_of_step_only_right_after_a_refusal_of_a_valid_request_that_others_pass() -> None:
    refused = exchange(request({}), 400, problem())
    valid = exchange(request(sent_body()), 201, created())
    twins = [replace(valid, number=number) for number in (3, 4)]
    late = replace(exchange(valid.request, 400, problem()), number=2, after=1)
    before = replace(refused, number=1)
    invalid = replace(refused, number=2, after=1)

    def out_of_step(*exchanges: Exchange) -> bool:
        cases = [case(each) for each in exchanges]
        return any(is_out_of_step(each, cases) for each in cases)

    assert out_of_step(before, late, *twins)
    assert not out_of_step(before, invalid, *[replace(each, request=invalid.request) for each in twins])
    assert not out_of_step(
        before, late, twins[0], replace(exchange(request(sent_body(name="another")), 201, created()), number=4)
    )
    assert not out_of_step(before, replace(late, after=0), *twins)


def in_step(*followers: bool) -> bool:
    """Judge a valid request, refused right after a refusal, next to accepted ones, of which some follow a refusal."""
    body = request(sent_body())

    def sent(number: int, after: int, answered: Exchange) -> Exchange:
        return replace(answered, number=number, after=after)

    refusals = [sent(n, 0, exchange(request({}), 400, problem(details=["is wrong"]), at_s=n)) for n in (1, 3)]
    last = sent(9, 1, exchange(body, 400, problem(details=["is wrong"]), at_s=9))
    accepted = [sent(10 + n, 3 * follows, made(10 + n, sent_body())) for n, follows in enumerate(followers)]
    return not list(responses_out_of_step([*map(case, [*refusals, last, *accepted])]))


def test_accepted_requests_must_show_twice_that_the_connection_is_the_cause() -> None:
    assert in_step()
    assert in_step(False)
    assert not in_step(False, False)
    assert in_step(False, False, True)


def test_the_verdict_shows_the_refusal_and_the_request_after_it_on_the_connection() -> None:
    valid = exchange(request(sent_body()), 201, created())
    before = replace(exchange(request({}), 400, problem()), number=1)
    late = replace(exchange(valid.request, 404, problem()), number=2, after=1)
    twins = [replace(valid, number=number) for number in (3, 4)]
    other = replace(exchange(request({}), 400, problem()), number=5)
    [verdict] = responses_out_of_step([case(each) for each in (before, late, *twins, other)])
    assert isinstance(verdict, Verdict)
    assert [each.number for each in verdict.exchanges] == [1, 2]
    assert (verdict.clause, verdict.expected) == ("http.answer.complete", "one response to each request")
    said = "404 right after a 400 on the same connection; on another connection, the server accepts the request"
    assert verdict.actual == said
    assert "RFC 9112 §9.3" in verdict.hint


@pytest.mark.parametrize(
    ("sent", "leaves"),
    [
        (exchange(request({}), 400), True),
        (exchange(request({}), 399), False),
        (exchange(request(raw=b""), 400), False),
        (exchange(request({}), failure="the server closed the connection"), False),
    ],
)
def test_only_a_refused_request_with_a_body_may_leave_it(sent: Exchange, leaves: bool) -> None:
    assert may_leave_body(sent) == leaves
