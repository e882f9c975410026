"""Test that a server which answers the unread body of a refused request is reported as that, and as nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from contract_tests.engine.findings import NUMBERS_OF_A_CELL, Findings
from contract_tests.engine.record_reading import read_events
from contract_tests.judging.oracles.connections import responses_out_of_step
from contract_tests.target.exchange import Exchange
from contract_tests.tests.campaign.small import small_campaign
from contract_tests.tests.conftest import USERS, judged, settings_for, with_fewer_requests
from contract_tests.tests.corpus.exchanges import case, exchange, problem, request, sent_body
from contract_tests.tests.corpus.histories import made
from contract_tests.tests.servers.foreign_third_state import UnreadBodyIsNextRequest
from contract_tests.tests.servers.right_core import Answer, Request
from contract_tests.tests.servers.serving import serve


def test_only_the_connection_is_named_with_the_two_requests_that_show_it() -> None:
    with serve(UnreadBodyIsNextRequest(USERS)) as url:
        result = judged(
            settings_for(url), suites=with_fewer_requests(lambda request: "Bearer token" not in str(request))
        )
    (found,) = result.broken
    assert found.clause.id == "http.answer.complete"
    assert found.same == found.times == 3
    assert found.worst
    assert [exchange.response.status for exchange in found.worst.exchanges if exchange.response] == [401, 400]


class LeavesFaultyBodies(UnreadBodyIsNextRequest):
    """Also leaves the body of a request that it refuses with 400."""

    async def answer(self, request: Request) -> Answer:
        is_left = request.headers[":connection"] in self.unread
        answer = await super().answer(request)
        if answer.status == 400 and request.body and not is_left:
            self.unread.add(request.headers[":connection"])
        return answer


def test_a_cell_of_a_campaign_names_nothing_else_either(tmp_path: Path) -> None:
    with serve(LeavesFaultyBodies(USERS)) as url:
        small_campaign(settings_for(url), tmp_path, requests=210, planned=slice(0))
    found = Findings()
    for event in read_events(tmp_path):
        found.add(event)
    assert [each.key.clause for each in found] == ["http.answer.complete"]
    assert [each.smallest.exchanges[-1].number > NUMBERS_OF_A_CELL for each in found] == [True]


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
