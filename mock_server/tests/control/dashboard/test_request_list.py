"""Test the dashboard's list of requests: live, filtered, paused, cleared, bounded."""

from __future__ import annotations

import re

import httpx2
import pytest
from playwright.sync_api import Page, expect

from mock_server import RunningMock
from mock_server.tests.conftest import GOOD, PATH, Open
from mock_server.tests.control.dashboard.conftest import WRONG, create, live, opened, rows

pytestmark = pytest.mark.once


def test_requests_appear_live_newest_first(page: Page, mock: RunningMock) -> None:
    expect(page.get_by_text("No requests yet in this world")).to_be_visible()
    create(mock, GOOD | {"name": "the first"})
    expect(rows(page)).to_have_count(1)
    create(mock, GOOD, **{"x-mock-fault": "status=503&delayMs=20"})
    httpx2.get(f"{mock.url}/elsewhere?a=1")
    expect(rows(page)).to_have_count(3)
    assert rows(page).locator(".status").all_text_contents() == ["404", "503", "201"]
    expect(rows(page).nth(0)).to_contain_text("/elsewhere?a=1")
    expect(rows(page).nth(0).locator(".who")).to_have_text("nobody")
    expect(rows(page).nth(1).locator(".fault")).to_have_text("status=503 delayMs=20")
    expect(rows(page).nth(1).locator(".duration")).to_have_text(re.compile(r"^[\d,.]+ ms$"))
    expect(rows(page).nth(2)).to_contain_text("the first")
    expect(rows(page).nth(2).locator(".who")).to_have_text("user_xyz789")
    expect(page.locator("#count-requests")).to_have_text("3")


def test_a_dashboard_opened_later_shows_earlier_requests(open_page: Open, mock: RunningMock) -> None:
    for name in ("a", "b"):
        create(mock, GOOD | {"name": name})
    page = live(open_page(f"{mock.url}/__mock__/"))
    expect(rows(page)).to_have_count(2)
    create(mock)
    expect(rows(page)).to_have_count(3)


def test_requests_are_filtered_by_text_status_and_verdict(page: Page, mock: RunningMock) -> None:
    create(mock, GOOD | {"name": "Alpha"})
    create(mock, WRONG)
    create(mock, GOOD, prefer="code=503")
    httpx2.get(f"{mock.url}/elsewhere")
    httpx2.options(mock.endpoint, headers={"Origin": mock.url, "Access-Control-Request-Method": "POST"})
    expect(rows(page)).to_have_count(5)
    for text, status, verdict, statuses in (
        ("alpha", "", "", ["201"]),
        ("", "4", "", ["404", "400"]),
        ("", "5", "", ["503"]),
        ("", "", "invalid", ["400"]),
        ("", "", "valid", ["503", "201"]),
        ("", "", "unjudged", ["204", "404"]),
        ("", "", "not-preflight", ["404", "503", "400", "201"]),
        ("", "", "answer", ["503"]),
        ("", "", "fault", ["503"]),
        ("enddate is missing", "4", "invalid", ["400"]),
        ("alpha", "5", "", []),
    ):
        page.get_by_label("Text in the request or its response").fill(text)
        page.get_by_label("Status", exact=True).select_option(status)
        page.get_by_label("Verdict", exact=True).select_option(verdict)
        assert rows(page).locator(".status").all_text_contents() == statuses
    expect(page.locator("#journal-state")).to_have_text("0 of 5 shown")
    create(mock, GOOD | {"name": "Beta"})  # new requests are filtered as well
    expect(page.locator("#journal-state")).to_have_text("0 of 6 shown")


def test_a_paused_list_does_not_change(page: Page, mock: RunningMock) -> None:
    create(mock)
    expect(rows(page)).to_have_count(1)
    page.get_by_role("button", name="Pause").click()
    create(mock)
    create(mock)
    expect(page.locator("#journal-state")).to_have_text("1 shown · 2 waiting")
    expect(rows(page)).to_have_count(1)
    page.get_by_role("button", name="Go on").click()
    expect(rows(page)).to_have_count(3)


def test_a_selected_request_is_shown_while_paused(page: Page, mock: RunningMock) -> None:
    create(mock, GOOD | {"name": "here"})
    create(mock, GOOD | {"name": "there"}, **{"x-mock-world": "t7"})
    expect(rows(page)).to_contain_text(["here"])
    page.get_by_role("button", name="Pause").click()
    page.locator("#worlds").get_by_role("button", name="t7", exact=True).click(timeout=10_000)
    expect(rows(page)).to_contain_text(["there"])
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(rows(page)).to_have_count(0)
    expect(page.get_by_role("button", name="Pause")).to_have_attribute("aria-pressed", "false")


def test_the_journal_is_cleared(page: Page, mock: RunningMock) -> None:
    create(mock)
    expect(rows(page)).to_have_count(1)
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(rows(page)).to_have_count(0)
    assert mock.requests() == []
    create(mock)
    expect(rows(page)).to_have_count(1)


def test_the_request_list_is_bounded(page: Page, mock: RunningMock) -> None:
    with httpx2.Client(base_url=mock.url) as client:
        for i in range(520):
            client.get(f"/{i}")
    expect(rows(page).first).to_contain_text("/519")
    expect(page.locator("#journal li")).to_have_count(500)


def test_the_newest_request_opens_itself_until_another_is_chosen(page: Page, mock: RunningMock) -> None:
    detail = page.locator("#detail")
    create(mock)
    expect(detail.locator("h2")).to_have_text(f"POST {PATH}")
    create(mock, WRONG)
    expect(detail.locator(".status")).to_have_text("400")
    expect(rows(page).first).to_have_attribute("aria-current", "true")
    opened(page, 1)
    create(mock, {})
    expect(rows(page)).to_have_count(3)
    expect(detail.locator(".status")).to_have_text("201")
    page.keyboard.press("Escape")
    create(mock, {})
    expect(rows(page)).to_have_count(4)
    expect(detail.locator(".empty")).to_be_visible()


def test_the_newest_request_does_not_replace_one_that_is_in_use(page: Page, mock: RunningMock) -> None:
    detail = page.locator("#detail")
    create(mock)
    detail.get_by_role("button", name="curl").hover()
    create(mock, WRONG)
    expect(rows(page)).to_have_count(2)
    expect(detail.locator(".status")).to_have_text("201")


SIZES = ((1440, 900, True), (1024, 768, True), (768, 1024, True), (844, 390, False), (390, 844, False))


def test_the_newest_request_opens_itself_where_it_has_room_besides_the_list(page: Page, mock: RunningMock) -> None:
    detail = page.locator("#detail")
    for i, (width, height, has_room) in enumerate(SIZES, 1):
        page.set_viewport_size({"width": width, "height": height})
        create(mock)
        expect(rows(page)).to_have_count(i)
        expect(rows(page).first).to_be_in_viewport(ratio=0.9)
        if has_room:
            expect(detail).to_contain_text(f"#{i}")
            expect(detail).to_be_in_viewport(ratio=0.9)
        else:
            expect(detail).to_be_hidden()


def test_on_a_phone_no_empty_panel_is_above_the_faults(page: Page, mock: RunningMock) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for count in range(4):
        expect(rows(page)).to_have_count(count)
        expect(page.get_by_role("button", name="Add fault")).to_be_in_viewport(ratio=1)
        create(mock)
    for tab in ("Lead lists", "Requests"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("button", name="Add fault")).to_be_in_viewport(ratio=1)
    for _ in range(40):
        create(mock)
    expect(rows(page)).to_have_count(44)
    panel = page.locator("main").bounding_box()
    assert panel is not None
    assert panel["height"] < 844
