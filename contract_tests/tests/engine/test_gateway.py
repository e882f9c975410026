"""A gateway that answers 502 while it reaches no server, as during a deployment."""

from __future__ import annotations

import time

import pytest

from contract_tests.results.events import Ending
from contract_tests.settings.values import Depth
from contract_tests.tests.conftest import USERS, judged, settings_for
from contract_tests.tests.servers.right_core import Refusal, Request, RightCore
from contract_tests.tests.servers.serving import serve


class Deployed(RightCore):
    """Is replaced by a new version after its first fifty requests; a gateway answers 502 meanwhile."""

    AWAY_S = 3.0

    def __init__(self) -> None:
        super().__init__(USERS)
        self.seen = 0
        self.away_until_s = 0.0

    def is_away(self, request: Request) -> bool:
        self.seen += 1
        if self.seen == 50:
            self.away_until_s = time.monotonic() + self.AWAY_S
        return time.monotonic() < self.away_until_s

    def route(self, request: Request) -> None:
        if self.is_away(request):
            raise Refusal(502, "BAD_GATEWAY", "There is no server.")
        super().route(request)


class Crashing(Deployed):
    """Ends at a request that is too much for it, and starts again."""

    AWAY_S = 0.5

    def is_away(self, request: Request) -> bool:
        if "🚀".encode() in request.body:
            self.away_until_s = time.monotonic() + self.AWAY_S
        return time.monotonic() < self.away_until_s


def test_responses_of_a_gateway_without_a_server_break_no_clause() -> None:
    with serve(Deployed()) as url:
        result = judged(settings_for(url, depth=Depth.QUICK, wait_s=60.0))
    assert (result.ending, [found.clause.id for found in result.broken]) == (Ending.COMPLETE, [])
    assert result.why.startswith("The server was not available ")


def test_a_request_that_makes_the_server_end_is_found_behind_a_gateway() -> None:
    with serve(Crashing()) as url:
        result = judged(settings_for(url, depth=Depth.QUICK, wait_s=60.0), shrinks=False)
    assert "http.answer.no-server-error" in [found.clause.id for found in result.broken]


@pytest.mark.parametrize(("wait_s", "ending"), [(0.0, Ending.COMPLETE), (0.5, Ending.TARGET_GONE)])
def test_a_server_that_stays_away_ends_a_run_that_waits_for_it(wait_s: float, ending: Ending) -> None:
    class Gone(Deployed):
        AWAY_S = 3600.0

    with serve(Gone()) as url:
        result = judged(settings_for(url, depth=Depth.QUICK, wait_s=wait_s), shrinks=False)
    assert (result.ending, "keeps answering 502" in result.why) == (ending, wait_s > 0)
