"""No right server is accused: the mock, the second server, the tiny right core; the selfcheck judges many more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from contract_tests.contract.specification import load_specification
from contract_tests.engine.run import Run
from contract_tests.engine.searches import ZONES, search_schema, search_zone
from contract_tests.lead_lists.plans import make_plan
from contract_tests.settings.values import Settings
from contract_tests.tests.conftest import MOCK_FIRST, MOCK_SECOND, mock_process, open_run, settings_for

SPECIFICATION = load_specification()
MOCK = Settings("", MOCK_FIRST, MOCK_SECOND, expired_bearer="expired")


def judge(
    settings: Settings, folder: Path, *, examples: int = 10, schema: bool = False
) -> tuple[list[str], dict[str, set[str]], Run]:
    """All that the suite does to a target, with fewer examples; returns what is broken and what was observed."""
    operation = SPECIFICATION.operations[0]
    with open_run(settings, folder) as run:
        terms = run.judge.terms
        plan = make_plan(terms, operation, "test")
        run.discover(plan)
        run.carry_out(plan)
        for zone in ZONES if examples else ():
            search_zone(run, zone, examples)
        if schema:
            search_schema(run, examples)
        broken = [f"{v.clause}: {v.exchanges[-1].label}: expected {v.expected}, got {v.actual}" for v in run.broken]
        return broken, {reading: set(options) for reading, options in run.observed.items()}, run


@pytest.mark.parametrize("profile", ["page", "strict"])
@pytest.mark.parametrize("status", ["200", "201"])
def test_the_mock_is_right_in_both_profiles_with_both_statuses(profile: str, status: str, tmp_path: Path) -> None:
    with mock_process("--profile", profile, "--success-status", status) as url:
        broken, observed, run = judge(replace(MOCK, url=url), tmp_path, examples=60, schema=True)
    assert broken == []
    assert observed["success-status"] == {status}
    unjudged = {c.id for c in SPECIFICATION.judged_clauses} - set(run.evidence)
    # No request makes a right server answer 500. A server that refuses ids does not show what it does with them.
    assert unjudged <= {"error.500.code"}


@pytest.mark.parametrize("seed", range(3))
def test_the_second_server_is_right(second_url: str, seed: int, tmp_path: Path) -> None:
    broken, _, _ = judge(settings_for(second_url, seed=seed), tmp_path, examples=60, schema=True)
    assert broken == []


@pytest.mark.parametrize("seed", range(3))
def test_the_right_core_is_right(right_url: str, seed: int, tmp_path: Path) -> None:
    broken, _, _ = judge(settings_for(right_url, seed=seed), tmp_path, examples=60, schema=True)
    assert broken == []


@pytest.mark.parametrize(
    ("reading", "option"),
    [("login-before-validation", "validation-first"), ("type-null", "default"), ("company-ids-null", "default")],
)
def test_an_option_outside_the_default_is_accused_unless_it_is_accepted_by_name(
    reading: str, option: str, tmp_path: Path
) -> None:
    with mock_process("--reading", f"{reading}={option}") as url:
        broken, _, _ = judge(replace(MOCK, url=url), tmp_path)
    assert [line.partition(":")[0] for line in broken] == [SPECIFICATION.readings[reading].clause]
