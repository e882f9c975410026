"""Test that correct servers pass: the mock, the second server; test_cli judges the right core, the selfcheck more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract_tests.contract.loading import load_specification
from contract_tests.results.result import RunResult
from contract_tests.settings.values import Depth, Settings
from contract_tests.tests.conftest import MOCK_FIRST, MOCK_SECOND, judged, mock_process, settings_for

pytestmark = pytest.mark.once

SPECIFICATION = load_specification()
MOCK = Settings("", MOCK_FIRST, MOCK_SECOND, expired_bearer="expired")


def judge(settings: Settings) -> tuple[list[str], RunResult]:
    """Return the reported failures as text, and the result."""
    result = judged(settings)
    worst = [found.worst for found in result.broken if found.worst]
    return [f"{v.clause}: {v.exchanges[-1].label}: expected {v.expected}, got {v.actual}" for v in worst], result


@pytest.mark.parametrize(
    ("profile", "status", "depth"),
    [
        pytest.param("page", "201", Depth.STANDARD, marks=pytest.mark.long),  # the README shows such a run
        ("strict", "200", Depth.QUICK),
    ],
)
def test_the_mock_passes_in_both_profiles_with_both_statuses(profile: str, status: str, depth: Depth) -> None:
    with mock_process("--profile", profile, "--success-status", status) as url:
        broken, result = judge(replace(MOCK, url=url, depth=depth))
    assert broken == []
    assert {each.reading.id: set(each.seen) for each in result.readings}["success-status"] == {status}
    unjudged = {found.clause.id for found in result.unjudged}
    # No request makes a correct server answer 500. A server that refuses IDs does not show how it stores them.
    assert unjudged <= {"error.500.code"}


def test_the_second_server_passes(second_url: str) -> None:
    broken, _ = judge(settings_for(second_url))
    assert broken == []


@pytest.mark.parametrize(
    ("reading", "option"), [("login-before-validation", "validation-first"), ("type-null", "default")]
)
def test_an_option_that_fails_by_default_passes_if_pinned(reading: str, option: str) -> None:
    with mock_process("--reading", f"{reading}={option}") as url:
        broken, _ = judge(replace(MOCK, url=url, depth=Depth.QUICK))
    assert [line.partition(":")[0] for line in broken] == [SPECIFICATION.readings[reading].clause]
