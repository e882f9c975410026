"""Test the dashboard against hostile content, outside requests and accessibility problems."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from mock_server import RunningMock, Settings, running_mock
from mock_server.tests.conftest import GOOD, LOGIN, ROOT, Open
from mock_server.tests.programs import npm_package

pytestmark = pytest.mark.once

DASHBOARD = ROOT / "mock_server" / "control" / "dashboard"
MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>"
UNSEEN = "\x1b[31m \x07 \u202egnp.exe \u2066 \u200b \u2028 \U000e0041"
HOSTILE = f"{MARKUP} {UNSEEN} javascript:alert(3) שלום"

# Invisible characters in any text or attribute of the web page.
FIND_UNSEEN = r"""() => {
  const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u, found = [];
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const texts = node.nodeType === Node.TEXT_NODE ? [node.data] : [...node.attributes].map(each => each.value);
    found.push(...texts.filter(each => unseen.test(each.replaceAll("\n", ""))));
  }
  return found;
}"""
COUNT_LIVE = "() => [document.images.length, document.scripts.length, document.querySelectorAll('iframe, b').length]"


@pytest.fixture
def mock() -> Iterator[RunningMock]:
    with running_mock(Settings(user=(("user_xyz789", "xyz789-session"), (MARKUP, "hostile-session")))) as running:
        yield running


def opened(open_page: Open, mock: RunningMock, **options: Any) -> Page:
    page = open_page(f"{mock.url}/__mock__/", **options)
    expect(page.locator("#connection")).to_have_text("Live")
    return page


def send_raw(mock: RunningMock, request: bytes) -> None:
    with socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2])), timeout=60) as connection:
        connection.sendall(request)
        while connection.recv(65536):
            pass


def post(mock: RunningMock, body: bytes) -> None:
    httpx2.post(mock.endpoint, content=body, headers=LOGIN | {"content-type": "application/json"})


def fill_with_hostility(mock: RunningMock) -> int:
    """Send hostile content in every place of a request; return the number of requests."""
    login = {"authorization": "Bearer hostile-session"}
    httpx2.post(mock.endpoint, json=GOOD | {"name": HOSTILE, "personIds": [HOSTILE]}, headers=login)
    httpx2.post(mock.endpoint, json=GOOD | {HOSTILE: 1, "name": 5, "type": HOSTILE}, headers=login)
    post(mock, f'{{"name": "{MARKUP}\u202e\u2028"}}'.encode())  # as characters, not as escapes
    post(mock, b'{"name": "\xff\xfe<b>", \x80\x1b[2J')
    post(mock, MARKUP.encode())
    post(mock, b"[" * 50_000 + b"]" * 50_000)
    post(mock, b'{"name":"' + b"<b>" * 400_000 + b'"}')
    raw = b"GET /%3Cscript%3Ealert(4)%3C/script%3E%E2%80%AE%1b%5b31m?<b>=%1b HTTP/1.1\r\nHost: localhost\r\n"
    send_raw(mock, raw + b"X-Evil: <b>\xe2\x80\xae\x80\xff\x9b31m\r\nConnection: close\r\n\r\n")
    send_raw(mock, b"NONSENSE <b>\x1b[31m\r\n\r\n")
    httpx2.get(mock.url, headers={"x-mock-world": "<b>world"})
    for name in ("%3Cb%3Esnap", "%E2%80%AEsnap", "%1bsnap"):
        mock.control("PUT", f"snapshots/{name}")
    mock.set_faults({"match": {"path": f"/{HOSTILE}", "method": MARKUP}, "status": 500})
    return 9


def test_hostile_content_is_inert_and_visible(open_page: Open, mock: RunningMock) -> None:
    count = fill_with_hostility(mock)
    page = opened(open_page, mock)
    expect(page.locator("#journal .row")).to_have_count(count)
    rows = page.locator("#journal .row")
    for i in range(count):
        rows.nth(i).click()
        page.locator("#detail summary").first.click()
        page.get_by_role("group", name="Copy as").get_by_role("button").first.click()
        assert page.evaluate(FIND_UNSEEN) == []
        for button in page.get_by_role("button", name="Show all").all():
            button.click()
        assert page.evaluate(COUNT_LIVE) == [1, 2, 0]
    rows.nth(count - 1).click()
    body = page.get_by_role("region", name="Request body")
    expect(body).to_contain_text(MARKUP)
    for written in ("\\u202e", "\\u2066", "\\u2028", "\\u200b", "\\u{e0041}"):
        expect(body).to_contain_text(written)
    page.get_by_role("tab", name="Lead lists").click()
    page.locator("#lists-table td .name").first.click()
    expect(page.locator("#lists-table")).to_contain_text(MARKUP)
    page.locator("#session").get_by_role("button", name=MARKUP).click()
    expect(page.locator("#session-state")).to_contain_text(MARKUP)
    page.get_by_role("button", name="<b>world", exact=True).click()
    expect(page.locator("#world-name")).to_have_text("<b>world")
    page.get_by_role("button", name="Reset").click()
    expect(page.get_by_role("dialog")).to_contain_text("Reset the world <b>world")
    assert page.evaluate(FIND_UNSEEN) == []
    assert page.evaluate(COUNT_LIVE) == [1, 2, 0]


def test_a_long_body_is_truncated_and_shown_in_steps(open_page: Open, mock: RunningMock) -> None:
    httpx2.post(mock.endpoint, json=GOOD | {"personIds": [*["lead_1"] * 15_000, 7]}, headers=LOGIN)
    page = opened(open_page, mock)
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
    page = opened(open_page, mock)
    page.locator("#journal .row").click()
    body = page.get_by_role("region", name="Request body")
    assert len(body.text_content() or "") < 2_000
    page.get_by_role("button", name="Show all").click()
    assert len(body.text_content() or "") > 200_000


def test_a_text_of_invisible_characters_is_escaped_completely(open_page: Open, mock: RunningMock) -> None:
    post(mock, f'"{chr(0x202E) * 80_000}"'.encode())
    page = opened(open_page, mock)
    page.locator("#journal .row").click()
    page.get_by_role("button", name="Show all").click()
    body = page.get_by_role("region", name="Request body").locator(".string")
    assert (body.text_content() or "").count("\\u202e") == 80_000
    assert body.locator(".unseen").count() < 1_000  # otherwise the web page freezes during layout


def test_long_names_leave_room_for_the_rest(open_page: Open) -> None:
    long = "x" * 5_000
    with running_mock(Settings(user=((long, "long-session"),))) as mock:
        login = {"authorization": "Bearer long-session", "x-mock-world": long}
        httpx2.post(mock.endpoint, json=GOOD | {"name": "y" * 900_000}, headers=login)
        mock.in_world(long).control("PUT", f"snapshots/{long}")
        mock.in_world(long).set_faults({"match": {"path": f"/{long}"}, "status": 500})
        page = opened(open_page, mock)
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
    page = opened(open_page, mock)
    page.locator("#journal .row").click()
    assert page.get_by_role("region", name="Request body").locator(".string").inner_text() == '"' + "😀" * 499 + "…"


def test_an_empty_line_is_as_high_as_others(open_page: Open, mock: RunningMock) -> None:
    post(mock, b"a\n\n\nb")
    page = opened(open_page, mock)
    page.locator("#journal .row").click()
    lines = page.get_by_role("region", name="Request body").locator(".line")
    heights = [line.evaluate("each => each.offsetHeight") for line in lines.all()]
    assert len(heights) == 4
    assert len(set(heights)) == 1


@pytest.mark.parametrize("is_paused", [False, True])
def test_large_requests_are_not_kept(is_paused: bool, open_page: Open, mock: RunningMock) -> None:
    page = opened(open_page, mock)
    if is_paused:
        page.get_by_role("button", name="Pause").click()
    body = b'{"name":"' + b"y" * 250_000 + b'"}'
    for _ in range(70):  # refused, so that its response is small
        post(mock, body)
    post(mock, b'{"name":"the last"}')
    if is_paused:
        expect(page.locator("#journal-state")).to_contain_text(re.compile(r"6\d waiting"))
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


# -- the policy


def test_the_policy_blocks_injected_content(browser: Browser, mock: RunningMock) -> None:
    """Show that the other tests could detect a violation."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{mock.url}/__mock__/")
        stopped, breaches, ran = page.evaluate("""async () => {
          const stopped = [], breaches = [];
          addEventListener("securitypolicyviolation", event => breaches.push(event.effectiveDirective));
          try { document.body.innerHTML = "<img src=x onerror='window.ran = true'>"; } catch { stopped.push("markup"); }
          const script = document.createElement("script");
          try { script.src = "data:text/javascript,window.ran = true"; document.head.append(script); }
          catch { stopped.push("script"); }
          try { await fetch("http://127.0.0.1:1/"); } catch { stopped.push("fetch"); }
          const style = document.createElement("style");
          style.textContent = "body { opacity: 0.5 }";
          document.head.append(style);
          if (getComputedStyle(document.body).opacity === "1") stopped.push("style");
          await new Promise(done => setTimeout(done, 100));
          return [stopped, breaches, window.ran ?? false];
        }""")
    assert stopped == ["markup", "script", "fetch", "style"]
    assert {"require-trusted-types-for", "connect-src", "style-src-elem"} <= set(breaches)
    assert ran is False


def test_the_dashboard_is_small_and_loads_only_from_the_mock(open_page: Open, mock: RunningMock) -> None:
    page = opened(open_page, mock)
    loaded = page.evaluate(
        """performance.getEntriesByType("resource").map(each => [each.name, each.encodedBodySize])"""
    )
    assert all(name.startswith(mock.url) for name, _ in loaded)
    assert sum(size for name, size in loaded if re.search(r"\.(js|css|svg)$", name)) < 160_000


# -- accessibility


@pytest.fixture(scope="module")
def axe() -> str:
    return npm_package("axe-core/axe.min.js").read_text(encoding="utf-8")


def findings(page: Page) -> list[str]:
    found = page.evaluate("axe.run()")
    assert {"color-contrast", "button-name"} <= {each["id"] for each in found["passes"]}
    return [f"{each['id']}: {node['html']}" for each in found["violations"] for node in each["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 420])
def test_axe_finds_no_accessibility_problem(
    width: int, scheme: str, open_page: Open, mock: RunningMock, axe: str
) -> None:
    fill_with_hostility(mock)
    httpx2.post(mock.endpoint, json={"name": 5}, headers=LOGIN | {"x-mock-fault": "status=503"})
    httpx2.post(mock.endpoint, json={"name": 5}, headers=LOGIN)
    mock.set_faults({"status": 500, "times": 1}, {"delayMs": 9})
    httpx2.post(mock.endpoint, json=GOOD, headers=LOGIN)
    page = opened(
        open_page, mock, color_scheme=scheme, viewport={"width": width, "height": 800}, bypass_csp=True,
        reduced_motion="reduce",
    )  # fmt: skip
    page.evaluate(axe)
    expect(page.locator("#journal .row")).to_have_count(12)
    assert findings(page) == []
    page.locator("#journal .row").nth(1).click()
    page.locator("#detail summary").first.click()
    assert findings(page) == []
    page.get_by_role("tab", name="Lead lists").click()
    page.locator("#lists-table td .name").first.click()
    assert findings(page) == []
    page.get_by_role("tab", name="Readings").click()
    page.get_by_role("button", name="Take").scroll_into_view_if_needed()
    page.get_by_label("How far to move the clock").fill("1e9")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.locator("#notice .error")).to_be_visible()
    assert findings(page) == []
    page.get_by_role("button", name="Seed…").click()
    page.get_by_label("Or its text").fill("{")
    page.get_by_role("button", name="Store", exact=True).click()
    assert findings(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Reset").click()
    assert findings(page) == []


@pytest.mark.parametrize("width", [320, 640])
def test_nothing_overflows_a_small_or_enlarged_window(width: int, open_page: Open, mock: RunningMock) -> None:
    fill_with_hostility(mock)
    page = opened(open_page, mock, viewport={"width": width, "height": 400})
    for tab in page.get_by_role("tab").all():
        tab.click()
        assert page.evaluate("document.documentElement.scrollWidth") == width
    page.get_by_role("tab", name="Requests").click()
    page.locator("#journal .row").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_selection_is_visible_without_colours(open_page: Open, mock: RunningMock) -> None:
    post(mock, b'{"name": 5}')
    post(mock, b"{}")
    page = opened(open_page, mock, forced_colors="active")
    page.locator("#journal .row").nth(1).click()
    for chosen, other in (
        ("[role=tab][aria-selected=true]", "[role=tab][aria-selected=false]"),
        (".row[aria-current]", ".row:not([aria-current])"),
        ("#session [aria-pressed=true]", "#session [aria-pressed=false]"),
        (".line.wrong:not(.missing)", ".line:not(.wrong)"),
    ):
        widths = [
            page.locator(each).first.evaluate("each => parseFloat(getComputedStyle(each).borderLeftWidth)")
            for each in (chosen, other)
        ]
        assert widths[0] >= widths[1] + 2


def test_text_scales_with_the_browser_font_size(open_page: Open, mock: RunningMock) -> None:
    page = opened(open_page, mock)
    session = page.context.new_cdp_session(page)
    size = "parseFloat(getComputedStyle(document.body).fontSize)"
    assert page.evaluate(size) == 14
    session.send("Page.setFontSizes", {"fontSizes": {"standard": 32}})
    assert page.evaluate(size) == 28


# -- the code

CHECKED = (
    "--noEmit", "--allowJs", "--checkJs", "--strict", "--noUnusedLocals",
    "--noUnusedParameters", "--target", "es2024", "--module", "esnext", "--moduleResolution", "bundler",
    "--lib", "es2024,dom,dom.iterable",
)  # fmt: skip


def type_errors(*files: Path) -> str:
    path = f"{ROOT / '.venv/bin'}{os.pathsep}{os.environ.get('PATH', '')}"  # .ci/tools may have installed Node there
    checked = subprocess.run(
        [npm_package(".bin/tsc"), *CHECKED, *files],
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return checked.stdout + checked.stderr


def test_the_modules_pass_the_type_checker(tmp_path: Path) -> None:
    assert type_errors(*sorted(DASHBOARD.glob("*.js"))) == ""
    shutil.copytree(DASHBOARD, tmp_path, dirs_exist_ok=True)
    changed = (tmp_path / "showing.js").read_text().replace("elapsedMs.toFixed(1)", "elapsedMs.toUpperCase()")
    (tmp_path / "showing.js").write_text(changed)
    assert "Property 'toUpperCase' does not exist on type 'number'" in type_errors(tmp_path / "app.js")


def test_no_script_of_the_dashboard_parses_markup() -> None:
    parsing = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|new Function")
    scripts = sorted(DASHBOARD.glob("*.js"))
    lines = [(path, *each) for path in scripts for each in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)]
    assert scripts
    assert [f"{path.name}:{number} {line.strip()}" for path, number, line in lines if parsing.search(line)] == []
