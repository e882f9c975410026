"""Test the whole server over real sockets: responses to valid, invalid and odd requests."""

from __future__ import annotations

import dataclasses
import json
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from mock_server import Settings, create_app
from mock_server.contract.openapi import find_spec_dir, load
from mock_server.contract.schema import Validator
from mock_server.pipeline.stages import Stages
from mock_server.tests.conftest import FROZEN, PATH, Ask, Running, StartMock

AssertError = Callable[..., dict[str, Any]]

PAGE_ANSWER = (
    b'{"id":"cd613e30-d8f1-4adf-91b7-584a2265b1f5","icpId":"660e8400-e29b-41d4-a716-446655440001",'
    b'"name":"Q1 2024 Tech Startups","type":"person","startDate":"2024-01-01T00:00:00.000Z",'
    b'"endDate":"2024-03-31T23:59:59.000Z","personIds":["lead_abc123","lead_def456"],"companyIds":[],'
    b'"userIds":["user_xyz789"],"createdAt":"2024-01-02T10:30:00.000Z","updatedAt":"2024-01-02T10:30:00.000Z"}'
)


# -- valid requests


def test_the_request_example_gives_the_response_example_byte_for_byte(
    start_mock: StartMock, page_request: dict[str, Any]
) -> None:
    answer = start_mock(*FROZEN).post(json=page_request)
    assert answer.status_code == 201
    assert answer.content == PAGE_ANSWER
    assert answer.headers["content-type"] == "application/json"


def test_two_starts_with_seed_and_now_return_the_same_bytes(
    start_mock: StartMock, page_request: dict[str, Any]
) -> None:
    def session() -> list[bytes]:
        running = start_mock(*FROZEN)
        body = json.dumps(page_request).encode()
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
        signed = f"{head}Authorization: Bearer abc123-session\r\n\r\n".encode()
        return [running.send_raw(signed, body), running.send_raw(signed, b"x" * len(body)), running.send_raw(b"?\r\n")]

    first, second = session(), session()
    assert first == second
    assert all(b"date: Tue, 02 Jan 2024 10:30:00 GMT" in answer for answer in first)


def test_a_success_keeps_the_schema_of_the_spec(mock: Running, page_request: dict[str, Any]) -> None:
    document = load(find_spec_dir(), formats={}).document
    validator = Validator(document["components"]["schemas"]["LeadList"], document, {})
    for changes in ({}, {"icpId": None}, {"type": "company"}, {"startDate": "2024-01-01"}):
        answer = mock.post(json=page_request | changes)
        assert not list(validator.breaches(answer.json()))


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"type": ...}, "type", "person"),
        ({"companyIds": ...}, "companyIds", []),
        ({"icpId": None}, "icpId", None),
        ({"icpId": "AAAAAAAA-e29b-41d4-a716-446655440001"}, "icpId", "aaaaaaaa-e29b-41d4-a716-446655440001"),
        ({"startDate": "2024-01-01"}, "startDate", "2024-01-01T00:00:00.000Z"),
        ({"startDate": "2024-01-01T01:00:00.9999+02:00"}, "startDate", "2023-12-31T23:00:00.999Z"),
        ({"name": "\u0000 <b>e\u0301\u200d\U0001f600 "}, "name", "\u0000 <b>e\u0301\u200d\U0001f600 "),
        ({"name": ""}, "name", ""),
        ({"personIds": []}, "personIds", []),
        ({"userIds": ["user_evil"]}, "userIds", ["user_xyz789"]),
    ],
    ids=str,
)
def test_sent_values_come_back_as_documented(
    changes: dict[str, Any], field: str, value: Any, mock: Running, page_request: dict[str, Any]
) -> None:
    body = {name: each for name, each in (page_request | changes).items() if each is not ...}
    answer = mock.post(content=json.dumps(body), headers={"content-type": "application/json"})
    assert answer.status_code == 201, answer.text
    assert answer.json()[field] == value


def test_generated_fields_are_never_taken_from_the_client(mock: Running, page_request: dict[str, Any]) -> None:
    wish = {"id": "550e8400-e29b-41d4-a716-446655440000", "createdAt": "1999-01-01T00:00:00.000Z"}
    made = mock.post(json=page_request | wish | {"updatedAt": wish["createdAt"], "extra": 1}).json()
    assert made["id"] != wish["id"]
    assert made["createdAt"] == made["updatedAt"] > "2024"
    assert len(made) == 11
    assert re.fullmatch("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", made["id"])


def test_concurrent_creates_get_unique_ids(mock: Running, page_request: dict[str, Any]) -> None:
    made: list[str] = []
    barrier = threading.Barrier(16)

    def create() -> None:
        with httpx2.Client(headers={"authorization": "Bearer xyz789-session"}) as client:
            barrier.wait()
            made.extend(client.post(mock.endpoint, json=page_request).json()["id"] for _ in range(5))

    threads = [threading.Thread(target=create) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 80


def test_created_at_never_decreases(page_request: dict[str, Any], ask: Ask) -> None:
    hours = iter([12, 11, 13])
    app = create_app(clock=lambda: datetime(2024, 1, 2, next(hours), tzinfo=UTC))
    made = [ask(app, json=page_request).json()["createdAt"][11:13] for _ in range(3)]
    assert made == ["12", "12", "13"]


def test_a_stage_can_be_replaced(page_request: dict[str, Any], ask: Ask) -> None:
    def forgetful(stages: Stages) -> Stages:
        def build(*given: Any) -> Any:
            return dataclasses.replace(stages.build(*given), user_ids=[])

        return dataclasses.replace(stages, build=build)

    assert ask(create_app(stages=forgetful), json=page_request).json()["userIds"] == []


# -- login


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Basic abc"},
        {"authorization": "Bearer"},
        {"authorization": "Bearer wrong"},
        {"authorization": "Bearer expired"},
        {"authorization": "xyz789-session"},
        {"cookie": "__session="},
        {"cookie": "__session=wrong"},
        {"cookie": "session=xyz789-session"},
    ],
    ids=str,
)
def test_a_request_without_a_valid_session_gets_401(
    headers: dict[str, str], mock: Running, assert_error: AssertError
) -> None:
    answer = httpx2.post(mock.endpoint, content=b"{broken", headers=headers)  # access.login.first
    error = assert_error(answer, 401, "UNAUTHORIZED")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert len(error["message"]) > 20


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "bearer abc123-session"},
        {"authorization": "BEARER   abc123-session"},
        {"cookie": "__session=abc123-session"},
        {"cookie": '__session="abc123-session"'},
        {"cookie": 'prefs={"a":1, "b":[2]}; __session=abc123-session'},
        {"cookie": "flag; __session=abc123-session; a/b=1"},
        {"cookie": "x[0]=1;;=; __session=abc123-session"},
        {"cookie": "__session=stale; __session=abc123-session"},
        {"cookie": "__session=abc123-session; __session=stale"},
        {"cookie": "__session=", "authorization": "Bearer abc123-session"},
        {"cookie": "__session=abc123-session", "authorization": "Basic abc"},
    ],
    ids=str,
)
def test_one_valid_login_is_enough_next_to_any_other(
    headers: dict[str, str], mock: Running, page_request: dict[str, Any]
) -> None:
    answer = httpx2.post(mock.endpoint, json=page_request, headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.json()["userIds"] == ["user_abc123"]


def test_several_cookie_headers_are_all_read(mock: Running, page_request: dict[str, Any]) -> None:
    headers = [("cookie", "a=1"), ("cookie", "__session=abc123-session")]
    assert httpx2.post(mock.endpoint, json=page_request, headers=headers).status_code == 201


# -- invalid requests


def test_a_400_lists_every_problem_with_advice(
    mock: Running, page_request: dict[str, Any], assert_error: AssertError
) -> None:
    body = page_request | {"name": 5, "type": "Person", "icpId": "nope", "startDate": "2024-02-30", "companyIds": ["x"]}
    body["personIds"] = ["a", None, 3]
    del body["endDate"]
    error = assert_error(mock.post(json=body), 400, "BAD_REQUEST")
    assert {problem["path"]: problem["rule"] for problem in error["details"]} == {
        "/name": "type",
        "/type": "enum",
        "/icpId": "uuid",
        "/startDate": "date",
        "/endDate": "required",
        "/personIds/1": "type",
        "/personIds/2": "type",
        "/companyIds/0": "uuid",
    }
    (date,) = [problem for problem in error["details"] if problem["path"] == "/startDate"]
    assert date["message"] == (
        'startDate is "2024-02-30", which names a day that does not exist (February 30); '
        'send an ISO 8601 date, for example "2024-01-01T00:00:00.000Z".'
    )


@pytest.mark.parametrize("field", ["name", "icpId", "startDate", "endDate", "personIds"])
def test_a_missing_field_is_named(
    field: str, mock: Running, page_request: dict[str, Any], assert_error: AssertError
) -> None:
    del page_request[field]
    (problem,) = assert_error(mock.post(json=page_request), 400, "BAD_REQUEST")["details"]
    assert (problem["path"], problem["rule"], problem["got"]) == (f"/{field}", "required", "nothing")


WRONG: dict[str, list[Any]] = {
    "name": [None, 1, 1.5, True, [], {}],
    "type": [None, 1, True, [], {}, "", "Person", " person", "people"],
    "icpId": [1, True, [], {}, "", "x", "660e8400e29b41d4a716446655440001", "660e8400-e29b-41d4-a716-446655440001\n"],
    "startDate": [None, 1, True, [], {}, "", "x", "2024-02-30", "2024-01-01T25:00:00Z", "1704067200"],
    "endDate": [None, 1, True, [], {}, "", "x", "2023-02-29", "2024-13-01T00:00:00Z", "January 1, 2024"],
    "personIds": [None, 1, True, {}, "lead_abc123"],
    "companyIds": [None, 1, True, {}, "660e8400-e29b-41d4-a716-446655440001"],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in WRONG.items() for value in values])
def test_a_wrong_value_is_refused_at_its_place(
    field: str, value: Any, mock: Running, page_request: dict[str, Any], assert_error: AssertError
) -> None:
    error = assert_error(mock.post(json=page_request | {field: value}), 400, "BAD_REQUEST")
    (problem,) = error["details"]
    assert problem["path"] == f"/{field}"
    assert problem["message"] == error["message"]
    assert field in problem["message"]


@pytest.mark.parametrize("item", [None, 1, True, [], {}], ids=repr)
@pytest.mark.parametrize("field", ["personIds", "companyIds"])
def test_a_wrong_item_is_refused_at_its_place(
    field: str, item: Any, mock: Running, page_request: dict[str, Any], assert_error: AssertError
) -> None:
    body = page_request | {field: [page_request["icpId"], item]}
    (problem,) = assert_error(mock.post(json=body), 400, "BAD_REQUEST")["details"]
    assert problem["path"] == f"/{field}/1"


def test_a_long_list_of_problems_is_truncated_with_a_note(
    mock: Running, page_request: dict[str, Any], assert_error: AssertError
) -> None:
    page_request["companyIds"] = ["x"] * 150_000  # as many as fit in a body
    answer = mock.post(json=page_request)
    error = assert_error(answer, 400, "BAD_REQUEST")
    assert [problem["rule"] for problem in error["details"]] == ["uuid"] * 20 + ["more"]
    assert (error["details"][-1]["path"], error["details"][-1]["got"]) == ("/companyIds", "more than 20 problems")
    assert "more than 20 problems" in error["message"]
    assert answer.elapsed.total_seconds() < 10


def test_many_problems_of_one_field_do_not_hide_another(
    mock: Running, page_request: dict[str, Any], assert_error: AssertError
) -> None:
    body = page_request | {"personIds": [1] * 300, "companyIds": [page_request["icpId"]] * 250 + ["x"]}
    error = assert_error(mock.post(json=body), 400, "BAD_REQUEST")
    paths = [problem["path"] for problem in error["details"]]
    assert paths == [*(f"/personIds/{i}" for i in range(20)), "/companyIds/250", "/personIds"]
    assert "more than 21 problems" in error["message"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"personIds": 1}, 'send an array of strings, for example ["lead_abc123"].'),
        ({"companyIds": 1}, 'send an array of UUIDs, for example ["660e8400-e29b-41d4-a716-446655440001"].'),
        ({"companyIds": ["x"]}, 'send a UUID, for example "660e8400-e29b-41d4-a716-446655440001".'),
    ],
)
def test_messages_about_ids_show_an_example(
    change: dict[str, Any], message: str, mock: Running, page_request: dict[str, Any]
) -> None:
    assert mock.post(json=page_request | change).json()["error"]["message"].endswith(message)


@pytest.mark.parametrize(
    ("body", "got", "message"),
    [
        (b"null", "null", "The body is null; send a JSON object."),
        (b" ", "only whitespace", "The body is empty; send a JSON object."),
        (b"", "nothing", "The body is empty; send a JSON object."),
        (b'{"a":"\n"}', None, "The body is not JSON: Invalid control character, line 1, column 7."),
        (b'{"a', None, "The body is not JSON: Unterminated string, line 1, column 2."),
        (rb'{"a":"\ud800"}', r"\ud800", None),
        (b"\xef\xbb\xbf{}", "U+FEFF", None),
        (b"[" * 70 + b"]" * 70, "more than 64 levels", None),
        (b"x" * 2**21, "2097152 bytes", None),
    ],
    ids=["null", "blank", "empty", "control character", "unterminated", "surrogate", "mark", "depth", "size"],
)
def test_a_body_that_is_not_an_object_is_reported_with_its_value(
    body: bytes, got: str | None, message: str | None, mock: Running
) -> None:
    error = mock.post(content=body).json()["error"]
    assert got in (None, error["details"][0]["got"])
    assert message in (None, error["message"])


def test_the_one_bad_id_at_the_end_of_many_is_found(
    mock: Running, page_request: dict[str, Any], assert_error: AssertError
) -> None:
    page_request["companyIds"] = [page_request["icpId"]] * 20_000 + ["x"]
    (problem,) = assert_error(mock.post(json=page_request), 400, "BAD_REQUEST")["details"]
    assert problem["path"] == "/companyIds/20000"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", PATH, 405, "METHOD_NOT_ALLOWED"),
        ("PUT", PATH, 405, "METHOD_NOT_ALLOWED"),
        ("OPTIONS", PATH, 405, "METHOD_NOT_ALLOWED"),
        ("POST", f"{PATH}/", 404, "NOT_FOUND"),
        ("POST", f"/{PATH}", 404, "NOT_FOUND"),
        ("POST", PATH.upper(), 404, "NOT_FOUND"),
        ("GET", "/", 404, "NOT_FOUND"),
        ("GET", "/openapi.json", 404, "NOT_FOUND"),
        ("GET", "/api/v1/ui/", 404, "NOT_FOUND"),
    ],
)
def test_other_paths_and_methods_return_the_same_error_format(
    method: str, path: str, status: int, code: str, mock: Running, assert_error: AssertError
) -> None:
    answer = httpx2.request(method, mock.url + path)
    assert_error(answer, status, code)
    assert answer.headers.get("allow") == ("POST" if status == 405 else None)


def test_an_exception_in_an_operation_is_a_500_without_internals(
    ask: Ask, page_request: dict[str, Any], assert_error: AssertError, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(payload: Any) -> None:
        raise KeyError("secret")

    app = create_app(operations={"createLeadList": broken})
    answer = ask(app, json=page_request)
    assert_error(answer, 500, "INTERNAL_ERROR")
    assert "secret" not in answer.text
    assert "KeyError" in caplog.text
    assert "Traceback" not in caplog.text


# -- odd requests

GOOD = b'{"name":"n","icpId":null,"startDate":"2024-01-01","endDate":"2024-01-02","personIds":[]'
GOOD_JSON = GOOD + b"}"


def extra(value: bytes) -> bytes:
    return GOOD + b',"x":' + value + b"}"


@pytest.mark.parametrize(
    ("body", "content_type", "rule"),
    [
        pytest.param(b"", "application/json", "empty", id="empty"),
        pytest.param(b" \n", "application/json", "empty", id="blanks"),
        pytest.param(b"null", "application/json", "type", id="null"),
        pytest.param(b"[]", "application/json", "type", id="array"),
        pytest.param(b'"x"', "application/json", "type", id="string"),
        pytest.param(b"5", "application/json", "type", id="number"),
        pytest.param(GOOD, "application/json", "json", id="truncated"),
        pytest.param(GOOD + b",}", "application/json", "json", id="trailing comma"),
        pytest.param(GOOD_JSON + b"x", "application/json", "json", id="text after the JSON"),
        pytest.param(GOOD_JSON.replace(b'"', b"'"), "application/json", "json", id="single quotes"),
        pytest.param(extra(b"NaN"), "application/json", "json", id="NaN"),
        pytest.param(extra(b"-Infinity"), "application/json", "json", id="Infinity"),
        pytest.param(extra(b'"\xff"'), "application/json", "encoding", id="invalid UTF-8"),
        pytest.param(extra(b'"\xed\xa0\x80"'), "application/json", "encoding", id="surrogate in UTF-8"),
        pytest.param(extra(rb'"\ud800"'), "application/json", "surrogate", id="lone surrogate"),
        pytest.param(GOOD_JSON.decode().encode("utf-16"), "application/json", "encoding", id="UTF-16"),
        pytest.param(GOOD_JSON.decode().encode("utf-16-le"), "application/json", "json", id="UTF-16 without mark"),
        pytest.param(GOOD_JSON.decode().encode("utf-32"), "application/json", "encoding", id="UTF-32"),
        pytest.param(b"\xef\xbb\xbf" + GOOD_JSON, "application/json", "byte_order_mark", id="byte order mark"),
        pytest.param(b"\x1f\x8b" + GOOD_JSON, "application/json", "encoding", id="gzip magic"),
        pytest.param(b"[" * 64 + b"]" * 64, "application/json", "type", id="64 deep"),
        pytest.param(b"[" * 65 + b"]" * 65, "application/json", "depth", id="65 deep"),
        pytest.param(b"[" * 500 + b"]" * 500, "application/json", "depth", id="500 deep"),
        pytest.param(b"[" * 500_000, "application/json", "depth", id="500000 deep"),
        pytest.param(b'{"x":' * 100_000, "application/json", "depth", id="100000 objects deep"),
        pytest.param(extra(b"[" * 900 + b"]" * 900), "application/json", "depth", id="900 deep inside"),
        pytest.param(GOOD_JSON, "text/plain", "media_type", id="text/plain"),
        pytest.param(GOOD_JSON, "application/x-www-form-urlencoded", "media_type", id="form"),
        pytest.param(GOOD_JSON, "multipart/form-data; boundary=x", "media_type", id="multipart"),
        pytest.param(GOOD_JSON, "application/merge-patch+json", "media_type", id="+json"),
        pytest.param(GOOD_JSON, "application/json; charset=latin-1", "media_type", id="charset latin-1"),
        pytest.param(GOOD_JSON, "application/json; charset=bogus", "media_type", id="charset bogus"),
        pytest.param(GOOD_JSON, "application/json, text/plain", "media_type", id="two types"),
        pytest.param(GOOD_JSON, "\xff\xfe", "media_type", id="bytes"),
        pytest.param(GOOD_JSON, ";", "media_type", id="semicolon"),
        pytest.param(b'{"name":5}', "Application/JSON", "type", id="bad body, media type in other case"),
    ],
)
def test_an_odd_body_is_a_400_with_a_reason(
    body: bytes, content_type: str, rule: str, mock: Running, assert_error: AssertError
) -> None:
    answer = mock.post(content=body, headers={"content-type": content_type.encode("latin-1")})
    error = assert_error(answer, 400, "BAD_REQUEST")
    assert rule in {problem["rule"] for problem in error["details"]}
    assert answer.elapsed.total_seconds() < 10


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(GOOD_JSON, {}, id="no Content-Type"),
        pytest.param(GOOD_JSON, {"content-type": "Application/JSON"}, id="media type in other case"),
        pytest.param(GOOD_JSON, {"content-type": 'application/json ; x=1; charset="UTF-8"'}, id="parameters"),
        pytest.param(b"\r\n\t " + GOOD_JSON.replace(b",", b" ,\n"), {}, id="white space"),
        pytest.param(GOOD_JSON.replace(b"n", rb"\u006e", 2), {}, id="escapes"),
        pytest.param(extra(b"1" * 5000), {}, id="5000 digits"),
        pytest.param(extra(b"1e400"), {}, id="1e400"),
        pytest.param(extra(b"-1e400"), {}, id="-1e400"),
        pytest.param(extra(b'{"__proto__":{"a":1}}'), {}, id="__proto__"),
        pytest.param(extra(b'"\\u0000\\ud83d\\ude00"'), {}, id="NUL and a surrogate pair"),
        pytest.param(GOOD + b',"name":"m"}', {}, id="duplicate key"),
        pytest.param(GOOD_JSON, {"accept": "text/html"}, id="Accept"),
        pytest.param(GOOD_JSON, {"content-encoding": "identity"}, id="identity"),
        pytest.param(GOOD_JSON, {"expect": "100-continue"}, id="Expect"),
        pytest.param(GOOD_JSON, {"idempotency-key": "k", "x-unknown": "\u00ff"}, id="unknown headers"),
        pytest.param(GOOD_JSON, {"upgrade": "h2c", "connection": "upgrade"}, id="Upgrade"),
    ],
)
def test_an_odd_but_valid_request_is_accepted(body: bytes, headers: dict[str, str], mock: Running) -> None:
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = mock.post(content=body, headers=raw)
    assert answer.status_code == 201, answer.text


def test_a_query_and_a_chunked_body_are_accepted(mock: Running) -> None:
    answer = mock.post(content=iter([GOOD_JSON[:10], GOOD_JSON[10:]]), params={"a": "1"})
    assert answer.status_code == 201, answer.text


# -- cross-origin


@pytest.mark.parametrize(
    "origin", ["http://localhost:3000", "https://localhost", "http://127.0.0.1:5173", "http://[::1]:1"]
)
def test_a_web_page_of_localhost_may_call_with_cookies(origin: str, mock: Running) -> None:
    for answer in (
        mock.post(content=GOOD_JSON, headers={"origin": origin}),
        mock.post(content=b"{", headers={"origin": origin}),
        httpx2.post(mock.endpoint, headers={"origin": origin}),
        httpx2.get(mock.url, headers={"origin": origin}),
    ):
        assert answer.headers["access-control-allow-origin"] == origin
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert "Location" in answer.headers["access-control-expose-headers"]
        assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    "origin", ["http://evil.test", "http://localhost.evil.test", "null", "http://localhost:1/x", ""]
)
def test_a_web_page_of_another_origin_gets_no_cors_headers(origin: str, mock: Running) -> None:
    preflight = httpx2.options(mock.endpoint, headers={"origin": origin, "access-control-request-method": "POST"})
    for answer in (mock.post(content=GOOD_JSON, headers={"origin": origin}), preflight):
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert answer.headers["vary"] == "Origin"
    assert preflight.status_code == (403 if origin else 405)


def test_a_preflight_is_granted(mock: Running) -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type,x-mock-world"}
    answer = httpx2.options(mock.endpoint, headers={"origin": "http://localhost:3000", **asked})
    assert answer.status_code == 204
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-headers"] == asked["access-control-request-headers"]
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert int(answer.headers["access-control-max-age"]) > 0


def test_another_origin_can_be_allowed(ask: Ask) -> None:
    app = create_app(Settings(allow_origin=("https://app.test", "null")))
    for origin in ("https://app.test", "null", "http://localhost:1"):
        assert ask(app, content=GOOD_JSON, headers={"origin": origin}).headers["access-control-allow-origin"] == origin
