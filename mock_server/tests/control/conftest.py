"""Fixtures of the control API's tests."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
import yaml

from mock_server import RunningMock
from mock_server.tests.conftest import GOOD, LOGIN, ROOT

OURS = {"x-mock-control": "1"}


def create(mock: RunningMock, name: str = "n", **headers: str) -> httpx2.Response:
    return httpx2.post(mock.endpoint, json=GOOD | {"name": name}, headers=LOGIN | headers)


@pytest.fixture(scope="module")
def control_document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "mock_server" / "control" / "control.yaml").read_text())
    return loaded
