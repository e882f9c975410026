"""Test that each defect changes a response."""

from __future__ import annotations

from typing import Any

import pytest

from mock_server import create_app
from mock_server.defects import catalogue
from mock_server.defects.defect import Defect
from mock_server.settings.values import Settings
from mock_server.tests.defects.probes import Probe, answers, run_idle, ticking
from mock_server.tests.defects.test_defects import ALL


@pytest.fixture(scope="module")
def clean() -> list[Any]:
    return run_idle(answers(create_app(Settings(seed=1), clock=ticking())))


def test_two_correct_mocks_give_equal_responses_to_the_probes(clean: list[Any]) -> None:
    assert run_idle(answers(create_app(Settings(seed=1), clock=ticking()), clean)) == clean


@pytest.mark.parametrize("defect", ALL, ids=lambda defect: defect.id)
def test_a_defect_changes_a_response(defect: Defect, clean: list[Any]) -> None:
    assert run_idle(answers(catalogue.create_broken([defect], Settings(seed=1), clock=ticking()), clean)) != clean


def test_two_broken_mocks_share_no_state() -> None:
    defect = catalogue.find("id-in-order")
    mocks = [catalogue.create_broken([defect], Settings(seed=1), clock=ticking()) for _ in range(2)]
    first, second = [run_idle(Probe().answer(mock)) for mock in mocks]
    assert first == second
