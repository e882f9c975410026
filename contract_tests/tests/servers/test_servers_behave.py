"""Check that the correct servers are correct, one question at a time."""

import gzip
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
import yaml

from contract_tests.tests.servers import second_server
from contract_tests.tests.servers.right_core import RightCore
from contract_tests.tests.servers.sending import EXAMPLE, EXPIRED, PATH, USERS, UUIDS, App, Body, Send, sender
from contract_tests.tests.servers.serving import serve

pytestmark = pytest.mark.once

SPEC = Path(__file__).parents[3] / "spec"
REQUIRED = ("name", "icpId", "startDate", "endDate", "personIds")

RIGHT_SERVERS: dict[str, App] = {
    "second server": second_server.app(USERS, EXPIRED),
    "right core": RightCore(USERS, EXPIRED),
}


@pytest.fixture(scope="module")
def clients() -> Iterator[dict[str, httpx2.Client]]:
    """Return a client for each server by its name."""
    with ExitStack() as stack:
        urls = {name: stack.enter_context(serve(app)) for name, app in RIGHT_SERVERS.items()}
        yield {name: stack.enter_context(httpx2.Client(base_url=url, verify=False)) for name, url in urls.items()}


@pytest.fixture(params=RIGHT_SERVERS)
def client(request: pytest.FixtureRequest, clients: dict[str, httpx2.Client]) -> httpx2.Client:
    return clients[request.param]


@pytest.fixture
def send(client: httpx2.Client) -> Send:
    return sender(client)


def error_of(answer: httpx2.Response) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    error: dict[str, Any] = body.get("error", body)
    assert answer.headers["content-type"].startswith("application/json")
    assert isinstance(error["code"], str)
    assert error["message"]
    return error


# -- correct servers


def test_the_example_returns_the_documented_lead_list(send: Send) -> None:
    answer = send({})
    created = answer.json()
    assert answer.status_code in (200, 201)
    assert answer.headers["content-type"].startswith("application/json")
    assert {key: created[key] for key in EXAMPLE} == EXAMPLE
    assert created["userIds"] == ["user_one"]
    assert str(UUID(created["id"])) == created["id"] != send({}).json()["id"]
    assert created["createdAt"] == created["updatedAt"]
    assert abs(datetime.now(UTC) - datetime.fromisoformat(created["createdAt"])) < timedelta(seconds=5)


def test_defaults_of_omitted_fields_and_company_lists(send: Send) -> None:
    assert send({}, without="type").json()["type"] == "person"
    assert send({}, without="companyIds").json()["companyIds"] == []
    created = send({"type": "company", "personIds": [], "companyIds": UUIDS, "icpId": None}).json()
    assert (created["type"], created["companyIds"], created["icpId"]) == ("company", UUIDS, None)


@pytest.mark.parametrize("field", REQUIRED)
def test_a_missing_field_is_refused_by_name(send: Send, field: str) -> None:
    answer = send({}, without=field)
    error = error_of(answer)
    assert (answer.status_code, error["code"]) == (400, "BAD_REQUEST")
    assert field in json.dumps(error["details"])


WRONG_TYPES: tuple[object, ...] = (1, True, {}, [None], [[]])
WRONG_VALUES: list[tuple[str, object]] = [
    *((field, value) for field in EXAMPLE for value in WRONG_TYPES),
    *((field, None) for field in EXAMPLE if field != "icpId"),
    *((field, "") for field in EXAMPLE if field != "name"),
    ("type", "Person"),
    ("icpId", "660e8400"),
    ("icpId", UUIDS[0] + "\n"),
    ("companyIds", [UUIDS[0], "x"]),
    ("startDate", "soon"),
    ("startDate", "2024-02-30T00:00:00Z"),
    ("startDate", "2024-01-01T00:00:00.000Z\n"),
    ("endDate", "2024-13-01T00:00:00Z"),
    ("endDate", "\u0662\u0660\u0662\u0664-01-01T00:00:00Z"),
]


@pytest.mark.parametrize(("field", "value"), WRONG_VALUES)
def test_a_wrong_value_is_refused_by_name(send: Send, field: str, value: object) -> None:
    answer = send({field: value})
    assert answer.status_code == 400
    assert field in json.dumps(error_of(answer)["details"])


@pytest.mark.parametrize(
    "headers",
    [{}]
    + [{"Authorization": value} for value in ("Bearer", "Bearer no", "Bearer token-expired", "token-one")]
    + [{"Authorization": value} for value in ("Basic dG9rZW4tb25lOg==", "Bearer token-one token-one", "\xff")]
    + [{"Cookie": value} for value in ("__session=", "__session=no", "__session=token-expired", "__session", ";=;,")]
    + [{"Cookie": value} for value in ("session=token-one", "__sessiontoken-one", '__session="', "\xff=\xff")],
)
def test_a_request_without_a_valid_login_gets_401(send: Send, headers: Mapping[str, str]) -> None:
    bodies: tuple[Body, ...] = ({}, b"{")
    for body in bodies:
        answer = send(body, token="", headers=headers)
        assert (answer.status_code, error_of(answer)["code"]) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": "Bearer token-two"}, {"Authorization": "bearer token-two"}]
    + [{"Cookie": value} for value in ("__session=token-two", 'a; =b; c={"d": 1}; __session=token-two; \xff=1')],
)
def test_a_bearer_token_or_a_cookie_is_enough(send: Send, headers: Mapping[str, str]) -> None:
    assert send({}, token="", headers=headers).json()["userIds"] == ["user_two"]


def raw_field(field: str, value: bytes) -> bytes:
    """Return the example with the JSON text of one field replaced by bytes."""
    return json.dumps({**EXAMPLE, field: "@"}).encode().replace(b'"@"', value)


HOSTILE_BODIES = {
    "empty": b"",
    "blank": b" \n",
    "cut": json.dumps(EXAMPLE).encode()[:-5],
    "trailing comma": b'{"name": 1,}',
    "two values": b"{}{}",
    "no object": b"[]",
    "null": b"null",
    "a number": b"1",
    "NaN": raw_field("name", b"NaN"),
    "NaN in an unknown field": raw_field("x", b"[-Infinity]"),
    "duplicate keys": b'{"name": "a", "name": 1}',
    "deep arrays": b"[" * 100_000,
    "deep and well-formed": raw_field("x", b"[" * 50_000 + b"]" * 50_000),
    "rather deep": raw_field("x", b"[" * 900 + b"]" * 900),
    "deep objects": b'{"a":' * 100_000,
    "lone surrogate in a name": raw_field("name", rb'"\ud800"'),
    "lone surrogate in a known id": raw_field("personIds", rb'["\udfff"]'),
    "lone surrogate in a date": raw_field("startDate", rb'"\ud800"'),
    "lone surrogate as a key": raw_field("\ud800", b"1"),
    "lone surrogate as a type": raw_field("type", rb'"\udc00"'),
    "NUL escaped": raw_field("name", rb'"a\u0000b"'),
    "NUL raw": raw_field("name", b'"a\0b"'),
    "NUL in an id": raw_field("personIds", rb'["\u0000"]'),
    "byte order mark": b"\xef\xbb\xbf" + json.dumps(EXAMPLE).encode(),
    "invalid UTF-8": raw_field("name", b'"\xff\xc0\x80"'),
    "UTF-8 surrogate": raw_field("name", b'"\xed\xa0\x80"'),
    "UTF-16": json.dumps(EXAMPLE).encode("utf-16"),
    "UTF-16 without mark": json.dumps(EXAMPLE).encode("utf-16-le"),
    "huge integer": raw_field("x", b"9" * 100_000),
    "huge integer for a name": raw_field("name", b"9" * 4_000),
    "huge float": raw_field("icpId", b"1e999"),
    "huge name": raw_field("name", b'"' + b"x" * 900_000 + b'"'),
    "huge body": b" " * (5 << 20),
    "many ids": json.dumps({**EXAMPLE, "personIds": ["p"] * 50_000}).encode(),
    "__proto__": raw_field("__proto__", b'{"name": 1}'),
    "compressed": gzip.compress(json.dumps(EXAMPLE).encode()),
    "first instant": raw_field("startDate", b'"0001-01-01T00:00:00+23:59"'),
    "last instant": raw_field("endDate", b'"9999-12-31T23:59:59-23:59"'),
    "year 0": raw_field("startDate", b'"0000-01-01T00:00:00Z"'),
    "long fraction": raw_field("startDate", b'"2024-01-01T00:00:00.' + b"1" * 10_000 + b'Z"'),
}
MUST_BE_REFUSED = {"empty", "cut", "trailing comma", "no object", "null", "NaN", "UTF-16", "UTF-16 without mark"}


@pytest.mark.parametrize("what", HOSTILE_BODIES)
def test_no_body_crashes_a_correct_server(send: Send, what: str) -> None:
    answer = send(HOSTILE_BODIES[what])
    assert answer.status_code in ((400,) if what in MUST_BE_REFUSED else (200, 201, 400, 413))
    if answer.status_code >= 400:
        error_of(answer)
    else:
        answer.content.decode()  # UTF-8
        assert answer.json()["name"]


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "Application/JSON", "application/json;"])
def test_json_media_types_are_accepted(send: Send, media_type: str) -> None:
    assert send({}, headers={"Content-Type": media_type}).is_success
    assert send({"name": 1}, headers={"Content-Type": media_type}).status_code == 400


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "", "\xff", ";", "json"])
def test_other_media_types_are_answered_415(send: Send, media_type: str) -> None:
    answer = send({}, headers={"Content-Type": media_type})
    assert (answer.status_code, error_of(answer)["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_other_methods_and_paths_have_the_error_envelope_too(client: httpx2.Client) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS"):
        answer = client.request(method, PATH)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert error_of(answer)["code"] == "METHOD_NOT_ALLOWED"
    for path in ("/", "/api", f"{PATH}/1", "/%00/%ff", f"/{PATH}"):
        assert error_of(client.post(path))["code"] == "NOT_FOUND"
    assert client.head(PATH).status_code == 405
    assert client.post(f"{PATH}/", headers={"Host": "[?]:x"}).status_code in (307, 400, 404)


def test_a_chunked_body_and_a_client_that_disconnects(client: httpx2.Client) -> None:
    def chunks() -> Iterator[bytes]:
        for byte in json.dumps(EXAMPLE).encode():
            yield bytes([byte])

    headers = {"Authorization": "Bearer token-one", "Content-Type": "application/json"}
    assert client.post(PATH, content=chunks(), headers=headers).is_success

    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n{"
    with socket.create_connection((client.base_url.host, client.base_url.port)) as connection:
        connection.sendall(head.encode())
    assert client.post(PATH, json=EXAMPLE, headers=headers).is_success


# -- the readings of the second server


def test_the_readings_of_the_second_server_exist() -> None:
    options = {entry["id"]: entry["options"] for entry in yaml.safe_load((SPEC / "readings.yaml").read_text())}
    assert second_server.READINGS.keys() == options.keys()
    for reading, option in second_server.READINGS.items():
        assert option in options[reading], reading


def test_the_second_server_follows_its_readings(clients: dict[str, httpx2.Client]) -> None:
    send = sender(clients["second server"])
    answer = send({"name": " a ", "userIds": ["user_x"], "personIds": ["b", "a", "b"], "id": "x"})
    assert answer.status_code == 200
    assert answer.headers["location"] == f"{PATH}/{answer.json()['id']}"
    assert UUID(answer.json()["id"]).version == 7
    assert answer.json()["name"] == "a"
    assert answer.json()["userIds"] == ["user_one", "user_x"]
    assert answer.json()["personIds"] == ["b", "a"]
    assert send({"icpId": UUIDS[0].upper()}).json()["icpId"] == UUIDS[0].upper()
    assert send({"startDate": "2024-01-01T00:00:00.5Z"}).json()["startDate"] == "2024-01-01T00:00:00.5Z"
    assert send({"type": "company", "companyIds": UUIDS}).json()["personIds"] == []
    assert send(raw_field("name", rb'"a\ud800\ud83d\ude00"')).json()["name"] == "a\ufffd\U0001f600"
    assert send(HOSTILE_BODIES["byte order mark"]).is_success
    assert send(HOSTILE_BODIES["huge body"]).status_code == 413
    assert send({}, headers={"Content-Encoding": "gzip"}).status_code == 415
    assert send({}, headers={"Cookie": "__session=no"}).status_code == 401
    assert set(send({"endDate": 1, "x": 1}).json()["details"]) == {"endDate", "x"}
    refused: list[Body] = [
        {"endDate": "2023-12-31T23:59:59Z"},
        {"companyIds": UUIDS},
        {"name": "\t"},
        {"name": "n" * 121},
        {"startDate": "2024-01-01"},
        {"startDate": "2024-01-01T00:00:00+00:00"},
        {"icpId": "660e8400-e29b-91d4-a716-446655440001"},
        {"personIds": ["p"] * 101},
        json.dumps(EXAMPLE).encode()[:-1] + b', "name": "again"}',
    ]
    assert [send(body).status_code for body in refused] == [400] * len(refused)


# -- serving


def test_serving_ends_cleanly() -> None:
    with serve(RightCore(USERS)) as one, serve(RightCore(USERS)) as two:
        assert one != two
        assert httpx2.get(one).status_code == httpx2.get(two).status_code == 404
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(one)
