"""Test that every option of every reading differs from the default in the response to one request."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx2
import pytest

from mock_server import create_app
from mock_server.contract import readings
from mock_server.contract.readings import ReadingError, resolve
from mock_server.contract.spec_files import find_spec_dir
from mock_server.settings.values import Settings

PATH = "/api/v1/entities/leadlists"
EXAMPLE: dict[str, Any] = {
    "name": "Q1 2024 Tech Startups",
    "type": "person",
    "icpId": "660e8400-e29b-41d4-a716-446655440001",
    "startDate": "2024-01-01T00:00:00.000Z",
    "endDate": "2024-03-31T23:59:59.000Z",
    "personIds": ["lead_abc123", "lead_def456"],
    "companyIds": [],
}
COMPANY = "770e8400-e29b-41d4-a716-446655440001"

Request = dict[str, Any]
Seen = Callable[[httpx2.Response], object]


# -- requests


def sent(**fields: Any) -> Request:
    return {"json": EXAMPLE | fields}


def without(name: str, **fields: Any) -> Request:
    return {"json": {key: value for key, value in (EXAMPLE | fields).items() if key != name}}


def under(content_type: str | None = "application/json", body: bytes | None = None, **headers: str | None) -> Request:
    content = json.dumps(EXAMPLE).encode() if body is None else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"content": content, "headers": {"content-type": content_type, **named}}


def spelled(old: str, new: str | bytes) -> Request:
    """Return the JSON of the example with one part replaced."""
    content = json.dumps(EXAMPLE).encode()
    assert old.encode() in content
    return under(body=content.replace(old.encode(), new if isinstance(new, bytes) else new.encode(), 1))


def signed(authorization: str | None = "Bearer xyz789-session", cookie: str | None = None, **more: str) -> Request:
    return {"json": EXAMPLE, "headers": {"authorization": authorization, "cookie": cookie, **more}}


BROKEN_JSON = under(body=b"{")
BAD_NAME = sent(name=5)
NO_LOGIN = signed(None)


# -- observations


def status(code: int) -> Seen:
    return lambda answer: answer.status_code == code


def refused(rule: str) -> Seen:
    return lambda answer: answer.status_code == 400 and rule in [p["rule"] for p in answer.json()["error"]["details"]]


def returned(**fields: Any) -> Seen:
    return lambda answer: answer.status_code == 201 and fields.items() <= answer.json().items()


def header(name: str, pattern: str) -> Seen:
    return lambda answer: re.fullmatch(pattern, answer.headers.get(name, ""))


def no_header(name: str) -> Seen:
    return lambda answer: name not in answer.headers


def body(holds: Callable[[Any], object]) -> Seen:
    return lambda answer: holds(answer.json())


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


SEEN: dict[tuple[str, str], tuple[Request, Seen]] = {
    # -- success
    ("success-status", "200"): (sent(), status(200)),
    ("location-header", "present"): (sent(), header("location", f"{PATH}/[0-9a-f-]{{36}}")),
    ("additional-response-fields", "present"): (sent(), body(lambda b: b.keys() > EXAMPLE.keys() and "persons" in b)),
    ("response-charset", "present"): (sent(), header("content-type", "application/json; charset=utf-8")),
    ("request-id-header", "present"): (NO_LOGIN, header("x-request-id", "[0-9a-f-]{36}")),
    ("id-version", "7"): (sent(), body(lambda b: b["id"][14] == "7" and b["id"][19] in "89ab")),
    ("updated-at", "later"): (sent(), body(lambda b: instant(b["updatedAt"]) > instant(b["createdAt"]))),
    ("timestamp-form", "microseconds"): (sent(), body(lambda b: re.search(r"\.\d{6}Z$", b["createdAt"]))),
    ("timestamp-form", "offset"): (sent(), body(lambda b: re.search(r"\.\d{3}\+00:00$", b["createdAt"]))),
    # -- errors
    ("error-shape", "flat"): (BAD_NAME, body(lambda b: b["code"] == "BAD_REQUEST" if "code" in b else False)),
    ("details-place", "top-level"): (BAD_NAME, body(lambda b: b.keys() == {"error", "details"})),
    ("details-form", "map"): (BAD_NAME, body(lambda b: "name" in b["error"]["details"])),
    ("details-name-the-field", "unnamed"): (BAD_NAME, body(lambda b: "name" not in str(b["error"]["details"]))),
    ("problems-listed", "first"): (sent(name=5, icpId=5), body(lambda b: len(b["error"]["details"]) == 1)),
    ("malformed-json-details", "absent"): (BROKEN_JSON, body(lambda b: "details" not in b["error"])),
    ("details-on-other-errors", "present"): (NO_LOGIN, body(lambda b: b["error"].get("details"))),
    ("error-media-type", "problem-json"): (BAD_NAME, header("content-type", "application/problem\\+json")),
    # -- sign-in
    ("session-carrier", "bearer"): (signed(None, "__session=xyz789-session"), status(401)),
    ("session-carrier", "cookie"): (signed(), status(401)),
    ("malformed-login", "400"): (signed("Basic abc"), status(400)),
    ("mixed-logins", "all-good"): (signed(cookie="__session=stale"), status(401)),
    ("bearer-scheme-case", "sensitive"): (signed("bearer xyz789-session"), status(401)),
    ("login-before-validation", "validation-first"): (BAD_NAME | {"headers": {"authorization": None}}, status(400)),
    ("www-authenticate", "absent"): (NO_LOGIN, no_header("www-authenticate")),
    ("foreign-origin", "403"): (signed(None, "__session=xyz789-session", origin="http://evil.test"), status(403)),
    # -- transport and JSON
    ("accept-header", "406"): (signed(accept="text/html"), status(406)),
    ("content-type-missing", "400"): (under(None), refused("media_type")),
    ("content-type-missing", "415"): (under(None), status(415)),
    ("media-type-case", "refused"): (under("application/JSON"), refused("media_type")),
    ("other-media-types", "415"): (under("text/plain"), status(415)),
    ("other-media-types", "parsed"): (under("text/plain"), status(201)),
    ("compressed-body", "415"): (under(content_encoding="gzip"), status(415)),
    ("compressed-body", "decoded"): (
        under(body=gzip.compress(json.dumps(EXAMPLE).encode()), content_encoding="gzip"),
        status(201),
    ),
    ("oversized-body", "413"): (sent(name="x" * 2_000_000), status(413)),
    ("duplicate-keys", "first"): (spelled('"name"', '"name": "first", "name"'), returned(name="first")),
    ("duplicate-keys", "refused"): (spelled('"name"', '"name": "first", "name"'), refused("duplicate_key")),
    ("byte-order-mark", "accepted"): (under(body=b"\xef\xbb\xbf" + json.dumps(EXAMPLE).encode()), status(201)),
    ("invalid-utf-8", "replaced"): (spelled("Tech", b"\xff"), returned(name="Q1 2024 \ufffd Startups")),
    ("other-encodings", "decoded"): (
        under(body=json.dumps(EXAMPLE | {"name": "Ü"}).encode("utf-16-le")),
        returned(name="Ü"),
    ),
    ("json-extensions", "accepted"): (
        under(
            body=json.dumps(EXAMPLE).replace("{", "{/* { */'x': 'it\\'s', y: NaN, z: 012, ").replace("}", ",}").encode()
        ),
        returned(name=EXAMPLE["name"]),
    ),
    ("lone-surrogate", "replaced"): (spelled("Tech", r"\ud83d"), returned(name="Q1 2024 \ufffd Startups")),
    ("deep-nesting", "accepted"): (spelled("{", '{"x": ' + "[" * 500 + "]" * 500 + ","), status(201)),
    ("huge-numbers", "refused"): (spelled("{", '{"x": 1e999,'), refused("number")),
    ("unknown-query-parameters", "refused"): (sent() | {"params": {"a": "1"}}, refused("query")),
    ("other-methods", "404"): ({"method": "DELETE"}, status(404)),
    ("other-methods", "401"): ({"method": "DELETE"}, status(401)),
    ("other-methods", "403"): ({"method": "DELETE"}, status(403)),
    ("trailing-slash", "redirected"): (sent() | {"path": f"{PATH}/"}, header("location", PATH)),
    ("trailing-slash", "served"): (sent() | {"path": f"{PATH}/"}, status(201)),
    # -- fields in general
    ("unknown-properties", "echoed"): (sent(colour="red"), returned(colour="red")),
    ("unknown-properties", "refused"): (sent(colour="red"), refused("unknown")),
    ("key-case", "accepted"): (spelled('"name"', '"NAME"'), returned(name=EXAMPLE["name"])),
    ("server-made-fields-sent", "refused"): (sent(id=COMPANY), refused("server_made")),
    ("user-ids-sent", "merged"): (sent(userIds=["user_2"]), returned(userIds=["user_xyz789", "user_2"])),
    ("user-ids-sent", "refused"): (sent(userIds=["user_2"]), refused("server_made")),
    # -- text
    ("empty-name", "refused"): (sent(name=""), refused("not_empty")),
    ("blank-name", "refused"): (sent(name=" \t"), refused("not_blank")),
    ("surrounding-blanks", "trimmed"): (sent(name=" a b "), returned(name="a b")),
    ("surrounding-blanks", "refused"): (sent(name=" a b "), refused("no_outer_blanks")),
    ("long-name", "refused"): (sent(name="x" * 81), refused("length")),
    ("unicode-form", "composed"): (sent(name="e\u0301"), returned(name="\u00e9")),
    ("unicode-form", "refused"): (sent(name="e\u0301"), refused("composed")),
    ("markup-in-text", "sanitised"): (sent(name="a <b>c</b>"), returned(name="a c")),
    ("markup-in-text", "refused"): (sent(name="a <b>c</b>"), refused("no_markup")),
    ("nul-in-text", "removed"): (sent(name="a\0b", personIds=["\0c"]), returned(name="ab", personIds=["c"])),
    ("nul-in-text", "refused"): (sent(personIds=["a\0"]), refused("no_nul")),
    ("control-characters", "removed"): (sent(name="a\u0007\u2028b"), returned(name="ab")),
    ("control-characters", "refused"): (sent(personIds=["a\u202eb"]), refused("no_control")),
    # -- type and UUIDs
    ("type-null", "default"): (sent(type=None), returned(type="person")),
    ("uuid-case", "kept"): (sent(icpId=COMPANY.upper()), returned(icpId=COMPANY.upper())),
    ("uuid-versions", "refused"): (sent(icpId="660e8400-e29b-11d4-a716-446655440001"), refused("uuid")),
    ("uuid-variants", "refused"): (sent(companyIds=["660e8400-e29b-01d4-c716-446655440001"]), refused("uuid")),
    ("uuid-spellings", "accepted"): (sent(icpId="{" + COMPANY.replace("-", "") + "}"), returned(icpId=COMPANY)),
    ("uuid-surrounding-blanks", "trimmed"): (sent(icpId=COMPANY + "\n"), returned(icpId=COMPANY)),
    ("unknown-icp", "400"): (sent(icpId=COMPANY), refused("known")),
    ("unknown-icp", "403"): (sent(icpId=COMPANY), status(403)),
    ("unknown-icp", "404"): (sent(icpId=COMPANY), status(404)),
    # -- dates
    ("date-only", "refused"): (sent(startDate="2024-01-01"), refused("date")),
    ("date-offset", "refused"): (sent(startDate="2024-01-01T00:00:00+02:00"), refused("date")),
    ("date-echo", "verbatim"): (sent(startDate="2024-01-01T00:00:00Z"), returned(startDate="2024-01-01T00:00:00Z")),
    ("date-without-zone", "accepted"): (
        sent(startDate="2024-01-01T01:02:03"),
        returned(startDate="2024-01-01T01:02:03.000Z"),
    ),
    ("date-fraction", "rounded"): (
        sent(startDate="2024-01-01T23:59:59.9996Z"),
        returned(startDate="2024-01-02T00:00:00.000Z"),
    ),
    ("date-fraction", "kept"): (
        sent(startDate="2024-01-01T00:00:00.123456Z"),
        returned(startDate="2024-01-01T00:00:00.123456Z"),
    ),
    ("date-fraction", "refused"): (sent(startDate="2024-01-01T00:00:00.1234Z"), refused("date")),
    ("leap-second", "accepted"): (
        sent(startDate="2016-12-31T23:59:60Z"),
        returned(startDate="2016-12-31T23:59:59.000Z"),
    ),
    ("hour-24", "accepted"): (sent(startDate="2024-01-01T24:00:00Z"), returned(startDate="2024-01-02T00:00:00.000Z")),
    ("rare-date-forms", "accepted"): (sent(startDate="2024-W01-2"), returned(startDate="2024-01-02T00:00:00.000Z")),
    ("other-date-texts", "accepted"): (
        sent(startDate="January 2, 2024"),
        returned(startDate="2024-01-02T00:00:00.000Z"),
    ),
    ("distant-years", "refused"): (sent(startDate="0999-01-01T00:00:00Z"), refused("date")),
    ("large-offsets", "refused"): (sent(startDate="2024-01-01T00:00:00+14:01"), refused("date")),
    ("date-surrounding-blanks", "trimmed"): (
        sent(startDate="2024-01-01T00:00:00Z\n"),
        returned(startDate="2024-01-01T00:00:00.000Z"),
    ),
    ("end-before-start", "refused"): (sent(endDate="2023-01-01T00:00:00Z"), refused("order")),
    ("equal-dates", "refused"): (sent(endDate="2024-01-01T01:00:00+01:00"), refused("not_equal")),
    # -- ids
    ("person-ids-missing-on-company-list", "default"): (without("personIds", type="company"), returned(personIds=[])),
    ("number-ids", "text"): (sent(personIds=[12]), returned(personIds=["12"])),
    ("empty-ids", "refused"): (sent(personIds=[""]), refused("not_empty")),
    ("person-id-form", "refused"): (sent(), refused("uuid")),
    ("unknown-people", "400"): (sent(personIds=["lead_new"]), refused("known")),
    ("unknown-people", "403"): (sent(personIds=["lead_new"]), status(403)),
    ("unknown-people", "404"): (sent(personIds=["lead_new"]), status(404)),
    ("unknown-people", "dropped"): (sent(personIds=["lead_new", "lead_abc123"]), returned(personIds=["lead_abc123"])),
    ("unknown-companies", "400"): (sent(companyIds=[COMPANY]), refused("known")),
    ("unknown-companies", "403"): (sent(companyIds=[COMPANY]), status(403)),
    ("unknown-companies", "404"): (sent(companyIds=[COMPANY]), status(404)),
    ("unknown-companies", "dropped"): (sent(companyIds=[COMPANY]), returned(companyIds=[])),
    ("person-ids-on-company-list", "dropped"): (sent(type="company"), returned(personIds=[])),
    ("person-ids-on-company-list", "refused"): (sent(type="company"), refused("unused")),
    ("company-ids-on-person-list", "dropped"): (sent(companyIds=[COMPANY]), returned(companyIds=[])),
    ("company-ids-on-person-list", "refused"): (sent(companyIds=[COMPANY]), refused("unused")),
    ("company-ids-null", "default"): (sent(companyIds=None), returned(companyIds=[])),
    ("duplicate-ids", "removed"): (sent(personIds=["b", "a", "b"]), returned(personIds=["b", "a"])),
    ("duplicate-ids", "refused"): (sent(personIds=["b", "a", "b"]), refused("once")),
    ("id-order", "changed"): (sent(), returned(personIds=["lead_def456", "lead_abc123"])),
    ("many-ids", "refused"): (sent(personIds=["a"] * 101), refused("items")),
}
TWO_CALLS = {("idempotency-key", "honoured")}  # one response cannot show them; separate tests below

CATALOGUE = readings.load(find_spec_dir())


@pytest.fixture(scope="module")
def default_app() -> Any:
    return create_app(Settings())


@pytest.mark.parametrize(("reading", "option"), SEEN, ids=[f"{reading}={option}" for reading, option in SEEN])
def test_the_option_shows(reading: str, option: str, ask: Any, default_app: Any) -> None:
    request, seen = SEEN[reading, option]
    flipped_app = create_app(Settings(reading=((reading, option),)))

    assert not seen(ask(default_app, **request)), "the default answers the same"
    assert seen(ask(flipped_app, **request)), ask(flipped_app, **request).text


# More requests that raise the question of a reading: the mock follows the option for each of them.
FURTHER = (
    ("details-name-the-field", "unnamed", sent(type=5), body(lambda b: "type" not in str(b["error"]["details"]))),
    ("malformed-json-details", "absent", under(body=b""), body(lambda b: "details" not in b["error"])),
    ("malformed-json-details", "absent", under(body=b'{"a":"\xff"}'), body(lambda b: "details" not in b["error"])),
    ("surrounding-blanks", "refused", sent(name="   "), status(400)),
    ("deep-nesting", "refused", spelled("{", '{"x": ' + "[" * 40 + "]" * 40 + ","), status(400)),
)


@pytest.mark.parametrize(("reading", "option", "request_", "seen"), FURTHER)
def test_the_option_shows_in_every_request_of_its_question(
    reading: str, option: str, request_: Request, seen: Seen, ask: Any
) -> None:
    answer = ask(create_app(Settings(reading=((reading, option),))), **request_)
    assert seen(answer), answer.text


@pytest.mark.parametrize("reading", ["rare-date-forms", "other-date-texts"])
def test_dates_in_other_forms_are_accepted_without_spaces_around_dates(reading: str, ask: Any) -> None:
    app = create_app(Settings(reading=((reading, "accepted"),)))
    for date in ("2024-01-01T00:00:00.000Z\n", " 2024-01-01"):
        assert ask(app, **sent(startDate=date)).status_code == 400


def test_an_idempotency_key_returns_the_first_response_again_to_the_same_user(ask: Any, default_app: Any) -> None:
    keyed, foreign = signed(idempotency_key="k"), signed("Bearer abc123-session", idempotency_key="k")
    keyed["headers"]["idempotency-key"] = foreign["headers"]["idempotency-key"] = "k"
    honours = create_app(Settings(reading=(("idempotency-key", "honoured"),)))

    assert ask(honours, **keyed).content == ask(honours, **keyed).content
    assert ask(honours, **keyed).json()["id"] != ask(honours, **foreign).json()["id"]
    assert ask(honours, **sent()).json()["id"] != ask(honours, **sent()).json()["id"]
    assert ask(default_app, **keyed).json()["id"] != ask(default_app, **keyed).json()["id"]


def test_every_option_other_than_the_default_is_tested() -> None:
    flips = {(r.id, option) for r in CATALOGUE.values() for option in r.options if option != r.mock["page"]}
    assert flips == SEEN.keys() | TWO_CALLS


@pytest.mark.parametrize("reading", [r.id for r in CATALOGUE.values() if r.mock["page"] != r.mock["strict"]])
def test_profile_strict_is_its_readings(reading: str, ask: Any) -> None:
    request, seen = SEEN[reading, CATALOGUE[reading].mock["strict"]]
    assert seen(ask(create_app(Settings(profile="strict")), **request))


def test_profile_strict_accepts_the_example(ask: Any) -> None:
    assert ask(create_app(Settings(profile="strict")), **sent()).status_code == 201


def test_validation_first_still_requires_a_login(ask: Any) -> None:
    app = create_app(Settings(reading=(("login-before-validation", "validation-first"),)))
    assert ask(app, **NO_LOGIN).status_code == 401
    assert ask(app, **sent()).status_code == 201


@pytest.mark.parametrize("content_type", ["multipart/form-data", "application/x-www-form-urlencoded"])
def test_json_with_the_media_type_of_a_form_is_parsed_under_its_reading(content_type: str, ask: Any) -> None:
    app = create_app(Settings(reading=(("other-media-types", "parsed"),)))
    assert ask(app, **under(content_type)).status_code == 201


@pytest.mark.parametrize("field", ["startDate", "endDate"])
def test_a_date_that_is_not_a_string_is_reported_when_dates_are_trimmed_and_compared(field: str, ask: Any) -> None:
    readings = (("date-surrounding-blanks", "trimmed"), ("end-before-start", "refused"), ("equal-dates", "refused"))
    answer = ask(create_app(Settings(reading=readings)), **sent(**{field: 7}))
    assert [each["path"] for each in answer.json()["error"]["details"]] == [f"/{field}"]


@pytest.mark.parametrize(
    ("fields", "readings", "rule"),
    [
        ({"name": "  "}, ("blank-name", "surrounding-blanks"), "not_blank"),
        ({"personIds": [""]}, ("empty-ids", "person-id-form"), "not_empty"),
    ],
)
def test_of_two_readings_that_refuse_a_value_the_more_specific_one_is_reported(
    fields: dict[str, Any], readings: tuple[str, ...], rule: str, ask: Any
) -> None:
    app = create_app(Settings(reading=tuple((reading, "refused") for reading in readings)))
    assert [each["rule"] for each in ask(app, **sent(**fields)).json()["error"]["details"]] == [rule]


def test_the_last_choice_wins() -> None:
    chosen = resolve(CATALOGUE, "page", [("success-status", "200"), ("success-status", "201")])
    assert chosen["success-status"] == "201"


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        (("sucess-status", "200"), "success-status"),
        (("success-status", "20"), "did you mean 20[01] or 20[01]"),
        (("success-status", "teapot"), "it has 201, 200"),
    ],
)
def test_the_error_for_a_wrong_choice_lists_the_options(choice: tuple[str, str], told: str) -> None:
    with pytest.raises(ReadingError, match=told):
        resolve(CATALOGUE, "page", [choice])


def test_a_misspelled_reading_in_the_code_is_an_error() -> None:
    with pytest.raises(KeyError):
        resolve(CATALOGUE, "page").follows("no-such-reading", "x")
    with pytest.raises(KeyError):
        resolve(CATALOGUE, "page").follows("success-status", "2O1")


def test_all_readings_flipped_at_once_still_give_documented_responses(ask: Any) -> None:
    """Leave refusing options out, so that bodies reach the rendering."""
    flips = [(reading, option) for reading, option in SEEN if option != "refused" and not option.isdigit()]
    app = create_app(Settings(reading=tuple(flips)))
    for request, _ in SEEN.values():
        assert ask(app, **request).status_code < 500
