"""Test that keyboard and pointer keep their place while requests arrive."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from mock_server import RunningMock
from mock_server.tests.conftest import GOOD
from mock_server.tests.control.dashboard.conftest import create, rows

pytestmark = pytest.mark.once


def test_a_request_can_be_opened_and_closed_by_keyboard(page: Page, mock: RunningMock) -> None:
    for name in ("a", "b", "c"):
        create(mock, GOOD | {"name": name})
    expect(rows(page)).to_have_count(3)
    page.get_by_role("button", name="Clear", exact=True).focus()
    page.keyboard.press("Tab")  # the list is one tab stop, at any length
    expect(rows(page).nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#detail")).to_be_focused()
    expect(page.locator("#detail")).to_contain_text('"a"')
    page.keyboard.press("Escape")
    expect(rows(page).nth(2)).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Clear", exact=True)).to_be_focused()
    page.get_by_role("tab", name="Requests").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Readings")).to_be_focused()
    expect(page.locator("#readings")).to_be_visible()


def test_new_requests_do_not_move_the_focus(page: Page, mock: RunningMock) -> None:
    mock.set_faults({"status": 500, "times": 9}, {"status": 503, "times": 9})
    mock.control("PUT", "snapshots/a")
    mock.control("PUT", "snapshots/b")
    remove = page.get_by_role("button", name="Remove status 503")
    remove.focus()
    create(mock)
    expect(page.locator("#faults")).to_contain_text("the next 8 (of 9)")
    expect(remove).to_be_focused()
    restore = page.get_by_role("button", name="Restore snapshot b")
    restore.focus()
    mock.control("PUT", "snapshots/c")
    expect(page.locator("#snapshots li")).to_have_count(3)
    expect(restore).to_be_focused()
    mock.set_faults()
    page.get_by_role("tab", name="Lead lists").click()
    create(mock, GOOD | {"name": "one"})
    page.locator("#lists-table .name").focus()
    create(mock, GOOD | {"name": "two"})
    expect(page.locator("#lists-table .name")).to_have_text(["two", "one"])
    expect(page.locator("#lists-table .name").nth(1)).to_be_focused()


def test_new_worlds_do_not_move_the_button_under_the_pointer(page: Page, mock: RunningMock) -> None:
    for world in ("t7", "t8"):
        create(mock, GOOD, **{"x-mock-world": world})
    names = page.locator("#worlds .name")
    expect(names).to_have_text(["default", "t8", "t7"], timeout=10_000)
    page.get_by_role("button", name="Drop world t7").focus()
    create(mock, GOOD, **{"x-mock-world": "t7"})
    expect(names).to_have_text(["default", "t7", "t8"], timeout=10_000)
    expect(page.get_by_role("button", name="Drop world t7")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(names).to_have_text(["default", "t8"])
    expect(page.locator("#worlds")).to_be_focused()  # not on the button of another one


def test_new_requests_do_not_replace_a_pressed_button(page: Page, mock: RunningMock) -> None:
    create(mock, GOOD, **{"x-mock-world": "t7"})
    drop = page.get_by_role("button", name="Drop world t7")
    drop.hover(timeout=10_000)
    page.mouse.down()
    with page.expect_response(re.compile("/__mock__/worlds")):
        create(mock)
    page.wait_for_timeout(300)
    page.mouse.up()
    expect(page.get_by_role("dialog")).to_contain_text("Drop the world t7")
    expect(page.locator("#worlds li").first).to_contain_text("1 request")
    page.keyboard.press("Escape")
    page.locator("#session button").first.evaluate("each => { each.kept = true; }")
    for _ in range(2):
        page.wait_for_event("response", lambda each: "/__mock__/sessions" in each.url, timeout=15_000)
    assert page.locator("#session button").first.evaluate("each => each.kept")
