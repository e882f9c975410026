"""The readings that a run writes make the mock behave as the server does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from contract_tests.tests.conftest import settings_for
from contract_tests.tests.mimicry import mimic


def test_the_mock_behaves_as_the_second_server_does(
    second_url: str, tmp_path: Path, start_mock: Callable[..., str]
) -> None:
    found = mimic("second", settings_for(second_url), tmp_path, start_mock)
    assert len(found.server) > 50
    assert found.unexpected == [], [found.said(reading) for reading in found.unexpected]
