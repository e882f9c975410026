"""Test that messages are those that usual clients write: compared with httpx2."""

from __future__ import annotations

import string

import httpcore2
import httpx2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract_tests.target.exchange import Headers, Request
from contract_tests.target.messages import address, message

URL = "http://127.0.0.1:8080/api/v1/entities/leadlists"
TEXT = st.text(st.sampled_from(string.printable + "é%%..//??&&[]::"), max_size=12)


@given(
    st.sampled_from(["http", "https", "HTTP"]),
    st.sampled_from(["localhost", "LOCALHOST", "127.0.0.1", "[::1]", "[::1%eth0]", "bücher.test", "a_b", "a..b", ""]),
    st.sampled_from(["", ":80", ":443", ":8080", ":080", ":99999", ":x"]),
    TEXT,
)
@example("http", "localhost", ":8080", "/a/../b")
@example("http", "localhost", "", "/.well-known/./x?a=/../b'&q=%00%7e%")
@example("https", "localhost", "", "//a//b/?x=1?y#f")
def test_an_address_is_that_of_httpx2(scheme: str, host: str, port: str, end: str) -> None:
    url = f"{scheme}://{host}{port}/{end}"
    try:
        wanted = httpx2.URL(url)
    except httpx2.InvalidURL:
        with pytest.raises(httpcore2.LocalProtocolError):
            address(url)
        return
    found, netloc = address(url)
    assert (found.scheme, found.host, found.port) == (wanted.raw_scheme, wanted.raw_host, wanted.port)
    assert (found.target, netloc) == (wanted.raw_path, wanted.netloc)


@pytest.mark.parametrize("method", ["POST", "PUT", "GET", "DELETE", "HEAD"])
@pytest.mark.parametrize("body", [b"", b"{}", "é".encode()])
@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("Content-Length", "7"),),
        (("host", "other.test"),),
        (("X", "é"), ("X", "2")),
        (("Transfer-Encoding", "x"),),
    ],
)
def test_the_headers_are_those_of_httpx2(method: str, body: bytes, headers: Headers) -> None:
    made = message(Request(method, URL, headers, body), headers, {})
    lines = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    wanted = httpx2.Request(method, URL, headers=lines, content=body)
    assert sorted(made.headers) == sorted(wanted.headers.raw)
    assert b"".join(made.stream) == body  # type: ignore[arg-type]


def test_a_chunked_body_has_no_length_and_one_in_parts_has() -> None:
    chunked = message(Request("POST", URL, body=b"{}", chunked=True), (), {})
    assert (b"Transfer-Encoding", b"chunked") in chunked.headers
    in_parts = message(Request("POST", URL, body=b"{}", in_parts=True), (), {})
    assert (b"Content-Length", b"2") in in_parts.headers
