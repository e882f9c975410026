"""What only the garbage collector frees: of a request nothing, as that would stop others; of a reload the old mock."""

from __future__ import annotations

import asyncio
import gc
import json
import shutil
import weakref
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from mock_server.app import create_app
from mock_server.reloading import Files, Following
from mock_server.running import RunningMock, running_mock
from mock_server.tests.conftest import GOOD, LOGIN, PATH, ROOT

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


def test_a_reload_frees_the_replaced_mock(tmp_path: Path) -> None:
    spec = Path(shutil.copytree(ROOT / "spec", tmp_path / "spec")) / "openapi.yaml"
    following = Following(lambda: create_app(spec_dir=spec.parent), Files(spec.parent, None), warn=print)

    async def reload() -> None:
        spec.write_text(f"{spec.read_text()}\n# changed\n")
        await following.look()

    async def serve_and_reload() -> weakref.ref[Any]:
        await reload()  # the new mock has started
        transport = httpx2.ASGITransport(app=following.mock)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            assert (await client.post(PATH, json=GOOD, headers=LOGIN)).status_code == 201
            assert (await client.get("/__mock__/requests")).status_code == 200
        following.mock.worlds["default"].reset()
        replaced = weakref.ref(following.mock.contract)
        await reload()
        return replaced

    gc.freeze()  # as the command does
    gc.disable()
    try:
        assert asyncio.run(serve_and_reload())() is None
    finally:
        gc.enable()
        gc.unfreeze()
