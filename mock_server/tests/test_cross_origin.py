"""Test which origins may read responses, over real sockets."""

from __future__ import annotations

import httpx2
import pytest

from mock_server import Settings, create_app
from mock_server.tests.conftest import GOOD, Ask, Running


@pytest.mark.parametrize(
    "origin", ["http://localhost:3000", "https://localhost", "http://127.0.0.1:5173", "http://[::1]:1"]
)
def test_a_web_page_of_localhost_may_call_with_cookies(origin: str, mock: Running) -> None:
    for answer in (
        mock.post(json=GOOD, headers={"origin": origin}),
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
    for answer in (mock.post(json=GOOD, headers={"origin": origin}), preflight):
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
        assert ask(app, json=GOOD, headers={"origin": origin}).headers["access-control-allow-origin"] == origin
