"""Test that an option is observed only where the exchange shows that the server follows it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contract_tests.judging.verdict import Observation
from contract_tests.lead_lists.bodies import PAGE_EXAMPLE
from contract_tests.requests.plan import encode
from contract_tests.target.exchange import Exchange
from contract_tests.tests.corpus.exchanges import (
    KNOWN_COMPANY,
    OTHER_ID,
    PATH,
    broken_clauses,
    created,
    exchange,
    judge,
    observed,
    problem,
    request,
    sent_body,
)
from contract_tests.tests.judging.test_judge import echo


def dates(sent: tuple[str, str], got: tuple[str, str]) -> Exchange:
    return echo(sent_body(startDate=sent[0], endDate=sent[1]), startDate=got[0], endDate=got[1])


SHORT, LONG = "2030-01-01T00:00:00Z", "2030-03-31T23:59:59.000Z"


@pytest.mark.parametrize(
    ("sent", "got", "seen"),
    [
        ((SHORT, LONG), (SHORT, LONG), {"verbatim"}),
        ((SHORT, LONG), ("2030-01-01T00:00:00.000Z", LONG), {"normalised"}),
        ((SHORT, LONG), (SHORT, "2030-03-31T23:59:59Z"), None),  # no needless digits
        ((SHORT, "2030-03-31T23:59:59Z"), (SHORT, "2030-03-31T23:59:59Z"), None),  # the same without needless digits
        ((SHORT, "2030-03-31T23:59:59.500Z"), (SHORT, "2030-03-31T23:59:59.500Z"), None),
        (("2030-01-01T02:00:00.000+02:00", LONG), ("2030-01-01T02:00:00.000+02:00", LONG), {"verbatim"}),
        (
            ("2030-01-01T02:00:00.000+02:00", LONG),
            ("2030-01-01T02:00:00.000+02:00", "2030-04-01T01:59:59.000+02:00"),
            None,  # the time zone of the server
        ),
        (("2030-01-01T02:00:00.000+02:00", LONG), ("2030-01-01T00:00:00.000Z", LONG), {"normalised"}),
    ],
)
def test_the_format_of_dates_shows_only_in_dates_of_two_formats(
    sent: tuple[str, str], got: tuple[str, str], seen: set[str] | None
) -> None:
    assert broken_clauses(dates(sent, got)) == set()
    assert observed(dates(sent, got)).get("date-echo") == seen


@pytest.mark.parametrize(
    ("asked", "got", "seen"),
    [
        (["user_1"], ["user_1"], None),  # the creator has access either way
        (["user_1", "user_9"], ["user_1"], {"ignored"}),
        (["user_1", "user_9"], ["user_1", "user_9"], {"merged"}),
    ],
)
def test_only_another_user_shows_whether_sent_users_get_access(
    asked: list[str], got: list[str], seen: set[str] | None
) -> None:
    assert observed(echo(sent_body(userIds=asked), userIds=got)).get("user-ids-sent") == seen


@pytest.mark.parametrize(("value", "seen"), [([], None), ("", None), ("org_1", {"echoed"})])
def test_an_empty_field_does_not_show_that_the_server_stores_it(value: Any, seen: set[str] | None) -> None:
    body = sent_body(persons=value)
    assert observed(exchange(request(body), answer=created(body, persons=value))).get("unknown-properties") == seen


def test_a_refusal_can_be_about_the_wrong_one_of_two_values() -> None:
    start = encode(sent_body())[:-1]
    assert "duplicate-keys" not in observed(exchange(request(raw=start + b',"type":"team"}'), 400))
    assert observed(exchange(request(raw=start + b',"name":"Autumn"}'), 400))["duplicate-keys"] == {"refused"}


@pytest.mark.parametrize(("status", "seen"), [(201, {"refused"}), (400, None)])
def test_a_refusal_of_keys_twice_is_about_them_if_their_values_are_accepted(status: int, seen: set[str] | None) -> None:
    unknown = sent_body(personIds=["lead_1"])
    twice = exchange(request(raw=encode(unknown)[:-1] + b',"name":"Autumn"}'), 400)
    assert observed(exchange(request(unknown), status), twice).get("duplicate-keys") == seen


@pytest.mark.parametrize("path", ["/name", "", "/personIds"])
def test_a_refusal_of_keys_twice_may_name_one_of_them(path: str) -> None:
    taken = exchange(request(sent_body(personIds=["lead_1"])))
    raw = encode(sent_body(personIds=["lead_1"]))[:-1] + b',"name":"Autumn","personIds":["lead_2"]}'
    refused = exchange(request(raw=raw), 400, problem(details=[{"path": path}]))
    assert observed(taken, refused)["duplicate-keys"] == {"refused"}


@pytest.mark.parametrize(("size", "broken"), [(1_000, True), (8_000, False)])
def test_a_gateway_may_limit_bodies_to_8_kib(size: int, broken: bool) -> None:
    padded = request(raw=b" " * size + encode(sent_body()))
    assert bool(broken_clauses(exchange(), exchange(padded, 413, at_s=1))) is broken
    assert broken_clauses(exchange(), exchange(padded, 400, at_s=1)) != set()


@pytest.mark.parametrize(
    ("field", "unknown", "also", "other"),
    [
        ("icpId", "unknown-icp", "2c1d43b8-e6d7-11ee-bd3d-0242ac120002", "uuid-versions"),
        ("personIds", "unknown-people", [f"lead_{n}" for n in range(101)], "many-ids"),
    ],
)
def test_the_ids_of_the_example_may_exist(field: str, unknown: str, also: Any, other: str) -> None:
    example = exchange(request(sent_body(**{field: PAGE_EXAMPLE[field]})))
    refused = exchange(request(sent_body(**{field: also})), 400, problem(details=[{"path": f"/{field}"}]))
    assert unknown not in observed(example)
    assert other not in observed(example, refused)


@pytest.mark.parametrize(("company", "seen"), [(KNOWN_COMPANY, {"dropped"}), (OTHER_ID, None)])
def test_only_existing_ids_show_whether_their_type_is_why_they_are_dropped(company: str, seen: set[str] | None) -> None:
    dropped = echo(sent_body(companyIds=[company]), companyIds=[])
    assert broken_clauses(dropped) == set()
    assert observed(dropped).get("company-ids-on-person-list") == seen


@pytest.mark.parametrize(
    ("reading", "option", "one"),
    [
        ("trailing-slash", "redirected", exchange(request(path=f"{PATH}/"), status=418)),
        ("login-before-validation", "validation-first", exchange(request({}, login=()), status=418)),
        ("other-methods", "404", exchange(request(method="PUT"), status=418)),
        ("malformed-login", "400", exchange(request(login=(("Authorization", "Basic eDp5"),)), status=418)),
        ("foreign-origin", "403", exchange(request(headers=(("Origin", "https://else.example"),)), status=418)),
    ],
)
def test_the_statuses_of_options_are_data(reading: str, option: str, one: Exchange) -> None:
    assert observed(one).get(reading) is None
    judging = judge()
    specification = judging.terms.specification
    old = specification.readings[reading]
    shows = {name: (418,) if name == option else () for name in old.options}
    readings = {**specification.readings, reading: replace(old, refuses={}, shows=shows)}
    judging = replace(judging, terms=replace(judging.terms, specification=replace(specification, readings=readings)))
    seen = [each for each in judging.judge(judging.case(one)) if isinstance(each, Observation)]
    assert (reading, option) in {(each.reading, each.option) for each in seen}
