"""Test signing in with the control API."""

from __future__ import annotations

import httpx2

from mock_server import RunningMock
from mock_server.tests.conftest import GOOD, PATH
from mock_server.tests.control.conftest import OURS


def test_signing_in_sets_an_http_only_cookie_and_returns_the_token(lead_list_mock: RunningMock) -> None:
    with httpx2.Client(base_url=lead_list_mock.url) as browser:
        assert browser.get("/__mock__/sessions").json() == {"user": None, "expired": False}
        assert browser.post(PATH, json=GOOD).status_code == 401
        answer = browser.post("/__mock__/sessions", json={"user": "user_abc123"}, headers=OURS)
        assert answer.json() == {"user": "user_abc123", "token": "abc123-session"}
        assert answer.headers.get_list("set-cookie")[0] == "__session=abc123-session; HttpOnly; Path=/; SameSite=Lax"
        assert browser.get("/__mock__/sessions").json() == {"user": "user_abc123", "expired": False}
        assert browser.post(PATH, json=GOOD).json()["userIds"] == ["user_abc123"]
        assert browser.delete("/__mock__/sessions", headers=OURS).status_code == 204
        assert browser.post(PATH, json=GOOD).status_code == 401


def test_a_browser_can_sign_in_with_an_expired_session(lead_list_mock: RunningMock) -> None:
    with httpx2.Client(base_url=lead_list_mock.url) as browser:
        body = {"user": "user_abc123", "expired": True}
        assert browser.post("/__mock__/sessions", json=body, headers=OURS).json()["token"] == "expired"
        assert browser.get("/__mock__/sessions").json() == {"user": None, "expired": True}
        assert "session has expired" in browser.post(PATH, json=GOOD).json()["error"]["message"]
        browser.post("/__mock__/sessions", json=body | {"expired": False}, headers=OURS)
        assert browser.post(PATH, json=GOOD).status_code == 201
