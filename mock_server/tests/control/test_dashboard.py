"""Test the dashboard in a real browser against a real mock, one user action per test."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect

from mock_server import RunningMock, Settings, running_mock
from mock_server.tests.conftest import GOOD, LOGIN, PATH, Open, StartMock

pytestmark = pytest.mark.once

WRONG = {"name": 5, "type": "person", "icpId": None, "startDate": "2024-01-01", "personIds": ["lead_1", 7]}


@pytest.fixture
def mock() -> Iterator[RunningMock]:
    with running_mock(Settings(seed=1)) as running:
        yield running


@pytest.fixture
def page(open_page: Open, mock: RunningMock) -> Page:
    return live(open_page(f"{mock.url}/__mock__/"))


def live(page: Page) -> Page:
    """Return the dashboard's web page once it is fully loaded."""
    expect(page.locator("#connection")).to_have_text("Live")
    return page


def create(mock: RunningMock, body: Any = GOOD, **headers: str) -> httpx2.Response:
    return httpx2.post(mock.endpoint, json=body, headers=LOGIN | headers)


def rows(page: Page) -> Any:
    return page.locator("#journal .row:visible")


def opened(page: Page, place: int = 0) -> Any:
    rows(page).nth(place).click()
    return page.locator("#detail")


# -- requests


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
    expect(rows(page).nth(1).locator(".fault")).to_have_text("status=503&delayMs=20")
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
    expect(rows(page)).to_have_count(4)
    for text, status, verdict, statuses in (
        ("alpha", "", "", ["201"]),
        ("", "4", "", ["404", "400"]),
        ("", "5", "", ["503"]),
        ("", "", "invalid", ["400"]),
        ("", "", "valid", ["503", "201"]),
        ("", "", "unjudged", ["404"]),
        ("", "", "answer", ["503"]),
        ("", "", "fault", ["503"]),
        ("enddate is missing", "4", "invalid", ["400"]),
        ("alpha", "5", "", []),
    ):
        page.get_by_label("Text in the request or its answer").fill(text)
        page.get_by_label("Status", exact=True).select_option(status)
        page.get_by_label("Verdict", exact=True).select_option(verdict)
        assert rows(page).locator(".status").all_text_contents() == statuses
    expect(page.locator("#journal-state")).to_have_text("0 of 4 shown")
    create(mock, GOOD | {"name": "Beta"})  # new requests are filtered as well
    expect(page.locator("#journal-state")).to_have_text("0 of 5 shown")


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
        "Operation", "createLeadList", "Request", "invalid", "Answer", "valid",
    ]  # fmt: skip


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
    expect(detail.locator(".Fault dd")).to_have_text("status=418 by the switches")
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


# -- faults

FAULTS = {
    "status of the spec": ("status 500", {}, {"times": 1, "status": 500}),
    "other status": ("status 429", {"Requests": "3"}, {"times": 3, "status": 429}),
    "fixed delay": ("the usual", {"Delay, ms": "80"}, {"times": 1, "delayMs": 80}),
    "drawn delay": (
        "the usual", {"Delay, ms": "80", "p99 of the delay, ms": "1200"}, {"times": 1, "delayMs": 80, "p99Ms": 1200},
    ),
    "status after a delay": ("status 503", {"Delay, ms": "5"}, {"times": 1, "status": 503, "delayMs": 5}),
    "share": ("status 500", {"For": "a share of all", "Percent": "30"}, {"share": 0.3, "status": 500}),
    "until reset": ("status 500", {"For": "all until reset"}, {"status": 500}),
    "hang": ("no answer, ever", {}, {"times": 1, "answer": "hang"}),
    "reset": ("connection reset", {}, {"times": 1, "answer": "reset"}),
    "empty": ("no answer at all", {}, {"times": 1, "answer": "empty"}),
    "half": ("half of the body", {}, {"times": 1, "answer": "half"}),
    "dribble": ("body in a slow dribble", {}, {"times": 1, "answer": "dribble"}),
    "bad chunk": ("a bad chunk", {}, {"times": 1, "answer": "bad-chunk"}),
    "not JSON": ("a body that is not JSON", {}, {"times": 1, "answer": "not-json"}),
    "expired session": ("session expired", {}, {"times": 1, "session": "expired"}),
}  # fmt: skip


def test_each_fault_is_set_and_removed(page: Page, mock: RunningMock) -> None:
    for what, fields, wanted in FAULTS.values():
        page.reload()
        live(page)
        form = page.locator("#fault-form")
        form.get_by_label("Answer").select_option(what)
        if "For" in fields:
            form.get_by_role("combobox", name="For", exact=True).select_option(fields["For"])
        for label in fields.keys() - {"For"}:
            form.get_by_role("spinbutton", name=label, exact=True).fill(fields[label])
        form.get_by_role("button", name="Add fault").click()
        expect(page.locator("#faults strong")).to_have_count(1)
        (fault,) = mock.control("GET", "faults")["faults"]
        fault.pop("remaining", None)
        assert fault == wanted
        page.locator("#faults").get_by_role("button").click()
        expect(page.get_by_text("None in force")).to_be_visible()
        assert mock.control("GET", "faults")["faults"] == []


def test_a_fault_can_apply_to_some_requests_only(page: Page, mock: RunningMock) -> None:
    form = page.locator("#fault-form")
    form.get_by_label("Method").select_option("POST")
    path = form.get_by_role("textbox", name="Path")
    path.fill("api/*")
    form.get_by_role("button", name="Add fault").click()
    assert path.evaluate("each => each.validity.patternMismatch")
    path.fill("/api/*")
    form.get_by_role("button", name="Add fault").click()
    expect(page.locator("#faults small")).to_have_text("the next 1: POST /api/*")
    assert httpx2.get(mock.endpoint).status_code == 405
    assert create(mock).status_code == 500
    assert create(mock).status_code == 201


def test_a_fault_has_its_own_response_and_more_conditions(page: Page, mock: RunningMock) -> None:
    form = page.locator("#fault-form")
    form.get_by_label("Answer").select_option("status 409")
    form.get_by_text("Own response, more conditions").click()
    form.get_by_label("Own body, sent with the status").fill('{"code": "TAKEN"}')
    form.get_by_label("Own headers").fill("Retry-After: 3\nX-Trace: a: b")
    form.get_by_label("If the body sent has").fill('{"name": "taken"')
    form.get_by_label("If this user is signed in").select_option("user_abc123")
    form.get_by_role("button", name="Add fault").click()
    expect(page.locator("#notice")).to_contain_text('"{"name": "taken"" is not JSON; write for example')
    form.get_by_label("If the body sent has").fill('{"name": "taken"}')
    form.get_by_role("button", name="Add fault").click()
    expect(page.locator("#faults strong")).to_have_text("status 409 with an own body, header Retry-After, X-Trace")
    expect(page.locator("#faults small")).to_have_text('the next 1: by user_abc123 with {"name":"taken"}')
    login = {"authorization": "Bearer abc123-session"}
    assert [httpx2.post(mock.endpoint, json=GOOD | {"name": name}, headers=login).status_code for name in "ab"] == [
        201,
        201,
    ]
    answer = httpx2.post(mock.endpoint, json=GOOD | {"name": "taken"}, headers=login)
    assert (answer.status_code, answer.json(), answer.headers["x-trace"]) == (409, {"code": "TAKEN"}, "a: b")


def test_every_documented_status_and_every_response_fault_is_offered(page: Page) -> None:
    page.locator("#faults li").first.wait_for()
    offered = page.locator("#fault-form select").first.locator("option")
    values = [each.get_attribute("value") for each in offered.all()]
    assert {f"status={each}" for each in (200, 201, 400, 401, 500, 429, 503)} <= set(values)
    assert {f"answer={each}" for each in ("hang", "reset", "empty", "half", "dribble", "bad-chunk", "not-json")} <= set(
        values
    )


def test_the_remaining_uses_of_faults_are_shown_newest_first(page: Page, mock: RunningMock) -> None:
    mock.set_faults({"status": 500, "times": 2}, {"match": {"method": "PUT"}, "status": 503}, seed=9)
    faults = page.locator("#faults li")
    expect(faults.nth(0)).to_contain_text("the next 2")
    expect(faults.nth(1)).to_contain_text("all requests: PUT")
    assert create(mock).status_code == 500
    expect(faults.nth(0)).to_contain_text("the next 1 (of 2)")
    page.locator("#fault-form").get_by_label("Answer").select_option("status 429")
    page.get_by_role("button", name="Add fault").click()
    expect(faults).to_have_count(3)
    in_force = mock.control("GET", "faults")
    assert [each.get("remaining") for each in in_force["faults"]] == [1, 1, None]  # a used-up fault stays used up
    assert in_force["seed"] == 9
    assert [create(mock).status_code for _ in range(3)] == [429, 500, 201]
    expect(faults.nth(0)).to_contain_text("used up")
    page.get_by_role("button", name="Clear all").click()
    expect(page.get_by_text("None in force")).to_be_visible()


def test_a_wrong_fault_is_explained(page: Page, mock: RunningMock) -> None:
    mock.set_faults(*[{"status": 500}] * 100)
    page.get_by_role("button", name="Add fault").click()
    expect(page.locator("#notice")).to_contain_text("faults is an array of 101")
    assert page.locator("#notice").inner_text().count("faults is an array of 101") == 1
    page.get_by_role("button", name="Dismiss").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_be_empty()
    expect(page.get_by_role("button", name="Add fault")).to_be_focused()
    assert len(mock.control("GET", "faults")["faults"]) == 100


def test_a_fault_without_effect_is_refused_at_its_fields(page: Page, mock: RunningMock) -> None:
    form = page.locator("#fault-form")
    delay = form.get_by_role("spinbutton", name="Delay, ms", exact=True)
    p99 = form.get_by_role("spinbutton", name="p99 of the delay, ms")
    invalid = "() => [...document.querySelectorAll('#fault-form :invalid')].map(each => each.name)"
    form.get_by_label("Answer").select_option("the usual")
    assert page.evaluate(invalid) == ["delayMs"]
    form.get_by_label("Answer").select_option("status 500")
    assert page.evaluate(invalid) == []
    p99.fill("40")
    assert page.evaluate(invalid) == ["delayMs"]
    delay.fill("50")
    assert page.evaluate(invalid) == ["p99Ms"]
    form.get_by_role("button", name="Add fault").click()
    assert mock.control("GET", "faults")["faults"] == []
    delay.fill("40")
    form.get_by_role("button", name="Add fault").click()
    expect(page.locator("#faults strong")).to_have_text("status 500, after about 40 ms, one in 100 over 40 ms")


# -- session


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


# -- state


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


# -- worlds


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
    assert page.title() == "a · leadlists-mock"
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


# -- the connection


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
    first = start_mock()
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
    expect(page.locator("#connection")).to_have_text("Refused; reload this page to enter the token")
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


def test_the_colour_scheme_is_switched_and_kept(page: Page) -> None:
    ground: Callable[[], str] = lambda: page.evaluate("getComputedStyle(document.body).backgroundColor")  # noqa: E731
    light = ground()
    page.get_by_role("button", name="Dark").click()
    dark = ground()
    assert light != dark
    page.reload()
    assert ground() == dark
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
