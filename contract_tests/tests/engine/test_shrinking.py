"""What the covering set found is shrunk: one field, and of it no more than breaks the clause."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contract_tests.engine.run import Run
from contract_tests.engine.shrinking import REQUESTS, shrink
from contract_tests.judging.verdict import Outcome
from contract_tests.lead_lists.bodies import base
from contract_tests.lead_lists.plans import make_plan
from contract_tests.requests.plan import encode
from contract_tests.tests.conftest import USERS, open_run, settings_for
from contract_tests.tests.servers.right_core import BadRequest, Fields, Request, RightCore
from contract_tests.tests.servers.serving import serve

PLAIN = base("First list, test")


class Mangling(RightCore):
    """Doubles apostrophes, and keeps ten people."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        created = super().build(request, user, fields)
        return {**created, "name": created["name"].replace("'", "''"), "personIds": created["personIds"][:10]}


def broken_by(run: Run, body: dict[str, Any]) -> None:
    """What the covering set may have sent first."""
    plan = make_plan(run.judge.terms, run.operations[0], "test")
    request = plan.first.request
    run.discover(plan)
    run.probe(type(request)(request.method, request.url, request.headers, encode(body)), "found")
    assert run.broken
    shrink(run, request)


@pytest.mark.parametrize(
    ("clause", "found", "smallest"),
    [
        ("response.name.echo", {"name": "O'Brien & Sons; -- \U0001f680 and many more"}, {"name": "'"}),
        (
            "response.personIds.echo",
            {"personIds": [f"lead_{number}" for number in range(100)], "startDate": "2029-05-05T00:00:00.000Z"},
            {"personIds": [f"lead_{number}" for number in range(11)]},
        ),
        ("response.name.echo", {"name": "'", "more": "of no matter"}, {"name": "'"}),
        ("response.name.echo", {"name": "'", "type": "company"}, {"name": "'"}),
    ],
)
def test_the_smallest_request_has_nothing_that_does_not_matter(
    clause: str, found: dict[str, Any], smallest: dict[str, Any], tmp_path: Path
) -> None:
    with serve(Mangling(USERS)) as url, open_run(settings_for(url), tmp_path) as run:
        broken_by(run, PLAIN | found)
        verdict = run.evidence[clause].worst
        assert verdict is not None
        assert verdict.outcome is Outcome.BROKEN
        assert json.loads(verdict.exchanges[0].request.body) == {
            **json.loads(run.cases[0].exchange.request.body),
            **smallest,
        }
        assert run.target.requests_sent <= 2 + REQUESTS


def test_a_field_that_is_missing_stays_missing(tmp_path: Path) -> None:
    class NoNameNeeded(RightCore):
        def validate(self, request: Request, sent: Fields) -> Fields:
            return super().validate(request, {"name": "", **sent})

    with serve(NoNameNeeded(USERS)) as url, open_run(settings_for(url), tmp_path) as run:
        broken_by(run, {key: value for key, value in PLAIN.items() if key != "name"} | {"personIds": ["x", "y"]})
        verdict = run.evidence["request.name.required"].worst
        assert verdict is not None
        shown = json.loads(verdict.exchanges[0].request.body)
        assert "name" not in shown
        assert shown["personIds"] == []


def test_a_body_that_is_nested_deep_stays_as_it_is(tmp_path: Path) -> None:
    class Shallow(RightCore):
        def validate(self, request: Request, sent: Fields) -> Fields:
            if "deep" in sent:
                raise RecursionError
            return super().validate(request, sent)

    deep: Any = []
    for _ in range(500):
        deep = [deep]
    with serve(Shallow(USERS)) as url, open_run(settings_for(url), tmp_path) as run:
        broken_by(run, PLAIN | {"deep": deep})
        verdict = run.evidence["http.answer.no-server-error"].worst
        assert verdict is not None
        assert b"[" * 500 in verdict.exchanges[0].request.body


def test_requests_of_which_only_parts_were_sent_before_speak_of_no_other_clause(tmp_path: Path) -> None:
    class CompaniesNeeded(RightCore):
        def validate(self, request: Request, sent: Fields) -> Fields:
            if sent.get("type") == "company" and not sent.get("companyIds"):
                raise BadRequest(("companyIds", "is needed"))
            return super().validate(request, sent)

    with serve(CompaniesNeeded(USERS)) as url, open_run(settings_for(url), tmp_path) as run:
        broken_by(run, PLAIN | {"name": "Autumn", "type": "company"})  # made smaller, it has the name of the plain one
        assert [verdict.clause for verdict in run.broken] == ["request.type.enum"]
