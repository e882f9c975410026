"""The table of exit codes: each code, the situation that provokes it with a real process, and what the command says."""

from __future__ import annotations

import base64
import json
import shlex
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from contract_tests.tests.conftest import USERS
from contract_tests.tests.servers.right_core import Answer, Refusal, Request, RightCore
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.test_cli import LOGIN, environment

QUICK = ("--depth=quick", "--clauses=access")


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "contract_tests", "run", *arguments]
    done = subprocess.run(command, env=environment(**variables), capture_output=True, text=True, timeout=300)
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


@pytest.mark.parametrize(
    ("head", "says"),
    [
        (b"HTTP/1.1 503 Service Unavailable", "answers 503 to a plain request: the server, or a gateway"),
        (b"HTTP/1.1 502 Bad Gateway", "answers 502"),
        (b"HTTP/1.1 403 Forbidden", "lacks a permission"),
        (b"HTTP/1.1 407 Proxy Authentication Required", "the proxy requires a login"),
    ],
)
def test_a_first_answer_that_is_not_the_servers_gives_3(head: bytes, says: str) -> None:
    with listener(answering(head)) as port:
        done = run(f"http://127.0.0.1:{port}", *LOGIN, *QUICK)
    assert (done.returncode, says in done.stderr) == (3, True), done.stderr


def test_a_silent_server_gives_3() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        done = run(f"http://127.0.0.1:{silent.getsockname()[1]}", *LOGIN, "--timeout=0.5")
    assert (done.returncode, "sends nothing: no whole answer within 0.5 s" in done.stderr) == (3, True), done.stderr


def test_tls_problems_give_3_with_the_cause(tmp_path: Path, right_url: str) -> None:
    with tls_server(tmp_path) as port:
        url = f"https://127.0.0.1:{port}"
        done = run(url, *LOGIN)
        assert (done.returncode, "does not trust" in done.stderr) == (3, True), done.stderr
        done = run(url, *LOGIN, f"--ca-file={tmp_path / 'cert.pem'}")
        assert (done.returncode, "answers 401" in done.stderr) == (3, True), done.stderr
        done = run(url.replace("https", "http"), *LOGIN)
        assert done.returncode == 3, done.stdout + done.stderr
        assert "Use https:// instead of http://" in done.stderr
    done = run(right_url.replace("http", "https"), *LOGIN)
    assert (done.returncode, "does not support TLS" in done.stderr) == (3, True), done.stderr


def test_a_client_certificate_that_is_missing_gives_3_and_one_that_is_given_is_used(tmp_path: Path) -> None:
    with tls_server(tmp_path, asks_for_certificate=True) as port:
        url, trusted = f"https://127.0.0.1:{port}", f"--ca-file={tmp_path / 'cert.pem'}"
        done = run(url, *LOGIN, trusted)
        assert (done.returncode, "a client certificate" in done.stderr) == (3, True), done.stderr
        done = run(url, *LOGIN, trusted, f"--client-cert={tmp_path / 'both.pem'}")
        assert (done.returncode, "answers 401" in done.stderr) == (3, True), done.stderr
    done = run(url, *LOGIN, f"--client-cert={__file__}")
    assert (done.returncode, "--client-cert" in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [("HTTP_PROXY", "socks5://127.0.0.1:1"), ("http_proxy", "http://:x"), ("ALL_PROXY", "nonsense://127.0.0.1:1")],
)
def test_a_proxy_variable_that_cannot_be_used_is_named(right_url: str, variable: str, value: str) -> None:
    done = run(right_url, *LOGIN, *QUICK, **{variable: value})
    assert (done.returncode, f"${variable}: " in done.stderr) == (2, True), done.stderr


def test_a_proxy_variable_that_does_not_apply_is_ignored(right_url: str) -> None:
    done = run(
        right_url, *LOGIN, *QUICK, HTTP_PROXY="socks5://127.0.0.1:1", http_proxy="http://:x", NO_PROXY="127.0.0.1"
    )
    assert done.returncode == 0, done.stderr


def test_the_proxy_s_own_problems_are_reported_as_the_proxy_s(tmp_path: Path) -> None:
    done = run("http://127.0.0.1:9", *LOGIN, HTTP_PROXY="http://user:hidden@127.0.0.1:1")
    assert done.returncode == 3
    assert "through the proxy 127.0.0.1:1 of $HTTP_PROXY" in done.stderr
    assert "hidden" not in done.stdout + done.stderr
    for head in (b"HTTP/1.1 403 Forbidden", b"HTTP/1.1 407 Proxy Authentication Required"):
        with listener(answering(head)) as port:
            done = run("https://127.0.0.1:9", *LOGIN, HTTPS_PROXY=f"http://127.0.0.1:{port}")
        assert done.returncode == 3
        assert f"through the proxy 127.0.0.1:{port} of $HTTPS_PROXY" in done.stderr
        assert head.split()[1].decode() in done.stderr


def test_a_path_that_is_given_twice_is_recognised(right_url: str) -> None:
    done = run(f"{right_url}/api/v1", *LOGIN, *QUICK)
    assert (done.returncode, "the path has /api/v1 twice" in done.stderr) == (3, True), done.stderr


def test_wait_waits_for_a_server_that_is_starting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
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
    """Accepts the newest of the tokens that it hands out, for twenty requests each."""

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
        if self.uses > 20:
            raise Refusal(401, "UNAUTHORIZED", "The session has ended.")
        return user

    def create(self, request: Request) -> Answer:
        if request.path == "/login":
            return Answer(200, {}, self.hand_out().encode())
        return super().create(request)


def test_a_login_command_is_run_again_when_the_session_ends() -> None:
    with serve(Sessions()) as url:
        fetch = f"import urllib.request; print(urllib.request.urlopen('{url}/login').read().decode())"
        command = f"{shlex.quote(sys.executable)} -c {shlex.quote(fetch)}"
        done = run(url, f"--login-command={command}", "--user-id=user_1", *QUICK, "--connections=1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "renewed-token" not in done.stdout


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("exit 7", "exit code 7"),
        ("true", "gives no token"),
        ("printf '\\033]0;owned\\007no' >&2; exit 3", "exit code 3: \\x1b]0;owned\\x07no"),
    ],
)
def test_a_login_command_that_gives_no_token_is_wrong_usage(right_url: str, command: str, says: str) -> None:
    done = run(right_url, f"--login-command={command}")
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr


def test_a_token_from_a_file_is_used_and_read_again(right_url: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("token-1\n")
    assert run(right_url, f"--bearer-file={file}", *QUICK).returncode == 0
    assert run(right_url, f"--bearer-file={file}.missing", *QUICK).returncode == 2


def test_a_token_that_is_about_to_expire_is_renewed_before_it_is_sent() -> None:
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


def test_max_time_ends_pauses() -> None:
    class Later(RightCore):
        def route(self, request: Request) -> None:
            raise Refusal(429, "TOO_MANY_REQUESTS", "Later.")

        def refuse(self, request: Request, refusal: Refusal) -> Answer:
            answer = super().refuse(request, refusal)
            return answer._replace(headers={**answer.headers, "retry-after": "50"})

    with ExitStack() as stack:
        url = stack.enter_context(serve(Later(USERS)))
        begun_s = time.monotonic()
        done = run(url, *LOGIN, "--max-time=3")
        assert time.monotonic() - begun_s < 40
    assert (done.returncode, "quota is used up" in done.stderr) == (3, True), done.stdout
