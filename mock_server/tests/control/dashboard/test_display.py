"""Test that the dashboard displays JSON as sent and shortens long content."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from mock_server import RunningMock, Settings, running_mock
from mock_server.tests.conftest import GOOD, LOGIN, Open
from mock_server.tests.control.dashboard.hostile import dashboard, post

pytestmark = pytest.mark.once


@pytest.mark.long
def test_a_long_body_is_truncated_and_shown_in_steps(open_page: Open, mock: RunningMock) -> None:
    httpx2.post(mock.endpoint, json=GOOD | {"personIds": [*["lead_1"] * 15_000, 7]}, headers=LOGIN)
    page = dashboard(open_page, mock)
    page.locator("#journal .row").click()
    lines = page.get_by_role("region", name="Request body").locator(".line")
    expect(lines).to_have_count(200 + 5)  # the first lines, and those around the problem
    expect(page.get_by_role("region", name="Request body").locator(".wrong")).to_contain_text("personIds[15000]")
    at_once = page.evaluate("""() => {
      const buttons = [...document.querySelectorAll("#detail button")];
      buttons.find(each => each.textContent.startsWith("Show all")).click();
      return document.querySelectorAll("#detail .line").length;
    }""")
    assert at_once < 1000
    expect(lines).to_have_count(15_001 + 8, timeout=30_000)


def test_a_long_text_is_truncated_until_expanded(open_page: Open, mock: RunningMock) -> None:
    post(mock, b'{"name":"' + b"y" * 200_000 + b'"}')
    page = dashboard(open_page, mock)
    page.locator("#journal .row").click()
    body = page.get_by_role("region", name="Request body")
    assert len(body.text_content() or "") < 2_000
    page.get_by_role("button", name="Show all").click()
    assert len(body.text_content() or "") > 200_000


def test_long_names_leave_room_for_the_rest(open_page: Open) -> None:
    long = "x" * 5_000
    with running_mock(Settings(user=((long, "long-session"),))) as mock:
        login = {"authorization": "Bearer long-session", "x-mock-world": long}
        httpx2.post(mock.endpoint, json=GOOD | {"name": "y" * 900_000}, headers=login)
        mock.in_world(long).control("PUT", f"snapshots/{long}")
        mock.in_world(long).set_faults({"match": {"path": f"/{long}"}, "status": 500})
        page = dashboard(open_page, mock)
        page.locator("#worlds .name").nth(1).click()
        expect(page.locator("#world-name")).to_have_text("x" * 120 + "…")
        page.get_by_role("tab", name="Lead lists").click()
        expect(page.locator("#lists-table .name")).to_have_text("y" * 120 + "…")
        page.get_by_role("tab", name="Requests").click()
        for place in ("#faults", "#snapshots", "#worlds", "#session", ".bar", "#journal"):
            assert len(page.locator(place).inner_text()) < 1_000
            assert page.locator(place).evaluate("each => each.scrollWidth <= each.clientWidth")


def test_a_text_is_not_truncated_within_a_character(open_page: Open, mock: RunningMock) -> None:
    post(mock, f'{{"name": "{"😀" * 600}"}}'.encode())
    page = dashboard(open_page, mock)
    page.locator("#journal .row").click()
    assert page.get_by_role("region", name="Request body").locator(".string").inner_text() == '"' + "😀" * 499 + "…"


def test_an_empty_line_is_as_high_as_others(open_page: Open, mock: RunningMock) -> None:
    post(mock, b"a\n\n\nb")
    page = dashboard(open_page, mock)
    page.locator("#journal .row").click()
    lines = page.get_by_role("region", name="Request body").locator(".line")
    heights = [line.evaluate("each => each.offsetHeight") for line in lines.all()]
    assert len(heights) == 4
    assert len(set(heights)) == 1


@pytest.mark.parametrize("is_paused", [False, pytest.param(True, marks=pytest.mark.long)])
def test_large_requests_are_not_kept(is_paused: bool, open_page: Open, mock: RunningMock) -> None:
    page = dashboard(open_page, mock)
    if is_paused:
        page.get_by_role("button", name="Pause").click()
    body = b'{"name":"' + b"y" * 250_000 + b'"}'
    state, word = page.locator("#journal-state"), "waiting" if is_paused else "shown"
    for count in range(5, 75, 5):
        for _ in range(5):  # refused, so that its response is small
            post(mock, body)
        # The mock keeps eight of these bodies, so the dashboard has to get them before more are sent.
        expect(state).to_contain_text(re.compile(rf"\b({count}|6\d) {word}"))
    post(mock, b'{"name":"the last"}')
    if is_paused:
        page.get_by_role("button", name="Go on").click()
    expect(page.locator("#journal .row").first).to_contain_text("is missing")
    expect(page.locator("#journal li")).to_have_count(64)  # 16 MB


LAY_OUT = """async ([text, paths]) => {
  const { jsonLines } = await import("/__mock__/json_lines.js");
  const problems = paths.map(path => ({ path, message: path }));
  return jsonLines(text, problems).map(line =>
    [line.depth, line.parts.map(each => each[1]).join(""), line.isMissing, line.problems.map(each => each.path)]);
}"""


@pytest.fixture(scope="module")
def some_page(browser: Browser) -> Iterator[Page]:
    """Open a stateless web page whose modules the tests call."""
    with running_mock() as mock, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{mock.url}/__mock__/")
        yield page


@pytest.mark.parametrize(
    ("text", "paths", "wrong"),
    [
        ("5", [""], [("5", False, [""])]),
        ('{"a":1,"a":2}', ["/a"], [('"a": 1,', False, ["/a"]), ('"a": 2', False, ["/a"])]),
        ('{"a/b":{"~":[10,11]}}', ["/a~1b/~0/1"], [("11", False, ["/a~1b/~0/1"])]),
        ('{"a":{"b":1}}', ["/a/c"], [('"c"', True, ["/a/c"])]),
        ('{"a":{}}', ["/a/c"], [('"c"', True, ["/a/c"])]),
        ('{"a":[]}', ["/a/0"], [("", True, ["/a/0"])]),
        ('{"a":{}}', ["/a"], [('"a": {}', False, ["/a"])]),
        ('{"a":5}', ["/a/b/c"], [('"a": 5', False, ["/a/b/c"])]),
        ('{"a":[]}', ["/b/c"], [('"b"', True, ["/b/c"])]),
        ('[{"x":1},{"x":"}"}]', ["/1/x", "/1"], [("{", False, ["/1"]), ('"x": "}"', False, ["/1/x"])]),
        ('{"\\u0061":1}', ["/a"], [('"\\u0061": 1', False, ["/a"])]),
        ('{"":{"":0}}', ["//"], [('"": 0', False, ["//"])]),
        ('{"a":"\\"b\\\\"}', ["/a"], [('"a": "\\"b\\\\"', False, ["/a"])]),
    ],
)
def test_json_is_displayed_as_sent(text: str, paths: list[str], wrong: list[Any], some_page: Page) -> None:
    lines = some_page.evaluate(LAY_OUT, [text, paths])
    assert [(line, is_missing, told) for _, line, is_missing, told in lines if told] == wrong
    assert re.sub(r'(?<=[:\]}"0-9]) ', "", "".join(line for _, line, is_missing, _ in lines if not is_missing)) == text


def test_displayed_json_keeps_every_character(some_page: Page) -> None:
    for text in (
        "{}", "[]", "[[],{}]", "null", '"x"', "-1.50e+3", "12345678901234567890123", '[1,[2,{"a":[{}]}],"]"]',
        "[" * 20_000 + "]" * 20_000, '{"a":' * 5_000 + "1" + "}" * 5_000,
    ):  # fmt: skip
        lines = f"({LAY_OUT})(given).then(all => all.filter(each => !each[2]).map(each => each[1]).join(''))"
        assert some_page.evaluate(f"given => {lines}", [text, ["/a/b"]]).replace(": ", ":") == text


BROKEN_WORDS = """() => {
  const broken = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { currentNode: text } = texts;
    if (!text.parentElement.checkVisibility()) continue;
    for (const { 0: word, index } of text.data.matchAll(/[\\p{L}\\p{N}]{2,24}/gu)) {
      const range = document.createRange();
      range.setStart(text, index);
      range.setEnd(text, index + word.length);
      if (new Set([...range.getClientRects()].map(each => each.top)).size > 1) broken.push(word);
    }
  }
  return broken;
}"""


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_no_word_is_broken_in_its_middle(width: int, open_page: Open, mock: RunningMock) -> None:
    long = {"name": "Startups in Northern Scandinavia, founded in 2024", "startDate": "2024-01-01T00:00:00.000Z"}
    for name in ("1", "2"):
        httpx2.post(mock.endpoint, json=GOOD | long, headers=LOGIN | {"x-mock-world": f"the-user-can-retry-{name}"})
    httpx2.post(mock.endpoint, json=GOOD | long, headers=LOGIN)
    mock.set_faults(
        {"status": 409, "body": {"a": 1}, "headers": {"Retry-After": "3"}, "match": {"user": "user_abc123"}}
    )
    post(mock, b'{"name": 5, "personIds": ["lead_1", 7]}')
    page = dashboard(open_page, mock)
    page.set_viewport_size({"width": width, "height": 844})
    page.locator("#worlds li").nth(2).wait_for()
    for tab in ("Requests", "Lead lists", "Readings"):
        page.get_by_role("tab", name=tab).click()
        assert page.evaluate(BROKEN_WORDS) == [], tab
    page.get_by_role("tab", name="Requests").click()
    page.locator("#journal .row").first.click()
    assert page.evaluate(BROKEN_WORDS) == []
