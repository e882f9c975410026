"""Apps that are served for a run, and the sentence for each that cannot be."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from contract_tests.target.app import AppError, served
from contract_tests.tests.test_cli import environment

SHOP = """
import asyncio

async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message["body"], message.get("more_body")
    if body == b"sleep":
        await asyncio.sleep(60)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})

def wsgi(environ, start_response):
    length = int(environ.get("CONTENT_LENGTH") or 0)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["wsgi.input"].read(length)]

class Settings:
    def create(config=None, testing=False):
        print("a line on standard output")
        return asgi

    async def create_later():
        return asgi

def fails():
    raise KeyError("DATABASE_URL")

async def not_started(scope, receive, send):
    assert scope["type"] == "lifespan"
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database"})

number = 3
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with modules of a team in it; one of them is called as a package of the kit."""
    (tmp_path / "contract_tests").mkdir()
    (tmp_path / "contract_tests" / "__init__.py").write_text("raise RuntimeError('the wrong package')")
    for name, text in {
        "shop": SHOP,
        "raises": "raise RuntimeError('two\\nlines')",
        "wrong": "def f(:",
        "needs": "import a_library_that_is_missing",
        "leaves": "import sys; sys.exit(3)",
        "dies": "import os; os._exit(3)",
        "sleeps": "import time; time.sleep(60)",
    }.items():
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["shop:asgi", "shop:wsgi", "shop:Settings.create"])
def test_an_app_or_a_function_that_returns_one_is_served(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    with served(name) as url:
        assert httpx2.post(url, content=b"abcd").content == b"abcd"
        assert httpx2.post(url, content=iter([b"ab", b"cd"])).content == b"abcd"  # chunked: WSGI knows no length
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(url)
    assert capfd.readouterr().out == ""  # which may be a report


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("shop", "'shop' names no app; write it as MODULE:NAME"),
        ("shop:wsgj", "shop has no 'wsgj'; there is 'wsgi'"),
        ("shop:Settings.made", "shop has no 'Settings.made'"),
        ("shop:number", "shop:number is of type int, not an ASGI or WSGI app"),
        ("shop:Settings.create_later", "shop:Settings.create_later returns is of type coroutine"),
        ("shop:fails", "shop:fails() raises KeyError: 'DATABASE_URL' ("),
        ("shop:not_started", "its own startup (ASGI lifespan) fails"),
        ("shop.main:app", "there is no module 'shop.main', neither in "),
        ("raises:app", "importing raises raises RuntimeError: two lines ("),
        ("wrong:app", "importing wrong raises SyntaxError: "),
        ("needs:app", "importing needs raises ModuleNotFoundError: No module named 'a_library_that_is_missing' ("),
        ("leaves:app", "importing leaves raises SystemExit: 3 ("),
        ("dies:app", "its process ended before the app was served"),
        ("sleeps:app", "it is not served within 0.5 s"),
    ],
)
def test_an_app_that_cannot_be_served_is_one_sentence(name: str, says: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(AppError) as caught, served(name, start_s=0.5 if name == "sleeps:app" else 60):
        pass
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    printed = capfd.readouterr()
    assert "Traceback" not in printed.out + printed.err


@pytest.mark.usefixtures("folder")
def test_an_app_that_still_answers_a_request_is_stopped() -> None:
    begun_s = time.monotonic()
    with served("shop:asgi") as url, pytest.raises(httpx2.TimeoutException):
        httpx2.post(url, content=b"sleep", timeout=0.2)
    assert time.monotonic() - begun_s < 30


def test_the_app_ends_with_a_killed_run(folder: Path) -> None:
    wait = (
        "from contract_tests.target.app import served\nwith served('shop:asgi') as url: print(url, flush=True); input()"
    )
    command = [sys.executable, "-P", "-c", wait]
    with subprocess.Popen(
        command, cwd=folder, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout
        url = run.stdout.readline().strip()
        assert httpx2.post(url, content=b"x").content == b"x"
        run.send_signal(signal.SIGKILL)
    give_up_at_s = time.monotonic() + 60
    while time.monotonic() < give_up_at_s:
        try:
            httpx2.get(url)
        except httpx2.HTTPError:
            return
        time.sleep(0.02)
    pytest.fail("the app is still served")
