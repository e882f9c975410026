"""Test the dashboard's accessibility: axe, small windows, large text, forced colours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect

from mock_server import RunningMock
from mock_server.tests.conftest import GOOD, LOGIN, Open
from mock_server.tests.control.dashboard.hostile import dashboard, fill_with_hostility, hostile_mock, post
from mock_server.tests.programs import npm_package

pytestmark = pytest.mark.once


@pytest.fixture
def mock() -> Iterator[RunningMock]:
    with hostile_mock() as running:
        yield running


@pytest.fixture(scope="module")
def axe() -> str:
    return npm_package("axe-core/axe.min.js").read_text(encoding="utf-8")


OF_COLOURS = ["color-contrast", "link-in-text-block"]  # the rules whose result depends on the colour scheme


def findings(page: Page) -> list[str]:
    """Return what axe finds with light colours, and with dark ones by the rules that depend on colours."""
    every = axe_findings(page, {}, {"color-contrast", "button-name"})
    page.emulate_media(color_scheme="dark")
    dark = axe_findings(page, {"runOnly": OF_COLOURS}, {"color-contrast"})
    page.emulate_media(color_scheme="light")
    return [*every, *(f"dark: {each}" for each in dark)]


def axe_findings(page: Page, options: dict[str, Any], passing: set[str]) -> list[str]:
    # Without the nodes that pass, axe takes half the time.
    found = page.evaluate("options => axe.run(options)", {"resultTypes": ["violations"], **options})
    assert passing <= {each["id"] for each in found["passes"]}
    return [f"{each['id']}: {node['html']}" for each in found["violations"] for node in each["nodes"]]


@pytest.mark.parametrize("width", [1280, pytest.param(420, marks=pytest.mark.long)])
def test_axe_finds_no_accessibility_problem(width: int, open_page: Open, mock: RunningMock, axe: str) -> None:
    fill_with_hostility(mock)
    httpx2.post(mock.endpoint, json={"name": 5}, headers=LOGIN | {"x-mock-fault": "status=503"})
    httpx2.post(mock.endpoint, json={"name": 5}, headers=LOGIN)
    mock.set_faults({"status": 500, "times": 1}, {"delayMs": 9})
    httpx2.post(mock.endpoint, json=GOOD, headers=LOGIN)
    page = dashboard(
        open_page, mock, color_scheme="light", viewport={"width": width, "height": 800}, bypass_csp=True,
        reduced_motion="reduce",
    )  # fmt: skip
    page.evaluate(axe)
    expect(page.locator("#journal .row")).to_have_count(12)
    assert findings(page) == []
    page.locator("#journal .row").nth(1).click()
    page.locator("#detail summary").first.click()
    assert findings(page) == []
    page.get_by_role("tab", name="Lead lists").click()
    page.locator("#lists-table td .name").first.click()
    assert findings(page) == []
    page.get_by_role("tab", name="Readings").click()
    page.get_by_role("button", name="Take").scroll_into_view_if_needed()
    page.get_by_label("How far to move the clock").fill("1e9")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.locator("#notice .error")).to_be_visible()
    assert findings(page) == []
    page.get_by_role("button", name="Seed…").click()
    page.get_by_label("Or its text").fill("{")
    page.get_by_role("button", name="Store", exact=True).click()
    assert findings(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Reset").click()
    assert findings(page) == []


@pytest.mark.parametrize("width", [320, 640])
def test_nothing_overflows_a_small_or_enlarged_window(width: int, open_page: Open, mock: RunningMock) -> None:
    fill_with_hostility(mock)
    page = dashboard(open_page, mock, viewport={"width": width, "height": 400})
    for tab in page.get_by_role("tab").all():
        tab.click()
        assert page.evaluate("document.documentElement.scrollWidth") == width
    page.get_by_role("tab", name="Requests").click()
    page.locator("#journal .row").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_selection_is_visible_without_colours(open_page: Open, mock: RunningMock) -> None:
    post(mock, b'{"name": 5}')
    post(mock, b"{}")
    page = dashboard(open_page, mock, forced_colors="active")
    page.locator("#journal .row").nth(1).click()
    for chosen, other in (
        ("[role=tab][aria-selected=true]", "[role=tab][aria-selected=false]"),
        (".row[aria-current]", ".row:not([aria-current])"),
        ("#session [aria-pressed=true]", "#session [aria-pressed=false]"),
        (".line.wrong:not(.missing)", ".line:not(.wrong)"),
    ):
        widths = [
            page.locator(each).first.evaluate("each => parseFloat(getComputedStyle(each).borderLeftWidth)")
            for each in (chosen, other)
        ]
        assert widths[0] >= widths[1] + 2


def test_text_scales_with_the_browser_font_size(open_page: Open, mock: RunningMock) -> None:
    page = dashboard(open_page, mock)
    session = page.context.new_cdp_session(page)
    size = "parseFloat(getComputedStyle(document.body).fontSize)"
    assert page.evaluate(size) == 14
    session.send("Page.setFontSizes", {"fontSizes": {"standard": 32}})
    assert page.evaluate(size) == 28
