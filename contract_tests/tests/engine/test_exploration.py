"""Searches find what breaks, shrink it, find more than one clause, and end in time."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from contract_tests.engine.exploration import Exploration
from contract_tests.lead_lists import strategies
from contract_tests.lead_lists.plans import make_plan
from contract_tests.requests.plan import Sender
from contract_tests.requests.schema_driving import drive
from contract_tests.tests.conftest import USERS, open_run, settings_for
from contract_tests.tests.servers.right_core import Fields, Request, RightCore
from contract_tests.tests.servers.serving import serve


class LongNamesAndManyPeopleSpoilt(RightCore):
    """Cuts names after 30 characters, and spoils the last of more than two person ids."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        created = super().build(request, user, fields)
        if len(created["name"]) > 30:
            created["name"] = created["name"][:30]
        if len(created["personIds"]) > 2:
            created["personIds"] = [*created["personIds"][:-1], "lead_somebody_else"]
        return created


def body_of(found: Mapping[str, Any], clause: str) -> dict[str, Any]:
    body = json.loads(found[clause].exchanges[-1].request.body)
    assert isinstance(body, dict)
    return body


def test_a_search_finds_two_broken_clauses_and_the_smallest_request_for_each(tmp_path: Path) -> None:
    with serve(LongNamesAndManyPeopleSpoilt(USERS)) as url, open_run(settings_for(url), tmp_path) as run:
        sender = Sender(run.judge.terms, run.operations[0])
        search = Exploration(run)
        search.search(strategies.requests_left_open(sender), "open", examples=200, seed=0)
        assert set(search.found) == {"response.name.echo", "response.personIds.echo"}
        assert len(body_of(search.found, "response.name.echo")["name"]) == 31
        assert len(body_of(search.found, "response.personIds.echo")["personIds"]) == 3


def test_what_is_known_to_be_broken_is_not_searched_for_again(tmp_path: Path) -> None:
    with serve(LongNamesAndManyPeopleSpoilt(USERS)) as url, open_run(settings_for(url), tmp_path) as run:
        plan = make_plan(run.judge.terms, run.operations[0], "test")
        run.discover(plan)
        run.carry_out(plan)
        assert {v.clause for v in run.broken} == {"response.name.echo", "response.personIds.echo"}
        search = Exploration(run)
        search.search(
            strategies.requests_left_open(Sender(run.judge.terms, run.operations[0])), "x", examples=100, seed=0
        )
        assert search.found == {}


def test_a_search_ends_when_the_time_is_up(right_url: str, tmp_path: Path) -> None:
    with open_run(settings_for(right_url), tmp_path) as run:
        run.deadline = time.monotonic() + 0.5
        sender = Sender(run.judge.terms, run.operations[0])
        Exploration(run).search(strategies.requests_to_accept(sender), "x", examples=100_000, seed=0)
        assert run.target.requests_sent < 100_000


class NullPersonIdsTaken(RightCore):
    def validate(self, request: Request, sent: Fields) -> Fields:
        return super().validate(request, {**sent, "personIds": []} if sent.get("personIds", 1) is None else sent)


def test_the_schema_drives_cases_of_both_modes_with_the_right_login_only(right_url: str, tmp_path: Path) -> None:
    with open_run(settings_for(right_url), tmp_path) as run:
        count = drive(Exploration(run), run.judge.terms, run.operations[0], examples=20, seed=0)
        # Schemathesis 4.32 has 71 cases for this operation; far fewer would mean that it drives nothing.
        assert count >= 60
        requests = [case.exchange.request for case in run.cases]
        assert {request.method for request in requests} == {"POST"}
        assert {request.header("Authorization") for request in requests} == {"Bearer token-1"}
        assert {request.header("Cookie") for request in requests} == {None}
        assert sum(case.must_be_refused for case in run.cases) > 30
        assert run.broken == []


def test_the_schema_finds_a_hole_in_validation(tmp_path: Path) -> None:
    with serve(NullPersonIdsTaken(USERS)) as url, open_run(settings_for(url), tmp_path) as run:
        search = Exploration(run)
        drive(search, run.judge.terms, run.operations[0], examples=0, seed=0)
        assert "request.personIds.nullability" in search.found


def test_hooks_and_settings_of_the_users_own_schemathesis_do_not_touch_the_search(
    right_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "schemathesis.toml").write_text('base-url = "${NOT_SET_ANYWHERE}"')
    (tmp_path / "hooks.py").write_text("raise RuntimeError('these hooks are not ours')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCHEMATHESIS_HOOKS", "hooks.py")
    with open_run(settings_for(right_url), tmp_path) as run:
        assert drive(Exploration(run), run.judge.terms, run.operations[0], examples=0, seed=0) >= 60
