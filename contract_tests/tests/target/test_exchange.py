"""Test that bodies are read as in RFC 8259 and headers found in any case."""

from __future__ import annotations

import math

import pytest

from contract_tests.target.exchange import NOT_JSON, Headers, Request, Response

TYPE: Headers = (("Content-Type", "application/json"),)

JSON = {
    b'"\\ud800"': "\ud800",
    b'{"\\udc00":1}': {"\udc00": 1},
    b"1e999": math.inf,
    b"-1e999": -math.inf,
    b"9" * 30: 1e30,
    b"9" * 5000: math.inf,
    b'{"a":1,"a":2}': {"a": 2},
    b" 1 ": 1,
}


@pytest.mark.parametrize("body", JSON, ids=lambda body: f"{body[:20]!r} {len(body)}")
def test_json_is_read_as_in_the_rfc(body: bytes) -> None:
    assert Response(200, (), body).json == JSON[body]


@pytest.mark.parametrize(
    "body",
    [b"", b"NaN", b"[Infinity]", b'{"a":-Infinity}', b"{'a':1}", b'"\xff"', b"01", b"1 2", b'"\t"', b"\xef\xbb\xbf1",
     '{"a":1}'.encode("utf-16"), b"[" * 100_000 + b"]" * 100_000, b'{"a":"\\ud800",}'],
    ids=lambda body: repr(body[:20]),
)  # fmt: skip
def test_text_that_is_not_json_is_not_read(body: bytes) -> None:
    assert Response(200, (), body).json is NOT_JSON


def test_a_header_is_found_in_any_case() -> None:
    assert Response(200, (("X-A", "1"), ("x-a", "2")), b"").header("x-A") == "1"
    assert Request("GET", "http://x").header("X") is None
