"""Test the README's recipes for a dev proxy with real dev servers and a real browser."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from mock_server import RunningMock, Settings, running_mock
from mock_server.tests.conftest import GOOD, LOGIN, PATH, ROOT
from mock_server.tests.node_tools import SOURCES, node_folder
from mock_server.tests.ports import free_port
from mock_server.tests.programs import npm_package
from mock_server.tests.test_sites import CREATE, SIGN_IN, USER

README = (ROOT / "mock_server" / "README.md").read_text(encoding="utf-8")
SNIPPETS: dict[str, str] = dict(re.findall(r"^```ts\n// (\S+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL))
START_S = 120  # Next compiles first
PATIENCE_MS = 60_000
PAGE = "<!doctype html><title>An app</title>"
LAYOUT = "export default function Layout({ children }) { return <html><body>{children}</body></html>; }"
APP = {"app/layout.jsx": LAYOUT, "app/page.jsx": "export default function App() { return <p>An app</p>; }"}

# A team's host names, which are no localhost: over http a browser sends them no Sec-Fetch-Site.
TEAM = Settings(allow_origin=("http://app.test:*",), allow_host=("app.test", "mock.test"))
TEAM_VITE = """import http from "node:http";
const agent = new http.Agent({ lookup: (name, options, found) => found(null, [{ address: "127.0.0.1", family: 4 }]) });
const forward = { target: "TARGET", changeOrigin: true, agent };
export default { server: { allowedHosts: true, proxy: { "/api": forward, "/__mock__": forward } } };
"""

Serve = Callable[..., str]


@pytest.fixture
def folder() -> Iterator[Path]:
    with node_folder() as made:
        yield made


@pytest.fixture
def mock() -> Iterator[RunningMock]:
    with running_mock(TEAM) as running:
        yield running


@pytest.fixture
def profile(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def serve(folder: Path, mock: RunningMock) -> Iterator[Serve]:
    """Start a dev server in the folder with files of the README and of the test; its URL, once it forwards."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*command: str | Path, files: dict[str, str]) -> str:
        port = str(free_port())
        for name, content in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(content.replace("http://localhost:8080", mock.url))
        words = [port if word == "PORT" else word for word in command]
        quiet = {"NEXT_TELEMETRY_DISABLED": "1", "BROWSER": "none", "CI": "1"}
        with (folder / "output.txt").open("wb") as output:
            started.append(
                subprocess.Popen(
                    words,
                    cwd=folder,
                    env=os.environ | quiet,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,  # a group of its own, so that its workers end with it
                )
            )
        url = f"http://localhost:{port}"
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and started[-1].poll() is None:
            try:
                if httpx2.get(f"{url}/__mock__/ready", timeout=START_S).status_code == 200:
                    return url
            except httpx2.TransportError:
                time.sleep(0.1)
        raise AssertionError((folder / "output.txt").read_text())

    yield start
    for each in started:
        _end(each)


def _end(server: subprocess.Popen[bytes], patience_s: float = 60) -> None:
    """End a server and its workers: Next's outlive it by a moment, and write to the folder that is removed next."""
    deadline = time.monotonic() + patience_s
    with suppress(ProcessLookupError):  # the group is empty
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=patience_s)
        while time.monotonic() < deadline:
            os.killpg(server.pid, 0)
            time.sleep(0.05)
        os.killpg(server.pid, signal.SIGKILL)


def with_vite(serve: Serve) -> str:
    files = {"vite.config.ts": SNIPPETS["vite.config.ts"], "index.html": PAGE}
    return serve(npm_package(".bin/vite"), "--port", "PORT", "--strictPort", "--host", "localhost", files=files)


def with_webpack(serve: Serve, **changes: str) -> str:
    config = SNIPPETS["webpack.config.mjs"]
    for old, new in changes.items():
        config = config.replace(old, new)
    runner = (SOURCES / "proxies" / "webpack.mjs").read_text()
    files = {"webpack.config.mjs": config, "webpack.mjs": runner, "empty.mjs": "", "public/index.html": PAGE}
    return serve("node", "webpack.mjs", "PORT", files=files)


def with_webpack_that_changes_the_origin(serve: Serve) -> str:
    return with_webpack(serve, target="changeOrigin: true, target")


def with_next(serve: Serve) -> str:
    files = {"next.config.mjs": SNIPPETS["next.config.mjs"], **APP}
    return serve(npm_package(".bin/next"), "dev", "--port", "PORT", files=files)


SERVERS = [
    with_vite,
    *(
        pytest.param(each, marks=pytest.mark.recipes)
        for each in (with_webpack, with_webpack_that_changes_the_origin, with_next)
    ),
]


@pytest.mark.parametrize("start", SERVERS, ids=lambda each: each.__name__.replace("_", " "))
def test_sign_in_calls_and_dashboard_work_through_the_proxy(
    start: Callable[[Serve], str], serve: Serve, profile: BrowserContext, mock: RunningMock
) -> None:
    url = start(serve)
    app = profile.new_page()
    app.goto(url)
    assert app.evaluate(SIGN_IN, [url, USER])[0] == 200
    assert app.evaluate(CREATE, [url + PATH, GOOD | {"name": "through the proxy"}])[0] == 201

    dashboard = opened(profile, url)
    expect(dashboard.locator("#journal")).to_contain_text("through the proxy", timeout=PATIENCE_MS)
    dashboard.get_by_role("button", name="Add fault").click()  # a call that changes the mock
    expect(dashboard.locator("#faults")).to_contain_text("status 500", timeout=PATIENCE_MS)
    assert app.evaluate(CREATE, [url + PATH, GOOD])[0] == 500
    expect(dashboard.locator("#journal")).to_contain_text("500", timeout=PATIENCE_MS)  # it came live
    assert app.evaluate("fetch('/__mock__/verify', {method: 'POST', body: '{\"times\": 1, \"status\": 201}',"
                        "headers: {'Content-Type': 'application/json', 'X-Mock-Control': '1'}}).then(r => r.status)"
                        ) == 200  # fmt: skip


def test_a_plain_http_page_signs_in_through_a_proxy_that_changes_the_origin(
    serve: Serve, profile: BrowserContext, mock: RunningMock
) -> None:
    team = mock.url.replace("localhost", "mock.test")
    files = {"vite.config.mjs": TEAM_VITE.replace("TARGET", team), "index.html": PAGE}
    vite = (npm_package(".bin/vite"), "--port", "PORT", "--strictPort", "--host", "127.0.0.1")
    url = serve(*vite, files=files).replace("localhost", "app.test")
    app = profile.new_page()
    app.goto(url)
    # Directly, the browser drops the cookie, and the mock says so.
    refused = f"the web page {url} and the mock at {team} are different sites"
    for script, status, call in ((SIGN_IN, 403, [team, USER]), (CREATE, 401, [team + PATH, GOOD])):
        answer = app.evaluate(script, call)
        assert answer[0] == status
        assert refused in answer[1]["error"]["message"]
    # Through the proxy they are one origin for the browser, with the same Host and Origin as before for the mock.
    assert app.evaluate(SIGN_IN, [url, USER])[0] == 200
    assert app.evaluate(CREATE, [url + PATH, GOOD])[0] == 201
    assert ["host", team.removeprefix("http://")] in mock.requests(limit=1)[0]["request"]["headers"]
    profile.clear_cookies()
    status, answer = app.evaluate(CREATE, [url + PATH, GOOD])
    assert (status, "different sites" in answer["error"]["message"]) == (401, False)
    assert refused in app.evaluate(SIGN_IN, [team, USER])[1]["error"]["message"]


def opened(profile: BrowserContext, url: str, query: str = "") -> Page:
    page = profile.new_page()
    page.goto(f"{url}/__mock__/{query}", wait_until="commit")
    expect(page.locator("#connection")).to_have_text("Live", timeout=PATIENCE_MS)
    return page


def test_a_proxy_that_holds_the_stream_back_is_reported_within_five_seconds(
    serve: Serve, profile: BrowserContext, mock: RunningMock
) -> None:
    source = (SOURCES / "proxies" / "buffering.mjs").read_text()
    url = serve("node", "buffering.mjs", "PORT", mock.url, files={"buffering.mjs": source})
    page = profile.new_page()
    page.goto(f"{url}/__mock__/")
    expect(page.get_by_role("alert")).to_contain_text(f"open the mock's own address ({mock.url}/__mock__/)")
    shown_ms = page.evaluate("performance.now()")
    assert shown_ms < 50_000  # 4 s and what a busy machine adds


def test_the_refusal_of_a_web_page_names_host_origin_and_change_origin(mock: RunningMock) -> None:
    headers = {"Origin": "http://192.168.1.7:5173", "X-Mock-Control": "1", "Content-Type": "application/json"}
    for call in ("faults", "verify"):
        method = "PUT" if call == "faults" else "POST"
        answer = httpx2.request(method, f"{mock.url}/__mock__/{call}", headers=headers, content=b"{}")
        assert answer.status_code == 403
        message = answer.json()["error"]["message"]
        assert all(each in message for each in ("http://192.168.1.7:5173", mock.url, "changeOrigin"))
    for file in ("", "app.js", "style.css"):
        assert httpx2.get(f"{mock.url}/__mock__/{file}", headers={"Origin": "http://x.test"}).status_code == 200


def test_only_a_web_page_of_this_machine_may_be_behind_a_proxy(mock: RunningMock) -> None:
    """Else a name that was rebound to a dev server would control the mock."""
    for origin, status in (("http://localhost:5173", 204), ("http://evil.test:5173", 403)):
        headers = {"Origin": origin, "Sec-Fetch-Site": "same-origin", "X-Mock-Control": "1"}
        assert httpx2.post(f"{mock.url}/__mock__/reset", headers=headers).status_code == status


def test_a_proxy_that_passes_the_stream_on_in_large_pieces_is_reported(
    serve: Serve, profile: BrowserContext, mock: RunningMock
) -> None:
    """The requests so far fill its buffer, so that the first events arrive and later ones do not."""
    source = (SOURCES / "proxies" / "buffering.mjs").read_text()
    url = serve("node", "buffering.mjs", "PORT", mock.url, "4000", files={"buffering.mjs": source})
    for i in range(5):
        httpx2.post(mock.endpoint, json=GOOD | {"name": f"before {i}"}, headers=LOGIN)
    page = opened(profile, url)
    httpx2.post(mock.endpoint, json=GOOD | {"name": "held back"}, headers=LOGIN)
    expect(page.get_by_role("alert")).to_contain_text("The mock answers, but its events come late", timeout=PATIENCE_MS)
    expect(page.locator("#journal")).not_to_contain_text("held back")
    for i in range(5):
        httpx2.post(mock.endpoint, json=GOOD | {"name": f"after {i}"}, headers=LOGIN)
    expect(page.locator("#journal")).to_contain_text("held back", timeout=PATIENCE_MS)


def test_a_web_page_in_place_of_the_state_is_reported(profile: BrowserContext, mock: RunningMock) -> None:
    page = profile.new_page()
    page.route(re.compile("/__mock__/state$"), lambda route: route.fulfill(body="<!doctype html>"))
    page.goto(f"{mock.url}/__mock__/")
    expect(page.get_by_role("alert")).to_contain_text("Something else answers in place of the mock: forward /__mock__/")


def test_scripts_that_do_not_load_are_reported(profile: BrowserContext, mock: RunningMock) -> None:
    page = profile.new_page()
    page.route("**/app.js", lambda route: route.fulfill(status=403))
    page.goto(f"{mock.url}/__mock__/")
    expect(page.get_by_role("alert")).to_contain_text("The scripts of this web page do not load")


def test_eight_dashboards_leave_connections_to_the_app(profile: BrowserContext, mock: RunningMock) -> None:
    dashboards = [opened(profile, mock.url) for _ in range(8)]
    app = profile.new_page()
    app.goto(f"{mock.url}/page")
    assert app.evaluate(SIGN_IN, [mock.url, USER])[0] == 200
    assert app.evaluate(CREATE, [mock.url + PATH, GOOD | {"name": "for all tabs"}])[0] == 201
    for each in dashboards:
        expect(each.locator("#journal")).to_contain_text("for all tabs")
    late = opened(profile, mock.url)
    expect(late.locator("#journal")).to_contain_text("for all tabs")
    for each in dashboards:
        each.close()
    assert app.evaluate(CREATE, [mock.url + PATH, GOOD | {"name": "after all"}])[0] == 201
    expect(late.locator("#journal")).to_contain_text("after all")


@pytest.mark.long  # test_eight_dashboards shows it with one world
def test_dashboards_of_many_worlds_leave_connections_to_the_app(profile: BrowserContext, mock: RunningMock) -> None:
    for i in range(4):
        opened(profile, mock.url, f"?world=w{i}")
    fifth = profile.new_page()
    fifth.goto(f"{mock.url}/__mock__/?world=w5")
    expect(fifth.get_by_role("alert")).to_contain_text("Dashboards of four other worlds are open in this browser")
    app = profile.new_page()
    app.goto(f"{mock.url}/page")
    assert app.evaluate(SIGN_IN, [mock.url, USER])[0] == 200
    profile.pages[0].goto("about:blank")
    expect(fifth.locator("#connection")).to_have_text("Live", timeout=PATIENCE_MS)
