"""Test showing, selecting and deleting worlds in the dashboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from mock_server import RunningMock
from mock_server.tests.conftest import GOOD, Open
from mock_server.tests.control.dashboard.conftest import create, live, rows

pytestmark = pytest.mark.once


def test_worlds_are_shown_and_deleted(page: Page, mock: RunningMock) -> None:
    create(mock, GOOD | {"name": "here"})
    mock.in_world("t7").set_lists(GOOD, GOOD)
    create(mock, GOOD | {"name": "there"}, **{"x-mock-world": "t7"})
    worlds = page.locator("#worlds")
    expect(worlds.locator("li")).to_have_count(2, timeout=10_000)
    expect(worlds.locator("li", has_text="t7")).to_contain_text("3 lists · 1 request · 0 faults")
    worlds.get_by_role("button", name="t7", exact=True).click()
    expect(page.locator("#world-name")).to_have_text("t7")
    expect(rows(page)).to_contain_text(["there"])
    page.reload()  # the URL keeps it
    live(page)
    expect(page.locator("#world-name")).to_have_text("t7")
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(rows(page)).to_have_count(0)
    assert (len(mock.requests()), len(mock.in_world("t7").requests())) == (1, 0)
    page.get_by_role("button", name="Drop world t7").click()
    page.get_by_role("dialog").get_by_role("button", name="Drop").click()
    expect(page.locator("#world-name")).to_have_text("default")
    expect(worlds.locator("li")).to_have_count(1)
    expect(rows(page)).to_contain_text(["here"])


def test_the_host_name_selects_the_first_world(open_page: Open, mock: RunningMock) -> None:
    page = live(open_page(mock.url.replace("localhost", "t9.localhost") + "/__mock__/"))
    expect(page.locator("#world-name")).to_have_text("t9")


def test_the_dashboard_keeps_its_world_when_the_cookie_changes(open_page: Open, mock: RunningMock) -> None:
    cookie: Callable[[str], Any] = lambda world: {"name": "mock_world", "value": world, "url": mock.url}  # noqa: E731
    page = open_page(f"{mock.url}/__mock__/")
    page.context.add_cookies([cookie("a")])
    page.reload()
    live(page)
    expect(page.locator("#world-name")).to_have_text("a")
    assert page.title() == f"{urlsplit(mock.url).port} a · leadlists-mock"
    for world in ("a", "b"):
        mock.in_world(world).set_lists(GOOD)
    page.context.add_cookies([cookie("b")])
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("dialog").get_by_role("button", name="Reset").click()
    expect(page.locator("#notice")).to_contain_text("World a is as at the start")
    assert [len(mock.in_world(world).lists()) for world in ("a", "b")] == [0, 1]


def test_of_two_selected_worlds_the_last_is_shown(page: Page, mock: RunningMock) -> None:
    create(mock, GOOD, **{"x-mock-world": "t7"})
    held: list[Any] = []
    page.route(re.compile(r"/state\?world=t7"), lambda route: held.append(route))
    names = page.locator("#worlds .name")
    names.nth(1).click(timeout=10_000)
    names.nth(0).click()
    live(page)
    held[0].continue_()
    page.wait_for_timeout(500)
    expect(page.locator("#world-name")).to_have_text("default")
    page.get_by_role("button", name="Clear", exact=True).click()
    page.wait_for_timeout(300)
    assert len(mock.in_world("t7").requests()) == 1
