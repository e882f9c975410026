"""Read the body of a request, bounded in bytes and seconds. Only this module reads one for the operation."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Generator
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Receive

from mock_server.contract.readings import Readings
from mock_server.pipeline.errors import ClientLeft, Refused, refused


class BodyReader:
    """Reads a body, with a limit of bytes and of seconds."""

    def __init__(self, readings: Readings, *, max_bytes: int, timeout_s: float) -> None:
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s
        self._too_large_status = int(readings["oversized-body"])

    async def __call__(self, receive: Receive, headers: Headers) -> bytes:
        declared = headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > self._max_bytes:
            raise self._too_large(f"{int(declared)} bytes")  # before the first read, which would send 100 Continue
        received = receive()
        is_here, first = begin(received)
        # http.request.chunked: only more_body says whether the body ends here.
        if is_here and not first.get("more_body", False) and len(first.get("body", b"")) <= self._max_bytes:
            if first["type"] == "http.disconnect":
                raise ClientLeft
            whole: bytes = first.get("body", b"")
            return whole  # nearly every body has already arrived, and needs no timer
        body = bytearray()
        try:
            async with asyncio.timeout(self._timeout_s):
                message = first if is_here else await resumed(received, first)
                while True:
                    if message["type"] == "http.disconnect":
                        raise ClientLeft
                    body += message.get("body", b"")
                    if len(body) > self._max_bytes:
                        raise self._too_large(f"more than {self._max_bytes} bytes")
                    if not message.get("more_body", False):  # http.request.chunked
                        return bytes(body)
                    message = await receive()
        except TimeoutError:
            got = f"{len(body)} of {declared} bytes" if declared else f"{len(body)} bytes"
            raise refused("timeout", closes=True, got=got, limit=f"{self._timeout_s:g}") from None

    def _too_large(self, got: str) -> Refused:
        return refused("size", status=self._too_large_status, closes=True, got=got, limit=self._max_bytes)


def begin(awaitable: Any) -> tuple[bool, Any]:
    """Run a coroutine until it has to wait; return (True, its result) or (False, what it waits for)."""
    try:
        return False, awaitable.send(None)
    except StopIteration as end:
        return True, end.value


@types.coroutine
def resumed(awaitable: Any, waits_for: Any) -> Generator[Any, Any, Any]:
    """Await a coroutine that `begin` has started, and return its result."""
    while True:
        try:
            try:
                sent = yield waits_for
            except BaseException as error:  # such as a timeout, which the coroutine handles
                waits_for = awaitable.throw(error)
            else:
                waits_for = awaitable.send(sent)
        except StopIteration as end:
            return end.value
