"""No right server is accused: the mock under every option of every reading, the second server, the tiny right core."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from contract_tests.plans import make_plan
from contract_tests.run import Run
from contract_tests.searches import ZONES, search_schema, search_zone
from contract_tests.settings import Session, Settings
from contract_tests.specification import Treatment, find_spec_folder, load_specification, load_yaml
from contract_tests.tests.conftest import MOCK_FIRST, MOCK_SECOND, mock_process, open_run, settings_for

SPECIFICATION = load_specification()


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


@dataclass(frozen=True)
class Flip:
    """The mock with one reading turned from its default to another option."""

    reading: str
    option: str

    @property
    def settings(self) -> Settings:
        """What the suite does not accept by default is accepted by name; a carrier is judged if it is served."""
        by_name = SPECIFICATION.readings[self.reading].treatment(self.option) is Treatment.FAIL
        pins = {self.reading: (self.option,)} if by_name else {}
        first, second = MOCK_FIRST, MOCK_SECOND
        if self.reading == "session-carrier" and self.option == "bearer":
            first = replace(first, cookie=None)
        if self.reading == "session-carrier" and self.option == "cookie":
            first = replace(first, bearer=None)
            second = Session("second", cookie=("__session", "abc123-session"), user_id="user_abc123")
        return Settings("", first, second, expired_bearer="expired", readings=pins)

    def judge(self, folder: Path) -> tuple[list[str], dict[str, set[str]]]:
        with mock_process("--reading", f"{self.reading}={self.option}") as url:
            return judge(replace(self.settings, url=url), folder, examples=0)[:2]


def _flips() -> list[Flip]:
    defaults = {entry["id"]: entry["mock"] for entry in load_yaml(find_spec_folder() / "readings.yaml")}
    pages = {name: mock if isinstance(mock, str) else mock["page"] for name, mock in defaults.items()}
    return [
        Flip(r.id, option) for r in SPECIFICATION.readings.values() for option in r.options if option != pages[r.id]
    ]


FLIPS = _flips()
# Told only where both logins are given, and then the other carrier is rightly missed.
UNSEEN = {"session-carrier"}


Judged = dict[Flip, Future[tuple[list[str], dict[str, set[str]]]]]


@pytest.fixture(scope="module")
def flipped(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judged]:
    """Every flip that is asked for, judged a few at a time: most of a run is waiting."""
    calls = [getattr(item, "callspec", None) for item in request.session.items]
    asked = [call.params["flip"] for call in calls if call and "flip" in call.params]
    with ThreadPoolExecutor(3) as pool:
        yield {flip: pool.submit(flip.judge, tmp_path_factory.mktemp("flip")) for flip in asked}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("flip", FLIPS, ids=lambda flip: f"{flip.reading}={flip.option}")
def test_a_mock_with_one_reading_flipped_is_right_and_seen_through(flip: Flip, flipped: Judged) -> None:
    broken, observed = flipped[flip].result()
    assert broken == []
    if flip.reading not in UNSEEN:
        assert flip.option in observed.get(flip.reading, set())


@pytest.mark.parametrize("profile", ["page", "strict"])
@pytest.mark.parametrize("status", ["200", "201"])
def test_the_mock_is_right_in_both_profiles_with_both_statuses(profile: str, status: str, tmp_path: Path) -> None:
    with mock_process("--profile", profile, "--success-status", status) as url:
        broken, observed, run = judge(
            Settings(url, MOCK_FIRST, MOCK_SECOND, expired_bearer="expired"), tmp_path, examples=60, schema=True
        )
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


@pytest.mark.parametrize("reading", ["login-before-validation", "type-null", "company-ids-null"])
def test_an_option_outside_the_default_is_accused_unless_it_is_accepted_by_name(reading: str, tmp_path: Path) -> None:
    flip = next(flip for flip in FLIPS if flip.reading == reading)
    with mock_process("--reading", f"{flip.reading}={flip.option}") as url:
        broken, _, _ = judge(replace(flip.settings, url=url, readings={}), tmp_path)
    assert [line.partition(":")[0] for line in broken] == [SPECIFICATION.readings[reading].clause]
