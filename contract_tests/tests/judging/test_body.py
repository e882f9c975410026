"""Test how the bytes of a body are read: a value, a violation or an open question; for any bytes, and fast."""

from __future__ import annotations

import codecs
import gzip
import json
import time
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_tests.judging.body import MAX_PARSED_DEPTH, UNREAD, Body, read_body
from contract_tests.tests.conftest import shown

VIOLATIONS = {
    b"": "request.body.required",
    b" \r\n\t": "request.body.required",
    b"X": "request.body.json",
    b"{": "request.body.json",
    b"[" * MAX_PARSED_DEPTH: "request.body.json",
    b'{"a":1}{}': "request.body.json",
    b'{"a":1} b': "request.body.json",
    b'{"a":1,,}': "request.body.json",
    b"{'a:1}": "request.body.json",
    '{"a":1}'.encode("utf-16") + b"x": "http.request.utf-8",
}


@pytest.mark.parametrize("data", VIOLATIONS, ids=lambda data: shown(data[:16]))
def test_bytes_that_must_be_rejected(data: bytes) -> None:
    body = read_body(data)
    assert (body.violation, body.value) == (VIOLATIONS[data], UNREAD)


WIDE = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be")
OPEN = {
    b"{'a':1}": ("json-extensions", {"a": 1}),
    b'{"a":1,}': ("json-extensions", {"a": 1}),
    b'{"a":[1,],}': ("json-extensions", {"a": [1]}),
    b'{"a":NaN}': ("json-extensions", {"a": 0.0}),
    b'{"a":-Infinity}': ("json-extensions", {"a": 0.0}),
    b'{"a":01}': ("json-extensions", {"a": 1}),
    b'{a:"x"}': ("json-extensions", {"a": "x"}),
    b'{"a":"\\\\x\\e"}': ("json-extensions", UNREAD),
    b'{"a":\xc2\xa01\xef\xbb\xbf}\xe2\x80\xa8': ("json-extensions", {"a": 1}),
    b'{"a":"\n"}': ("json-extensions", {"a": "\n"}),
    b"""{'a':'b"c\\"d\\'e'}""": ("json-extensions", {"a": 'b"c"d\'e'}),
    b'/**/{"a":"/*,}*/"}// b': ("json-extensions", {"a": "/*,}*/"}),
    **{'{"a":1}'.encode(encoding): ("other-encodings", {"a": 1}) for encoding in WIDE},
    codecs.BOM_UTF16_BE + '{"a":1}'.encode("utf-16-be"): ("other-encodings", {"a": 1}),
    codecs.BOM_UTF32_BE + '{"a":1}'.encode("utf-32-be"): ("other-encodings", {"a": 1}),
    b'\xef\xbb\xbf{"a":1}': ("byte-order-mark", {"a": 1}),
    b'{"a":"\xff"}': ("invalid-utf-8", {"a": "\ufffd"}),
    b'{"a":1,"a":2}': ("duplicate-keys", {"a": 2}),
    b'{"x":{"a":1,"a":2}}': ("duplicate-keys", {"x": {"a": 2}}),
    b'{"a":1e999}': ("huge-numbers", {"a": 1e300}),
    b'{"a":' + b"9" * 400 + b"}": ("huge-numbers", {"a": 1e300}),
    b'{"a":9007199254740993}': ("huge-numbers", {"a": 9007199254740993.0}),
    b"[" * 40 + b"]" * 40: ("deep-nesting", UNREAD),
    b"[[]," * 40 + b"[]" + b"]" * 40: ("deep-nesting", UNREAD),
    b"[" * 9_000: ("deep-nesting", UNREAD),
    b'{"a":"' + b"n" * 100_000 + b'"}': ("oversized-body", {"a": "n" * 100_000}),
}


@pytest.mark.parametrize("data", OPEN, ids=lambda data: f"{shown(data[:16])} {len(data)}")
def test_bytes_that_servers_read_differently(data: bytes) -> None:
    reading, value = OPEN[data]
    body = read_body(data)
    assert (set(body.open_readings), body.value, body.violation) == ({reading}, value, None)


def test_both_values_of_a_duplicate_key_are_read() -> None:
    body = read_body(b'{"a":1,"b":0,"a":2,"a":3}')
    assert (body.value, body.other_value) == ({"a": 3, "b": 0}, {"a": 1, "b": 0})


@pytest.mark.parametrize(
    ("coding", "data", "value"),
    [
        ("gzip", gzip.compress(b"{}", mtime=0), {}),
        ("deflate", zlib.compress(b"{}"), {}),
        ("GZIP ", gzip.compress(b"{}", mtime=0), {}),
        ("gzip", b"{}", UNREAD),
        ("gzip", gzip.compress(b"{}", mtime=0)[:-4], UNREAD),
        ("br", b"\x0b\x00", UNREAD),
        ("gzip, gzip", b"x", UNREAD),
    ],
)
def test_a_compressed_body_is_unspecified(coding: str, data: bytes, value: object) -> None:
    body = read_body(data, coding)
    assert (set(body.open_readings), body.value, body.violation) == ({"compressed-body"}, value, None)


def test_identity_is_not_a_coding() -> None:
    assert read_body(b"{}", "identity") == Body({})


@pytest.mark.parametrize("data", [b'{"a":[1,"\xc3\xa9"]}', b'{"a": [1, "\\u00e9"]}', b"[]", b"null"])
def test_the_output_of_usual_encoders_is_plain(data: bytes) -> None:
    assert read_body(data) == Body(json.loads(data))


@pytest.mark.parametrize(
    ("data", "spellings"),
    [
        (b' {"a":1}', {"spaces around"}),
        (b"{}\n", {"spaces around"}),
        (b'{ "a":1}', {"blanks"}),
        (b'{"a" :1}', {"blanks"}),
        (b'{\n"a":1}', {"line breaks"}),
        (b'{"a":"\\u0041"}', {"escapes"}),
        (b'{"\\u0061":"b: c"}', {"escapes", "escaped keys"}),
        (b'{"a":"\\u0062\\":"}', {"escapes"}),
        (b'\t{"a":\n"\\/"}', {"spaces around", "line breaks", "escapes"}),
    ],
)
def test_another_spelling_is_detected(data: bytes, spellings: set[str]) -> None:
    body = read_body(data)
    assert (body.value, body.violation, body.open_readings, set(body.spellings)) == (
        json.loads(data),
        None,
        frozenset(),
        spellings,
    )


BRACKETS = st.text(st.sampled_from('[]{}",:\\ 1ea')).map(str.encode)


@settings(deadline=None)  # no deadline: the machine may be busy
@given(st.binary() | BRACKETS | st.text().map(lambda text: json.dumps(text).encode()), st.none() | st.text(max_size=8))
def test_any_bytes_read_as_something(data: bytes, coding: str | None) -> None:
    body = read_body(data, coding)
    assert body.value is UNREAD or body.violation is None
    assert body.value is not UNREAD or body.violation or body.open_readings


@pytest.mark.parametrize(
    "data",
    [b'{"a":"' + b'x\\"' * 500_000 + b'"}', b'"' * 10**6, b"\\" * 10**6, b'{"a":"' + b"\\\\" * 500_000, b"[" * 10**6,
     b'{"a":' * 200_000, b'{"a":' + b"9" * 10**6 + b"}", b'{"a":0.' + b"9" * 10**6 + b"}",
     b"[" + b"1," * 500_000 + b"1]",
     gzip.compress(b" " * 10**6, mtime=0)],
    ids=lambda data: shown(data[:10]),
)  # fmt: skip
def test_a_huge_body_is_read_fast(data: bytes) -> None:
    begun = time.thread_time()
    read_body(data)
    assert time.thread_time() - begun < 2  # measured 0.3 s at most


@pytest.mark.parametrize(
    "piece",
    [b"{a", b'"', b"'", b"/*", b"/* ", b"//", b",", b", ", b"0", b"-", b"-0", b"+", b"1e", b'\\"', b"\\'", b"\\", b"x",
     b"a ", b'["a",', b"[0]", b"00:", b"$ ", b"#"],
)  # fmt: skip
def test_a_long_body_that_is_not_json_is_read_in_linear_time(piece: bytes) -> None:
    started_s = time.monotonic()
    read_body(b'{"name": ' + piece * (100_000 // len(piece)))
    assert time.monotonic() - started_s < 5  # a hundred times the usual
