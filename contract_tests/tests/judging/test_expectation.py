"""Test the classification of requests: must be accepted, must be rejected (for which clause), or unspecified."""

from __future__ import annotations

import gzip
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_tests.contract.loading import load_specification
from contract_tests.contract.terms import Terms
from contract_tests.judging.expectation import Expectation
from contract_tests.judging.login import Caller, Login
from contract_tests.settings.values import Session, Settings
from contract_tests.target.exchange import Headers, Request
from contract_tests.tests.corpus.exchanges import (
    BASE_URL,
    FIRST,
    KNOWN_ICP,
    KNOWN_PERSON,
    LOGIN,
    OMIT,
    PATH,
    case,
    exchange,
    judge,
    request,
    sent_body,
    terms,
)

UUID = "7b0f8d6e-3c52-4a7e-9d41-0c5a8e2f9b13"
RAW = json.dumps(sent_body(), separators=(",", ":")).encode()


def changed(**changes: Any) -> Request:
    return request(sent_body(**changes))


def typed(content_type: str | None, body: Any = None) -> Request:
    return request(body, content_type=content_type)


def with_header(name: str, value: str) -> Request:
    return request(headers=((name, value),))


ACCEPTED = {
    "plain": request(),
    "charset": typed("application/json; charset=utf-8"),
    "quoted charset": typed('application/json;charset="UTF-8"'),
    "chunked": request(chunked=True),
    "an unknown header": with_header("X-Nobody", "1"),
    "an Idempotency-Key": with_header("Idempotency-Key", "k"),
    "an Accept of anything": with_header("Accept", "text/html, */*;q=0.1"),
    "line breaks": request(raw=json.dumps(sent_body(), indent=2).encode()),
    "escapes": request(raw=RAW.replace(b"Spring", b"\\u0053pring")),
    "other scripts": changed(name="Größe 销售 🚀"),
    "80 characters": changed(name="n" * 80),
    "quotes": changed(name='O\'Brien & "Sons"; DROP TABLE x; --'),
    "no type": changed(type=OMIT),
    "companies": changed(type="company"),
    "no companyIds": changed(companyIds=OMIT),
    "a known ICP": changed(icpId=KNOWN_ICP),
    "a known ICP in capitals": changed(icpId=KNOWN_ICP.upper()),
    "known people": changed(personIds=[KNOWN_PERSON]),
    "seconds only": changed(startDate="2030-01-01T00:00:00Z"),
    "past dates": changed(startDate="1971-01-01T00:00:00.000Z", endDate="1971-01-02T00:00:00.000Z"),
    "signed in by cookie": request(login=(("Cookie", "theme=dark; __session=cookie-one"),)),
}
REFUSED: dict[str, tuple[str, Request]] = {
    "an empty body": ("request.body.required", request(raw=b"")),
    "an array": ("request.body.type", request(raw=b"[]")),
    "null": ("request.body.type", request(raw=b"null")),
    "cut JSON": ("request.body.json", request(raw=RAW[:-1])),
    "text after the JSON": ("request.body.json", request(raw=RAW + b" trailing")),
    "half a code unit of UTF-16": ("http.request.utf-8", request(raw=RAW.decode().encode("utf-16") + b"x")),
    "a form": ("http.request.media-type", request(raw=b"name=x", content_type="application/x-www-form-urlencoded")),
    "null name": ("request.name.nullability", changed(name=None)),
    "number for a name": ("request.name.type", changed(name=7)),
    "null type": ("request.type.nullability", changed(type=None)),
    "type in capitals": ("request.type.enum", changed(type="Person")),
    "empty type": ("request.type.enum", changed(type="")),
    "number for a type": ("request.type.type", changed(type=7)),
    "no icpId": ("request.icpId.required", changed(icpId=OMIT)),
    "empty icpId": ("request.icpId.format", changed(icpId="")),
    "false for icpId": ("request.icpId.type", changed(icpId=False)),
    "empty date": ("request.startDate.format", changed(startDate="")),
    "null date": ("request.endDate.nullability", changed(endDate=None)),
    "30 February": ("request.startDate.format", changed(startDate="2030-02-30T00:00:00.000Z")),
    "hour 25": ("request.endDate.format", changed(endDate="2030-02-03T25:00:00.000Z")),
    "no personIds": ("request.personIds.required", changed(personIds=OMIT)),
    "no personIds for companies": ("request.personIds.required", changed(personIds=OMIT, type="company")),
    "null personIds": ("request.personIds.nullability", changed(personIds=None)),
    "text for personIds": ("request.personIds.type", changed(personIds="a")),
    "a null person": ("request.personIds.items.type", changed(personIds=["a", None])),
    "an object for a person": ("request.personIds.items.type", changed(personIds=[{}])),
    "null companyIds": ("request.companyIds.nullability", changed(companyIds=None)),
    "a company that is not a UUID": ("request.companyIds.items.format", changed(companyIds=[UUID, "x"])),
    "number for a company": ("request.companyIds.items.type", changed(companyIds=[7])),
    "a wrong value under both of two keys": (
        "request.name.type",
        request(raw=RAW[:-1].replace(b'"Spring"', b"7") + b',"name":8}'),
    ),
}
OPEN: dict[str, tuple[str, set[int], Request]] = {  # its open reading, statuses besides 2xx that pass
    "no Content-Type": ("content-type-missing", {400, 415}, typed(None)),
    "a type in capitals": ("media-type-case", {400, 415}, typed("Application/JSON")),
    "text/plain": ("other-media-types", {400, 415}, typed("text/plain")),
    "a tab": ("other-media-types", {400, 415}, typed('application/json;\tcharset="UTF-8"')),
    "another charset": ("other-media-types", {400, 415}, typed("application/json; charset=utf-16")),
    "NaN": ("json-extensions", {400}, request(raw=RAW[:-1] + b',"x":NaN}')),
    "a comment": ("json-extensions", {400}, request(raw=b"/* x */" + RAW)),
    "UTF-16": ("other-encodings", {400, 415}, request(raw=RAW.decode().encode("utf-16"))),
    "Name for name": ("key-case", {400}, changed(name=OMIT, Name="x")),
    "two keys": ("duplicate-keys", {400}, request(raw=RAW[:-1] + b',"name":"b"}')),
    "a wrong value under one of two keys": ("duplicate-keys", {400}, request(raw=RAW[:-1] + b',"name":7}')),
    "null under the last of two keys": ("duplicate-keys", {400}, request(raw=RAW[:-1] + b',"type":null}')),
    "null under the first of two keys": ("duplicate-keys", {400}, request(raw=b'{"type":null,' + RAW[1:])),
    "a BOM": ("byte-order-mark", {400}, request(raw=b"\xef\xbb\xbf" + RAW)),
    "bytes that are not UTF-8": ("invalid-utf-8", {400}, request(raw=RAW.replace(b"Spring", b"\xff"))),
    "half a pair": ("lone-surrogate", {400}, request(raw=RAW.replace(b"Spring", b"\\ud800"))),
    "half a pair in an undocumented key": ("lone-surrogate", {400}, request(raw=RAW[:-1] + b',"\\ud800":1}')),
    "NUL": ("nul-in-text", {400}, changed(name="a\0b")),
    "deep nesting": ("deep-nesting", {400, 413}, changed(x=json.loads("[" * 40 + "]" * 40))),
    "a huge number": ("huge-numbers", {400}, request(raw=RAW[:-1] + b',"x":1e999}')),
    "a large body": ("oversized-body", {400, 413}, changed(name="n" * 200_000)),
    "gzip": ("compressed-body", {400, 415}, request(raw=gzip.compress(RAW), headers=(("Content-Encoding", "gzip"),))),
    "a query": ("unknown-query-parameters", {400}, request(path=PATH + "?page=2")),
    "another Accept": ("accept-header", {406}, with_header("Accept", "text/html")),
    "a foreign origin": (
        "foreign-origin",
        {403},
        request(login=(("Cookie", "__session=cookie-one"), ("Origin", "https://evil.example"))),
    ),
    "an empty name": ("empty-name", {400}, changed(name="")),
    "a name of spaces": ("blank-name", {400}, changed(name=" ")),
    "81 characters": ("long-name", {400, 413}, changed(name="n" * 81)),
    "tags": ("markup-in-text", {400}, changed(name="<b>x</b>")),
    "an unknown ICP": ("unknown-icp", {400, 403, 404}, changed(icpId=UUID)),
    "a UUID of version 1": ("uuid-versions", {400}, changed(icpId="2c1d43b8-e6d7-11ee-bd3d-0242ac120002")),
    "a UUID without hyphens": ("uuid-spellings", {400}, changed(icpId=UUID.replace("-", ""))),
    "a UUID and a line end": ("uuid-surrounding-blanks", {400}, changed(icpId=UUID + "\n")),
    "a day": ("date-only", {400}, changed(startDate="2030-01-01")),
    "an offset": ("date-offset", {400}, changed(startDate="2030-01-01T00:00:00+02:00")),
    "no time zone": ("date-without-zone", {400}, changed(startDate="2030-01-01T00:00:00")),
    "a date in words": ("other-date-texts", {400}, changed(startDate="January 1, 2030")),
    "the end first": ("end-before-start", {400}, changed(endDate="2029-01-01T00:00:00.000Z")),
    "the end at the start": ("equal-dates", {400}, changed(endDate="2030-01-01T00:00:00.000Z")),
    "a person number": ("number-ids", {400}, changed(personIds=[7])),
    "an empty person id": ("empty-ids", {400}, changed(personIds=[""])),
    "unknown people": ("unknown-people", {400, 403, 404}, changed(personIds=["a"])),
    "people for companies": ("person-ids-on-company-list", {400}, changed(type="company", personIds=[KNOWN_PERSON])),
    "companies for people": ("company-ids-on-person-list", {400}, changed(companyIds=[UUID])),
    "an id twice": ("duplicate-ids", {400}, changed(personIds=[KNOWN_PERSON, KNOWN_PERSON])),
    "many ids": ("many-ids", {400, 413}, changed(personIds=[KNOWN_PERSON] * 101)),
    "an unknown field": ("unknown-properties", {400}, changed(colour="green")),
    "prototype keys": ("unknown-properties", {400}, changed(__proto__={"a": 1})),
    "server-made fields": ("server-made-fields-sent", {400}, changed(id=UUID)),
    "userIds": ("user-ids-sent", {400}, changed(userIds=["user_1"])),
}


def group(asked: Request) -> str:
    one = case(exchange(asked))
    assert [one.must_accept, one.must_reject, one.is_unspecified].count(True) == 1
    return "accept" if one.must_accept else "refuse" if one.must_reject else "open"


@pytest.mark.parametrize("asked", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_must_be_accepted(asked: Request) -> None:
    assert group(asked) == "accept"


@pytest.mark.parametrize(("clause", "asked"), REFUSED.values(), ids=REFUSED.keys())
def test_must_be_rejected_for_one_clause(clause: str, asked: Request) -> None:
    assert group(asked) == "refuse"
    assert {violation.clause for violation in expect(asked).violations} == {clause}


@pytest.mark.parametrize(("reading", "statuses", "asked"), OPEN.values(), ids=OPEN.keys())
def test_is_unspecified(reading: str, statuses: set[int], asked: Request) -> None:
    assert group(asked) == "open"
    assert reading in expect(asked).open_readings
    assert statuses <= expect(asked).refusal_statuses(terms().specification) | {400}


@pytest.mark.parametrize(
    ("changes", "is_doubtful"),
    [
        ({"personIds": ["a", "a"]}, False),
        ({"personIds": [UUID, UUID.upper()]}, True),
        ({"type": "company", "companyIds": [UUID, UUID]}, False),
        ({"type": "company", "companyIds": [UUID, UUID.upper()]}, True),
        ({"type": "company", "companyIds": [UUID, UUID.upper(), UUID]}, False),
        ({"personIds": ["a", "b"]}, False),
    ],
)
def test_one_id_in_two_spellings_is_a_duplicate_only_for_some_servers(
    changes: dict[str, Any], is_doubtful: bool
) -> None:
    assert ("duplicate-ids" in expect(changed(**changes)).doubtful) is is_doubtful


def test_the_caller_can_be_given() -> None:
    assert judge().case(exchange()).expectation.caller.login is Login.VALID
    assert judge().case(exchange(), Caller(Login.NONE)).expectation.caller.login is Login.NONE


def expect(asked: Request) -> Expectation:
    return case(exchange(asked)).expectation


LOGINS: dict[str, tuple[Login, Headers]] = {
    "nothing": (Login.NONE, ()),
    "a foreign cookie": (Login.NONE, (("Cookie", "theme=dark; __sessionx=cookie-one"),)),
    "a bearer": (Login.VALID, LOGIN),
    "a bearer in other case": (Login.VALID, (("AUTHORIZATION", "bEARER  bearer-one "),)),
    "a cookie among others": (Login.VALID, (("Cookie", 'a={"b":1}; flag; __session=cookie-one'),)),
    "both": (Login.VALID, (*LOGIN, ("Cookie", "__session=cookie-one"))),
    "two users": (Login.MIXED, (("Authorization", "Bearer bearer-two"), ("Cookie", "__session=cookie-one"))),
    "a good one and a bad one": (Login.MIXED, (*LOGIN, ("Cookie", "__session=x"))),
    "two cookies": (Login.MIXED, (("Cookie", "__session=x; __session=cookie-one"),)),
    "unknown": (Login.INVALID, (("Authorization", "Bearer x"),)),
    "a prefix": (Login.INVALID, (("Authorization", "Bearer bearer-on"),)),
    "expired": (Login.EXPIRED, (("Authorization", "Bearer bearer-old"),)),
    "another scheme": (Login.MALFORMED, (("Authorization", "Basic x"),)),
    "a bare token": (Login.MALFORMED, (("Authorization", "bearer-one"),)),
    "an empty cookie": (Login.MALFORMED, (("Cookie", "__session="),)),
}


@pytest.mark.parametrize(("login", "headers"), LOGINS.values(), ids=LOGINS.keys())
def test_the_caller_of_a_request(login: Login, headers: Headers) -> None:
    assert expect(request(login=headers)).caller.login is login


@pytest.mark.parametrize("header", [("Authorization", "Bearer abc"), ("Cookie", "a=1; __session=abc"), ("X-Key", "k")])
def test_a_login_by_custom_headers(header: tuple[str, str]) -> None:
    given_terms = Terms.of(load_specification(), Settings(BASE_URL, Session("first", headers=(header,))))
    judging = type(judge())(given_terms)
    caller = judging.case(exchange(request(login=(header,)))).expectation.caller
    assert (caller.login, caller.carrier) == (Login.VALID, "header")
    assert judging.case(exchange(request(login=()))).expectation.caller.login is Login.NONE


@pytest.mark.parametrize(("name", "is_seen"), [("X-Tenant", False), ("X-Nobody", True)])
def test_headers_of_every_request_are_not_a_permitted_variation(name: str, is_seen: bool) -> None:
    settings = Settings(BASE_URL, FIRST, headers=(("X-Tenant", "t1"),))
    judging = type(judge())(Terms.of(load_specification(), settings))
    variations = judging.case(exchange(request(headers=((name, "t1"),)))).expectation.variations
    assert (("http.request.unknown-headers", "sent") in variations) is is_seen


@pytest.mark.parametrize("base", [BASE_URL, BASE_URL + "/X"])
@pytest.mark.parametrize("end", ["", "/", PATH])
def test_a_base_url_and_the_endpoint_are_both_understood(base: str, end: str) -> None:
    made = Terms.of(load_specification(), Settings(base + end))
    assert made.url(made.specification.operations[0]) == base + PATH


def test_another_path_or_method_is_not_an_operation() -> None:
    assert expect(request(method="PUT")).operation is None
    assert expect(request(path=PATH + "/")).near is not None
    assert expect(request(path="/other")).near is None
    assert expect(request(path=PATH + "X")).near is None


TEXT = st.text(st.characters() | st.characters(categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
)
BODIES = st.dictionaries(st.sampled_from([*sent_body(), "id", "userIds", "__proto__"]) | TEXT, VALUES, max_size=8)
LATIN = st.text(st.characters(max_codepoint=255), max_size=20)
NAMES = (
    st.sampled_from(("Content-Type", "Cookie", "Authorization", "Accept", "Origin", "Content-Encoding", "X")) | LATIN
)


@settings(max_examples=300, deadline=None)
@given(
    st.binary()
    | VALUES.map(json.dumps).map(str.encode)
    | BODIES.map(lambda b: json.dumps({**sent_body(), **b}).encode()),
    st.lists(st.tuples(NAMES, LATIN), max_size=4).map(tuple),
    st.sampled_from(("POST", "PUT", "")),
    st.sampled_from((PATH, PATH + "?", "", "?é", "/../x")),
)
def test_any_request_has_one_classification(body: bytes, headers: Headers, method: str, path: str) -> None:
    one = case(exchange(Request(method, BASE_URL + path, (*LOGIN, *headers), body)))
    groups = [one.must_accept, one.must_reject, one.is_unspecified]
    assert groups.count(True) == int(one.signed_in)
    assert one.expectation.open_readings <= set(terms().specification.readings)
    assert {violation.clause for violation in one.expectation.violations} <= set(terms().specification.clauses)


@pytest.mark.parametrize(
    "body",
    [
        sent_body(name="n" * 1_000_000),
        sent_body(name="\u00e9<" * 300_000),
        sent_body(personIds=[f"lead_{n}" for n in range(50_000)]),
        sent_body(companyIds=[7] * 20_000),
        sent_body(**{f"k{n}": n for n in range(50_000)}),
    ],
    ids=["ascii", "other", "ids", "wrong ids", "fields"],
)
def test_a_huge_request_is_classified_and_judged_fast(body: dict[str, Any]) -> None:
    one = exchange(request(body))
    begun = time.thread_time()
    judge().judge_all(case(one))
    assert time.thread_time() - begun < 4  # measured below 1 s


def test_each_place_has_one_violation_and_none_hides_another() -> None:
    wrong = changed(type=5, companyIds="x", personIds=[None, []], name=None)
    assert {violation.path for violation in expect(wrong).violations} == {
        "/type", "/companyIds", "/personIds/0", "/personIds/1", "/name",
    }  # fmt: skip


def test_a_body_in_a_mixed_encoding_may_be_refused_as_a_media_type() -> None:
    mixed = request(raw='{"a":1}'.encode("utf-16") + b"x")
    assert 415 in expect(mixed).refusal_statuses(terms().specification)


def test_an_open_question_says_which_part_of_the_body_raises_it() -> None:
    long = "x" * 80
    asked = changed(startDate="2030-01-01", endDate=long, personIds=[7], type=None)
    about = expect(asked).about
    assert about["date-only"] == "/startDate is '2030-01-01'"
    assert {reading: text for reading, text in about.items() if "/type" in text or "/personIds" in text} == {
        "type-null": "/type is null", "number-ids": "/personIds/0 is 7",
    }  # fmt: skip
