"""Connections that are kept: the pools of real clients, and how long a client may rest on one."""

from __future__ import annotations

import json
import re
import socket

import pytest

from mock_server.tests.conftest import LOGIN, PATH, Running
from mock_server.tests.node_tools import SOURCES, run_node

AUTH = f"Authorization: {LOGIN['authorization']}\r\n".encode()
BODY = b'{"name":"n","icpId":null,"startDate":"2024-01-01","endDate":"2024-01-02","personIds":[]}'
POST = b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\n" + AUTH + b"Content-Length: %d\r\n" % len(BODY)


def test_node_posts_again_on_a_connection_that_rested_longer_than_five_seconds(mock: Running) -> None:
    done = run_node("node", SOURCES / "post_after_a_pause.mjs", mock.endpoint, "5500")
    assert json.loads(done.stdout) == {
        "agent": [[201, False, "timeout=75"], [201, True, "timeout=75"]],
        "fetch": [[201, "timeout=75"], [201, "timeout=75"]],
    }


@pytest.mark.parametrize(
    ("request_bytes", "headers"),
    [
        pytest.param(POST + b"\r\n" + BODY, [b"connection: keep-alive", b"keep-alive: timeout=75"], id="kept"),
        pytest.param(POST + b"Connection: close\r\n\r\n" + BODY, [b"connection: close"], id="client closes"),
        pytest.param(POST.replace(b"HTTP/1.1", b"HTTP/1.0") + b"\r\n" + BODY, [b"connection: close"], id="HTTP/1.0"),
        pytest.param(POST.replace(b"Length: ", b"Length: 9999999"), [b"connection: close"], id="refused unread"),
    ],
)
def test_each_response_says_whether_its_connection_is_kept(
    request_bytes: bytes, headers: list[bytes], mock: Running
) -> None:
    with socket.create_connection(mock.address, timeout=5) as connection:
        connection.sendall(request_bytes + (b"" if request_bytes.endswith(BODY) else b"\r\n"))
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(65536)
    assert re.findall(rb"^(?:connection|keep-alive): [^\r]*", head.partition(b"\r\n\r\n")[0], re.MULTILINE) == headers
