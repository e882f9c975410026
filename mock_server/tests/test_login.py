"""Test which credentials a request needs, over real sockets."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from mock_server.tests.conftest import AssertError, Running


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
