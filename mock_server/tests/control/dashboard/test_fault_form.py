"""Test setting and removing faults in the dashboard."""

from __future__ import annotations

import httpx2
import pytest
from playwright.sync_api import Page, expect

from mock_server import RunningMock
from mock_server.tests.conftest import GOOD
from mock_server.tests.control.dashboard.conftest import create

pytestmark = pytest.mark.once


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
    "hang": ("no response, ever", {}, {"times": 1, "answer": "hang"}),
    "reset": ("connection reset", {}, {"times": 1, "answer": "reset"}),
    "empty": ("closed without a response", {}, {"times": 1, "answer": "empty"}),
    "half": ("half of the body", {}, {"times": 1, "answer": "half"}),
    "dribble": ("body in a slow dribble", {}, {"times": 1, "answer": "dribble"}),
    "bad chunk": ("a bad chunk", {}, {"times": 1, "answer": "bad-chunk"}),
    "not JSON": ("a body that is not JSON", {}, {"times": 1, "answer": "not-json"}),
    "expired session": ("session expired", {}, {"times": 1, "session": "expired"}),
}  # fmt: skip


def test_each_fault_is_set_and_removed(page: Page, mock: RunningMock) -> None:
    form = page.locator("#fault-form")
    for what, fields, wanted in FAULTS.values():
        form.evaluate("each => { each.reset(); each.dispatchEvent(new Event('input')) }")  # faster than a new web page
        form.get_by_label("Response").select_option(what)
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
    form.get_by_label("Response").select_option("status 409")
    form.get_by_text("Own response, more conditions").click()
    form.get_by_label("Own body, sent with the status").fill('{"code": "TAKEN"')
    form.get_by_role("button", name="Add fault").click()
    expect(page.locator("#notice")).to_contain_text('"{"code": "TAKEN"" is not JSON; write for example')
    form.get_by_label("Own body, sent with the status").fill('{"code": "TAKEN"}')
    form.get_by_label("Own headers").fill("Retry-After: 3\nX-Trace: a: b")
    form.get_by_label("If the body sent has").fill('{"name": "taken"')
    form.get_by_label("If this user is signed in").select_option("user_abc123")
    form.get_by_role("button", name="Add fault").click()
    expect(page.locator("#notice")).to_contain_text('"{"name": "taken"" is not JSON; write for example')
    form.get_by_label("If the body sent has").fill('{"name": "taken"}')
    form.get_by_role("button", name="Add fault").click()
    expect(page.locator("#faults strong")).to_have_text("status 409 with its own body, header Retry-After, X-Trace")
    expect(page.locator("#faults small")).to_have_text('the next 1: by user_abc123 with {"name":"taken"}')
    login = {"authorization": "Bearer abc123-session"}
    assert [httpx2.post(mock.endpoint, json=GOOD | {"name": name}, headers=login).status_code for name in "ab"] == [
        201,
        201,
    ]
    answer = httpx2.post(mock.endpoint, json=GOOD | {"name": "taken"}, headers=login)
    assert (answer.status_code, answer.json(), answer.headers["x-trace"]) == (409, {"code": "TAKEN"}, "a: b")
    expect(page.locator(".rows .fault, #journal .fault").first).to_contain_text('status=409 body={"code":"TAKEN"}')


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
    page.locator("#fault-form").get_by_label("Response").select_option("status 429")
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
    form.get_by_label("Response").select_option("the usual")
    assert page.evaluate(invalid) == ["delayMs"]
    form.get_by_label("Response").select_option("status 500")
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
