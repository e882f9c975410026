"""Test that a run does not judge by requests that are built on a body which the server refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from contract_tests.judging.verdict import Outcome
from contract_tests.results.result import RunResult
from contract_tests.settings.values import Depth
from contract_tests.tests.conftest import USERS, judged, settings_for, with_fewer_requests
from contract_tests.tests.servers.right_core import Fields, RightCore
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.servers.trait import Strict

Problems = Iterator[tuple[str, str]]


class EmptyPeopleRefused(Strict):
    """The server wants at least one person in a list of people, and does not say so."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        if fields["type"] == "person" and not fields["personIds"]:
            yield "", "is wrong"


class EmptyPeopleAndIcpsRefused(EmptyPeopleRefused):
    """The server also knows no ICP."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        if fields["icpId"] is not None:
            yield "/icpId", "is unknown"


class NullIcpRefused(Strict):
    """The server wants an ICP."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        if fields["icpId"] is None:
            yield "/icpId", "is required"


class OtherNamesRefused(Strict):
    """The server takes no name but that of the API page's example."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        if fields["name"] != "Q1 2024 Tech Startups":
            yield "/name", "must be shorter"


class EverythingRefused(Strict):
    """The server refuses every body."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield "/name", "is wrong"


def run_against(server: type[RightCore], depth: Depth = Depth.QUICK, **options: Any) -> RunResult:
    with serve(server(USERS)) as url:
        return judged(settings_for(url, depth=depth), **options)


@pytest.mark.parametrize(
    ("server", "broken", "built_on"),
    [
        (EmptyPeopleRefused, {"request.personIds.empty"}, "personIds ['lead_abc123', 'lead_def456']"),
        (EmptyPeopleAndIcpsRefused, {"request.personIds.empty"}, "icpId null"),
        (NullIcpRefused, {"request.icpId.nullability"}, "icpId '660e8400-e29b-41d4-a716-446655440001'"),
        (OtherNamesRefused, {"request.name.text", "success.created"}, "name 'Q1 2024 Tech Startups'"),
    ],
)
def test_requests_are_built_on_the_example_of_the_api_page_instead(
    server: type[RightCore], broken: set[str], built_on: str
) -> None:
    result = run_against(server)
    found = {each.clause.id for each in result.broken}
    assert found
    assert found <= broken
    assert built_on in result.why
    # Refusals of the plain body show nothing of the questions that requests built on it raise.
    seen = {each.reading.id: set(each.seen) for each in result.readings}
    assert (
        "refused" not in seen.get("equal-dates", set()) | seen.get("uuid-versions", set()) | seen["unknown-properties"]
    )
    assert {each.clause.id for each in result.warned} <= {"error.400.details"}
    assert sum(each.outcome is not None for each in result.clauses) > 100


def test_a_search_draws_on_that_base_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Depth, "examples", 20)  # on another base, the server refuses every one
    suites = with_fewer_requests(lambda sent: b'"personIds":[]' in sent.body)
    result = run_against(EmptyPeopleRefused, Depth.STANDARD, suites=suites)
    assert {each.clause.id for each in result.broken} == {"request.personIds.empty"}
    assert {each.clause.id for each in result.warned} <= {"error.400.details"}


def test_nothing_but_logins_is_judged_where_no_base_is_accepted() -> None:
    result = run_against(EverythingRefused)
    assert {each.clause.id for each in result.broken} == {"success.created"}
    assert result.warned == ()
    assert "did not judge the requests that are based on them" in result.why
    outcomes = {each.clause.id: each.outcome for each in result.clauses}
    assert outcomes["access.login.required"] is outcomes["error.401.code"] is Outcome.HELD
    assert outcomes["request.name.required"] is outcomes["request.icpId.format"] is None
    assert result.readings == () or {each.reading.id for each in result.readings} <= {
        "error-shape", "error-media-type", "details-on-other-errors", "www-authenticate", "malformed-login",
        "login-before-validation", "details-place", "details-form", "bearer-scheme-case",
    }  # fmt: skip
