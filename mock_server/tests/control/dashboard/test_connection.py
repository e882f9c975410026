"""Test what the dashboard keeps when it is hidden, reloaded, or the mock restarts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from mock_server import RunningMock
from mock_server.tests.conftest import GOOD, Open, StartMock
from mock_server.tests.control.dashboard.conftest import create, live, opened, rows

pytestmark = pytest.mark.once


def test_a_hidden_dashboard_closes_its_connection(page: Page, mock: RunningMock) -> None:
    """A browser opens six connections per host; forgotten background tabs would use them all up."""
    page.clock.install()
    see = """isHidden => {
        Object.defineProperty(document, "hidden", {value: isHidden, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    create(mock)
    expect(rows(page)).to_have_count(1)
    detail = opened(page)
    page.evaluate(see, True)
    page.clock.run_for(25_000)
    create(mock)
    expect(rows(page)).to_have_count(2)
    page.clock.run_for(25_000)
    create(mock)
    page.clock.run_for(25_000)
    expect(rows(page)).to_have_count(2)
    page.evaluate(see, False)
    expect(rows(page)).to_have_count(3)
    expect(detail).to_contain_text("#1")
    expect(rows(page).nth(2)).to_have_attribute("aria-current", "true")


def test_the_dashboard_reconnects_to_a_restarted_mock(open_page: Open, start_mock: StartMock) -> None:
    first = start_mock(new_interpreter=True)
    page = live(open_page(f"{first.url}/__mock__/"))
    for _ in range(3):
        first.post(json=GOOD)
    expect(rows(page)).to_have_count(3)
    first.process.kill()
    first.process.wait()
    expect(page.locator("#connection")).to_have_text("The mock does not answer; trying again")
    page.get_by_role("button", name="Add fault").click()
    expect(page.locator("#notice")).to_contain_text("The mock does not answer.")
    expect(rows(page)).to_have_count(3)  # earlier requests stay readable
    again = start_mock("--port", str(first.address[1]))
    expect(page.locator("#connection")).to_have_text("Live", timeout=15_000)
    expect(rows(page)).to_have_count(0)
    again.post(json=GOOD)  # its IDs start again
    expect(rows(page)).to_have_count(1)


def test_the_colour_scheme_is_switched_and_kept(page: Page) -> None:
    ground: Callable[[], str] = lambda: page.evaluate("getComputedStyle(document.body).backgroundColor")  # noqa: E731
    light = ground()
    page.get_by_role("button", name="Dark").click()
    dark = ground()
    assert light != dark
    page.reload()
    assert ground() == dark
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
