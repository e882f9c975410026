"""Test the oracles for responses that few servers send: odd messages, 405, codings, keys of other users."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract_tests.judging.oracles.answers import status_of_success
from contract_tests.judging.verdict import Observation, Verdict, held
from contract_tests.target.exchange import SILENT, Exchange, Headers, Wire
from contract_tests.tests.corpus.exchanges import (
    JSON_TYPE,
    OTHER_ID,
    SECOND,
    broken_clauses,
    case,
    created,
    exchange,
    judgements,
    problem,
    request,
    sent_body,
    terms,
    warned_clauses,
)

WHOLE, HALF, OPEN = Wire(b"x"), Wire(b"x", violation="the body has no end"), Wire(b"x", is_complete=False)
SECOND_LOGIN = (("Authorization", f"Bearer {SECOND.bearer}"),)


def verdicts(*exchanges: Exchange) -> list[tuple[str, str, str, int]]:
    """Clause, outcome, and the two values of each verdict that does not hold, with the number of its exchanges."""
    found = [each for each in judgements(*exchanges) if isinstance(each, Verdict)]
    return [(each.clause, each.expected, each.actual, len(each.exchanges)) for each in found if each.expected]


@pytest.mark.parametrize(
    ("wire", "status", "failure", "expected"),
    [
        (WHOLE, 500, None, ("http.answer.no-server-error", "a documented response", "500")),
        (WHOLE, 502, None, ("http.answer.no-server-error", "a documented response", "502")),
        (HALF, 201, None, ("request.body.json", "a refusal", "201, although the body has no end")),
        (WHOLE, 0, f"{SILENT} 2 s", ("http.answer.complete", "a response", f"{SILENT} 2 s")),
    ],
)
def test_messages_that_break_a_clause(
    wire: Wire, status: int, failure: str | None, expected: tuple[str, str, str]
) -> None:
    sent = replace(request(sent_body()), wire=wire)
    answer = exchange(sent, status or 201, failure=failure)
    clause, wanted, actual = expected
    assert verdicts(answer) == [(clause, f"{wanted}, or a closed connection", actual, 1)]


@pytest.mark.parametrize(
    ("wire", "status", "failure"),
    [(WHOLE, 400, None), (WHOLE, 501, None), (OPEN, 504, None), (OPEN, 0, f"{SILENT} 2 s"), (HALF, 400, None)],
)
def test_messages_that_break_none(wire: Wire, status: int, failure: str | None) -> None:
    sent = replace(request(sent_body()), wire=wire)
    assert verdicts(exchange(sent, status or 201, failure=failure)) == []
    held = [each.clause for each in judgements(exchange(sent, status)) if isinstance(each, Verdict)] if status else []
    assert held == (["http.answer.no-server-error"] if status else [])


@pytest.mark.parametrize("status", [200, 201])
def test_the_success_of_a_message_is_judged_like_any_other(status: int) -> None:
    sent = replace(request(sent_body()), wire=WHOLE)
    assert broken_clauses(exchange(sent, status, created(name="Autumn"))) == {"response.name.echo"}


@pytest.mark.parametrize("status", [200, 201])
def test_only_two_documented_statuses_make_a_reading_of_the_status(status: int) -> None:
    judged = case(exchange(status=status))
    assert [type(each) for each in status_of_success(judged)] == [Verdict, Observation]
    assert judged.operation is not None
    of_one = replace(judged.operation, success_schemas={status: {}})
    alone = replace(judged, expectation=replace(judged.expectation, operation=of_one))
    assert list(status_of_success(alone)) == [held("success.status", judged.exchange)]


def test_a_silence_names_the_connections_that_were_open() -> None:
    silences = [verdict for verdict in judgements(exchange(failure=f"{SILENT} 2 s")) if isinstance(verdict, Verdict)]
    connections = terms().settings.connections
    assert [each.hint for each in silences if each.clause == "http.answer.complete"] == [
        f"Up to {connections} connections were open. If the server supports fewer, use --connections 1."
    ]


@pytest.mark.parametrize(
    ("headers", "is_right"),
    [
        ((("Allow", "GET, POST"),), True),
        ((("allow", "POST"),), True),
        ((("Allow", "GET,POST"),), True),
        ((("Allow", "GET"), ("Allow", "POST")), True),
        ((("Allow", "GET"),), False),
        ((), False),
    ],
)
def test_a_405_names_the_method_that_creates(headers: Headers, is_right: bool) -> None:
    refused = exchange(request(method="DELETE"), 405, problem(405), headers=(JSON_TYPE, *headers))
    assert ("http.method" in broken_clauses(refused)) != is_right


def test_two_content_types_are_one_too_many() -> None:
    body = sent_body()
    answer = exchange(request(body), answer=created(body), headers=(JSON_TYPE, ("content-type", "text/html")))
    assert ("http.answer.media-type", "one Content-Type", "application/json and text/html", 1) in verdicts(answer)


@pytest.mark.parametrize(
    ("accepted", "is_allowed"),
    [
        ("gzip", True),
        ("br, gzip;q=0.5", True),
        ("*", True),
        ("br, *;q=0", False),
        ("gzip; q=0.0, br", False),
        ("br", False),
        ("identity", False),
    ],
)
def test_a_coding_that_the_request_excludes_warns(accepted: str, is_allowed: bool) -> None:
    body = sent_body()
    asked = request(body, headers=(("Accept-Encoding", accepted),))
    answer = exchange(asked, answer=created(body), headers=(JSON_TYPE, ("Content-Encoding", "gzip")))
    assert ("http.answer.json" in warned_clauses(answer)) != is_allowed
    if not is_allowed:
        assert ("http.answer.json", f"a coding that {accepted} allows", "Content-Encoding: gzip", 1) in verdicts(answer)


def test_a_key_of_another_user_gives_no_list_of_theirs() -> None:
    body, key = sent_body(), (("Idempotency-Key", "k1"),)
    list_of_first = created(body)
    first = exchange(request(body, headers=key), answer=list_of_first)
    second = exchange(request(body, headers=key, login=SECOND_LOGIN), answer=list_of_first, at_s=5.0)
    found = [each for each in verdicts(first, second) if each[1] == "a lead list for each user"]
    assert found == [
        ("response.id.unique", "a lead list for each user", f"{list_of_first['id']} for the second user too", 2)
    ]
    own = exchange(request(body, headers=key, login=SECOND_LOGIN), answer=created(body, id=OTHER_ID), at_s=5.0)
    assert [each for each in verdicts(first, own) if each[1] == "a lead list for each user"] == []
    without_id = {name: value for name, value in list_of_first.items() if name != "id"}
    nameless = exchange(request(body, headers=key), answer=without_id)
    assert [each for each in verdicts(nameless, first, second) if each[1] == "a lead list for each user"] == found


def test_details_left_over_from_another_request_are_named() -> None:
    def refused(at_s: float, *named: str, **changes: object) -> Exchange:
        details = [{"path": f"/{field}", "message": f"{field} is wrong"} for field in named]
        return exchange(request(sent_body(**changes)), 400, problem(400, details=details), at_s=at_s)

    first = refused(0.0, "startDate", name="one", startDate="never")
    other = refused(1.0, "companyIds", name="two", companyIds="x")
    again = refused(2.0, "startDate", "companyIds", name="three", startDate="never")
    found = [each for each in verdicts(first, other, again) if each[1].endswith("as for the same violations before")]
    expected = "details about startDate, as for the same violations before"
    actual = "details about companyIds as well, which only earlier requests had wrong"
    assert found == [("error.400.details", expected, actual, 2)]
