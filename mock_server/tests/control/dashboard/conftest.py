"""Fixtures of the dashboard's tests: a mock, its dashboard in a browser, and what tests do with both."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from mock_server import RunningMock, Settings, running_mock
from mock_server.tests.conftest import GOOD, LOGIN, Open, running_browser

WRONG = {"name": 5, "type": "person", "icpId": None, "startDate": "2024-01-01", "personIds": ["lead_1", 7]}
SHARED: list[tuple[ExitStack, Browser]] = []  # the running browser, if any


@pytest.fixture(scope="module")
def browser() -> Browser:
    """Return the browser that the modules of this folder share."""
    if not SHARED:
        stack = ExitStack()
        SHARED.append((stack, stack.enter_context(running_browser())))
    return SHARED[0][1]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Generator[None]:
    """Close the browser after the last test of this folder: its event loop would disturb other tests."""
    try:
        return (yield)
    finally:
        if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
            for stack, _ in SHARED:
                stack.close()
            SHARED.clear()


@pytest.fixture
def mock() -> Iterator[RunningMock]:
    with running_mock(Settings(seed=1)) as running:
        yield running


@pytest.fixture
def page(open_page: Open, mock: RunningMock) -> Page:
    return live(open_page(f"{mock.url}/__mock__/"))


def live(page: Page) -> Page:
    """Return the dashboard's web page once it is fully loaded."""
    expect(page.locator("#connection")).to_have_text("Live")
    return page


def create(mock: RunningMock, body: Any = GOOD, **headers: str) -> httpx2.Response:
    return httpx2.post(mock.endpoint, json=body, headers=LOGIN | headers)


def rows(page: Page) -> Any:
    return page.locator("#journal .row:visible")


def opened(page: Page, place: int = 0) -> Any:
    rows(page).nth(place).click()
    return page.locator("#detail")
