"""Test verifying the requests of the journal, and what a failed verification shows."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from mock_server import NotHeld, RunningMock, running_mock
from mock_server.tests.conftest import LOGIN, PATH
from mock_server.tests.control.conftest import OURS, create


def test_expected_requests_are_verified(lead_list_mock: RunningMock) -> None:
    for name in ("a", "b", "b"):
        create(lead_list_mock, name)
    lead_list_mock.verify(times=1, method="POST", path=PATH, status=201, user="user_xyz789", body={"name": "a"})
    lead_list_mock.verify(times=3, body={"personIds": []})
    lead_list_mock.verify(times=0, body={"personIds": ["x"]})
    lead_list_mock.verify(atLeast=1, atMost=2, body={"name": "b"})
    lead_list_mock.verify()


@pytest.mark.parametrize(
    ("question", "expected", "told"),
    [
        ({"times": 1, "body": {"name": "c"}}, "exactly 1", {"path": "/body/name", "want": '"c"', "got": '"b"'}),
        ({"body": {"x": 1}}, "at least 1", {"path": "/body/x", "want": "1", "got": "nothing"}),
        ({"atMost": 1}, "0 to 1", None),
        ({"times": 1, "status": 400}, "exactly 1", {"path": "/status", "want": "400", "got": "201"}),
        ({"times": 1, "user": None}, "exactly 1", {"path": "/user", "want": "null", "got": '"user_xyz789"'}),
        ({"times": 1, "method": "GET"}, "exactly 1", {"path": "/method", "want": '"GET"', "got": '"POST"'}),
        ({"body": {"icpId": False}}, "at least 1", {"path": "/body/icpId", "want": "false", "got": "null"}),
        ({"body": {"personIds": ["a"]}}, "at least 1", None),
    ],
    ids=str,
)
def test_a_failed_verification_shows_the_nearest_requests(
    question: dict[str, Any], expected: str, told: dict[str, str] | None, lead_list_mock: RunningMock
) -> None:
    httpx2.post(lead_list_mock.endpoint, content=b"{", headers=LOGIN | {"prefer": "code=418"})
    create(lead_list_mock, "a")
    create(lead_list_mock, "b")
    answer = httpx2.post(f"{lead_list_mock.url}/__mock__/verify", json=question, headers=OURS)
    assert answer.status_code == 409
    assert (answer.json()["held"], answer.json()["expected"]) == (False, expected)
    nearest = answer.json()["nearest"]
    assert nearest
    assert told is None or nearest[0]["differences"] == [told]
    with pytest.raises(NotHeld, match=f"expected {expected} of these requests"):
        lead_list_mock.verify(**question)


def test_a_failed_verification_in_a_world_without_requests_names_the_world_that_has_some() -> None:
    with running_mock() as mock:
        with pytest.raises(NotHeld, match="This mock has no requests; check the address that your app calls"):
            mock.verify()
        create(mock, **{"x-mock-world": "one"})
        create(mock, **{"x-mock-world": "two"})
        told = (
            f'The world "{mock.world}" has no requests; the newest one is in the world "two": a request names its '
            "world with the header X-Mock-World, the cookie mock_world or its host name"
        )
        with pytest.raises(NotHeld, match=told):
            mock.verify(times=1, body={"name": "a"})
        create(mock)
        with pytest.raises(NotHeld) as failed:
            mock.verify(times=1, body={"name": "a"})
        assert "The world" not in str(failed.value)
