"""Test odd bodies and headers over real sockets: refused with a reason, or accepted."""

from __future__ import annotations

import pytest

from mock_server.tests.conftest import AssertError, Running

GOOD = b'{"name":"n","icpId":null,"startDate":"2024-01-01","endDate":"2024-01-02","personIds":[]'
GOOD_JSON = GOOD + b"}"


def extra(value: bytes) -> bytes:
    return GOOD + b',"x":' + value + b"}"


@pytest.mark.parametrize(
    ("body", "content_type", "rule"),
    [
        pytest.param(b"", "application/json", "empty", id="empty"),
        pytest.param(b" \n", "application/json", "empty", id="blanks"),
        pytest.param(b"null", "application/json", "type", id="null"),
        pytest.param(b"[]", "application/json", "type", id="array"),
        pytest.param(b'"x"', "application/json", "type", id="string"),
        pytest.param(b"5", "application/json", "type", id="number"),
        pytest.param(GOOD, "application/json", "json", id="truncated"),
        pytest.param(GOOD + b",}", "application/json", "json", id="trailing comma"),
        pytest.param(GOOD_JSON + b"x", "application/json", "json", id="text after the JSON"),
        pytest.param(GOOD_JSON.replace(b'"', b"'"), "application/json", "json", id="single quotes"),
        pytest.param(extra(b"NaN"), "application/json", "json", id="NaN"),
        pytest.param(extra(b"-Infinity"), "application/json", "json", id="Infinity"),
        pytest.param(extra(b'"\xff"'), "application/json", "encoding", id="invalid UTF-8"),
        pytest.param(extra(b'"\xed\xa0\x80"'), "application/json", "encoding", id="surrogate in UTF-8"),
        pytest.param(extra(rb'"\ud800"'), "application/json", "surrogate", id="lone surrogate"),
        pytest.param(GOOD_JSON.decode().encode("utf-16"), "application/json", "encoding", id="UTF-16"),
        pytest.param(GOOD_JSON.decode().encode("utf-16-le"), "application/json", "json", id="UTF-16 without mark"),
        pytest.param(GOOD_JSON.decode().encode("utf-32"), "application/json", "encoding", id="UTF-32"),
        pytest.param(b"\xef\xbb\xbf" + GOOD_JSON, "application/json", "byte_order_mark", id="byte order mark"),
        pytest.param(b"\x1f\x8b" + GOOD_JSON, "application/json", "encoding", id="gzip magic"),
        pytest.param(b"[" * 32 + b"]" * 32, "application/json", "type", id="32 deep"),
        pytest.param(b"[" * 33 + b"]" * 33, "application/json", "depth", id="33 deep"),
        pytest.param(b"[" * 500 + b"]" * 500, "application/json", "depth", id="500 deep"),
        pytest.param(b"[" * 500_000, "application/json", "depth", id="500000 deep"),
        pytest.param(b'{"x":' * 100_000, "application/json", "depth", id="100000 objects deep"),
        pytest.param(extra(b"[" * 900 + b"]" * 900), "application/json", "depth", id="900 deep inside"),
        pytest.param(GOOD_JSON, "text/plain", "media_type", id="text/plain"),
        pytest.param(GOOD_JSON, "application/x-www-form-urlencoded", "media_type", id="form"),
        pytest.param(GOOD_JSON, "multipart/form-data; boundary=x", "media_type", id="multipart"),
        pytest.param(GOOD_JSON, "application/merge-patch+json", "media_type", id="+json"),
        pytest.param(GOOD_JSON, "application/json; charset=latin-1", "media_type", id="charset latin-1"),
        pytest.param(GOOD_JSON, "application/json; charset=bogus", "media_type", id="charset bogus"),
        pytest.param(GOOD_JSON, "application/json, text/plain", "media_type", id="two types"),
        pytest.param(GOOD_JSON, "\xff\xfe", "media_type", id="bytes"),
        pytest.param(GOOD_JSON, ";", "media_type", id="semicolon"),
        pytest.param(b'{"name":5}', "Application/JSON", "type", id="bad body, media type in other case"),
    ],
)
def test_an_odd_body_is_a_400_with_a_reason(
    body: bytes, content_type: str, rule: str, mock: Running, assert_error: AssertError
) -> None:
    answer = mock.post(content=body, headers={"content-type": content_type.encode("latin-1")})
    error = assert_error(answer, 400, "BAD_REQUEST")
    assert rule in {problem["rule"] for problem in error["details"]}
    assert answer.elapsed.total_seconds() < 10


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(GOOD_JSON, {}, id="no Content-Type"),
        pytest.param(GOOD_JSON, {"content-type": "Application/JSON"}, id="media type in other case"),
        pytest.param(GOOD_JSON, {"content-type": 'application/json ; x=1; charset="UTF-8"'}, id="parameters"),
        pytest.param(b"\r\n\t " + GOOD_JSON.replace(b",", b" ,\n"), {}, id="white space"),
        pytest.param(GOOD_JSON.replace(b"n", rb"\u006e", 2), {}, id="escapes"),
        pytest.param(extra(b"1" * 5000), {}, id="5000 digits"),
        pytest.param(extra(b"1e400"), {}, id="1e400"),
        pytest.param(extra(b"-1e400"), {}, id="-1e400"),
        pytest.param(extra(b'{"__proto__":{"a":1}}'), {}, id="__proto__"),
        pytest.param(extra(b'"\\u0000\\ud83d\\ude00"'), {}, id="NUL and a surrogate pair"),
        pytest.param(GOOD + b',"name":"m"}', {}, id="duplicate key"),
        pytest.param(GOOD_JSON, {"accept": "text/html"}, id="Accept"),
        pytest.param(GOOD_JSON, {"content-encoding": "identity"}, id="identity"),
        pytest.param(GOOD_JSON, {"expect": "100-continue"}, id="Expect"),
        pytest.param(GOOD_JSON, {"idempotency-key": "k", "x-unknown": "\u00ff"}, id="unknown headers"),
        pytest.param(GOOD_JSON, {"upgrade": "h2c", "connection": "upgrade"}, id="Upgrade"),
    ],
)
def test_an_odd_but_valid_request_is_accepted(body: bytes, headers: dict[str, str], mock: Running) -> None:
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = mock.post(content=body, headers=raw)
    assert answer.status_code == 201, answer.text


def test_a_query_and_a_chunked_body_are_accepted(mock: Running) -> None:
    answer = mock.post(content=iter([GOOD_JSON[:10], GOOD_JSON[10:]]), params={"a": "1"})
    assert answer.status_code == 201, answer.text
