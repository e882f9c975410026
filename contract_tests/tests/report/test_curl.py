"""The printed command sends the very bytes again."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from contract_tests.report.curl import as_curl
from contract_tests.results.views import BodyView, RequestView
from contract_tests.settings.secrets import Masker
from contract_tests.target.exchange import Headers
from contract_tests.tests.conftest import need_curl
from contract_tests.tests.servers.sockets import raw_server

TYPE: Headers = (("Content-Type", "application/json"),)
PLAIN: Headers = (("User-Agent", "leadlists-contract"), ("Accept", "application/json"), *TYPE)
BODIES = {
    "plain": b'{"a":1}',
    "nothing": b"",
    "NUL": b"a\0b",
    "every byte": bytes(range(256)),
    "bytes that are not UTF-8": b'{"a":"\xff\xfe"}',
    "other scripts": '{"a":"Größe 🚀 销售"}'.encode(),
    "quotes": b"""{"a":"it's \\"x\\" `id` $HOME $(id) !!"}""",
    "line ends": b'{\r\n\t"a": 1\n}\n',
    "a line end last": b"{}\n\n",
    "percent signs": b"100%s %d %% %5$s\n",
    "backslashes": b"\\n \\\\ \\0101 \\x41 \\c\n",
    "a file's name": b"@/etc/passwd",
    "an option": b"-n\n",
    "another option": b"--help",
    "blanks": b"   ",
    "digits after an escape": b"\x01123\x0045",
    "a BOM": b"\xef\xbb\xbf{}",
    "U+2028 and bidi": "a\u2028b\u202ec\u0085".encode(),
    "a megabyte": b'{"a":"' + b"n" * 1_000_000 + b'"}',
}


def request(method: str, url: str, headers: Headers = (), body: bytes = b"", chunked: bool = False) -> RequestView:
    return RequestView(method, url, headers, BodyView(body, len(body)), chunked)


def run(command: str, **environment: str) -> None:
    """Run the command with the shell that every POSIX system has."""
    need_curl()
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "no_proxy": "*", **environment}
    done = subprocess.run(["sh"], input=command.encode(), capture_output=True, env=env, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_the_body_is_sent_byte_for_byte(body: bytes, chunked: bool) -> None:
    with raw_server() as server:
        run(as_curl(request("POST", server.url + "/p", PLAIN, body, chunked)))
    (got,) = server.received
    assert got.body == body
    assert got.headers.get("transfer-encoding") == ("chunked" if chunked else None)
    own = {"host", "content-length", "transfer-encoding"}
    assert {name: value for name, value in got.headers.items() if name not in own} == {
        name.lower(): value for name, value in PLAIN
    }


def test_the_body_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "it's a body.bin"
    file.write_bytes(BODIES["every byte"])
    with raw_server() as server:
        run(as_curl(request("POST", server.url, PLAIN, BODIES["every byte"]), body_file=str(file)))
    assert server.received[0].body == BODIES["every byte"]


HEADERS: dict[str, Headers] = {
    "none": (),
    "an empty value": (("X-Empty", ""),),
    "quotes": (("X", """it's "x" `id` $HOME \\ %s"""),),
    "latin-1": (("X", "caf\xe9 \xff %d"),),
    "a file's name": (("X", "@/etc/passwd"),),
    "a cookie": (("Cookie", 'a={"b":1}; __session=x'),),
    "twice": (("X", "1"), ("x", "2")),
    "an Expect of ours": (("Accept", "text/html"), ("User-Agent", "a b")),
}


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS.keys())
def test_the_headers_are_sent_and_no_others(headers: Headers) -> None:
    with raw_server() as server:
        run(as_curl(request("POST", server.url, headers, b"{}" * 1000)))
    (got,) = server.received
    lines = [line.decode("latin-1") for line in got.head.split(b"\r\n")[1:] if line]
    kept = [line for line in lines if line.partition(":")[0].lower() not in {"host", "content-length"}]
    assert kept == [f"{name}: {value}" if value else f"{name}:" for name, value in headers]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_any_method_without_a_body_comes_to_an_end(method: str) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + (b"" if method == "HEAD" else b"12345")
    with raw_server(lambda connection, _: connection.sendall(answer)) as server:
        run(as_curl(request(method, server.url + "/a?b=%20")))
    assert server.received[0].line == f"{method} /a?b=%20 HTTP/1.1"
    assert "content-type" not in server.received[0].headers


@pytest.mark.parametrize("path", ["/a/../b", "/a/./b", "/[1-3]", "/{a,b}", "/it's?x=$HOME&y=%00", "/a;b"])
def test_the_address_is_sent_as_it_is(path: str) -> None:
    with raw_server() as server:
        run(as_curl(request("POST", server.url + path, PLAIN, b"{}")))
    assert [got.line for got in server.received] == [f"POST {path} HTTP/1.1"]


@pytest.mark.parametrize("body", [b'{"a":"s3cret-value"}', b'{"a":"s3cret-value"}\0\n%s', b"s3cret-values3cret-valu"])
def test_secrets_come_from_the_environment(body: bytes) -> None:
    secrets = {"s3cret-value": "LEADLISTS_BEARER", "s3cret-valu": "LEADLISTS_BEARER%?"}
    mask = Masker(secrets).mask
    headers = (*PLAIN, ("Authorization", mask("Bearer s3cret-value")), ("X", mask("\xe9 s3cret-valu")))
    with raw_server() as server:
        masked = mask(body.decode("latin-1")).encode("latin-1")
        sent = request("POST", server.url + mask("/?t=s3cret-value"), headers, masked)
        command = as_curl(sent, variables=secrets.values())
        assert "s3cret" not in command
        run(command, LEADLISTS_BEARER="s3cret-value")
    (got,) = server.received
    assert got.body == body
    assert got.headers["authorization"] == "Bearer s3cret-value"
    assert got.headers["x"] == "\xe9 s3cret-valu"
    assert "t=s3cret-value" in got.line
