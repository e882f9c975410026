"""The readings that a run writes make the mock behave as the server does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from contract_tests.contract.specification import Specification
from contract_tests.tests.conftest import settings_for
from contract_tests.tests.mimicry import mimic
from contract_tests.tests.readmes import section


def test_the_mock_behaves_as_the_second_server_does(
    second_url: str, tmp_path: Path, start_mock: Callable[..., str]
) -> None:
    found = mimic("second", settings_for(second_url), tmp_path, start_mock)
    assert len(found.server) > 50
    assert found.unexpected == [], [found.said(reading) for reading in found.unexpected]
    assert "# The mock may differ in long-name: the mock has one limit" in (tmp_path / "second.toml").read_text()


def test_the_readme_names_the_readings_that_the_mock_cannot_follow(specification: Specification) -> None:
    said = section("Make the mock behave as your server does")
    limited = {reading.id for reading in specification.readings.values() if reading.limit}
    assert {name for name in specification.readings if f"`{name}`" in said} == limited
