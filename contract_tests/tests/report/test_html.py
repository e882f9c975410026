"""The HTML report in a real browser: nothing leaves it, nothing hostile lives in it, everyone can use it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from contract_tests.tests.programs import chromium, npm_file
from contract_tests.tests.report.conftest import Recorded
from contract_tests.tests.servers.hostile import MARKUP

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.once

Open = Callable[..., "Page"]
# Tags that only a text of the server could have made, and characters that no eye sees.
COUNT_LIVE = (
    "document.images.length + document.querySelectorAll('iframe, script[src], b b, a[href^=javascript]').length"
)
UNSEEN = r"/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield launched
        launched.close()


@pytest.fixture
def open_report(browser: Browser) -> Iterator[Open]:
    """Opens the report of a run from its file, and in the end demands that nothing went wrong in it."""
    wrong: list[str] = []
    contexts = []

    def open_it(recorded: Recorded, **options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        url = (recorded.folder / "report.html").as_uri()
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
        page.on(
            "request",
            lambda sent: wrong.append(f"request: {sent.url}") if not sent.url.startswith((url, "data:")) else None,
        )
        page.expose_function("tellBreach", lambda what: wrong.append(f"policy: {what}"))
        page.add_init_script(
            "addEventListener('securitypolicyviolation', e => tellBreach(`${e.violatedDirective} ${e.blockedURI}`))"
        )
        page.goto(url)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert wrong == []


def test_hostile_texts_are_shown_as_text_and_nothing_leaves_the_web_page(open_report: Open, failing: Recorded) -> None:
    page = open_report(failing)
    for summary in page.locator("summary").all():
        summary.click()
    for button in page.get_by_role("button", name="Copy command").all():
        button.click()
    assert page.evaluate(COUNT_LIVE) == 0
    assert MARKUP in page.locator("body").inner_text()
    assert not page.evaluate(f"{UNSEEN}.test(document.body.innerText)")
    assert "\\u202e" in page.locator("body").inner_text()


def test_a_script_that_got_in_would_be_stopped_and_seen(browser: Browser, failing: Recorded) -> None:
    page = browser.new_page()
    page.add_init_script("addEventListener('securitypolicyviolation', e => document.title = e.violatedDirective)")
    page.goto((failing.folder / "report.html").as_uri())
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=\"http://evil.test/x\">')")
    page.wait_for_function("document.title === 'img-src'")
    page.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])  # no rule depends on both
def test_axe_finds_nothing_serious(open_report: Open, failing: Recorded, scheme: str, width: int) -> None:
    page = open_report(failing, color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    page.evaluate(npm_file("axe-core/axe.min.js").read_text())
    found = page.evaluate("axe.run().then(result => result.violations)")
    serious = [each for each in found if each["impact"] in {"serious", "critical"}]
    assert serious == [], json.dumps([(each["id"], each["nodes"][0]["html"]) for each in serious], indent=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_passing_report_has_no_serious_finding_either(open_report: Open, passing: Recorded) -> None:
    page = open_report(passing, bypass_csp=True)
    page.evaluate(npm_file("axe-core/axe.min.js").read_text())
    found = page.evaluate("axe.run().then(result => result.violations)")
    assert [each["id"] for each in found if each["impact"] in {"serious", "critical"}] == []
    assert "The server keeps the contract" in page.locator("h1").inner_text()


def test_the_columns_of_every_table_of_clauses_have_the_same_widths(open_report: Open, failing: Recorded) -> None:
    page = open_report(failing, viewport={"width": 1280, "height": 900})
    widths = page.evaluate(
        "[...document.querySelectorAll('#clauses table')].map(table =>"
        " [...table.querySelectorAll('thead th')].map(cell => Math.round(cell.getBoundingClientRect().width)).join())"
    )
    assert len(widths) > 10
    assert len(set(widths)) == 1, set(widths)


def test_search_and_keys_lead_to_a_clause(open_report: Open, failing: Recorded) -> None:
    page = open_report(failing)
    page.keyboard.press("/")
    page.keyboard.type("response.id.format")
    assert page.locator(".reported:visible").count() == 1
    assert page.locator("#clauses table:visible").count() == 1
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    assert page.evaluate("document.activeElement.id") == "f-response.id.format"


def test_the_whole_report_is_printed(open_report: Open, failing: Recorded) -> None:
    page = open_report(failing)
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert page.locator(".reported pre:visible").count() == page.locator(".reported pre").count()
    assert len(page.pdf()) > 50_000
