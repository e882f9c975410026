"""Test lead lists, seeds, snapshots, the clock and readings in the dashboard."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mock_server import RunningMock, Settings, running_mock
from mock_server.tests.conftest import GOOD, Open
from mock_server.tests.control.dashboard.conftest import create, live, rows

pytestmark = pytest.mark.once


def test_a_reset_asks_for_confirmation(page: Page, mock: RunningMock) -> None:
    create(mock)
    mock.set_faults({"status": 500})
    question = page.get_by_role("dialog")
    page.get_by_role("button", name="Reset").click()
    expect(question).to_contain_text("Reset the world default")
    question.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Reset").click()
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    assert len(mock.lists()) == 1
    page.get_by_role("button", name="Reset").click()
    question.get_by_role("button", name="Reset").click()
    expect(page.locator("#notice")).to_contain_text("World default is as at the start")
    expect(rows(page)).to_have_count(0)
    expect(page.get_by_text("None in force")).to_be_visible()
    assert mock.lists() == []


def test_an_export_can_be_imported(page: Page, mock: RunningMock, tmp_path: Path) -> None:
    mock.set_lists(GOOD | {"name": "one"}, GOOD | {"name": "two"})
    before = mock.lists()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    assert download.value.suggested_filename == "leadlists-default.json"
    download.value.save_as(tmp_path / "lists.json")
    mock.reset()
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Seed…").click()
    dialog.get_by_label("A file").set_input_files(tmp_path / "lists.json")
    expect(dialog.get_by_label("Or its text")).to_have_value(re.compile("one"))
    dialog.get_by_role("button", name="Store").click()
    expect(page.locator("#notice")).to_contain_text("2 lead lists stored")
    assert mock.lists() == before


def test_a_wrong_seed_is_explained_next_to_its_text(page: Page, mock: RunningMock) -> None:
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Seed…").click()
    for text, told in (
        ("{", "This is not JSON"),
        ('{"lists": [{"name": 5}]}', "lists[0].name"),
        ("5", "send a JSON object"),
        (json.dumps({"lists": [GOOD | {"id": "x"}]}), "is not a UUID"),
    ):
        dialog.get_by_label("Or its text").fill(text)
        dialog.get_by_role("button", name="Store").click()
        expect(dialog.get_by_role("alert")).to_contain_text(told)
    dialog.get_by_label("Or its text").fill(json.dumps({"lists": [GOOD]}))
    dialog.get_by_role("button", name="Store").click()
    expect(dialog).to_be_hidden()
    assert len(mock.lists()) == 1


def test_snapshots_are_saved_restored_and_deleted(page: Page, mock: RunningMock) -> None:
    mock.set_lists(GOOD)
    name = page.get_by_label("Name of the snapshot")
    for wrong in ("before ä/ö?", ".", ".."):  # the path of another call
        name.fill(wrong)
        page.get_by_role("button", name="Take").click()
        assert name.evaluate("each => each.validity.patternMismatch")
    name.fill("..before ä?")
    page.get_by_role("button", name="Take").click()
    expect(page.locator("#snapshots")).to_contain_text("1 lead list")
    mock.set_lists()
    page.get_by_role("button", name="Restore snapshot ..before ä?").click()
    expect(page.locator("#notice")).to_contain_text("Snapshot ..before ä? restored")
    assert len(mock.lists()) == 1
    page.get_by_role("button", name="Drop snapshot ..before ä?").click()
    expect(page.locator("#snapshots li")).to_have_count(0)
    assert mock.control("GET", "snapshots")["snapshots"] == []


def test_the_clock_is_moved_and_reset(page: Page, mock: RunningMock) -> None:
    page.get_by_label("How far to move the clock").fill("2")
    page.get_by_role("button", name="Move").click()
    expect(page.locator("#clock-state")).to_contain_text("2 days ahead")
    page.get_by_label("Unit").select_option("hours")
    page.get_by_label("How far to move the clock").fill("-1")
    page.get_by_role("button", name="Move").click()
    expect(page.locator("#clock-state")).to_contain_text("1 day 23 hours ahead")
    expect(page.locator(".bar")).to_contain_text("clock 1 day 23 hours ahead")
    assert mock.control("GET", "clock")["offsetS"] == 47 * 3600
    page.get_by_label("How far to move the clock").fill("1e9")
    page.get_by_role("button", name="Move").click()
    expect(page.locator("#notice")).to_contain_text("with which the clock shows a year from 1970 to 9998")
    page.get_by_role("button", name="Back", exact=True).click()
    expect(page.locator("#clock-state")).to_have_text(re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d UTC$"))
    assert mock.control("GET", "clock")["offsetS"] == 0


def test_the_clock_keeps_running(page: Page) -> None:
    told = {"now": "2099-12-31T23:59:59.000Z", "offsetS": 0}
    page.route(re.compile("/__mock__/clock"), lambda route: route.fulfill(json=told))
    expect(page.locator("#clock-state")).to_have_text("2099-12-31 23:59 UTC", timeout=15_000)


def test_lead_lists_appear_live(page: Page, mock: RunningMock) -> None:
    page.get_by_role("tab", name="Lead lists").click()
    expect(page.get_by_text("None yet.")).to_be_visible()
    create(mock, GOOD | {"name": "Alpha"})
    create(mock, GOOD | {"name": "Beta", "personIds": ["lead_1", "lead_2"]})
    names = page.locator("#lists-table td .name")
    expect(names).to_have_text(["Beta", "Alpha"])
    expect(page.locator("#lists-table tbody tr").first).to_contain_text("2024-01-01")
    names.first.click()
    expect(page.get_by_role("region", name="The lead list")).to_contain_text('"lead_2"')
    create(mock, GOOD | {"name": "Gamma"})
    expect(names).to_have_text(["Gamma", "Beta", "Alpha"])
    expect(page.get_by_role("region", name="The lead list")).to_be_visible()  # it stays open
    page.get_by_label("Text in a lead list").fill("alph")
    expect(names).to_have_text(["Alpha"])
    expect(page.locator("#lists-state")).to_have_text("1 lead list of 3")
    page.get_by_label("Text in a lead list").fill("")
    mock.set_lists(*[GOOD] * 250)
    expect(names).to_have_count(100)
    page.get_by_role("button", name="Show more of 250").click()
    expect(names).to_have_count(250)


def test_the_readings_in_force_are_shown(open_page: Open) -> None:
    with running_mock(Settings(profile="strict", reading=(("success-status", "200"),))) as mock:
        page = live(open_page(f"{mock.url}/__mock__/"))
        page.get_by_role("tab", name="Readings").click()
        readings = {each["id"]: each for each in mock.control("GET", "state")["readings"]}
        expect(page.locator(".readings > li")).to_have_count(len(readings))
        for id in ("success-status", "empty-name"):
            page.get_by_label("Text in a reading").fill(id)
            shown = page.locator(".readings > li", has=page.get_by_text(id, exact=True))
            expect(shown).to_contain_text(readings[id]["question"])
            expect(shown.locator(".in-force dt")).to_contain_text(readings[id]["option"])
            expect(shown.locator("dt")).to_have_count(len(readings[id]["options"]))
        expect(page.locator("#readings-state")).to_contain_text("Profile strict")
