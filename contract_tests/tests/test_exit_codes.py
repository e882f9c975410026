"""The table of exit codes: each code, the situation that provokes it with a real process, and what the command says.

test_endings.py provokes 130 and 143, and test_cli.py 1 and the other forms of wrong usage.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest

from contract_tests.tests.conftest import USERS
from contract_tests.tests.engine.test_conduct import GatewayAfterThirty, QuotaOfThirty, SessionOfThirty
from contract_tests.tests.ports import free_port
from contract_tests.tests.servers.right_core import Answer, Refusal, Request, RightCore
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.starting import finished
from contract_tests.tests.test_cli import LOGIN, environment

QUICK = ("--depth=quick", "--clauses=access")
MOST_REQUESTS = 60  # of a run that ends because it cannot judge any more; the plan alone has some four hundred


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    done = finished("contract_tests", "run", *arguments, env=environment(**{"SENDS_ONE_IN": "8", **variables}))
    assert "Traceback" not in done.stdout + done.stderr
    return done


@contextmanager
def listener(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that treats each connection as answer says; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    try:
                        answer(connection)
                    except OSError:
                        continue

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        server.close()


def answering(head: bytes) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(head + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        # Closed while the rest of the request is unread, the system would drop the response (RFC 9112 §9.6).
        connection.settimeout(1)
        with suppress(OSError):
            while connection.recv(65536):
                pass

    return answer


def certificates(folder: Path) -> Path:
    """A key with a self-signed certificate for 127.0.0.1, in one file."""
    file = folder / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    file.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return file


@contextmanager
def tls_server(folder: Path, *, asks_for_certificate: bool = False) -> Iterator[int]:
    """A right-looking TLS port: it ends the handshake and answers 401."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates(folder))
    if asks_for_certificate:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(folder / "cert.pem")

    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            answering(b"HTTP/1.1 401 Unauthorized")(wrapped)

    with listener(answer) as port:
        yield port


class Server(NamedTuple):
    """A way to serve something for the length of a `with` block, which yields its URL."""

    start: Callable[[Path], AbstractContextManager[str]]  # gets a folder that has the files of certificates()


def app(kind: Callable[..., RightCore]) -> Server:
    return Server(lambda folder: serve(kind(USERS)))


def address(url: str) -> Server:
    return Server(lambda folder: nullcontext(url))


def over_tls(server: Server) -> Server:
    """The same server with an https URL."""

    @contextmanager
    def start(folder: Path) -> Iterator[str]:
        with server.start(folder) as url:
            yield url.replace("http:", "https:")

    return Server(start)


def raw(answer: Callable[[socket.socket], None]) -> Server:
    @contextmanager
    def start(folder: Path) -> Iterator[str]:
        with listener(answer) as port:
            yield f"http://127.0.0.1:{port}"

    return Server(start)


def tls(*, scheme: str = "https", asks_for_certificate: bool = False) -> Server:
    @contextmanager
    def start(folder: Path) -> Iterator[str]:
        with tls_server(folder, asks_for_certificate=asks_for_certificate) as port:
            yield f"{scheme}://127.0.0.1:{port}"

    return Server(start)


def silent(connection: socket.socket) -> None:
    """Send nothing until the client gives up."""
    while connection.recv(65536):
        pass


class BusyForAMoment(RightCore):
    """Answers 503 with Retry-After to three requests."""

    seen = 0

    def route(self, request: Request) -> None:
        super().route(request)
        self.seen += 1
        if 10 < self.seen < 14:
            raise Refusal(503, "UNAVAILABLE", "Restarting.")

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = super().refuse(request, refusal)
        more = {"retry-after": "1"} if refusal.status == 503 else {}
        return answer._replace(headers={**answer.headers, **more})


class QuotaFromTheStart(QuotaOfThirty):
    seen = 30


class SignInPage(RightCore):
    """Redirects to a web page whose address repeats the token."""

    def create(self, request: Request) -> Answer:
        token = request.headers["authorization"].removeprefix("Bearer ")
        return Answer(302, {"location": f"/sign-in?session={token}"}, b"")


class SlashAppended(RightCore):
    def create(self, request: Request) -> Answer:
        return Answer(301, {"location": f"{request.path}/"}, b"")


class Situation(NamedTuple):
    """A run that provokes an exit code. `{url}` and `{folder}` in arguments and variables are replaced."""

    name: str
    server: Server
    says: str
    arguments: tuple[str, ...] = ("{url}", *LOGIN, *QUICK)
    variables: Mapping[str, str] = MappingProxyType({})


def gateway(status: str) -> Server:
    return raw(answering(f"HTTP/1.1 {status}".encode()))


RIGHT = app(RightCore)
NOWHERE = address("http://127.0.0.1:1")
WHOLE = ("{url}", *LOGIN, "--depth=quick")
TRUSTED = ("{url}", *LOGIN, "--ca-file={folder}/cert.pem")
SITUATIONS: dict[int, tuple[Situation, ...]] = {
    0: (
        Situation("a restart in the middle", app(BusyForAMoment), "0 broken", WHOLE),
        Situation(
            "proxy variables that do not apply", RIGHT, "0 broken",
            variables={"HTTP_PROXY": "socks5://127.0.0.1:1", "http_proxy": "http://:x", "NO_PROXY": "127.0.0.1"},
        ),
    ),
    2: (
        Situation("no URL", NOWHERE, "no URL was given", LOGIN),
        Situation("a SOCKS proxy", RIGHT, "$HTTP_PROXY: ", variables={"HTTP_PROXY": "socks5://127.0.0.1:1"}),
        Situation("a broken proxy variable", RIGHT, "$http_proxy: ", variables={"http_proxy": "http://[x"}),
        Situation("an unknown kind of proxy", RIGHT, "$ALL_PROXY: ", variables={"ALL_PROXY": "nonsense://h:1"}),
        Situation("a login command that fails", RIGHT, "exit code 7", ("{url}", "--login-command=exit 7")),
        Situation("a login command without a cookie", RIGHT, "no cookie", ("{url}", "--login-command=echo Cookie: a")),
        Situation("a login command without a token", RIGHT, "gives no token", ("{url}", "--login-command=true")),
        Situation(
            "a login command that steers the terminal", RIGHT, "exit code 3: \\x1b]0;owned\\x07no",
            ("{url}", "--login-command=printf '\\033]0;owned\\007no' >&2; exit 3"),
        ),
        Situation("no file with a token", RIGHT, "--bearer-file", ("{url}", "--bearer-file={folder}/missing")),
        Situation("no certificate in the file", RIGHT, "--client-cert", ("{url}", *LOGIN, f"--client-cert={__file__}")),
    ),
    3: (
        Situation("no server", NOWHERE, "cannot be reached"),
        Situation("a server that does not start in time", NOWHERE, "cannot be reached", (*WHOLE, "--wait=0.5")),
        Situation("a silent server", raw(silent), "no complete response within 0.5 s", (*WHOLE, "--timeout=0.5")),
        Situation("a wrong path", RIGHT, "there is no such endpoint", ("{url}/elsewhere", *LOGIN)),
        Situation("the path twice", RIGHT, "the path has /api/v1 twice", ("{url}/api/v1", *LOGIN)),
        Situation("a redirect to a login page", app(SignInPage), "If users sign in there, the given login is not"),
        Situation("a redirect to a trailing slash", app(SlashAppended), "has no trailing slash"),
        Situation("no login", RIGHT, "no login was given", ("{url}",)),
        Situation("a wrong login", RIGHT, "the given login is not accepted", ("{url}", "--bearer=wrong")),
        Situation("a user without permission", gateway("403 Forbidden"), "lacks a permission"),
        Situation("the session ends in the middle", app(SessionOfThirty), "The session ended after", WHOLE),
        Situation("the quota is used up from the start", app(QuotaFromTheStart), "the quota is used up"),
        Situation("the quota is used up in the middle", app(QuotaOfThirty), "the quota is used up after ", WHOLE),
        Situation("a gateway without a backend", gateway("503 Service Unavailable"), "the server, or a gateway"),
        Situation("a gateway with a broken backend", gateway("502 Bad Gateway"), "answers 502"),
        Situation("a gateway that loses its backend", app(GatewayAfterThirty), "keeps answering 503", WHOLE),
        Situation("an unknown certificate", tls(), "does not trust"),
        Situation("a certificate that is trusted, a wrong login", tls(), "answers 401", TRUSTED),
        Situation("http to a TLS port", tls(scheme="http"), "Use https:// instead of http://"),
        Situation("https to a port without TLS", over_tls(RIGHT), "does not support TLS"),
        Situation("no client certificate", tls(asks_for_certificate=True), "a client certificate", TRUSTED),
        Situation(
            "a client certificate that is accepted, a wrong login", tls(asks_for_certificate=True), "answers 401",
            (*TRUSTED, "--client-cert={folder}/cert.pem", "--client-key={folder}/key.pem"),
        ),
        Situation(
            "no proxy", address("http://127.0.0.1:9"), "through the proxy 127.0.0.1:1 of $HTTP_PROXY",
            variables={"HTTP_PROXY": "http://user:token-1@127.0.0.1:1"},
        ),
        Situation(
            "a proxy that requires a login for http", gateway("407 Proxy Authentication Required"),
            "the proxy requires a login", ("http://192.0.2.1", *LOGIN), {"HTTP_PROXY": "{url}"},
        ),
        Situation(
            "a proxy that requires a login for https", gateway("407 Proxy Authentication Required"),
            "$HTTPS_PROXY", ("https://192.0.2.1", *LOGIN), {"HTTPS_PROXY": "{url}"},
        ),
        Situation(
            "a proxy that refuses the host for http", gateway("403 Forbidden"),
            "of $HTTP_PROXY refuses this host, or", ("http://192.0.2.1", *LOGIN), {"HTTP_PROXY": "{url}"},
        ),
        Situation(
            "a proxy that refuses the host for https", gateway("403 Forbidden"),
            "$HTTPS_PROXY", ("https://192.0.2.1", *LOGIN), {"HTTPS_PROXY": "{url}"},
        ),
    ),
    4: (Situation("nothing to judge", RIGHT, "No clause was judged", (*WHOLE, "--clauses=error.500.code")),),
}  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key and its certificate."""
    folder = tmp_path_factory.mktemp("files")
    certificates(folder)
    return folder


@pytest.mark.parametrize(
    ("code", "situation"),
    [pytest.param(code, each, id=f"{code}: {each.name}") for code, rows in SITUATIONS.items() for each in rows],
)
def test_each_situation_gives_its_exit_code_and_says_why(code: int, situation: Situation, files: Path) -> None:
    with situation.server.start(files) as url:
        arguments = [each.format(url=url, folder=files) for each in situation.arguments]
        variables = {name: value.format(url=url) for name, value in situation.variables.items()}
        done = run(*arguments, **variables)
    printed = done.stdout + done.stderr
    assert (done.returncode, situation.says in printed) == (code, True), printed
    assert "token-1" not in printed
    if code == 3 and (requests := re.search(r"(\d+) requests in", printed)):
        assert int(requests[1]) < MOST_REQUESTS


def test_wait_waits_for_a_server_that_is_starting() -> None:
    port = free_port()
    serve_later = (
        "import time, uvicorn; time.sleep(1.5); from contract_tests.tests.servers.right_core import RightCore; "
        f"uvicorn.run(RightCore({USERS!r}), port={port}, log_level='error', ws='none', lifespan='off')"
    )
    with subprocess.Popen([sys.executable, "-c", serve_later], env=environment()) as server:
        try:
            done = run(f"http://127.0.0.1:{port}", *LOGIN, *QUICK, "--wait=60")
        finally:
            server.terminate()
    assert done.returncode == 0, done.stderr
    assert run(f"http://127.0.0.1:{port}", *LOGIN, *QUICK, "--wait=0.5").returncode == 3


class Sessions(RightCore):
    """Accepts the newest of the tokens that it hands out, for USES requests each."""

    USES = 30

    def __init__(self) -> None:
        super().__init__({})
        self.uses = 0
        self.made = 0

    def hand_out(self) -> str:
        self.made += 1
        token = f"renewed-token-number-{self.made}"
        self.users, self.uses = {token: "user_1"}, 0
        return token

    def authenticate(self, request: Request) -> str:
        user = super().authenticate(request)
        self.uses += 1
        if self.uses > self.USES:
            raise Refusal(401, "UNAUTHORIZED", "The session has ended.")
        return user

    def create(self, request: Request) -> Answer:
        if request.path == "/login":
            return Answer(200, {}, self.hand_out().encode())
        return super().create(request)


class SessionsOfAGateway(Sessions):
    """Redirects to where users sign in when the session has ended, as gateways with single sign-on do."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = super().refuse(request, refusal)
        if self.uses <= self.USES or refusal.status != 401:
            return answer
        return answer._replace(status=302, headers={"location": "https://login.example/authorize?client=1"}, body=b"")


@pytest.mark.parametrize("carrier", ["", "Cookie: __session="])
@pytest.mark.parametrize("kind", [Sessions, SessionsOfAGateway])
def test_a_login_command_is_run_again_when_the_session_ends(kind: type[Sessions], carrier: str) -> None:
    with serve(server := kind()) as url:
        fetch = f"import urllib.request; print('{carrier}' + urllib.request.urlopen('{url}/login').read().decode())"
        command = f"{shlex.quote(sys.executable)} -c {shlex.quote(fetch)}"
        done = run(url, f"--login-command={command}", "--user-id=user_1", *QUICK, "--connections=1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert server.made > 2
    assert "renewed-token" not in done.stdout
    assert f"user_1 ({'cookie' if carrier else 'bearer token'})" in done.stdout


def test_a_token_from_a_file_is_read_again_when_the_session_ends(tmp_path: Path) -> None:
    file = tmp_path / "token"

    class Renewing(Sessions):
        """Writes a new token into the file when the session has ended, as a job of the team would."""

        def authenticate(self, request: Request) -> str:
            try:
                return super().authenticate(request)
            except Refusal:
                if self.uses > self.USES:
                    file.write_text(f"{self.hand_out()}\n")
                raise

    server = Renewing()
    file.write_text(server.hand_out())
    with serve(server) as url:
        done = run(url, f"--bearer-file={file}", "--user-id=user_1", *QUICK, "--connections=1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert server.made > 2


def test_a_token_that_is_about_to_expire_is_renewed_before_it_is_sent() -> None:
    from contract_tests.target.exchange import Wire
    from contract_tests.target.renewal import Renewal

    def token(expires_s: float) -> str:
        part = base64.urlsafe_b64encode(json.dumps({"exp": expires_s}).encode()).rstrip(b"=").decode()
        return f"eyJhbGciOiJub25lIn0.{part}.x"

    old, new = token(time.time() + 5), token(time.time() + 3600)
    learned: list[str] = []
    renewal = Renewal(old, lambda: new, learned.extend)
    assert renewal.headers((("Authorization", f"Bearer {old}"),)) == (("Authorization", f"Bearer {new}"),)
    assert renewal.headers((("Authorization", f"Bearer {old}x"),)) == (("Authorization", f"Bearer {old}x"),)
    assert learned == [new]
    message = Wire(b"POST / HTTP/1.1\r\nauthorization:\tBearer " + old.encode() + b"\r\n\r\n{}")
    assert renewal.wire(message, (("Authorization", f"Bearer {old}"),)).data == message.data.replace(
        old.encode(), new.encode()
    )
    assert renewal.wire(message, ()) == message


def test_only_the_session_cookie_is_renewed() -> None:
    from contract_tests.target.renewal import Renewal

    renewal = Renewal("old", lambda: "new", lambda tokens: None, cookie="__session")
    assert renewal.signs_in((("Cookie", "__session=old"),))
    assert not renewal.signs_in((("Authorization", "Bearer old"), ("Cookie", "__session=older; old")))
    assert renewal.renew()
    assert renewal.headers((("cookie", "a=1; __session=old; b=old"),)) == (("cookie", "a=1; __session=new; b=old"),)
    assert renewal.headers((("Cookie", "__session=older"),)) == (("Cookie", "__session=older"),)


def test_max_time_ends_pauses() -> None:
    class Later(RightCore):
        def route(self, request: Request) -> None:
            raise Refusal(429, "TOO_MANY_REQUESTS", "Later.")

        def refuse(self, request: Request, refusal: Refusal) -> Answer:
            answer = super().refuse(request, refusal)
            return answer._replace(headers={**answer.headers, "retry-after": "50"})

    with serve(Later(USERS)) as url:
        begun_s = time.monotonic()
        done = run(url, *LOGIN, "--max-time=3")
        assert time.monotonic() - begun_s < 40
    assert (done.returncode, "quota is used up" in done.stderr) == (3, True), done.stdout
