"""Test how the mock reports invalid requests, over real sockets."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from mock_server import create_app
from mock_server.tests.conftest import PATH, Ask, AssertError, Running


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
        (b"[object Object]", None, "The body is not JSON: it is the text [object Object]; pass JSON.stringify(body)."),
        (b'{"a', None, "The body is not JSON: Unterminated string, line 1, column 2."),
        (rb'{"a":"\ud800"}', r"\ud800", None),
        (b"\xef\xbb\xbf{}", "U+FEFF", None),
        (b"[" * 40 + b"]" * 40, "more than 32 levels", None),
        (b"x" * 2**21, "2097152 bytes", None),
    ],
    ids=["null", "blank", "empty", "control character", "object", "unterminated", "surrogate", "mark", "depth", "size"],
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
