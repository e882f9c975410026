"""Test parsing bytes without a server. test_app sends odd bodies in whole requests."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from mock_server.contract import readings
from mock_server.contract.spec_files import find_spec_dir
from mock_server.pipeline.body_reading import begin, resumed
from mock_server.pipeline.errors import Refused
from mock_server.pipeline.json_parsing import JsonParser

CATALOGUE = readings.load(find_spec_dir())
NO_HEADERS = Headers()


def parser(*choices: tuple[str, str]) -> JsonParser:
    return JsonParser(readings.resolve(CATALOGUE, "page", choices), max_bytes=1000, max_depth=5)


def rule_of(body: bytes, *choices: tuple[str, str], headers: Headers = NO_HEADERS) -> str:
    with pytest.raises(Refused) as caught:
        parser(*choices)(body, headers)
    return caught.value.problems[0].rule


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)


@given(st.binary(max_size=50))
def test_any_bytes_are_a_value_or_a_refusal(body: bytes) -> None:
    for choices in (
        (),
        (("duplicate-keys", "first"),),
        (("invalid-utf-8", "replaced"), ("lone-surrogate", "replaced")),
    ):
        with contextlib.suppress(Refused):
            parser(*choices)(body, NO_HEADERS)


@given(JSON)
def test_the_slow_parser_agrees_with_the_fast_one(value: Any) -> None:
    body = json.dumps(value).encode()
    deep = JsonParser(readings.resolve(CATALOGUE, "page"), max_bytes=1000, max_depth=99)
    slow = JsonParser(readings.resolve(CATALOGUE, "page", [("huge-numbers", "refused")]), max_bytes=1000, max_depth=99)
    assert deep(body, NO_HEADERS) == slow(body, NO_HEADERS) == value


@pytest.mark.parametrize(
    ("body", "where"),
    [(b'{"a": 1,}', "line 1"), (b'{\n"a" 1}', "line 2, column 5"), (b"[1 2]", "line 1, column 4"), (b"NaN", "NaN")],
)
def test_malformed_json_is_reported_with_its_position(body: bytes, where: str) -> None:
    with pytest.raises(Refused) as caught:
        parser()(body, NO_HEADERS)
    assert where in caught.value.problems[0].message


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"1" * 400, 1.7976931348623157e308),
        (b"-1e999", -1.7976931348623157e308),
        (b"1e-999", 0.0),
        (b"18446744073709551615", 2**64 - 1),
    ],
    ids=["400 digits", "-1e999", "1e-999", "2**64-1"],
)
def test_a_number_out_of_range_becomes_the_nearest_double(body: bytes, value: float) -> None:
    assert parser()(body, NO_HEADERS) == value


@pytest.mark.parametrize("body", [b"18446744073709551616", b"1e999", b"-9223372036854775809", b"[1" + b"0" * 99 + b"]"])
def test_huge_numbers_are_refused_under_their_reading(body: bytes) -> None:
    assert rule_of(body, ("huge-numbers", "refused")) == "number"
    assert parser(("huge-numbers", "refused"))(b"[18446744073709551615, 1e308, -1]", NO_HEADERS)


@pytest.mark.parametrize("body", [rb'"\ud800"', rb'"\udc00\ud800"', rb'"\\\ud800"', rb'{"\uDFFF": 1}'])
def test_half_a_surrogate_pair_is_refused_or_replaced(body: bytes) -> None:
    assert rule_of(body) == "surrogate"
    replaced = parser(("lone-surrogate", "replaced"))(body, NO_HEADERS)
    assert "\ufffd" in str(list(replaced) if isinstance(replaced, dict) else replaced)


@pytest.mark.parametrize("body", [rb'"\ud83d\ude00"', rb'"\\ud800"', '"\U0001f600"'.encode()])
def test_complete_surrogate_pairs_are_accepted(body: bytes) -> None:
    assert parser()(body, NO_HEADERS) == json.loads(body)


def test_a_deep_value_is_refused_or_truncated() -> None:
    assert parser()(b"[[[[[1]]]]]", NO_HEADERS) == [[[[[1]]]]]
    assert rule_of(b'[[[[[{"a":1}]]]]]') == "depth"
    assert parser(("deep-nesting", "accepted"))(b'[[[[[{"a":[1]}]]]]]', NO_HEADERS) == [[[[[{}]]]]]


def test_many_flat_brackets_do_not_count_as_depth() -> None:
    body = b"[" + b"[]," * 200_000 + b"[]]"
    started = time.perf_counter()
    assert len(parser()(body, NO_HEADERS)) == 200_001
    assert time.perf_counter() - started < 10  # usually well under a second


def test_a_compressed_body_is_bounded_by_its_decompressed_size() -> None:
    gzip, choice = Headers({"content-encoding": "gzip"}), ("compressed-body", "decoded")
    packed = zlib.compress(b'"' + b"a" * 900 + b'"', wbits=31)
    assert len(parser(choice)(packed, gzip)) == 900
    assert rule_of(zlib.compress(b" " * 10_000_000, wbits=31), choice, headers=gzip) == "size"
    assert rule_of(packed[:-9], choice, headers=gzip) == "compressed"
    assert rule_of(b"{}", choice, headers=gzip) == "compressed"


def test_a_coroutine_that_was_begun_can_be_awaited_further() -> None:
    async def waits(seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "done"

    async def here() -> str:
        return "here"

    async def check() -> None:
        assert begin(here()) == (True, "here")
        waiting = waits(0.01)
        is_done, future = begin(waiting)
        assert not is_done
        assert await resumed(waiting, future) == "done"
        late = waits(60)
        _, future = begin(late)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await resumed(late, future)

    asyncio.run(check())
