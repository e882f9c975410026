"""Test that searches find and shrink several broken clauses, and draw the same requests for the same seed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from contract_tests.contract.specification import Specification
from contract_tests.contract.terms import Terms
from contract_tests.engine import exploration
from contract_tests.engine.exploration import Exploration, draw
from contract_tests.engine.shrinking import requests_between
from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.lead_lists import LEAD_LISTS, strategies
from contract_tests.lead_lists.bodies import base
from contract_tests.operation_suite import judge_with
from contract_tests.requests.plan import Sender
from contract_tests.requests.schema_driving import coverage_cases, fuzzed_cases
from contract_tests.target.client import Target
from contract_tests.target.exchange import Request
from contract_tests.tests.conftest import USERS, settings_for
from contract_tests.tests.servers.right_core import Fields, RightCore
from contract_tests.tests.servers.right_core import Request as Received
from contract_tests.tests.servers.serving import serve

PLAIN = base("First list, test")


class LongNamesAndManyPeopleMangled(RightCore):
    """Cuts names after 30 characters, and replaces the last of more than two person ids."""

    def build(self, request: Received, user: str, fields: Fields) -> Fields:
        created = super().build(request, user, fields)
        if len(created["name"]) > 30:
            created["name"] = created["name"][:30]
        if len(created["personIds"]) > 2:
            created["personIds"] = [*created["personIds"][:-1], "lead_somebody_else"]
        return created


class Doubling(RightCore):
    """Doubles apostrophes, keeps ten people, and needs no name."""

    def validate(self, request: Received, sent: Fields) -> Fields:
        return super().validate(request, {"name": "", **sent})

    def build(self, request: Received, user: str, fields: Fields) -> Fields:
        created = super().build(request, user, fields)
        return {**created, "name": created["name"].replace("'", "''"), "personIds": created["personIds"][:10]}


def terms_for(url: str, specification: Specification) -> Terms:
    return Terms.of(specification, settings_for(url))


def prober(terms: Terms, target: Target) -> Callable[[Request], list[Verdict]]:
    judge = judge_with(terms, (LEAD_LISTS,))

    def probe(request: Request) -> list[Verdict]:
        found = judge.judge(judge.case(target.send(request)))
        return [v for v in found if isinstance(v, Verdict) and v.outcome is Outcome.BROKEN]

    return probe


def drain(parts: Iterator[None]) -> int:
    """Carry out a search; return in how many parts but the last one."""
    return sum(1 for _ in parts)


def body_of(verdict: Verdict) -> dict[str, Any]:
    body = json.loads(verdict.exchanges[-1].request.body)
    assert isinstance(body, dict)
    return body


def test_a_search_finds_two_broken_clauses_and_the_smallest_request_for_each(specification: Specification) -> None:
    with serve(LongNamesAndManyPeopleMangled(USERS)) as url, Target(timeout_s=5, connections=1) as target:
        terms = terms_for(url, specification)
        search = Exploration(prober(terms, target), lambda: True)
        sender = Sender(terms, terms.specification.operations[0])
        drain(search.search(strategies.requests_left_open(sender), examples=200, seed=0))
    assert set(search.found) == {"response.name.echo", "response.personIds.echo"}
    assert len(body_of(search.found["response.name.echo"])["name"]) == 31
    assert len(body_of(search.found["response.personIds.echo"])["personIds"]) == 3


def test_a_search_ignores_clauses_that_are_already_broken(specification: Specification) -> None:
    with serve(LongNamesAndManyPeopleMangled(USERS)) as url, Target(timeout_s=5, connections=1) as target:
        terms = terms_for(url, specification)
        settled = {"response.name.echo", "response.personIds.echo"}
        search = Exploration(prober(terms, target), lambda: True, settled=settled)
        sender = Sender(terms, terms.specification.operations[0])
        drain(search.search(strategies.requests_left_open(sender), examples=100, seed=0))
    assert search.found == {}


def test_a_search_ends_when_the_budget_is_used_up(right_url: str, specification: Specification) -> None:
    sent: list[Request] = []

    def probe(request: Request) -> list[Verdict]:
        sent.append(request)
        return []

    terms = terms_for(right_url, specification)
    sender = Sender(terms, terms.specification.operations[0])
    search = Exploration(probe, lambda: len(sent) < 50)
    drain(search.search(strategies.requests_to_accept(sender), examples=100_000, seed=0))
    assert len(sent) == 50


def test_the_same_seed_draws_the_same_requests_and_sends_none(right_url: str, specification: Specification) -> None:
    terms = terms_for(right_url, specification)
    sender = Sender(terms, terms.specification.operations[0])
    one, two, other = (draw(strategies.requests_to_accept(sender), examples=30, seed=seed) for seed in (5, 5, 6))
    assert one == two != other
    assert len(one) > 20


class NullPersonIdsAccepted(RightCore):
    def validate(self, request: Received, sent: Fields) -> Fields:
        return super().validate(request, {**sent, "personIds": []} if sent.get("personIds", 1) is None else sent)


def test_the_schema_generates_valid_and_invalid_cases_with_the_given_login_only(
    right_url: str, specification: Specification
) -> None:
    terms = terms_for(right_url, specification)
    steps = list(coverage_cases(terms, terms.specification.operations[0]))
    # Schemathesis 4.32 generates 71 cases for this operation; far fewer would mean that it generates nothing useful.
    assert len(steps) >= 60
    requests = [step.request for step in steps]
    requests += draw(fuzzed_cases(terms, terms.specification.operations[0]), examples=20, seed=0)
    assert {request.method for request in requests} == {"POST"}
    assert {request.header("Authorization") for request in requests} == {"Bearer token-1"}
    assert {request.header("Cookie") for request in requests} == {None}


def test_the_schema_alone_finds_a_hole_in_validation(specification: Specification) -> None:
    with serve(NullPersonIdsAccepted(USERS)) as url, Target(timeout_s=5, connections=1) as target:
        terms = terms_for(url, specification)
        probe = prober(terms, target)
        steps = coverage_cases(terms, terms.specification.operations[0])
        broken = {verdict.clause for step in steps for verdict in probe(step.request)}
    assert broken == {"request.personIds.nullability"}


def test_the_users_own_schemathesis_hooks_and_settings_do_not_affect_the_search(
    right_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, specification: Specification
) -> None:
    (tmp_path / "schemathesis.toml").write_text('base-url = "${NOT_SET_ANYWHERE}"')
    (tmp_path / "hooks.py").write_text("raise RuntimeError('these hooks are not ours')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCHEMATHESIS_HOOKS", "hooks.py")
    terms = terms_for(right_url, specification)
    assert len(list(coverage_cases(terms, terms.specification.operations[0]))) >= 60


# -- shrinking a failing request


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
        ("request.name.required", {"name": None, "personIds": ["x", "y"]}, {"name": None}),
    ],
)
def test_the_smallest_request_has_no_irrelevant_parts(
    clause: str, found: dict[str, Any], smallest: dict[str, Any], specification: Specification
) -> None:
    def sent(changes: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in {**PLAIN, **changes}.items() if (name, value) != ("name", None)}

    with serve(Doubling(USERS)) as url, Target(timeout_s=5, connections=1) as target:
        terms = terms_for(url, specification)
        sender = Sender(terms, terms.specification.operations[0])
        between = requests_between(sender.request(PLAIN), sender.request(sent(found)))
        assert between is not None
        search = Exploration(prober(terms, target), lambda: True, requests=60)
        drain(search.search(between, examples=60, seed=0, shrinks_several=False))
    assert body_of(search.found[clause]) == sent(smallest)


def test_a_search_in_parts_sends_and_finds_the_same(
    specification: Specification, monkeypatch: pytest.MonkeyPatch
) -> None:
    def searched() -> tuple[list[Request], dict[str, Verdict], int]:
        sent: list[Request] = []

        def probe(request: Request) -> list[Verdict]:
            sent.append(request)
            name = json.loads(request.body)["name"]
            found = (("response.name.echo", "'" in name), ("request.name.text", len(name) > 3))
            return [Verdict(clause, Outcome.BROKEN, (), name, "") for clause, is_broken in found if is_broken]

        sender = Sender(terms, terms.specification.operations[0])
        between = requests_between(sender.request(PLAIN), sender.request({**PLAIN, "name": "a'b'c'", "x": "y"}))
        assert between is not None
        search = Exploration(probe, lambda: True, requests=60)
        parts = drain(search.search(between, examples=60, seed=0))
        return sent, search.found, parts

    terms = terms_for("http://127.0.0.1:1", specification)
    sent, found, parts = searched()
    assert (len(found), parts) == (2, 0)
    monkeypatch.setattr(exploration, "PART_S", -1)
    again = searched()
    assert again[:2] == (sent, found)
    assert again[2] >= len(sent) - 2


def test_a_deeply_nested_body_is_not_shrunk(specification: Specification) -> None:
    deep: Any = []
    for _ in range(500):
        deep = [deep]
    terms = terms_for("http://127.0.0.1:1", specification)
    sender = Sender(terms, terms.specification.operations[0])
    assert requests_between(sender.request(PLAIN), sender.request({**PLAIN, "deep": deep})) is None


def test_examples_do_not_depend_on_the_modules_that_are_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn() -> list[Request]:
        texts = st.text(max_size=40)
        return draw(texts.map(lambda text: Request("GET", text)), examples=200, seed=3)

    before = drawn()
    (tmp_path / "constants_of_a_program.py").write_text("\n".join(f'A{n} = "constant {n}"' for n in range(500)))
    monkeypatch.syspath_prepend(tmp_path)
    import_module("constants_of_a_program")
    assert drawn() == before


def test_no_strategies_are_kept_after_a_search() -> None:
    cache = import_module("hypothesis.strategies._internal.utils")._STRATEGY_CACHE
    strategy = st.integers(1, 9).flatmap(lambda size: st.text(min_size=size, max_size=size))
    draw(strategy.map(lambda text: Request("GET", text)), examples=50, seed=1)
    assert len(cache) == 0
