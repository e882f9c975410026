"""Test in a real browser what web pages of other origins can and cannot do with the mock."""

from __future__ import annotations

import functools
import http.server
import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from mock_server import RunningMock, Settings, running_mock
from mock_server.tests.conftest import GOOD, PATH, ROOT

pytestmark = pytest.mark.once

Visit = Callable[[str], Page]

SIGN_IN = """async ([mock, body, headers]) => {
  try {
    const answer = await fetch(mock + "/__mock__/sessions", {
      method: "POST", credentials: "include", headers, body: JSON.stringify(body)});
    return [answer.status, await answer.json()];
  } catch (error) { return [0, String(error)]; }
}"""
CREATE = """async ([url, body, headers]) => {
  try {
    const answer = await fetch(url, {method: "POST", credentials: "include",
      headers: {"Content-Type": "application/json", ...headers}, body: JSON.stringify(body)});
    return [answer.status, await answer.json(), answer.headers.get("X-Mock-Fault")];
  } catch (error) { return [0, String(error), null]; }
}"""
OURS = {"Content-Type": "application/json", "X-Mock-Control": "1"}


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="module")
def page_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Serve empty web pages on another port, like the dev server of a frontend."""
    folder: Path = tmp_path_factory.mktemp("pages")
    (folder / "index.html").write_text("<!doctype html><title>A web page</title>")
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def mock() -> Iterator[RunningMock]:
    with running_mock() as running:
        yield running


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Return a function that opens URLs in a new browser profile."""
    context = browser.new_context()

    def open_page(url: str) -> Page:
        page = context.new_page()
        page.goto(url)
        return page

    yield open_page
    context.close()


def test_a_web_page_on_another_port_signs_in_creates_and_signs_out(
    visit: Visit, page_port: int, mock: RunningMock
) -> None:
    page, url = visit(f"http://localhost:{page_port}/"), mock.url
    assert page.evaluate(CREATE, [url + PATH, GOOD, {}])[0] == 401
    status, session = page.evaluate(SIGN_IN, [url, {"user": "user_abc123"}, OURS])
    assert (status, session["user"]) == (200, "user_abc123")
    assert page.evaluate("document.cookie") == ""  # HttpOnly
    status, created, _ = page.evaluate(CREATE, [url + PATH, GOOD, {}])
    assert (status, created["userIds"]) == (201, ["user_abc123"])
    assert page.evaluate(CREATE, [url + PATH, {}, {}])[1]["error"]["code"] == "BAD_REQUEST"
    signed_out = page.evaluate(
        """async url => (await fetch(url + "/__mock__/sessions",
             {method: "DELETE", credentials: "include", headers: {"X-Mock-Control": "1"}})).status""",
        url,
    )
    assert signed_out == 204
    assert page.evaluate(CREATE, [url + PATH, GOOD, {}])[0] == 401


def test_a_response_says_that_the_call_has_no_credentials(visit: Visit, page_port: int, mock: RunningMock) -> None:
    page, url = visit(f"http://localhost:{page_port}/"), mock.url
    assert page.evaluate(SIGN_IN, [url, {"user": "user_abc123"}, OURS])[0] == 200
    forgetful = CREATE.replace('credentials: "include",', "")
    status, refused, _ = page.evaluate(forgetful, [url + PATH, GOOD, {}])
    assert status == 401
    assert refused["error"]["message"].startswith("User is not authenticated: the request has no cookie. ")
    assert 'credentials: "include"' in refused["error"]["message"]
    own = visit(f"{url}/__mock__/")
    own.context.clear_cookies()
    assert "credentials" not in own.evaluate(CREATE, [PATH, GOOD, {}])[1]["error"]["message"]  # of its own origin


def test_the_script_of_the_readme_signs_in_and_creates(visit: Visit, page_port: int, mock: RunningMock) -> None:
    (snippet,) = re.findall(
        r"^```js\n(.*?)^```$", (ROOT / "mock_server" / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )
    page = visit(f"http://localhost:{page_port}/")
    code = snippet.replace("http://localhost:8080", mock.url)
    assert page.evaluate(f"async () => {{ {code}; return response.status }}") == 201
    assert mock.lists()[0]["userIds"] == ["user_xyz789"]


def test_a_web_page_can_read_a_forced_response_and_its_fault_header(
    visit: Visit, page_port: int, mock: RunningMock
) -> None:
    page = visit(f"http://localhost:{page_port}/")
    login = {"Authorization": "Bearer xyz789-session"}
    status, body, mark = page.evaluate(CREATE, [mock.url + PATH, GOOD, login | {"Prefer": "code=500"}])
    assert (status, body["error"]["code"], mark) == (500, "INTERNAL_ERROR", "status=500; door=prefer")
    for answer in ("reset", "empty"):  # on a reused connection, the browser's own retry meets it too
        mock.set_faults({"answer": answer, "times": 1})
        status, error, _ = page.evaluate(CREATE, [mock.url + PATH, GOOD, login])
        assert (status, error) == (0, "TypeError: Failed to fetch")
        assert page.evaluate(CREATE, [mock.url + PATH, GOOD, login])[0] == 201
    assert page.evaluate(CREATE, [mock.url + PATH, GOOD, login])[0] == 201


def test_preflights_are_cached(visit: Visit, page_port: int, mock: RunningMock) -> None:
    page = visit(f"http://localhost:{page_port}/")
    for _ in range(3):
        page.evaluate(CREATE, [mock.url + PATH, GOOD, {}])
    assert [each["method"] for each in mock.requests()].count("OPTIONS") == 1


def test_the_host_name_selects_a_world(visit: Visit, page_port: int, mock: RunningMock) -> None:
    for world in ("t1", "t2"):
        url = mock.url.replace("localhost", f"{world}.localhost")
        page = visit(f"http://{world}.localhost:{page_port}/")
        assert page.evaluate(SIGN_IN, [url, {"user": "user_xyz789"}, OURS])[0] == 200
        assert page.evaluate(CREATE, [url + PATH, GOOD | {"name": world}, {}])[0] == 201
    assert [mock.in_world(world).lists()[0]["name"] for world in ("t1", "t2")] == ["t1", "t2"]
    assert mock.lists() == []


def test_a_web_page_of_an_allowed_origin_signs_in_with_a_shared_host_name(visit: Visit, page_port: int) -> None:
    origin = f"http://rebound.test:{page_port}"
    with running_mock(Settings(allow_origin=(origin,), allow_host=("rebound.test",))) as mock:
        page, url = visit(origin), mock.url.replace("localhost", "rebound.test")
        assert page.evaluate(SIGN_IN, [url, {"user": "user_xyz789"}, OURS])[0] == 200
        assert page.evaluate(CREATE, [url + PATH, GOOD, {}])[0] == 201
        # The browser does not send a cookie to another site, so the mock does not set one.
        assert page.evaluate(SIGN_IN, [mock.url, {"user": "user_xyz789"}, OURS])[0] == 403
        assert page.evaluate(CREATE, [mock.url + PATH, GOOD, {}])[0] == 401


def test_a_web_page_of_a_foreign_origin_is_refused(visit: Visit, page_port: int, mock: RunningMock) -> None:
    visit(f"http://localhost:{page_port}/").evaluate(SIGN_IN, [mock.url, {"user": "user_xyz789"}, OURS])
    page = visit(f"http://evil.test:{page_port}/")
    for url in (mock.url, mock.url.replace("localhost", "127.0.0.1")):
        assert page.evaluate(SIGN_IN, [url, {"user": "user_xyz789"}, OURS]) == [0, "TypeError: Failed to fetch"]
        assert page.evaluate(CREATE, [url + PATH, GOOD, {}])[:2] == [0, "TypeError: Failed to fetch"]
    assert mock.lists() == []


FORGED = {
    "fetch with our header": """await fetch(url + "/__mock__/faults", {method: "PUT", headers, body})""",
    "fetch without CORS": """await fetch(url + "/__mock__/faults", {method: "POST", mode: "no-cors", body})""",
    "reset without CORS": """await fetch(url + "/__mock__/reset", {method: "POST", mode: "no-cors"})""",
    "beacon": """navigator.sendBeacon(url + "/__mock__/reset", new Blob([body], {type: "text/plain"}))""",
    "beacon of JSON": """navigator.sendBeacon(url + "/__mock__/reset", new Blob([body], {type: "application/json"}))""",
    "keepalive": """await fetch(url + "/__mock__/reset", {method: "POST", mode: "no-cors", keepalive: true})""",
    "form": """await new Promise(done => {
        const frame = Object.assign(document.createElement("iframe"), {name: "f", onload: () => setTimeout(done, 200)});
        const form = Object.assign(document.createElement("form"),
          {action: url + "/__mock__/reset", method: "POST", enctype: "text/plain", target: "f"});
        document.body.append(frame, form); form.submit(); })""",
}
READS = {
    "fetch": """await (await fetch(url + "/__mock__/requests")).text()""",
    "fetch with cookies": """await (await fetch(url + "/__mock__/requests", {credentials: "include"})).text()""",
    "without CORS": """await (await fetch(url + "/__mock__/requests", {mode: "no-cors"})).text()""",
    "event stream": """await new Promise((done, fail) => { const s = new EventSource(url + "/__mock__/events?last=9");
        s.addEventListener("request", e => done(e.data)); s.onerror = () => fail(new Error("refused")); })""",
    "script": """await new Promise((done, fail) => { const s = document.createElement("script");
        s.onload = () => done("loaded"); s.onerror = () => fail(new Error("refused"));
        s.src = url + "/__mock__/requests"; document.head.append(s); })""",
}


@pytest.mark.parametrize("origin", ["http://evil.test", "http://localhost"], ids=["foreign", "another port"])
@pytest.mark.parametrize("forged", FORGED.values(), ids=list(FORGED))
def test_no_foreign_web_page_changes_the_mock(
    forged: str, origin: str, visit: Visit, page_port: int, mock: RunningMock
) -> None:
    mock.set_lists(GOOD)
    mock.set_faults({"status": 500})
    page = visit(f"{origin}:{page_port}/")
    before = (mock.lists(), mock.control("GET", "faults"))
    page.evaluate(
        f"async ([url, headers, body]) => {{ try {{ {forged} }} catch {{}} await new Promise(r => setTimeout(r, 99))}}",
        [mock.url, OURS, json.dumps({"faults": []})],
    )
    assert (mock.lists(), mock.control("GET", "faults")) == before


@pytest.mark.parametrize("origin", ["http://evil.test", "http://localhost"], ids=["foreign", "another port"])
@pytest.mark.parametrize("reads", READS.values(), ids=list(READS))
def test_no_foreign_web_page_reads_the_journal(
    reads: str, origin: str, visit: Visit, page_port: int, mock: RunningMock
) -> None:
    visit(f"{mock.url}/secret")
    page = visit(f"{origin}:{page_port}/")
    read = page.evaluate(f"async url => {{ try {{ return {reads} }} catch {{ return '' }} }}", mock.url)
    assert read == ""


def test_a_rebound_host_name_has_no_access(visit: Visit, mock: RunningMock) -> None:
    mock.set_lists(GOOD)
    page = visit(mock.url.replace("localhost", "rebound.test") + "/page")  # the same origin as the call
    asked = """async ([call, method]) => { const answer = await fetch("/__mock__/" + call,
        {method, headers: {"X-Mock-Control": "1"}}); return [answer.status, await answer.text()]; }"""
    for call, method in (("requests", "GET"), ("lists", "GET"), ("reset", "POST"), ("sessions", "DELETE")):
        status, text = page.evaluate(asked, [call, method])
        assert status == 403
        assert "is not a name of this mock; to allow it, start the mock with --allow-host rebound.test" in text
    assert len(mock.lists()) == 1


def test_the_mock_s_own_web_pages_may_do_all_that(visit: Visit, mock: RunningMock) -> None:
    """Show that the tables above could detect a change."""
    mock.set_lists(GOOD)
    page = visit(f"{mock.url}/__mock__/state")
    for reads in (READS["fetch"], READS["event stream"]):
        read = page.evaluate(f"async url => {{ await fetch('/page'); return {reads} }}", mock.url)
        assert '"method":"GET"' in read
    page.evaluate(f"async ([url, headers, body]) => {{ {FORGED['fetch with our header']} }}",
                  [mock.url, OURS, json.dumps({"faults": [{"status": 500}]})])  # fmt: skip
    assert len(mock.control("GET", "faults")["faults"]) == 1
