"""Group the findings of a campaign by the mistake that explains them."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.contract.loading import load_specification
from contract_tests.results.causes import cause_of
from contract_tests.results.grouping import MANY, Key, groups

SHIFT = "It is … h off"
ONE_MISTAKE = {
    "dates lose their time zone": [
        ("response.startDate.echo", "POST, 201", SHIFT),
        ("response.endDate.echo", "POST, 201", SHIFT),
    ],
    "emoji are refused": [
        ("request.name.text", "POST, 400", "refused: path name must be of ucs"),
        ("success.created", "POST, 400", "refused: path name must be of ucs"),
    ],
    "chunks are refused": [
        ("http.request.chunked", "POST, 411", "refused"),
        ("success.created", "POST, 411", "refused"),
    ],
    "the end may be left out": [
        ("request.endDate.required", "POST, 201", "accepted, although …endDate is left out"),
        ("http.request.media-type", "POST, 201", "accepted, although …endDate is left out"),
    ],
    "the clock is frozen": [
        ("response.createdAt.clock", "POST, 201", "If the server…s clock is frozen"),
        ("response.createdAt.clock", "POST, 201", "a time"),
        ("response.updatedAt.clock", "POST, 201", "a time"),
    ],
    "no login is needed": [
        ("access.login.required", "POST, 201", "…, as for a valid login"),
        ("access.session.valid", "POST, 201", "…, as for a valid login"),
        ("access.session.expired", "POST, 200", "…, as for a valid login"),
        ("access.login.first", "POST, 400", "validation…first"),
    ],
    "a response of another request": [
        ("response.id.unique", "POST, 201", "… twice"),
        ("success.repeatable", "POST, 201", "… twice"),
        ("response.icpId.echo", "POST, 201", "a text"),
        ("response.personIds.echo", "POST, 201", "another list"),
        ("response.name.echo", "POST, 201", "It is … h off"),
        ("request.type.default", "POST, 201", "another text"),
    ],
    "nothing is validated": [
        (f"request.{name}", "POST, 201", "accepted, although …x is wrong")
        for name in ("name.type", "type.enum", "icpId.format", "startDate.required", "personIds.items.type")
    ],
    "the fields have other names": [
        (f"response.{name}.required", "POST, 201", "it is missing")
        for name in ("icpId", "startDate", "endDate", "personIds", "createdAt")
    ],
}
TWO_MISTAKES = {
    "a cut name, a decoded name": [
        ("response.name.echo", "POST, 201", "It was cut after … of … characters"),
        ("response.name.echo", "POST, 201", "They differ from character … on"),
    ],
    "a cut name, a cut list": [
        ("response.name.echo", "POST, 201", "another text"),
        ("response.companyIds.echo", "POST, 201", "… were sent and … came back; missing"),
    ],
    "emoji are refused, long lists are": [
        ("request.name.text", "POST, 400", "refused: path name must be of ucs"),
        ("request.personIds.items.form", "POST, 400", "refused: too many"),
    ],
    "two fields refused in the same words": [
        ("request.name.text", "POST, 400", "refused: bad request"),
        ("request.personIds.items.form", "POST, 400", "refused: bad request"),
    ],
    "two unchecked fields": [
        ("request.name.type", "POST, 201", "accepted, although …name is wrong"),
        ("request.icpId.format", "POST, 201", "accepted, although …icpId is wrong"),
    ],
    "a valid request fails, another is refused": [
        ("http.answer.no-server-error", "POST, 500", "500 instead of a success"),
        ("request.name.text", "POST, 400", "refused: bad request"),
    ],
    "a header and a date refused in the same words": [
        ("http.request.charset", "POST, 400", "refused: validation failed"),
        ("request.endDate.format", "POST, 400", "refused: validation failed"),
        ("success.created", "POST, 400", "refused: validation failed"),
    ],
    "a charset and chunks refused in the same words": [
        ("http.request.charset", "POST, 400", "refused: validation failed"),
        ("http.request.chunked", "POST, 400", "refused: validation failed"),
        ("success.created", "POST, 400", "refused: validation failed"),
    ],
    "no login is needed, a malformed one crashes the server": [
        ("access.login.required", "POST, 201", "…, as for a valid login"),
        ("access.login.malformed", "POST, 500", "500 instead of 401"),
    ],
    "a list that is a text, one that is null": [
        ("response.userIds.type", "POST, 201", "a text, not a list"),
        ("response.companyIds.type", "POST, 201", "null, not a list"),
    ],
    "codes of two errors": [("error.envelope", "POST, 400", "a text"), ("error.envelope", "POST, 401", "a text")],
    "an expired session, a token of another scheme": [
        ("access.session.expired", "POST, 201", "…, as for a valid login"),
        ("access.session.valid", "POST, 201", "…, as for a valid login"),
    ],
}


def keys_of(findings: list[tuple[str, str, str]]) -> list[Key]:
    return [Key(*finding) for finding in findings]


@pytest.mark.parametrize("name", ONE_MISTAKE)
def test_one_mistake_is_one_group_and_the_clause_on_a_field_names_it(name: str) -> None:
    [group] = groups(keys_of(ONE_MISTAKE[name]))
    assert len(group) == len(ONE_MISTAKE[name])
    assert bool(group[0].field) == any(key.field for key in group)


@pytest.mark.parametrize("name", TWO_MISTAKES)
def test_two_mistakes_are_two_groups(name: str) -> None:
    assert len(groups(keys_of(TWO_MISTAKES[name]))) == 2


@pytest.mark.parametrize("one", ONE_MISTAKE)
@pytest.mark.parametrize("other", ONE_MISTAKE)
def test_two_such_mistakes_at_once_are_two_groups(one: str, other: str) -> None:
    both = [*ONE_MISTAKE[one], *ONE_MISTAKE[other]]
    explained = {one, other} in (
        {"nothing is validated", "the end may be left out"},
        {"a response of another request", "dates lose their time zone"},
    )
    assert len(groups(list(dict.fromkeys(keys_of(both))))) == (1 if one == other or explained else 2)


CLAUSES = sorted(load_specification().clauses)
CAUSES = ("refused", "refused: too long", "accepted, although …name is …", "another text", "a time", "it is missing")
KEYS = st.builds(
    Key, st.sampled_from(CLAUSES), st.sampled_from(("POST, 201", "POST, 400", "PUT, 200")), st.sampled_from(CAUSES)
)
FINDINGS = st.sets(KEYS, max_size=30)


@given(FINDINGS, st.integers())
def test_groups_divide_the_findings_in_whatever_order_they_come(findings: set[Key], seed: int) -> None:
    found = groups(sorted(findings, key=repr))
    assert sorted((key for group in found for key in group), key=repr) == sorted(findings, key=repr)
    shuffled = sorted(findings, key=repr)
    Random(seed).shuffle(shuffled)
    assert groups(shuffled) == found


@given(FINDINGS)
def test_only_a_broken_rule_of_many_fields_puts_different_fields_together(findings: set[Key]) -> None:
    for group in groups(findings):
        words = {key.field[-4:].lower() for key in group if key.field}
        assert len(words) <= 2 or len({key.field for key in group}) >= MANY


@pytest.mark.parametrize(
    ("expected", "actual", "hint", "sent", "cause"),
    [
        ("200 or 201", "500", "", b"", "500 instead of 200 or 201"),
        ("'abcdef'", "'abc'", "", b"", "another text"),
        ("'… (81 in all) …'", "'… (64 in all) …'", "It was cut after 64 of 81 characters.", b"",
         "It was cut after … of … characters"),
        ("'%41'", "'A'", "They differ from character 0 on: '%41' became 'A'.", b"", "They differ from character … on"),
        ("400", "201, although /endDate is left out; /name is 5", "", b"", "accepted, although …endDate is left out"),
        ("400", "201, although the body ended too early", "", b"", "accepted, although the body ended too early"),
        ("['a', 'b']", "['a']", "", b"", "another list"),
        ("['a', 'b']", "['a']", "2 were sent and 1 came back; missing: ['b,\\'\"c']", b"",
         "… were sent and … came back; missing"),
        ("the instant 2024-01-01T00:00:00Z", "2024-01-01T01:30:00Z", "It is +1.5 h off: a time zone was lost.", b"",
         "It is … h off"),
        ("a timestamp of the server", "'2024', as sent by the client", "", b"",
         "as sent by the client, not a timestamp of the server"),
        ("'1'", "1", "", b"", "a number, not a text"),
        ("400", "201, although /name is 'abc: d'", "", b"", "accepted, although …name is wrong"),
        ("200 or 201", "400, although nothing is wrong with the request", "", b"", "refused"),
        ("200 or 201",
         "400, although nothing is wrong with the request; the server says: [{'path': '/name', 'message': "
         "'Zebra crossing is too long'}]; the cause is one of: http.request.chunked, request.name.text",
         "", b'{"name":"Zebra \\"crossing\\"","type":"person"}', "refused: path name message is too long"),
    ],
)  # fmt: skip
def test_a_cause_holds_no_value_of_the_case(expected: str, actual: str, hint: str, sent: bytes, cause: str) -> None:
    assert cause_of(expected, actual, hint, sent) == cause
