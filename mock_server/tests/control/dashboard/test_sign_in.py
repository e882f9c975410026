"""Test signing in and out of the mock in the dashboard, and its token for the control API."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from mock_server import RunningMock, Settings, running_mock
from mock_server.tests.conftest import GOOD, PATH, Open
from mock_server.tests.control.dashboard.conftest import create, live, rows

pytestmark = pytest.mark.once


def test_the_browser_signs_in_and_out(page: Page, mock: RunningMock) -> None:
    post = f"""async () => (await fetch("{PATH}", {{method: "POST", headers: {{"Content-Type": "application/json"}},
        body: {json.dumps(json.dumps(GOOD))}}})).status"""
    session = page.locator("#session")
    state = page.locator("#session-state")
    for name, told, status in (
        ("user_abc123", "Signed in as user_abc123", 201),
        ("Expired", "An expired session", 401),
        ("user_xyz789", "Signed in as user_xyz789", 201),
        ("Signed out", "Not signed in", 401),
    ):
        session.get_by_role("button", name=name).click()
        expect(state).to_contain_text(told)
        expect(session.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")
        expect(session.get_by_role("button", pressed=True)).to_have_count(1)
        expect(session.get_by_role("button", name=name)).to_be_focused()
        assert page.evaluate(post) == status
    assert [each["userIds"] for each in mock.lists()] == [["user_abc123"], ["user_xyz789"]]


def test_a_login_in_another_tab_is_shown(page: Page, mock: RunningMock) -> None:
    product = page.context.new_page()
    product.goto(f"{mock.url}/__mock__/reference/")
    product.evaluate("""() => fetch("/__mock__/sessions", {method: "POST", body: '{"user": "user_abc123"}',
        headers: {"Content-Type": "application/json", "X-Mock-Control": "1"}})""")
    expect(page.locator("#session-state")).to_contain_text("Signed in as user_abc123", timeout=15_000)


@pytest.fixture
def guarded() -> Iterator[RunningMock]:
    with running_mock(Settings(control_token="open-sesame")) as running:
        yield running


def test_the_dashboard_asks_for_a_token(open_page: Open, guarded: RunningMock) -> None:
    page = open_page(f"{guarded.url}/__mock__/")
    dialog = page.get_by_role("dialog")
    for token in ("wrong", "open-sesame"):
        expect(dialog).to_contain_text("must be the token that the mock printed at its start")
        dialog.get_by_label("Token").fill(token)
        dialog.get_by_role("button", name="Continue").click()
    live(page)
    expect(dialog).to_be_hidden()


def test_the_dashboard_asks_for_a_postponed_token_after_a_reload(open_page: Open, guarded: RunningMock) -> None:
    page = open_page(f"{guarded.url}/__mock__/")
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    page.keyboard.press("Escape")
    expect(page.locator("#connection")).to_have_text("Refused; reload this web page to enter the token")
    page.reload()
    dialog.get_by_label("Token").fill("“open-sesame\u200b ”")  # a header cannot carry the extra characters
    page.keyboard.press("Enter")
    live(page)


@pytest.mark.parametrize("given", ["#token=open-sesame", "?token=open-sesame", "#token=%E2%80%8Bopen-sesame"])
def test_a_token_in_the_url_is_used_and_removed(given: str, open_page: Open, guarded: RunningMock) -> None:
    page = live(open_page(f"{guarded.url}/__mock__/{given}"))
    assert page.url == f"{guarded.url}/__mock__/"
    page.get_by_role("button", name="Add fault").click()
    expect(page.locator("#faults strong")).to_have_count(1)
    page.reload()  # stored for this tab
    live(page)
    create(guarded)
    expect(rows(page)).to_have_count(1)
