"""Test which certificates the suite trusts, and when it loads them: a real server with a certificate of its own."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from contract_tests.composition.target import open_target
from contract_tests.engine.budget import Budget
from contract_tests.settings.secrets import Masker
from contract_tests.settings.values import Settings
from contract_tests.target.client import Target
from contract_tests.target.exchange import Request, Wire
from contract_tests.tests.live.test_relay import PLAIN, REQUEST, connected, proxied, read_all
from contract_tests.tests.test_exit_codes import tls_server


def opened(settings: Settings) -> Target:
    return open_target(settings, Budget().pause, Masker({}))


def trusts(port: int, ca_file: str | None = None) -> list[bool]:
    """Whether a usual request, a message of bytes, and the proxy of `watch` reach the server."""
    url = f"https://127.0.0.1:{port}"
    wire = Wire(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    with opened(Settings(url, ca_file=ca_file)) as target:
        requests = Request("GET", url), Request("GET", url, wire=wire)
        reached = [target.send(each).response is not None for each in requests]
    with proxied(url, ca_file=ca_file) as proxy, connected(proxy.port) as client:
        client.sendall(REQUEST % (b"x", *PLAIN))
        return [*reached, read_all(client).startswith(b"HTTP/1.1 401 ")]


def test_every_way_to_the_server_trusts_the_same_certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with tls_server(tmp_path) as port:
        assert trusts(port) == [False] * 3
        assert trusts(port, str(tmp_path / "cert.pem")) == [True] * 3
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        assert trusts(port) == [True] * 3
        monkeypatch.delenv("SSL_CERT_FILE")
        folder = tmp_path / "certificates"
        folder.mkdir()
        shutil.copy(tmp_path / "cert.pem", folder)
        subprocess.run(["openssl", "rehash", folder], check=True)
        monkeypatch.setenv("SSL_CERT_DIR", str(folder))  # Python heeds it, the suite does not
        assert trusts(port) == [False] * 3


def test_only_tls_loads_the_trusted_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[object] = []
    load = ssl.SSLContext.load_verify_locations

    def note(context: ssl.SSLContext, *files: str, **more: str) -> None:
        loaded.append(context)
        load(context, *files, **more)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", note)
    for url, times in (("http://127.0.0.1:1", 0), ("https://127.0.0.1:1", 1)):
        with opened(Settings(url)) as target:
            assert target.send(Request("GET", url)).response is None
        assert len(loaded) == times
