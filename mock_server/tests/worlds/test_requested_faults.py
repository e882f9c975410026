"""Test the headers and cookies that request a fault."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from mock_server import RunningMock
from mock_server.middleware.requested_faults import requested_fault
from mock_server.pipeline.words import STATUSES
from mock_server.tests.worlds.conftest import Post
from mock_server.worlds.faults import (
    FaultError,
)


@pytest.mark.parametrize(
    ("prefer", "status", "delay_s", "applied"),
    [
        ("code=500", 500, 0, "code=500"),
        ("code=500, wait=2", 500, 2, "code=500, wait=2"),
        ("wait=0.5", None, 0.5, "wait=0.5"),
        ('Code="404"; a=b', 404, 0, "code=404"),
        ('respond-async, foo="a, code=1", code=503', 503, 0, "code=503"),
        ("code=500, code=400", 500, 0, "code=500"),
        ("code=99, wait=1", None, 1, "wait=1"),
    ],
)
def test_preferences_are_read_as_in_rfc_7240(prefer: str, status: int | None, delay_s: float, applied: str) -> None:
    touch = requested_fault([(b"prefer", prefer.encode())])
    assert touch is not None
    assert (touch.fault.status, touch.preferences, touch.door) == (status, applied, "prefer")
    assert touch.fault.draw_delay_s(lambda: 0.5) == delay_s


@pytest.mark.parametrize(
    "prefer", ["", "respond-async", "code", "code=abc", "code=600", "wait=-1", "wait=61", '=,;"', "example=a"]
)
def test_unsupported_preferences_are_ignored(prefer: str) -> None:
    assert requested_fault([(b"prefer", prefer.encode())]) is None


def test_long_preferences_cost_nothing() -> None:
    started = time.perf_counter()
    assert requested_fault([(b"prefer", b'"\\"' * 20_000)]) is None
    assert time.perf_counter() - started < 5


UNDOCUMENTED = {429: ("TOO_MANY_REQUESTS", "Too Many Requests"), 503: ("SERVICE_UNAVAILABLE", "Service Unavailable")}


@pytest.mark.parametrize(
    ("headers", "status", "marked"),
    [
        ({"prefer": "code=500"}, 500, "status=500; door=prefer"),
        ({"x-mock-fault": "status=503"}, 503, "status=503; door=header"),
        ({"cookie": "a=b; mock_fault=status=429"}, 429, "status=429; door=cookie"),
        ({"cookie": "mock_fault=status=429", "prefer": "code=500"}, 500, "status=500; door=prefer"),
        ({"prefer": "code=500", "x-mock-fault": "status=503"}, 503, "status=503; door=header"),
        ({}, 404, "status=404; door=control"),
    ],
    ids=["Prefer", "header", "cookie", "Prefer before cookie", "header before Prefer", "control"],
)
def test_each_way_forces_a_status_and_the_response_names_the_fault(
    headers: dict[str, str], status: int, marked: str, lead_list_mock: RunningMock, post: Post
) -> None:
    lead_list_mock.set_faults({"status": 404})
    answer = post(**headers)
    assert (answer.status_code, answer.headers["x-mock-fault"]) == (status, marked)
    code, message = {**STATUSES, **UNDOCUMENTED}[status]
    assert answer.json()["error"] == {"code": code, "message": message}
    assert answer.headers.get("preference-applied") == ("code=500" if "door=prefer" in marked else None)
    lead_list_mock.reset()
    assert "x-mock-fault" not in post().headers
    assert len(lead_list_mock.lists()) == 1  # a forced response creates nothing


NO_EFFECT = "at least one of status, delayMs, answer, session and headers"
NO_MEDIAN = "delayMs, the median, and a p99Ms that is not below it"


@pytest.mark.parametrize(
    ("text", "got", "want"),
    [
        ("status=xx", '"xx"', "an integer, from 200 to 599"),
        ("status=", '""', "an integer, from 200 to 599"),
        ("status=600", '"600"', "an integer, from 200 to 599"),
        ("status=500&status=404", "two values", "one value"),
        ("delayMs=1e400", '"1e400"', "a number, from 0 to 60000"),
        ("delayMs=nan", '"nan"', "a number, from 0 to 60000"),
        ("statsu=500", '"statsu"', "names of status, delayMs, p99Ms, answer, session, share, body, headers"),
        ("answer=none", '"none"', "hang or reset or empty or half or dribble or bad-chunk or not-json"),
        ("share=0.5", "without an effect", NO_EFFECT),
        ("status=500&p99Ms=1", "1", NO_MEDIAN),
    ],
)
def test_a_malformed_fault_is_reported(
    text: str, got: str, want: str, post: Post, assert_error: Callable[..., Any]
) -> None:
    for headers in ({"x-mock-fault": text}, {"cookie": f"mock_fault={text}"}):
        error = assert_error(post(**headers), 400, "BAD_REQUEST")
        assert [(each["got"], each["want"]) for each in error["details"]] == [(got, want)]
        assert "mock_fault" in error["message"]


def test_two_header_lines_are_one_fault() -> None:
    touch = requested_fault([(b"x-mock-fault", b"status=500"), (b"x-mock-fault", b"delayMs=5")])
    assert touch is not None
    assert (touch.fault.status, touch.fault.delay_ms) == (500, 5)
    with pytest.raises(FaultError):
        requested_fault([(b"x-mock-fault", b"status=500"), (b"x-mock-fault", b"status=503")])
