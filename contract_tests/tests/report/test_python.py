"""The printed program sends the very bytes again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from contract_tests.report.curl import as_curl
from contract_tests.report.python import as_python
from contract_tests.settings.secrets import Masker
from contract_tests.settings.values import Session, Settings
from contract_tests.tests.report.test_curl import BODIES, PLAIN, request, run
from contract_tests.tests.servers.sockets import raw_server

TOKEN = "Tok-3n'\"Value/x"
SETTINGS = Settings(
    "http://127.0.0.1",
    Session("first", bearer=TOKEN, cookie=("sid", "c00kie-Value-x")),
    headers=(("X-Authorization", "Key k3y-of-a-Machine"),),
)


def run_program(text: str, **environment: str) -> None:
    assert text.isascii()
    env = {"PATH": os.environ["PATH"], "NO_PROXY": "*", **environment}
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, env=env, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("how", [{}, {"chunked": True}, {"in_parts": True}], ids=["whole", "chunked", "in parts"])
@pytest.mark.parametrize("name", ["plain", "nothing", "every byte", "quotes", "U+2028 and bidi"])
def test_the_program_sends_headers_and_body_byte_for_byte(name: str, how: Mapping[str, Any]) -> None:
    with raw_server() as server:
        sent = request("POST", server.url + "/p?q=%20", (*PLAIN, ("X", "caf\xe9")), BODIES[name])
        sent = replace(sent, **how)
        run_program(as_python(sent))
    (got,) = server.received
    assert got.body == BODIES[name]
    own = {"host", "content-length", "transfer-encoding"}
    assert {name: value for name, value in got.headers.items() if name not in own} == {
        "x": "caf\xe9",
        **{name.lower(): value for name, value in PLAIN},
    }


@pytest.mark.parametrize(
    "login", [TOKEN, TOKEN[:-1], TOKEN.swapcase(), "c00kie-Value-x", "c00kie-Value-", f"{TOKEN}x", "k3y-of-a-Machine"]
)
def test_every_form_of_a_login_comes_from_the_environment(login: str) -> None:
    variables = tuple(SETTINGS.secrets.values())
    masked = Masker(SETTINGS.secrets).mask(f"Bearer {login}")
    environment = {
        "LEADLISTS_BEARER": TOKEN,
        "LEADLISTS_COOKIE": "sid=c00kie-Value-x",
        "LEADLISTS_HEADER_X_AUTHORIZATION": "Key k3y-of-a-Machine",
    }
    for send in (run_program, run):
        with raw_server() as server:
            sent = request("POST", server.url, (*PLAIN, ("Authorization", masked)), b"{}")
            form = as_python if send is run_program else as_curl
            text = form(sent, variables=variables)
            assert login not in text
            send(text, **environment)
        assert server.received[0].headers["authorization"] == f"Bearer {login}"
