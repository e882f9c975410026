"""Test that a server which answers the unread body of a refused request is reported as that, and as nothing else."""

from __future__ import annotations

from pathlib import Path

from contract_tests.results.findings import Findings
from contract_tests.results.numbers import NUMBERS_OF_A_CELL
from contract_tests.results.record_reading import read_events
from contract_tests.tests.campaign.small import small_campaign
from contract_tests.tests.conftest import USERS, judged, settings_for, with_fewer_requests
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
