"""Requests whose content attacks the dashboard, and a mock with such a user."""

from __future__ import annotations

import socket
from contextlib import AbstractContextManager
from typing import Any

import httpx2
from playwright.sync_api import Page

from mock_server import RunningMock, Settings, running_mock
from mock_server.tests.conftest import GOOD, LOGIN, Open
from mock_server.tests.control.dashboard.conftest import live

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


def hostile_mock() -> AbstractContextManager[RunningMock]:
    """Return a mock with a user whose ID is markup."""
    return running_mock(Settings(user=(("user_xyz789", "xyz789-session"), (MARKUP, "hostile-session"))))


def dashboard(open_page: Open, mock: RunningMock, **options: Any) -> Page:
    return live(open_page(f"{mock.url}/__mock__/", **options))


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
    mock.set_faults({"match": {"path": f"/{HOSTILE}", "user": MARKUP}, "status": 500})
    return 9
