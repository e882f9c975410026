"""The readings that a run writes make the mock behave as the server does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from contract_tests.engine.result import RunResult
from contract_tests.report.observed import readings_file
from contract_tests.settings.values import Depth, Session
from contract_tests.tests.conftest import MOCK_FIRST, MOCK_SECOND, judged, settings_for

# What the mock cannot follow, and why.
NOT_FOLLOWED = {
    "long-name",  # the server accepts names of up to 120 characters; the mock accepts all of them, or up to 80
    "other-media-types",  # the server does the one for some media types, the other for others
    "malformed-json-details",  # the mock gives details for bytes that are not UTF-8 in either case
}


def observed(result: RunResult) -> dict[str, set[str]]:
    return {each.reading.id: set(each.seen) for each in result.readings}


def differing(server: RunResult, mock: RunResult) -> set[str]:
    """The readings that both runs saw, and saw differently."""
    one, other = observed(server), observed(mock)
    return {reading for reading in one.keys() & other.keys() if one[reading] != other[reading]}


def mimicked(
    url: str, tmp_path: Path, start_mock: Callable[..., str], first: Session, **settings: object
) -> tuple[RunResult, RunResult]:
    """The results of a run against the server, and of one against the mock with what the first run wrote."""
    server = judged(settings_for(url, depth=Depth.QUICK, **settings))
    file = tmp_path / "leadlists.toml"
    file.write_text(readings_file(server))
    mock = start_mock("--config", str(file))
    again = replace(settings_for(mock, depth=Depth.QUICK), first=first, second=MOCK_SECOND, expired_bearer="expired")
    return server, judged(again)


def test_the_mock_behaves_as_the_second_server_does(
    second_url: str, tmp_path: Path, start_mock: Callable[..., str]
) -> None:
    server, mock = mimicked(second_url, tmp_path, start_mock, MOCK_FIRST)
    assert len(observed(server)) > 50
    assert differing(server, mock) <= NOT_FOLLOWED, {
        reading: (observed(server)[reading], observed(mock)[reading]) for reading in differing(server, mock)
    }
