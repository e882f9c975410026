"""Test signing in with the control API."""

from __future__ import annotations

import httpx2

from mock_server import RunningMock, Settings, running_mock
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


def test_a_refused_sign_in_through_a_dev_proxy_names_the_flag_that_allows_it() -> None:
    """Sign in from a phone that opens the dev server by the address of this machine, with `changeOrigin`."""
    page = "http://192.168.1.7:5173"

    def sign_in(mock: RunningMock) -> httpx2.Response:
        headers = OURS | {"origin": page}
        return httpx2.post(f"{mock.url}/__mock__/sessions", json={"user": "user_abc123"}, headers=headers)

    with running_mock() as mock:
        refused = sign_in(mock)
        assert refused.status_code == 403
        told = refused.json()["error"]["message"]
        assert told.endswith(f"changeOrigin: set it to false, or start the mock with --allow-origin {page}")
        assert [each["text"] for each in mock.control("GET", "state")["notices"]] == [told]
    with running_mock(Settings(allow_origin=(page,))) as mock:
        assert sign_in(mock).json()["token"] == "abc123-session"
