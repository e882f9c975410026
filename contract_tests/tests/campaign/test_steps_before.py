"""A breach that needs a state of the server is sent again with the requests that bring it there, and no others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from contract_tests.settings.values import Session, Settings
from contract_tests.tests.campaign.small import small_campaign
from contract_tests.tests.servers.right_core import Answer, Request, RightCore
from contract_tests.tests.servers.serving import serve


class Tired(RightCore):
    """After two refusals in a row, it gives the ID of the list before to the new one."""

    def __init__(self, users: Mapping[str, str]) -> None:
        super().__init__(users)
        self.refused = 0
        self.before = ""

    async def answer(self, request: Request) -> Answer:
        answer = await super().answer(request)
        self.refused = self.refused + 1 if answer.status == 400 else 0
        return answer

    def build(self, *given: Any) -> dict[str, Any]:
        built = super().build(*given)
        if self.refused >= 2 and self.before:
            built["id"] = self.before
        self.before = built["id"]
        return built


class Counting(RightCore):
    """Wraps every eleventh response."""

    count = 0

    async def answer(self, request: Request) -> Answer:
        answer = await super().answer(request)
        self.count += 1
        return answer._replace(body=b'{"data":' + answer.body + b"}") if self.count % 11 == 0 else answer


@pytest.mark.long
def test_a_breach_of_every_eleventh_request_is_shown_by_many_in_a_row(tmp_path: Path) -> None:
    with serve(Counting({"xyz789-session": "user_1"})) as url:
        settings = Settings(url, Session("first", bearer="xyz789-session"))
        result = small_campaign(settings, tmp_path / "run", requests=500)
    assert result.discovered is not None
    found = {finding.main.key.clause: finding.main for finding in result.discovered.findings}["success.bare"]
    assert found.same in {3, 4}  # of forty
    assert found.every == 11


def test_a_breach_of_a_sequence_is_shown_by_its_steps(tmp_path: Path) -> None:
    with serve(Tired({"xyz789-session": "user_1"})) as url:
        settings = Settings(url, Session("first", bearer="xyz789-session"))
        result = small_campaign(settings, tmp_path / "run", requests=500)
    assert result.discovered is not None
    (finding,) = result.discovered.findings
    shown = finding.main
    assert shown.key.clause == "response.id.unique"
    assert (shown.same, shown.times) == (3, 3)
    statuses = [each.response.status for each in shown.smallest.exchanges if each.response]
    assert statuses[-3:] == [400, 400, 201]
    assert len(statuses) <= 6
