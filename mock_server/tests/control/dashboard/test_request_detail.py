"""Test how the dashboard shows one request, and that it can be copied."""

from __future__ import annotations

import re

import httpx2
import pytest
from playwright.sync_api import Page, expect

from mock_server import RunningMock
from mock_server.tests.conftest import GOOD, LOGIN, PATH, Open
from mock_server.tests.control.dashboard.conftest import WRONG, create, live, opened, rows

pytestmark = pytest.mark.once


def test_problems_are_shown_at_their_lines(page: Page, mock: RunningMock) -> None:
    create(mock, WRONG)
    detail = opened(page)
    wrong = page.get_by_role("region", name="Request body").locator(".line.wrong")
    told = [(each.locator("code").inner_text(), each.locator(".problems").inner_text()) for each in wrong.all()]
    (name, name_told), (person, person_told), (absent, absent_told) = told
    assert name == '"name": 5,'
    assert name_told.startswith("name is the number 5; send a string")
    assert person == "7"
    assert person_told.startswith("personIds[1] is the number 7; send a string")
    assert absent == '"endDate"missing'
    assert absent_told.startswith("endDate is missing; send an ISO 8601 date")
    expect(detail.get_by_text("Why it was refused").locator("..")).to_contain_text("3 problems, the first")
    assert detail.locator(".facts").inner_text().split("\n")[2:] == [
        "Took", *detail.locator(".Took dd").all_inner_texts(), "User", "user_xyz789", "World", "default",
        "Operation", "createLeadList", "Request", "invalid", "Response", "valid",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_no_fact_is_broken_within_a_word(page: Page, mock: RunningMock, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    create(mock, WRONG)
    opened(page)
    lines = page.evaluate("""[...document.querySelectorAll("#detail .facts dd")].map(fact => {
      const range = document.createRange();
      range.selectNodeContents(fact);
      return [fact.innerText, new Set([...range.getClientRects()].map(each => each.top)).size];
    })""")
    assert [text for text, count in lines if count > 1 and " " not in text] == []


def test_problems_without_a_line_are_shown_above_the_body(page: Page, mock: RunningMock) -> None:
    httpx2.post(mock.endpoint, content=b"{", headers=LOGIN | {"content-type": "application/json"})
    opened(page)
    expect(page.locator("#detail .problems.whole")).to_have_count(1)
    expect(page.locator("#detail .problems.whole")).to_contain_text("The body is not JSON")


def test_the_detail_shows_the_refused_user_and_the_fault(page: Page, mock: RunningMock) -> None:
    httpx2.post(mock.endpoint, json=GOOD, headers={"authorization": "Bearer expired"})
    detail = opened(page)
    expect(detail.locator(".why")).to_contain_text("The session has expired; sign in again")
    expect(detail.locator(".User dd")).to_have_text("nobody")
    mock.set_faults({"status": 418})
    create(mock)
    expect(rows(page)).to_have_count(2)
    detail = opened(page)
    expect(detail.locator(".Fault dd")).to_have_text("status=418 by the faults in force")
    expect(detail.locator(".problems")).to_contain_text("The spec has no response 418 here")
    detail.get_by_text(re.compile(r"^\d+ headers$")).first.click()
    expect(detail.locator("dl.headers").first).to_contain_text("Bearer [masked]")


def test_a_request_is_copied(open_page: Open, mock: RunningMock) -> None:
    create(mock)
    page = live(open_page(f"{mock.url}/__mock__/", permissions=["clipboard-read", "clipboard-write"]))
    opened(page)
    menu = page.get_by_role("group", name="Copy as")
    menu.get_by_role("button", name="curl").click()
    expect(menu.get_by_role("status")).to_have_text("Copied as curl")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.get_by_label("The copied text").input_value()
    assert PATH in copied
    assert "xyz789-session" in copied
    assert page.context.cookies() == []  # looking up a login does not sign in
    assert menu.get_by_role("button").count() == page.evaluate(
        "import('/__mock__/snippets.js').then(module => module.FORMATS.length)"
    )


def test_without_a_clipboard_the_text_is_selected(page: Page, mock: RunningMock) -> None:
    create(mock)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    opened(page)
    page.get_by_role("group", name="Copy as").get_by_role("button", name="curl").click()
    expect(page.get_by_label("The copied text")).to_be_focused()
    assert PATH in page.evaluate("getSelection().toString()")


def test_on_a_phone_an_open_request_is_no_box_that_scrolls(page: Page, mock: RunningMock) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for _ in range(12):
        create(mock, WRONG)
    expect(rows(page)).to_have_count(12)
    page.evaluate("window.scrollTo(0, 200)")
    detail = opened(page, 4)
    assert detail.evaluate("each => each.scrollHeight <= each.clientHeight")
    close = detail.get_by_role("button", name="Close")
    expect(close).to_be_in_viewport(ratio=1)
    page.get_by_role("region", name="Response body").scroll_into_view_if_needed()
    page.mouse.wheel(0, 300)
    expect(close).to_be_in_viewport(ratio=1)
    close.click()
    expect(rows(page).nth(4)).to_be_in_viewport(ratio=1)
    expect(rows(page).nth(4)).to_be_focused()
