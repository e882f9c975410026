"""Report what seen traffic proves, and nothing that it cannot prove."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from contract_tests.composition.watch import open_watching
from contract_tests.judging.verdict import Outcome
from contract_tests.live.seen import Counts, Seen
from contract_tests.results.events import ExchangeSeen, VerdictGiven
from contract_tests.results.result import RunResult
from contract_tests.settings.values import Session, Settings
from contract_tests.tests.live.conftest import BODY, PATH

URL = "http://127.0.0.1:1"
TOKEN = "a-token-of-ana"
BEARER = (("Authorization", f"Bearer {TOKEN}"),)
ERROR = {"error": {"code": "BAD_REQUEST", "message": "No.", "details": [{"path": "name", "message": "No."}]}}
UNAUTHORIZED = {"error": {"code": "UNAUTHORIZED", "message": "No."}}


def created(sent: dict[str, Any], number: int = 1, **changes: Any) -> dict[str, Any]:
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    ident = f"0b7a1c52-93f4-4d0e-8a6b-{number:012d}"
    made = {"id": ident, "userIds": ["u1"], "createdAt": now, "updatedAt": now, "type": "person", "companyIds": []}
    return {**made, **sent, **changes}


def seen(
    status: int | None = 201,
    answer: Any = None,
    *,
    sent: dict[str, Any] = BODY,
    login: tuple[tuple[str, str], ...] = BEARER,
    number: int = 1,
    method: str = "POST",
    **changes: Any,
) -> Seen:
    """An exchange; a success for each number unless said otherwise."""
    if answer is None:
        answer = created(sent, number) if status in {200, 201} else UNAUTHORIZED if status == 401 else ERROR
    headers = (("Host", "x"), ("Content-Type", "application/json"), ("Accept", "*/*"), *login)
    now_s = time.time()
    given = {
        "method": method,
        "target": PATH,
        "request_headers": headers,
        "request_body": json.dumps(sent).encode(),
        "status": status,
        "response_headers": (("Content-Type", "application/json"),),
        "response_body": json.dumps(answer).encode(),
        "sent_at_s": now_s - 0.01 + number,
        "received_at_s": now_s + number,
    }
    return Seen(**{**given, **changes})


def judged(*traffic: Seen, **changes: Any) -> RunResult:
    with open_watching(Settings(URL, **changes)) as watching:
        for _ in watching.events([*traffic, Counts(len(traffic), len(traffic))]):
            pass
    return watching.result()


def broken(*traffic: Seen, **changes: Any) -> list[str]:
    return [found.clause.id for found in judged(*traffic, **changes).broken]


ICP = {**BODY, "icpId": "3f2504e0-4f89-41d3-9a0c-0305e82c3301"}
PROVEN = {
    "an ICP that comes back as null": ([seen(sent=ICP, answer=created(ICP, icpId=None))], ["response.icpId.echo"]),
    "a person who was not sent": ([seen(answer=created(BODY, personIds=["p1"]))], ["response.personIds.echo"]),
    "a name that comes back changed": ([seen(answer=created(BODY, name="Q"))], ["response.name.echo"]),
    "a success without a name": (
        [seen(sent={k: v for k, v in BODY.items() if k != "name"})],
        ["request.name.required"],
    ),
    "a success without any login": ([seen(login=())], ["access.login.required"]),
    "a 404 without any login": ([seen(404, login=())], ["error.401.status"]),
    "an error without code": ([seen(400, {"error": {"message": "x"}}, sent={})], ["error.400.code"]),
    "one id for two lists": (
        [seen(), seen(sent={**BODY, "name": "Q2"}, answer=created({**BODY, "name": "Q2"}, 1), number=2)],
        ["response.id.unique"],
    ),
    "a refusal of a valid request by a session that worked": (
        [seen(), seen(400, sent={**BODY, "name": "Zwölf"}, number=2)],
        ["request.name.text"],
    ),
    "a session that has expired, as the options say": (
        [seen(login=(("Authorization", "Bearer expired-token"),))],
        ["access.session.expired"],
    ),
}


@pytest.mark.parametrize("name", PROVEN)
def test_what_an_exchange_proves_is_reported(name: str) -> None:
    traffic, expected = PROVEN[name]
    assert broken(*traffic, expired_bearer="expired-token") == expected


HEADERS = seen().request_headers
REFUSED_FOR_THEIR_FORM = {
    "not plain HTTP/1.1": {"is_plain": False},
    "a long head": {"request_headers": (*HEADERS, ("Cookie", "theme=" + "x" * 8000))},
    "many headers": {"request_headers": HEADERS + (("X", "1"),) * 100},
    "a condition": {"request_headers": (*HEADERS, ("If-None-Match", "*"))},
    "an expectation": {"request_headers": (*HEADERS, ("Expect", "wonders"))},
    "another transfer coding": {"request_headers": (*HEADERS, ("Transfer-Encoding", "gzip, chunked"))},
    "a length and chunks": {"request_headers": (*HEADERS, ("Transfer-Encoding", "chunked"), ("Content-Length", "9"))},
}


@pytest.mark.parametrize("name", REFUSED_FOR_THEIR_FORM)
@pytest.mark.parametrize("status", [400, 501, None])
def test_a_refusal_for_the_form_of_a_request_is_counted_and_proves_nothing(name: str, status: int | None) -> None:
    odd = seen(status, failure=None if status else "the server closed the connection without a response", number=2)
    odd = replace(odd, **REFUSED_FOR_THEIR_FORM[name])  # type: ignore[arg-type]
    result = judged(seen(), odd)
    assert ([found.clause.id for found in (*result.broken, *result.warned)], result.requests) == ([], 1)
    assert "Not judged: 1 refused in a form that servers need not accept." in result.why


def test_other_responses_to_a_request_of_an_odd_form_are_judged() -> None:
    assert broken(seen(answer=created(BODY, name="Q"), is_plain=False)) == ["response.name.echo"]


OTHER = (("Authorization", "Bearer another-token"),)
PEOPLE = {**BODY, "personIds": ["p1", "p2"]}
UNPROVEN = {
    "a valid request": [seen()],
    "a session that has ended": [seen(), seen(401, number=2)],
    "a session that lacks a right": [seen(), seen(403, number=2)],
    "a token that is never accepted": [seen(401), seen(401, number=2)],
    "a token that is not known yet and an invalid request": [seen(400, sent={})],
    "a refused request of a token that is not known": [seen(400)],
    "two tokens of one user": [seen(), seen(login=OTHER, number=2)],
    "two tokens of two users": [seen(), seen(answer=created(BODY, 2, userIds=["u2"]), login=OTHER, number=2)],
    "a login in a header of its own": [seen(login=(("X-Auth-Token", "abcdefgh"),))],
    "a cookie of another name": [seen(login=(("Cookie", "sid=abcdefgh; theme=dark"),))],
    "basic authentication": [seen(login=(("Authorization", "Basic abcdefgh"),))],
    "an ICP that may not exist": [seen(), seen(400, sent=ICP, number=2)],
    "an ICP that exists and one that does not": [
        seen(sent=ICP),
        seen(400, sent={**ICP, "icpId": "3f2504e0-4f89-41d3-9a0c-0305e82c3302"}, number=2),
    ],
    "one of two people is unknown": [seen(sent=PEOPLE, answer=created(PEOPLE, personIds=["p1"]))],
    "people known and unknown": [
        seen(sent=PEOPLE),
        seen(sent={**BODY, "personIds": ["p3"]}, answer=created(BODY, 2, personIds=[]), number=2),
    ],
    "a fault of the server": [seen(), seen(500, {"error": {"code": "INTERNAL_ERROR", "message": "x"}}, number=2)],
    "a gateway": [seen(), seen(502, "x", number=2), seen(503, "x", number=3), seen(504, "x", number=4)],
    "a cut connection": [seen(), seen(None, failure="the server closed the connection without a response", number=2)],
    "too many requests": [seen(), seen(429, {"error": {"code": "X", "message": "x"}}, number=2)],
    "an HAR file of a browser that hides logins": [seen(login=(), is_login_shown=False)],
}


@pytest.mark.parametrize("name", UNPROVEN)
def test_what_traffic_cannot_prove_is_not_reported(name: str) -> None:
    assert broken(*UNPROVEN[name]) == []


def test_a_session_of_the_options_may_end_too() -> None:
    assert broken(seen(), seen(401, number=2), seen(403, number=3), first=Session("first", bearer=TOKEN)) == []


def test_a_refusal_of_an_id_says_nothing_about_other_questions() -> None:
    refused = {"error": {"code": "BAD_REQUEST", "message": "No."}}
    other = {**ICP, "icpId": "3f2504e0-4f89-41d3-9a0c-0305e82c3302", "name": ""}
    result = judged(seen(sent=ICP), seen(400, refused, sent=other, number=2))
    assert "empty-name" not in {each.reading.id for each in result.readings}


def test_what_a_gateway_answers_is_counted_and_not_judged() -> None:
    result = judged(seen(), seen(502, "x", number=2), seen(502, "x", number=3))
    assert (result.requests, result.warned) == (1, ())
    assert "2 answered 502 by a gateway" in result.why


def test_what_two_exchanges_show_is_reported_while_traffic_goes_on() -> None:
    told: list[str] = []

    def traffic() -> Iterator[Seen]:
        yield seen()
        yield seen(sent={**BODY, "name": "Q2"}, answer=created({**BODY, "name": "Q2"}, 1), number=2)
        assert told == ["response.id.unique"]

    with open_watching(Settings(URL)) as watching:
        for event in watching.events(traffic()):
            if isinstance(event, VerdictGiven) and event.verdict.outcome is Outcome.BROKEN:
                told.append(event.verdict.clause)
    assert told


def test_what_all_exchanges_show_together_is_judged_at_the_end() -> None:
    result = judged(seen(), seen(number=2))
    assert result.clause("response.id.unique").outcome is Outcome.HELD  # type: ignore[union-attr]


def test_nothing_is_learned_of_ids_that_may_or_may_not_exist() -> None:
    result = judged(seen(sent=ICP), seen(sent=PEOPLE, number=2), seen(400, sent=ICP, number=3))
    assert not {each.reading.id for each in result.readings if each.reading.id.startswith("unknown-")}


def test_a_pinned_reading_on_unknown_ids_is_no_finding_about_ids_that_may_exist() -> None:
    assert broken(seen(sent=ICP), readings={"unknown-icp": ("400",)}) == []


def test_a_fault_is_a_warning() -> None:
    result = judged(seen(), seen(500, {"error": {"code": "INTERNAL_ERROR", "message": "x"}}, number=2))
    assert [found.clause.id for found in result.warned] == ["http.answer.no-server-error"]
    assert result.exit_code() == 0


def test_users_that_the_options_name_are_compared() -> None:
    first, second = Session("first", bearer=TOKEN), Session("second", bearer="another-token")
    traffic = [seen(), seen(sent={**BODY, "name": "Q2"}, login=OTHER, number=2)]
    assert broken(*traffic, first=first, second=second) == ["response.userIds.includes-creator"]


def test_a_request_that_is_not_of_the_api_page_is_not_judged_as_one() -> None:
    result = judged(seen(200, [], method="GET"))
    assert (result.broken, result.clause("success.created").outcome) == ((), None)  # type: ignore[union-attr]


def test_logins_are_nowhere_in_the_events() -> None:
    login = (
        ("authorization", f"Bearer {TOKEN}"),
        ("cookie", "__session=short; ga=GA1.2.3"),
        ("X-Api-Key", "key-12345678"),
    )
    echo = {"error": {"code": "BAD_REQUEST", "message": f"{TOKEN} key-12345678", "details": []}}
    with open_watching(Settings(URL)) as watching:
        one = seen(400, echo, login=login, target=f"{PATH}?access_token=in-the-query")
        events = list(watching.events([one, Counts(1, 1)]))
    for secret in (TOKEN, "short", "GA1.2.3", "key-12345678", "in-the-query"):
        assert secret not in repr(events), secret
    (exchange,) = [event.exchange for event in events if isinstance(event, ExchangeSeen)]
    assert ("authorization", "Bearer ${LEADLISTS_BEARER}") in exchange.request.headers
    assert ("cookie", "__session=${LEADLISTS_COOKIE#*=}; ga=[cookie]") in exchange.request.headers


def test_nothing_judged_is_exit_code_4() -> None:
    assert judged().exit_code() == 4


def test_a_compressed_response_is_judged_as_its_content() -> None:
    import gzip

    coded = (("Content-Type", "application/json"), ("Content-Encoding", "gzip"))
    good = seen()
    result = judged(
        seen(response_headers=coded, response_body=gzip.compress(good.response_body)),
        seen(response_headers=coded, response_body=b"not gzip", number=2),
        seen(response_headers=coded, response_body=gzip.compress(bytes(100_000_000)), number=3),
    )
    assert result.clause("response.name.echo").outcome is Outcome.HELD  # type: ignore[union-attr]
    assert result.clause("http.answer.complete").warned == 2  # type: ignore[union-attr]
