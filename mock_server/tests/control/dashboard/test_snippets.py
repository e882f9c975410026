"""Test "Copy as": each snippet, run by bash, node, Playwright or pytest, sends the recorded request again."""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote
from xml.etree import ElementTree

import pytest

from mock_server import RunningMock, running_mock
from mock_server.tests.conftest import GOOD, PAGE, PATH, ROOT
from mock_server.tests.programs import NODE_MODULES, npm_package

pytestmark = pytest.mark.once

FORMATS = ("curl", "fetch", "playwright", "pytest", "hypothesis")
TOKEN = "xyz789-session"
LOGIN = f"Authorization: Bearer {TOKEN}"
JSON = "Content-Type: application/json"
# Headers that clients generate; snippets omit them.
CLIENT_S_OWN = re.compile(
    r"host|content-length|transfer-encoding|connection|keep-alive|expect|user-agent|accept(-encoding|-language)?|referer|"
    r"sec-.*|x-mock-fault"  # compared by its effect
)


@dataclass(frozen=True)
class Case:
    """A request as bytes. If a client cannot send it unchanged, the note contains these words."""

    body: bytes = b""
    headers: tuple[str, ...] = (LOGIN, JSON)
    target: str = PATH
    method: str = "POST"
    fault: dict[str, Any] | None = None
    told: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    has_blanks: bool = False  # JSON whose spaces or escapes are lost when its value is written again

    def send(self, mock: RunningMock, row: int) -> None:
        mark = ("&" if "?" in self.target else "?") + f"row={row}"
        lines = [f"{self.method} {self.target}{mark} HTTP/1.1", *self.headers, "Connection: close"]
        lines += [] if any(each.lower().startswith("host:") for each in self.headers) else ["Host: 127.0.0.1"]
        lines += [f"Content-Length: {len(self.body)}"] if self.body else []
        with socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2])), timeout=60) as connection:
            connection.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + self.body)
            try:
                while connection.recv(65536):
                    pass
            except ConnectionResetError:
                pass  # a fault


def compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def named(name: str) -> bytes:
    return compact(GOOD | {"name": name})


# Differences that a note explains; everything else is equal.
DIFFERS: dict[str, set[str]] = {
    "[masked] hides a secret": set(),
    "did not keep the whole body": {"body"},
    "The path had dots": {"path"},
    "A header that came in several lines": {"headers"},
    "There was no Content-Type": {"headers"},
    "A browser sends only its own cookies": {"headers"},
    "fetch sends no body with GET": {"body"},
    "fetch refuses the method TRACE": {"all"},
}
HIDDEN, NOT_KEPT, DOTS, JOINED, NO_TYPE, COOKIES, NO_BODY, NO_TRACE = ((each,) for each in DIFFERS)
MASKED = dict.fromkeys(FORMATS, HIDDEN)


def in_javascript(told: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(("fetch", "playwright"), told)


NASTY = (
    'it\'s "quoted" \\ back\\\\slash \n\r\t `touch pwned` $(touch pwned) ${touch pwned} $HOME !! %s %n </script><!-- '
    "\u2028\u2029 \x00\x01\x1b[201~\x7f\x85 \u202eright to left\u202c \ufeff\u200b \U0001f469\u200d\U0001f4bb é ß "
    "\ue000 \U000e0001 '; touch pwned; ' \" + __import__('os').system('touch pwned') + \" "
    " */ // # {{ }} \\u0000 \\x41 [masked"
)
NASTY_KEYS = {NASTY: 1, "__proto__": {"a": 1}, "constructor": 2, "a-b": 3, "1": 4, "": 5, "class": 6}
SPACED = b'{\n "name": "n",\n\t"icpId" : null, "startDate":"2024-01-01","endDate":"2024-01-02","personIds":[ ]\r\n}\n'
NUMBERS = b'{"a":[0,-1,1.5,0.1,1e+21,1e-7,0.00001,12345678901234567000,123456789012345680000,true,false,null]}'
ODD_HEADERS = (
    "X-It's: it's \"$(touch pwned)\" `touch pwned` \\ !! %s",
    "X-Empty:",
    "X-Tab: a\tb",
    "X-Latin: \xe9\xff",
    "X-Utf8: \xc3\xa9\xe2\x80\xa8",
    "__proto__: x",
    "constructor: y",
    "!#$%&'*+-.^_`|~1: x",
    "Accept: application/json",
)
OF_A_PAGE = (
    "Origin: http://localhost:3000",
    "Referer: http://localhost:3000/",
    "Sec-Fetch-Mode: cors",
    "User-Agent: Mozilla/5.0",
    "Accept: */*",
    "Accept-Encoding: gzip, deflate, br",
    "Idempotency-Key: k",
)
CASES = {
    "the API page's example": Case(compact(PAGE)),
    "refused": Case(b'{"name":5}'),
    "without login": Case(compact(PAGE), (JSON,)),
    "expired": Case(compact(PAGE), ("Authorization: Bearer expired", JSON), told=MASKED),
    "by cookie": Case(
        b"{}",
        (f"Cookie: theme=dark; __session={TOKEN}; mock_fault=status=503", JSON),
        told=MASKED | {"fetch": HIDDEN + COOKIES},
    ),
    "by cookie alone": Case(compact(PAGE), (f"Cookie: __session={TOKEN}", JSON), told={"fetch": COOKIES}),
    "Basic": Case(compact(PAGE), ("Authorization: Basic dXNlcjpwYXNz", JSON), told=MASKED),
    "a token in the body": Case(named(TOKEN), told=MASKED),
    "spaced as Python does": Case(json.dumps(PAGE | {"name": "é \u2028 \x7f"}).encode(), has_blanks=True),
    "spaced by hand": Case(SPACED, has_blanks=True),
    "nasty": Case(named(NASTY)),
    **{f"nasty {ord(each):04x}": Case(named(f"a{each}b")) for each in "'\"\\\n$`\U0001f600\u2028\x00</"},
    "nasty keys": Case(compact(GOOD | NASTY_KEYS)),
    "a half of a surrogate pair": Case(b'{"name":"a\\ud800b"}'),
    "a duplicate key": Case(b'{"name":"a","name":"b"}'),
    "a key that is a property of all objects": Case(compact(GOOD | {"__proto__": {"a": 1}, "constructor": 2})),
    "numbers": Case(b'{"a":[0,-1,1.5,0.0001,1e+21,1.5e+300,12345678901234567000,123456789012345680000]}'),
    "numbers that Python writes otherwise": Case(NUMBERS),
    "numbers that JavaScript writes otherwise": Case(b'{"a":[1.0,-0,1e5,0.10,9007199254740993]}'),
    "a keyed order that JavaScript changes": Case(b'{"b":1,"2":2,"1":1}'),
    "many ids": Case(compact(GOOD | {"personIds": [f"lead_{i}" for i in range(60)], "companyIds": ["c" * 90, "d"]})),
    "large": Case(compact(GOOD | {"name": "it's " * 26_000}), told={}),
    "deep": Case(b'{"a":' * 60 + b"1" + b"}" * 60),
    "deeper than a parser of Python goes": Case(b"[" * 3000 + b"]" * 3000),
    "an array": Case(b"[1,2]"),
    "a text": Case(b'"5"'),
    "null": Case(b"null"),
    "not JSON": Case(b"name=it's&x=$HOME `touch pwned`"),
    "begins with an at": Case(b"@/etc/passwd"),
    "begins with a dash": Case(b"-n \x00 %d"),
    "half of JSON": Case(b'{"name": "\\'),
    "no UTF-8": Case(b'{"name": "\xff\xfe\xc3\xa9 \'!\\ \x80"}'),
    "no UTF-8, with NUL": Case(bytes(range(256))),
    "a byte order mark": Case(b"\xef\xbb\xbf" + compact(PAGE)),
    "blanks": Case(b" \n"),
    "no body": Case(b""),
    "too large to be kept": Case(b"x" * 300_000, told=dict.fromkeys(FORMATS, NOT_KEPT)),
    "no Content-Type": Case(compact(PAGE), (LOGIN,), told={"playwright": NO_TYPE}),
    "no Content-Type, not JSON": Case(b"x", (LOGIN,), told={"playwright": NO_TYPE}),
    "a form": Case(b"a=b", (LOGIN, "Content-Type: application/x-www-form-urlencoded")),
    "a charset": Case(compact(PAGE), (LOGIN, "content-TYPE: application/json; charset=utf-8")),
    "compressed": Case(b"\x1f\x8b\x08\x00", (LOGIN, JSON, "Content-Encoding: gzip")),
    "odd headers": Case(compact(PAGE), (LOGIN, JSON, *ODD_HEADERS)),
    "two lines of a header": Case(b"{}", (LOGIN, JSON, "X-Two: 1", "X-Two: 2"), told=in_javascript(JOINED)),
    "two logins": Case(b"{}", (LOGIN, LOGIN, JSON), told=MASKED | in_javascript(HIDDEN + JOINED)),
    "a key in a header": Case(compact(PAGE), (LOGIN, JSON, "X-Api-Key: hunter2"), told=MASKED),
    "of a page": Case(compact(PAGE), (LOGIN, JSON, *OF_A_PAGE)),
    "preflight": Case(
        method="OPTIONS", headers=("Origin: http://localhost:3000", "Access-Control-Request-Method: POST",
                                   "Access-Control-Request-Headers: content-type"),
    ),
    "GET": Case(method="GET"),
    "GET with a body": Case(b"{}", method="GET", told={"fetch": NO_BODY}),
    "HEAD": Case(method="HEAD", target="/nothing"),
    "DELETE with a body": Case(b"{}", method="DELETE"),
    "PATCH": Case(b"{}", method="PATCH"),
    "TRACE": Case(method="TRACE", told={"fetch": NO_TRACE}),
    "PROPFIND": Case(method="PROPFIND"),
    "odd path": Case(compact(PAGE), target="/a%2Fb/%C3%A9%20'$(touch%20pwned)`/%FF/[x]{1-3}/;,@:%25%3F%23\"%22"),
    "plain path": Case(compact(PAGE), target="/a%20b/%C3%A9%3F"),
    "dots in the path": Case(compact(PAGE), target="/api/../v1/./x", told=dict.fromkeys(FORMATS[1:], DOTS)),
    "odd query": Case(target=PATH + "?a=it's&b[]=$(touch%20pwned)&c={1,2}&d=%FF&e=a+b&f=%26&g&token=x", told=MASKED),
    "a trailing slash": Case(compact(PAGE), target=PATH + "/"),
    "world by header": Case(compact(PAGE), (LOGIN, JSON, "X-Mock-World: t'1")),
    "world by host": Case(compact(PAGE), (LOGIN, JSON, "Host: T2.localhost:8080")),
    "world by cookie": Case(compact(PAGE), (LOGIN, JSON, "Cookie: mock_world=t3"), told={"fetch": COOKIES}),
    "fault by Prefer": Case(compact(PAGE), (LOGIN, JSON, "Prefer: code=503, wait=0.01")),
    "fault by header": Case(compact(PAGE), (LOGIN, JSON, "X-Mock-Fault: status=429&share=1")),
    "fault by cookie": Case(
        compact(PAGE), (LOGIN, JSON, "Cookie: mock_fault=status=502&delayMs=5"), told={"fetch": COOKIES}
    ),
    "no fault": Case(compact(PAGE), (LOGIN, JSON, "X-Mock-Fault: nonsense'$(touch pwned)")),
    **{f"fault: {answer}": Case(compact(PAGE), fault={"answer": answer}) for answer in
       ("reset", "empty", "half", "dribble", "bad-chunk", "not-json")},
    "fault: session": Case(compact(PAGE), fault={"session": "expired"}),
    "fault: redirect": Case(compact(PAGE), fault={"status": 307}),
    "fault: delay": Case(compact(PAGE), fault={"delayMs": 2100}),
    "fault: a share": Case(compact(PAGE), fault={"status": 500, "share": 0.999}),
}  # fmt: skip

SNIPPETS = """
import { FORMATS, snippet } from %s;
const exchanges = JSON.parse(await new Promise((done) => {
  let text = ""; process.stdin.on("data", (chunk) => text += chunk).on("end", () => done(text));
}));
const { urls, token } = JSON.parse(process.argv[1]);
const write = (id) => exchanges.map((each) => snippet(id, each, { url: urls[id], token: each.user && token }));
console.log(JSON.stringify(Object.fromEntries(FORMATS.map(({ id }) => [id, write(id)]))));
"""


def node(*arguments: str, **process: Any) -> subprocess.CompletedProcess[str]:
    folders = f"{ROOT / '.venv/bin'}{os.pathsep}{os.environ.get('PATH', '')}"  # .ci/tools may have installed Node there
    environment = {name: value for name, value in os.environ.items() if name != "NODE_OPTIONS"} | {"PATH": folders}
    return subprocess.run(["node", *arguments], env=environment, capture_output=True, text=True, timeout=300, **process)


def written(exchanges: list[dict[str, Any]], urls: dict[str, str]) -> dict[str, list[str]]:
    """Return every exchange in every format."""
    module = json.dumps((ROOT / "mock_server" / "control" / "dashboard" / "snippets.js").as_uri())
    options = json.dumps({"urls": urls, "token": TOKEN})
    done = node("--input-type=module", "-e", SNIPPETS % module, options, input=json.dumps(exchanges))
    assert done.returncode == 0, done.stderr
    made: dict[str, list[str]] = json.loads(done.stdout)
    return made


# -- running them, all of one format in one process if possible


def run_curl(texts: list[str], folder: Path) -> list[str]:
    def run(text: str) -> str:
        done = subprocess.run(["bash"], input=text.encode(), cwd=folder, capture_output=True, timeout=60)
        # 52 and 56: the response is missing or truncated.
        return "" if done.returncode in (0, 18, 52, 56) else done.stderr.decode(errors="replace")

    return [run(text) for text in texts]


IMPORT_ALL = """
for (let row = 0; row < Number(process.argv[1]); row += 1) {
  try {
    await import(`${process.argv[2]}/${row}.mjs`);
    console.error("done");
  } catch (error) {
    console.error(String(error));
  }
}
"""


def run_fetch(texts: list[str], folder: Path) -> list[str]:
    for row, text in enumerate(texts):
        (folder / f"{row}.mjs").write_text(text)
    done = node("--input-type=module", "-e", IMPORT_ALL, str(len(texts)), folder.as_uri(), cwd=folder)
    # A fetch whose response is missing or truncated is rejected.
    told = [
        "" if line in ("done", "TypeError: fetch failed", "TypeError: terminated") else line
        for line in done.stderr.splitlines()
    ]
    return [*told, *["was not run"] * len(texts)][: len(texts)]


def run_playwright(texts: list[str], folder: Path) -> list[str]:
    # Node finds packages only below the folder that contains them.
    with tempfile.TemporaryDirectory(prefix=".made-", dir=NODE_MODULES.parent) as made:
        for row, text in enumerate(texts):
            (Path(made) / f"{row:03}.spec.ts").write_text(text)
        program = str(npm_package("@playwright/test/cli.js"))
        done = node(program, "test", "--workers=1", "--reporter=json", "--output=results", cwd=made)
        pwned = list(Path(made).rglob("pwned"))
    assert not pwned
    report = json.loads(done.stdout)
    assert not report["errors"], report["errors"]
    outcomes = {}
    for suite in report["suites"]:
        for spec in suite["specs"]:
            outcomes[int(suite["file"][:3])] = "" if spec["ok"] else json.dumps(spec["tests"][0]["results"][0]["error"])
    return [outcomes.get(row, "") for row in range(len(texts))]


def run_pytest(texts: list[str], folder: Path) -> list[str]:
    for row, text in enumerate(texts):
        (folder / f"test_{row:03}.py").write_text(text)
    flags = ("-q", "-p", "no:cacheprovider", "-p", "no:schemathesis", "-W", "error", "--junit-xml=done.xml")
    subprocess.run([sys.executable, "-m", "pytest", *flags], cwd=folder, capture_output=True, timeout=300, check=False)
    outcomes = {}
    for case in ElementTree.parse(folder / "done.xml").iter("testcase"):
        found = re.search(r"test_(\d+)", case.get("classname") or case.get("name") or "")
        assert found
        outcomes[int(found[1])] = "".join(f"{each.get('message')}\n{each.text}" for each in case)
    return [outcomes.get(row, "" if "def " not in text else "was not run") for row, text in enumerate(texts)]


RUNNERS = {
    "curl": run_curl,
    "fetch": run_fetch,
    "playwright": run_playwright,
    "pytest": run_pytest,
    "hypothesis": run_pytest,
}


@dataclass(frozen=True)
class Replay:
    """One case in one format: the snippet, its output, and the journal entries of both requests."""

    case: Case
    format: str
    text: str
    error: str
    original: dict[str, Any]
    again: list[dict[str, Any]]


def recorded(mock: RunningMock) -> dict[int, list[dict[str, Any]]]:
    """Return the exchanges of all worlds by the row in their query, each with its world."""
    found: dict[int, list[dict[str, Any]]] = {}
    for world in mock.control("GET", "worlds")["worlds"]:
        for exchange in reversed(mock.in_world(world["name"]).requests(limit=1000)):
            row = dict(parse_qsl(exchange["query"])).get("row")
            assert row is not None, exchange
            found.setdefault(int(row), []).append(exchange | {"world": world["name"]})
    return found


@pytest.fixture(scope="module")
def replays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, str], Replay]]:
    """Record every case on one mock; the function sends all of them again to another one for a format, once."""
    npm_package("@playwright/test")  # or skip
    with ExitStack() as stack:
        first, *others = (stack.enter_context(running_mock()) for _ in range(1 + len(FORMATS)))
        for row, case in enumerate(CASES.values()):
            first.set_faults(*([case.fault | {"times": 1}] if case.fault else []))
            case.send(first, row)
        originals = [recorded(first)[row][0] for row in range(len(CASES))]
        mocks = dict(zip(FORMATS, others, strict=True))
        texts = written(originals, {name: mock.url for name, mock in mocks.items()})

        @cache
        def replayed(form: str) -> dict[str, Replay]:
            folder = tmp_path_factory.mktemp(form)
            errors = RUNNERS[form](texts[form], folder)
            assert not list(folder.rglob("pwned")), "a recorded text was run as a command"
            again = recorded(mocks[form])
            return {
                name: Replay(case, form, texts[form][row], errors[row], originals[row], again.get(row, []))
                for row, (name, case) in enumerate(CASES.items())
            }

        yield lambda form, name: replayed(form)[name]


# -- comparing the requests


def body_of(exchange: dict[str, Any]) -> bytes:
    message = exchange["request"]
    return base64.b64decode(message["bodyBase64"]) if "bodyBase64" in message else (message["body"] or "").encode()


def tight(body: bytes) -> bytes:
    """Return JSON without insignificant spaces and with uniform escapes; anything else unchanged."""
    try:
        text = body.decode()
        json.loads(text)
    except ValueError:
        return body
    rewritten = re.sub(
        r'"(?:[^"\\]|\\.)*"|\s+', lambda token: json.dumps(json.loads(token[0])) if token[0][0] == '"' else "", text
    )
    return rewritten.encode()


def headers_of(exchange: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the headers that clients do not generate; a header may carry the world of the host name."""
    kept = [(name, value) for name, value in exchange["request"]["headers"] if not CLIENT_S_OWN.fullmatch(name)]
    return sorted((name, value) for name, value in kept if name != "x-mock-world")


def parts_of(exchange: dict[str, Any]) -> dict[str, Any]:
    """Return everything in which an exchange and its copy must agree."""
    return {
        "method": exchange["method"],
        # Clients differ in which characters they percent-encode.
        "path": quote(exchange.get("rawPath", quote(exchange["path"], safe="/;,@:'$()!")), safe="%/;,@:'$()!"),
        "query": parse_qsl(exchange["query"], encoding="latin-1", keep_blank_values=True),
        "headers": headers_of(exchange),
        "body": body_of(exchange),
        "user": exchange["user"],
        "world": exchange["world"],
        "status": exchange["answer"]["status"],
        "complete": exchange["answer"]["complete"],
        "fault": exchange["fault"] and exchange["fault"]["what"],
    }


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("form", [*FORMATS[:2], *(pytest.param(form, marks=pytest.mark.long) for form in FORMATS[2:])])
def test_a_copied_snippet_sends_the_same_request_again(
    form: str, name: str, replays: Callable[[str, str], Replay]
) -> None:
    replay = replays(form, name)
    told = replay.case.told.get(form, ())
    notes = [line for line in replay.text.splitlines() if line.startswith(("# ", "// "))]
    assert [words in note for words, note in zip(told, notes, strict=True)] == [True] * len(told)
    assert replay.error == "", replay.text
    if told == NO_TRACE:
        assert not replay.again
        return
    (again,) = map(parts_of, replay.again)
    original = parts_of(replay.original)
    if replay.case.has_blanks and form != "curl":
        again["body"], original["body"] = tight(again["body"]), tight(original["body"])
    differing = set().union(*(DIFFERS[words] for words in told))
    assert {part for part in original if original[part] != again[part]} == differing, (again, replay.text)
