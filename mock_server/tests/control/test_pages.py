"""Test the static files: each is served unchanged with its security headers, and no other file of the machine."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

import mock_server
from mock_server import RunningMock, Settings, running_mock
from mock_server.control.pages import FOLDERS, MEDIA_TYPES, Pages

PACKAGE = Path(mock_server.__file__).parent
SERVED = {
    address + ("" if path.name == "index.html" else path.name): path
    for address, folder in FOLDERS.items()
    for path in (PACKAGE / "control" / folder.name).iterdir()
    if path.suffix in MEDIA_TYPES
}


@pytest.fixture(scope="module")
def mock() -> Iterator[RunningMock]:
    with running_mock() as running:
        yield running


def raw(mock: RunningMock, target: bytes) -> bytes:
    """Return the response to a request target that no client would send."""
    with socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2])), timeout=60) as connection:
        connection.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % target)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


@pytest.mark.parametrize("address", SERVED)
def test_each_file_is_served_unchanged(address: str, mock: RunningMock) -> None:
    answer = httpx2.get(mock.url + address)
    assert answer.status_code == 200
    assert answer.content == SERVED[address].read_bytes()
    assert answer.headers["content-type"] == MEDIA_TYPES[SERVED[address].suffix]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store, no-transform"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "frame-ancestors 'none'" in policy
    assert httpx2.head(mock.url + address).headers["content-length"] == str(len(answer.content))


@pytest.mark.parametrize("address", FOLDERS)
def test_the_trailing_slash_of_a_web_page_is_optional(address: str, mock: RunningMock) -> None:
    without = httpx2.get(mock.url + address.removesuffix("/") + "?world=t7")
    assert without.content == httpx2.get(mock.url + address).content
    # A redirect would go in circles where a proxy takes the slash away; so nothing may be named relative to it.
    assert not re.search(r'(?:href|src)="(?![/#])', without.text)


# Targets that would lead out of a folder if the server read any part of them as a path.
PLACES = (
    "control.py", "../control.py", "../../pyproject.toml", "../" * 12 + "etc/passwd", "/etc/passwd",
    "dashboard/index.html", "../dashboard/index.html", "./style.css", "x/../style.css", "style.css/", "style.css/.",
    "STYLE.CSS", ".", "..", "", "~root/.profile", "file:///etc/passwd", "C:\\boot.ini", "..\\control.py",
)  # fmt: skip
WRITTEN = {
    "plain": str,
    "escaped": lambda place: re.sub(r"[^\w]", lambda each: f"%{ord(each[0]):02x}", place),
    "escaped twice": lambda place: re.sub(r"[^\w]", lambda each: f"%25{ord(each[0]):02x}", place),
    "slashes escaped": lambda place: place.replace("/", "%2f"),
    "backslashes": lambda place: place.replace("/", "\\"),
    "backslashes escaped": lambda place: place.replace("/", "%5c"),
    "NUL at the end": lambda place: place + "%00.css",
    "overlong": lambda place: place.replace(".", "%c0%ae").replace("/", "%c0%af"),
    "fullwidth": lambda place: place.replace(".", "%ef%bc%8e").replace("/", "%ef%bc%8f"),
    "query for a name": lambda place: f"?file={place}",
}


@pytest.mark.parametrize("write", WRITTEN.values(), ids=list(WRITTEN))
def test_no_other_file_is_readable(write: object, mock: RunningMock) -> None:
    assert callable(write)
    allowed = [path.read_bytes() for path in SERVED.values()]
    for place in PLACES:
        for base in (*FOLDERS, "/__mock__//", "/__mock__/x/", "/"):
            head, _, body = raw(mock, (base + write(place)).encode()).partition(b"\r\n\r\n")
            status = int(head.split()[1])
            assert status != 200 or body in allowed, (base, place)
            assert b"root:" not in body
            assert b"import annotations" not in body
            assert b"[project]" not in body


def test_a_symbolic_link_in_a_folder_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dashboard").mkdir()
    (tmp_path / "dashboard" / "index.html").write_text("<p>")
    (tmp_path / "dashboard" / "a.css").write_text("a {}")
    (tmp_path / "dashboard" / "b.css").symlink_to("/etc/passwd")
    (tmp_path / "dashboard" / "c.py").write_text("c = 1")
    monkeypatch.setattr("mock_server.control.pages.__file__", str(tmp_path / "pages.py"))
    pages = Pages({"/__mock__/": FOLDERS["/__mock__/"]})
    assert [name for name in ("a.css", "b.css", "c.py") if pages.has(f"/__mock__/{name}")] == ["a.css"]


def test_a_web_page_is_read_only_and_bound_to_hosts_of_the_mock(mock: RunningMock) -> None:
    refused = httpx2.post(f"{mock.url}/__mock__/", headers={"x-mock-control": "1"})
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    for address in SERVED:
        assert httpx2.get(mock.url + address, headers={"host": "evil.test"}).status_code == 403
        # A dev proxy may leave any Origin; a web page of another origin is kept from them by its browser.
        proxied = httpx2.get(mock.url + address, headers={"origin": "http://localhost:5173"})
        assert (proxied.status_code, proxied.headers["cross-origin-resource-policy"]) == (200, "same-origin")


def test_beyond_loopback_the_web_page_needs_no_token_but_its_data_do() -> None:
    with running_mock(Settings(control_token="open-sesame")) as mock:
        assert httpx2.get(f"{mock.url}/__mock__/").status_code == 200
        assert httpx2.get(f"{mock.url}/__mock__/state").status_code == 403
