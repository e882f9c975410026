"""Secrets that a server hands out are found, in whatever form it writes them, and quickly."""

from __future__ import annotations

import time

import pytest

from contract_tests.results.handed_out import handed_out
from contract_tests.target.exchange import Exchange, Headers, Request, Response

LOGIN = (("Authorization", "Bearer abcdefgh-token-12345"),)


def answered(body: bytes = b"", headers: Headers = ()) -> Exchange:
    request = Request("POST", "http://127.0.0.1/", LOGIN, b'{"name": "sent-by-us"}')
    return Exchange(request, Response(200, headers, body), None, 0.0, 0.1)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"accessToken": "ab/cd+ef=gh"}', {"ab/cd+ef=gh"}),
        (rb'{"access_token":"ab\/cd\u002bef\u003dgh"}', {"ab/cd+ef=gh"}),
        (b'{"next": "https://a.test/cb?a=1&access_token=ab%2Fcdefgh&b=2"}', {"ab%2Fcdefgh", "ab/cdefgh"}),
        (b'{"seen": "hgfedcba-token-54321"}', {"hgfedcba-token-54321"}),
        (b'{"token": "sent-by-us", "note": "session: open", "tokens": 12345678}', set()),
        (b'"eyJhbGciOiJI.eyJzdWIiOiIx.c2ln"', {"eyJhbGciOiJI.eyJzdWIiOiIx.c2ln"}),
        ('{"\u017fe\u017f\u017fion": "abcdefgh"}'.encode(), {"abcdefgh"}),  # a letter that ignoring case equates with s
    ],
)
def test_secrets_in_a_body_are_found(body: bytes, found: set[str]) -> None:
    assert handed_out(answered(body)) == found


def test_secrets_in_headers_are_found() -> None:
    headers = (
        ("Set-Cookie", 'sid="a%2Fbcdefgh"; Path=/'),
        ("Location", "/login?session_id=QWERTY123456#x"),
        ("X-Session-Token", "zyxwvuts"),
        ("Access-Control-Allow-Headers", "Authorization"),
    )
    assert handed_out(answered(headers=headers)) == {"a%2Fbcdefgh", "a/bcdefgh", "QWERTY123456", "zyxwvuts"}


@pytest.mark.parametrize(
    "piece", [b"?", b"?token", b'"token', b"token", b"?token=a", b'"token":"', b"eyJ", b'"a', b"abcdefgh-token-1234"]
)
def test_no_body_takes_long_to_search(piece: bytes) -> None:
    begun_s = time.monotonic()
    handed_out(answered(b'"' + piece * (262144 // len(piece)) + b'"'))
    assert time.monotonic() - begun_s < 20  # usually below one; without bounds on repetitions it takes minutes
