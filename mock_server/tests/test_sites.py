"""Web pages of the same site and of others, over http and https: the sign-in works, or says why it cannot."""

from __future__ import annotations

import faulthandler
import functools
import http.server
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import trustme
from playwright.sync_api import Browser, BrowserContext

from mock_server import RunningMock, Settings, running_mock
from mock_server.tests.conftest import GOOD, LOGIN, PATH, StartMock

SIGN_IN = """async ([mock, body]) => {
  try {
    const answer = await fetch(mock + "/__mock__/sessions", {method: "POST", credentials: "include",
      headers: {"Content-Type": "application/json", "X-Mock-Control": "1"}, body: JSON.stringify(body)});
    return [answer.status, await answer.json()];
  } catch (error) { return [0, String(error)]; }
}"""
CREATE = """async ([url, body]) => {
  try {
    const answer = await fetch(url, {method: "POST", credentials: "include",
      headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)});
    return [answer.status, await answer.json()];
  } catch (error) { return [0, String(error)]; }
}"""
USER = {"user": "user_xyz789"}


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def page_ports(tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA) -> Iterator[dict[str, int]]:
    """Servers of an empty web page, as a frontend's dev server would be: over http and over https."""
    folder: Path = tmp_path_factory.mktemp("pages")
    (folder / "index.html").write_text("<!doctype html><title>A web page</title>")
    handler = functools.partial(_Quiet, directory=str(folder))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    servers = {scheme: http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) for scheme in ("http", "https")}
    servers["https"].socket = context.wrap_socket(servers["https"].socket, server_side=True)
    for each in servers.values():
        threading.Thread(target=each.serve_forever, daemon=True).start()
    yield {scheme: each.server_port for scheme, each in servers.items()}
    for each in servers.values():
        each.shutdown()
        each.server_close()


@pytest.fixture
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """A new browser profile, that accepts made certificates as a developer does."""
    context = browser.new_context(ignore_https_errors=True)
    yield context
    context.close()


Try = Callable[..., tuple[Any, Any]]


@pytest.fixture
def try_from(profile: BrowserContext) -> Try:
    """Sign in to a mock from a web page, and create a lead list with the cookie: both answers."""

    def attempt(page_url: str, mock_url: str) -> tuple[Any, Any]:
        page = profile.new_page()
        page.goto(page_url)
        return page.evaluate(SIGN_IN, [mock_url, USER]), page.evaluate(CREATE, [mock_url + PATH, GOOD])

    return attempt


def on(host: str, mock: RunningMock) -> str:
    return mock.url.replace("localhost", host)


def notices(mock: RunningMock) -> list[str]:
    return [each["text"] for each in mock.control("GET", "state")["notices"]]


def test_a_web_page_of_another_host_name_gets_the_address_to_call(try_from: Try, page_ports: dict[str, int]) -> None:
    page = f"http://127.0.0.1:{page_ports['http']}"
    with running_mock() as mock:
        remedy = on("127.0.0.1", mock)
        message = (
            f"The browser drops the session cookie, because the web page {page} and the mock at {mock.url} are "
            f"different sites: call the mock as {remedy}, or send the token as Authorization: Bearer"
        )
        signed_in, created = try_from(page, mock.url)
        assert (signed_in[0], signed_in[1]["error"]["message"]) == (403, message)
        assert (created[0], created[1]["error"]["message"]) == (401, message)
        assert notices(mock) == [message]
        signed_in, created = try_from(page, remedy)  # what the sentence says
        assert (signed_in[0], created[0]) == (200, 201)


def test_a_web_page_over_https_gets_the_advice_to_start_the_mock_with_tls(
    try_from: Try, page_ports: dict[str, int]
) -> None:
    page = f"https://localhost:{page_ports['https']}"
    with running_mock() as mock:
        signed_in, created = try_from(page, mock.url)
        for status, answer in ((403, signed_in), (401, created)):
            assert answer[0] == status
            remedy = f"start the mock with --tls and call it as {mock.url.replace('http:', 'https:')}"
            assert remedy in answer[1]["error"]["message"]
    with running_mock(Settings(tls=True)) as mock:
        signed_in, created = try_from(page, mock.url)
        assert (signed_in[0], created[0]) == (200, 201)


def test_over_https_web_pages_of_other_sites_sign_in(
    profile: BrowserContext, try_from: Try, page_ports: dict[str, int]
) -> None:
    origins = (f"http://127.0.0.1:{page_ports['http']}", f"http://evil.test:{page_ports['http']}")
    with running_mock(Settings(tls=True, allow_origin=origins[1:])) as mock:
        for each in origins:
            profile.clear_cookies()
            signed_in, created = try_from(each, mock.url)
            assert (signed_in[0], created[0]) == (200, 201), each
            # Partitioned, or a browser that blocks cookies of third parties would drop it.
            cookies = {each["name"]: (each["sameSite"], "partitionKey" in each) for each in profile.cookies(mock.url)}
            assert cookies == {"__session": ("None", True), "__session_port": ("None", True)}
        profile.clear_cookies()
        assert [each[0] for each in try_from(f"https://localhost:{page_ports['https']}", mock.url)] == [200, 201]
        assert {each["sameSite"] for each in profile.cookies(mock.url)} == {"Lax"}


def test_the_dashboard_over_https_is_live(profile: BrowserContext) -> None:
    with running_mock(Settings(tls=True)) as mock:
        page = profile.new_page()
        page.goto(f"{mock.url}/__mock__/")
        page.get_by_text("Live", exact=True).wait_for()


def test_a_web_page_of_a_shared_host_name_gets_the_flag_for_it_as_well() -> None:
    app = {"Origin": "http://app.test:5173", "Sec-Fetch-Site": "cross-site", "X-Mock-Control": "1"}
    with running_mock(Settings(allow_origin=("http://app.test:5173",))) as mock:
        refused = httpx2.post(f"{mock.url}/__mock__/sessions", json=USER, headers=app)
        remedy = f"call the mock as {on('app.test', mock)}, started with --allow-host app.test"
        assert remedy in refused.json()["error"]["message"]
    followed = app | {"Sec-Fetch-Site": "same-site", "Host": "app.test"}
    with running_mock(Settings(allow_origin=("http://app.test:5173",), allow_host=("app.test",))) as mock:
        assert httpx2.post(f"{mock.url}/__mock__/sessions", json=USER, headers=followed).status_code == 200


PREFLIGHT = {"Access-Control-Request-Method": "POST"}


@pytest.mark.parametrize(
    ("host", "page", "fetch_site", "is_direct", "status"),
    [
        # Browsers send Sec-Fetch-Site to localhost and over https: the header decides.
        ("localhost", "http://127.0.0.1:5173", "cross-site", True, 403),
        ("localhost", "http://localhost:5173", "same-site", True, 200),
        ("localhost", "http://127.0.0.1:5173", "same-origin", False, 200),  # a proxy changes the Host
        ("localhost", "https://localhost:5173", "same-origin", False, 200),
        ("127.0.0.1:5173", "http://127.0.0.1:5173", "same-origin", False, 200),  # and one that does not
        ("mock.test", "https://app.test", "same-origin", False, 200),
        ("mock.test", "http://localhost:5173", "same-origin", False, 200),
        # To other names, and from old browsers, there is none: the preflight decides.
        ("mock.test", "http://app.test:5173", None, True, 403),
        ("mock.test", "http://app.test:5173", None, False, 200),
        ("localhost", "http://app.test:5173", None, False, 200),
        ("app.test", "http://app.test:5173", None, True, 200),  # two ports of one site
        ("app.test:5173", "http://app.test:5173", None, False, 200),
        ("localhost", "http://127.0.0.1:5173", None, True, 403),
        ("localhost", "http://127.0.0.1:5173", None, False, 200),
        ("localhost", "http://localhost:5173", None, True, 200),
        ("10.0.0.7", "http://app.test:5173", None, False, 200),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "forwarded", [{}, {"X-Forwarded-Host": "app.test:5173", "X-Forwarded-Proto": "http"}], ids=["", "X-Forwarded-Host"]
)
def test_only_a_sign_in_of_which_the_browser_drops_the_cookie_is_refused(
    host: str,
    page: str,
    fetch_site: str | None,
    is_direct: bool,
    status: int,
    forwarded: dict[str, str],
    team: RunningMock,
) -> None:
    sessions = f"{team.url}/__mock__/sessions"
    headers = {"Host": host, "Origin": page, **forwarded, **({"Sec-Fetch-Site": fetch_site} if fetch_site else {})}
    for _ in range(2):
        if is_direct:
            answer = httpx2.options(sessions, headers=headers | PREFLIGHT)
            assert (answer.status_code, answer.headers["access-control-max-age"]) == (204, "0")
        answer = httpx2.post(sessions, json=USER, headers=headers | {"X-Mock-Control": "1"})
        assert answer.status_code == status, answer.text


@pytest.fixture(scope="module")
def team() -> Iterator[RunningMock]:
    origins = ("http://app.test:5173", "https://app.test")
    with running_mock(Settings(allow_origin=origins, allow_host=("app.test", "mock.test", "10.0.0.7"))) as mock:
        yield mock


# -- certificates


def test_an_own_certificate_is_served(start_mock: StartMock, authority: trustme.CA, tmp_path: Path) -> None:
    own = authority.issue_cert("localhost")
    certificate, key, both = tmp_path / "cert.pem", tmp_path / "key.pem", tmp_path / "both.pem"
    own.cert_chain_pems[0].write_to_path(certificate)
    own.private_key_pem.write_to_path(key)
    own.private_key_and_cert_chain_pem.write_to_path(both)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    for flags in (["--tls-cert", str(certificate), "--tls-key", str(key)], ["--tls-cert", str(both)]):
        running = start_mock(*flags)
        assert running.url.startswith("https://localhost:")
        assert httpx2.post(running.endpoint, json=GOOD, headers=LOGIN, verify=trusting).status_code == 201


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--tls-cert", "none.pem"], "--tls-cert: the file none.pem does not exist"),
        (["--tls-key", "key.pem"], "give --tls-cert as well"),
        (["--tls-cert", __file__], "cannot be used"),
    ],
    ids=["no file", "a key alone", "no certificate"],
)
def test_an_unusable_certificate_is_reported_on_one_line(flags: list[str], message: str, run_cli: Any) -> None:
    ended = run_cli("--port", "0", *flags)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_waiting_takes_the_certificate_that_was_made(start_mock: StartMock, run_cli: Any) -> None:
    running = start_mock("--tls")
    assert run_cli("wait", running.url).returncode == 0
    assert run_cli("--tls", "--port", running.url.rpartition(":")[2], "wait").returncode == 0


@pytest.mark.parametrize("flags", [["--tls"], []])
def test_waiting_for_the_other_scheme_ends_at_once(flags: list[str], start_mock: StartMock, run_cli: Any) -> None:
    url = start_mock(*flags).url
    other = url.replace("https:", "http:") if flags else url.replace("http:", "https:")
    ended = run_cli("wait", other, "--for-s", "600")
    assert ended.returncode == 3
    assert ended.stderr.endswith(f"no mock responds at {other}: the mock there serves {url}\n")


def test_https_to_a_mock_of_http_is_refused_and_noticed_once(start_mock: StartMock) -> None:
    mock = start_mock()
    for _ in range(2):
        with pytest.raises(httpx2.TransportError):
            httpx2.get(mock.url.replace("http:", "https:"), timeout=10)
    remedy = "use http://, or start the mock with --tls"
    newest, _ = httpx2.get(f"{mock.url}/__mock__/requests").json()["requests"]
    shown = newest["answer"]["body"]
    assert f"this is HTTPS; {remedy}" in shown
    mock.process.terminate()
    told = f"leadlists-mock: A client called this port over HTTPS, but it serves plain HTTP: {remedy}\n"
    assert mock.process.communicate(timeout=60)[1] == told


@pytest.mark.parametrize("size", [4000, 1], ids=["at once", "byte by byte"])
def test_http_to_a_mock_of_https_gets_the_url_to_use(size: int) -> None:
    with running_mock(Settings(tls=True)) as mock:
        port = port_of(mock)
        request = f"OPTIONS / HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:5173\r\n\r\n".encode()
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            for at in range(0, len(request), size):
                connection.sendall(request[at : at + size])
            head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
            connection.sendall(b"the body that follows")
        assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert b"access-control-allow-origin: http://localhost:5173\r\n" in head
        told = f"This port serves HTTPS, and the request came over plain HTTP: use https://localhost:{port}."
        assert json.loads(body)["error"]["message"].endswith(told)
        assert notices(mock) == [f"A client called this port over plain HTTP, but it serves HTTPS: use {mock.url}"]
        shown = mock.requests()[0]
        assert (shown["method"], shown["path"]) == ("OPTIONS", "/")
        assert told in shown["answer"]["body"]


@pytest.mark.parametrize(
    "sent",
    [b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", b"x" * 100_000],
    ids=["no host", "bad host", "no end"],
)
def test_broken_http_to_a_mock_of_https_gets_the_scheme_to_use(sent: bytes) -> None:
    with (
        running_mock(Settings(tls=True)) as mock,
        socket.create_connection(("127.0.0.1", port_of(mock)), timeout=20) as connection,
    ):
        connection.sendall(sent)
        assert b"came over plain HTTP: use https://." in connection.recv(65536)


@pytest.mark.parametrize("closes", ["close", "keep-alive"])
def test_a_client_that_never_ends_its_tls_does_not_hold_the_mock_up(closes: str) -> None:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with running_mock(Settings(tls=True)) as mock:
        connection = socket.create_connection(("127.0.0.1", port_of(mock)), timeout=10)
        over_tls = trusting.wrap_socket(connection, server_hostname="localhost")
        over_tls.sendall(f"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: {closes}\r\n\r\n".encode())
        assert over_tls.recv(5) == b"HTTP/"
        stopped = threading.Timer(20, faulthandler.dump_traceback)
        stopped.start()
    assert stopped.is_alive()
    stopped.cancel()
    over_tls.close()


# -- two mocks


def test_a_cookie_of_another_mock_is_noticed(try_from: Try, page_ports: dict[str, int]) -> None:
    page = f"http://localhost:{page_ports['http']}"
    with running_mock() as one, running_mock() as other, running_mock(Settings(cookie_name="sid")) as third:
        for each in (one, third):
            try_from(page, each.url)
            assert notices(each) == []
        try_from(page, other.url)
        assert notices(other) == []
        page_of_one = httpx2.post(  # as the browser sends it from now on
            one.endpoint, json=GOOD, headers={"cookie": f"__session=xyz789-session; __session_port={port_of(other)}"}
        )
        assert page_of_one.status_code == 201
        assert notices(one) == [
            f"The session cookie __session was set by the mock on port {port_of(other)}, not by this one on port "
            f"{port_of(one)}: mocks on one host name overwrite each other's cookie; start one with --cookie-name NAME"
        ]
        assert notices(third) == []


def port_of(mock: RunningMock) -> int:
    return int(mock.url.rpartition(":")[2])


def test_a_cookie_of_another_mock_is_reported_once_on_stderr(start_mock: StartMock) -> None:
    running = start_mock()
    for _ in range(3):
        cookie = "__session=xyz789-session; __session_port=1"
        assert httpx2.post(running.endpoint, json=GOOD, headers={"cookie": cookie}).status_code == 201
    running.process.terminate()
    stderr = running.process.communicate(timeout=10)[1]
    assert stderr.startswith("leadlists-mock: The session cookie __session was set by the mock on port 1, ")
    assert stderr.count("\n") == 1


# -- preflights


def preflight(mock: RunningMock, origin: str, call: str = PATH) -> httpx2.Response:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return httpx2.request("OPTIONS", mock.url + call, headers=headers)


def test_a_refused_preflight_names_the_origin_and_the_flag() -> None:
    message = (
        "Web pages of the origin https://app.example.com may not call this mock; "
        "to allow them, start the mock with --allow-origin https://app.example.com"
    )
    with running_mock() as mock:
        for call in (PATH, "/anything"):
            answer = preflight(mock, "https://app.example.com", call)
            assert (answer.status_code, answer.json()["error"]["message"]) == (403, message)
            assert not [name for name in answer.headers if name.startswith("access-control")]
        assert message in mock.requests(method="OPTIONS")[0]["answer"]["body"]
        assert notices(mock) == [message]
        sign_in = preflight(mock, "https://app.example.com", "/__mock__/sessions")
        assert (sign_in.status_code, sign_in.json()["error"]["message"]) == (403, message)
    with running_mock(Settings(allow_origin=("https://app.example.com",))) as mock:  # what the sentence says
        assert preflight(mock, "https://app.example.com").status_code == 204


def test_the_dashboard_shows_a_notice_until_it_is_dismissed(profile: BrowserContext) -> None:
    with running_mock() as mock:
        page = profile.new_page()
        page.goto(f"{mock.url}/__mock__/")
        page.get_by_text("Live", exact=True).wait_for()
        preflight(mock, "https://app.example.com")
        notice = page.get_by_role("listitem").filter(has_text="--allow-origin https://app.example.com")
        notice.wait_for()
        notice.get_by_role("button", name="Dismiss").click()
        assert notice.count() == 0


def test_notices_have_a_bound_and_end_with_a_reset() -> None:
    with running_mock() as mock:
        for i in range(25):
            preflight(mock, f"http://evil{i}.test")
        assert len(notices(mock)) == 20
        mock.reset()
        assert notices(mock) == []


def test_an_allowed_origin_may_be_a_pattern(try_from: Try, page_ports: dict[str, int]) -> None:
    port = page_ports["http"]
    with running_mock(Settings(allow_origin=(f"http://*.preview.test:{port}",), tls=True)) as mock:
        assert [each[0] for each in try_from(f"http://pr-7.preview.test:{port}", mock.url)] == [200, 201]
        assert [each[0] for each in try_from(f"http://evil.test:{port}", mock.url)] == [0, 0]
