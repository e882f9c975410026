"""Test the event stream: order, resuming, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from mock_server import RunningMock, Settings, create_app
from mock_server.control import journal_calls as control_journal
from mock_server.tests.conftest import StartMock
from mock_server.tests.control.conftest import create
from mock_server.worlds.journal import Exchange


@contextlib.contextmanager
def events(url: str, **headers: str) -> Iterator[Iterator[dict[str, Any]]]:
    def read(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
        event: dict[str, Any] = {}
        for line in lines:
            name, colon, value = line.partition(": ")
            if colon and name:
                event[name] = json.loads(value) if name == "data" else value
            elif not line and event:
                yield event
                event = {}

    with httpx2.stream("GET", url, headers=headers, timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store, no-transform"
        assert answer.headers["x-accel-buffering"] == "no"
        stream = read(answer.iter_lines())
        assert next(stream) == {"event": "hello", "data": {}}
        yield stream


def test_exchanges_and_changes_are_streamed(lead_list_mock: RunningMock) -> None:
    create(lead_list_mock, "before")
    with events(f"{lead_list_mock.url}/__mock__/events") as stream:
        create(lead_list_mock, "live")
        event = next(stream)
        assert event["event"] == "request"
        assert event["data"] == lead_list_mock.requests(limit=1)[0]
        assert int(event["id"]) == event["data"]["id"]
        lead_list_mock.set_faults({"status": 500})
        assert next(stream) == {"event": "change", "data": {"of": "faults"}}
        lead_list_mock.in_world("other").reset()
        create(lead_list_mock.in_world("other"), **{"x-mock-world": "other"})
        lead_list_mock.reset()
        assert [next(stream)["data"]["of"] for _ in range(5)] == ["lists", "faults", "requests", "clock", "notices"]


def test_clearing_the_journal_is_streamed_before_later_requests() -> None:
    world = create_app(Settings()).worlds["t1"]

    def add() -> None:
        world.journal.add(Exchange(datetime.now(UTC), "GET", "/", b"", []))

    async def follow() -> list[bytes]:
        events = control_journal._events(world, 0, lambda exchange: exchange.id)  # type: ignore[arg-type]
        await anext(events)
        add()
        world.journal.clear()
        world.journal.notify("requests")
        add()
        return [await anext(events), await anext(events)]

    assert [each.splitlines()[0] for each in asyncio.run(follow())] == [b"event: change", b"event: request"]


def test_a_stream_resumes_where_it_stopped(lead_list_mock: RunningMock) -> None:
    for name in ("a", "b", "c"):
        create(lead_list_mock, name)
    newest = lead_list_mock.requests(limit=1)[0]["id"]
    with events(f"{lead_list_mock.url}/__mock__/events", **{"last-event-id": str(newest - 2)}) as stream:
        assert [next(stream)["data"]["id"] for _ in range(2)] == [newest - 1, newest]
    with events(f"{lead_list_mock.url}/__mock__/events?last=1&world=default") as stream:
        assert next(stream)["data"]["id"] == newest


@pytest.mark.parametrize("last", ["1000000", "9" * 5000])
def test_a_stream_of_a_restarted_mock_shows_all_its_requests(last: str, lead_list_mock: RunningMock) -> None:
    create(lead_list_mock, "a")
    newest = lead_list_mock.requests(limit=1)[0]["id"]
    with events(f"{lead_list_mock.url}/__mock__/events", **{"last-event-id": last}) as stream:
        assert next(stream)["data"]["id"] == newest


def test_a_mock_with_open_streams_stops_quickly(start_mock: StartMock) -> None:
    running = start_mock()
    with events(f"{running.url}/__mock__/events") as one, events(f"{running.url}/__mock__/events?world=t1") as other:
        started = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        assert (list(one), list(other)) == ([], [])  # they end like complete responses, not by a broken connection
        assert running.process.communicate(timeout=60) == ("", "")
        assert time.monotonic() - started < 20  # usually under two
        assert running.process.returncode == 0
