"""Test that the dashboard shows hostile content and runs none of it, with its content security policy."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from mock_server import RunningMock
from mock_server.tests.conftest import Open
from mock_server.tests.control.dashboard.hostile import (
    COUNT_LIVE,
    FIND_UNSEEN,
    MARKUP,
    dashboard,
    fill_with_hostility,
    hostile_mock,
    post,
)

pytestmark = pytest.mark.once


@pytest.fixture
def mock() -> Iterator[RunningMock]:
    with hostile_mock() as running:
        yield running


def test_hostile_content_is_inert_and_visible(open_page: Open, mock: RunningMock) -> None:
    count = fill_with_hostility(mock)
    page = dashboard(open_page, mock)
    expect(page.locator("#journal .row")).to_have_count(count)
    rows = page.locator("#journal .row")
    for i in range(count):
        rows.nth(i).click()
        page.locator("#detail summary").first.click()
        page.get_by_role("group", name="Copy as").get_by_role("button").first.click()
        assert page.evaluate(FIND_UNSEEN) == []
        for button in page.get_by_role("button", name="Show all").all():
            button.click()
        assert page.evaluate(COUNT_LIVE) == [1, 2, 0]
    rows.nth(count - 1).click()
    body = page.get_by_role("region", name="Request body")
    expect(body).to_contain_text(MARKUP)
    for written in ("\\u202e", "\\u2066", "\\u2028", "\\u200b", "\\u{e0041}"):
        expect(body).to_contain_text(written)
    page.get_by_role("tab", name="Lead lists").click()
    page.locator("#lists-table td .name").first.click()
    expect(page.locator("#lists-table")).to_contain_text(MARKUP)
    page.locator("#session").get_by_role("button", name=MARKUP).click()
    expect(page.locator("#session-state")).to_contain_text(MARKUP)
    page.get_by_role("button", name="<b>world", exact=True).click()
    expect(page.locator("#world-name")).to_have_text("<b>world")
    page.get_by_role("button", name="Reset").click()
    expect(page.get_by_role("dialog")).to_contain_text("Reset the world <b>world")
    assert page.evaluate(FIND_UNSEEN) == []
    assert page.evaluate(COUNT_LIVE) == [1, 2, 0]


def test_a_text_of_invisible_characters_is_escaped_completely(open_page: Open, mock: RunningMock) -> None:
    post(mock, f'"{chr(0x202E) * 80_000}"'.encode())
    page = dashboard(open_page, mock)
    page.locator("#journal .row").click()
    page.get_by_role("button", name="Show all").click()
    body = page.get_by_role("region", name="Request body").locator(".string")
    assert (body.text_content() or "").count("\\u202e") == 80_000
    assert body.locator(".unseen").count() < 1_000  # otherwise the web page freezes during layout


def test_the_policy_blocks_injected_content(browser: Browser, mock: RunningMock) -> None:
    """Show that the other tests could detect a violation."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{mock.url}/__mock__/")
        stopped, breaches, ran = page.evaluate("""async () => {
          const stopped = [], breaches = [];
          addEventListener("securitypolicyviolation", event => breaches.push(event.effectiveDirective));
          try { document.body.innerHTML = "<img src=x onerror='window.ran = true'>"; } catch { stopped.push("markup"); }
          const script = document.createElement("script");
          try { script.src = "data:text/javascript,window.ran = true"; document.head.append(script); }
          catch { stopped.push("script"); }
          try { await fetch("http://127.0.0.1:1/"); } catch { stopped.push("fetch"); }
          const style = document.createElement("style");
          style.textContent = "body { opacity: 0.5 }";
          document.head.append(style);
          if (getComputedStyle(document.body).opacity === "1") stopped.push("style");
          await new Promise(done => setTimeout(done, 100));
          return [stopped, breaches, window.ran ?? false];
        }""")
    assert stopped == ["markup", "script", "fetch", "style"]
    assert {"require-trusted-types-for", "connect-src", "style-src-elem"} <= set(breaches)
    assert ran is False


def test_the_dashboard_is_small_and_loads_only_from_the_mock(open_page: Open, mock: RunningMock) -> None:
    page = dashboard(open_page, mock)
    loaded = page.evaluate(
        """performance.getEntriesByType("resource").map(each => [each.name, each.encodedBodySize])"""
    )
    assert all(name.startswith(mock.url) for name, _ in loaded)
    assert sum(size for name, size in loaded if re.search(r"\.(js|css|svg)$", name)) < 160_000
