"""What the tests of faults send."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest

from mock_server import RunningMock
from mock_server.tests.conftest import GOOD, LOGIN

Post = Callable[..., httpx2.Response]


@pytest.fixture
def post(lead_list_mock: RunningMock) -> Post:
    """Return a function that sends a valid request with more headers."""
    return lambda **headers: httpx2.post(lead_list_mock.endpoint, json=GOOD, headers=LOGIN | headers, timeout=60)


def create(mock: RunningMock, name: str = "n", **headers: str) -> httpx2.Response:
    return httpx2.post(mock.endpoint, json=GOOD | {"name": name}, headers=LOGIN | headers, timeout=30)
