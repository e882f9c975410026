"""A served request leaves nothing that only the garbage collector frees: it would cost memory, and stop requests."""

from __future__ import annotations

import gc
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from mock_server.running import RunningMock, running_mock
from mock_server.tests.conftest import GOOD

REQUESTS = 20
# What a request is made of; mocks of other tests in this process may become garbage meanwhile.
OF_A_REQUEST = ("Cycle", "Exchange", "IndexedHeaders", "Problem", "Refused", "RequestState", "_Recording")
GOOD_BODY = json.dumps(GOOD)


@pytest.fixture(scope="module")
def mock() -> Iterator[RunningMock]:
    with running_mock() as mock:
        yield mock


@contextmanager
def collected() -> Iterator[Counter[str]]:
    """Count the objects of requests that were garbage at the end of the block."""
    counted: Counter[str] = Counter()
    gc.disable()
    gc.freeze()  # what exists already is neither searched nor counted: a worker of pytest holds a million objects
    try:
        yield counted
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        counted.update(name for each in gc.garbage if (name := type(each).__name__) in OF_A_REQUEST)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.unfreeze()
        gc.enable()


@pytest.mark.parametrize(
    ("authorization", "body", "status"),
    [
        ("Bearer xyz789-session", GOOD_BODY, 201),
        ("Bearer xyz789-session", "{}", 400),
        ("Bearer xyz789-session", "{", 400),
        ("Bearer unknown", GOOD_BODY, 401),
        ("", GOOD_BODY, 401),
    ],
)
def test_a_request_leaves_no_garbage(mock: RunningMock, authorization: str, body: str, status: int) -> None:
    parts = urlsplit(mock.endpoint)
    client = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    headers = {"Content-Type": "application/json"} | ({"Authorization": authorization} if authorization else {})

    def send() -> None:
        client.request("POST", parts.path, body, headers)
        response = client.getresponse()
        response.read()
        assert response.status == status

    try:
        send()  # what the first request makes and keeps
        with collected() as garbage:
            for _ in range(REQUESTS):
                send()
    finally:
        client.close()
    assert sum(garbage.values()) < REQUESTS, garbage
