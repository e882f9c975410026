"""Measure what the proxy adds to a request: `python -m contract_tests.tests.live.latency [ROUNDS]`.

One client sends valid requests over one kept-alive connection: to the mock, through a relay that only copies bytes, and
through `leadlists-contract watch`, which judges each of them meanwhile. The three take turns.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import cast

import uvloop

from contract_tests.tests.conftest import mock_process

REQUESTS = 200  # in one turn
BODY = (
    b'{"name": "Q1", "type": "person", "icpId": null, "startDate": "2030-01-01T00:00:00.000Z", '
    b'"endDate": "2030-03-31T23:59:59.000Z", "personIds": [], "companyIds": []}'
)
REQUEST = (
    b"POST /api/v1/entities/leadlists HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer xyz789-session\r\n"
    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
)


class _End(asyncio.Protocol):
    """One end of a relay that knows nothing of HTTP."""

    def __init__(self, port: int, other: _End | None = None) -> None:
        self.port, self.other, self.waiting = port, other, b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if self.other is None:
            self.other = other = _End(self.port, self)
            made = asyncio.get_running_loop().create_connection(lambda: other, "127.0.0.1", self.port)
            self.task = asyncio.ensure_future(made)
        elif self.waiting:
            self.transport.write(self.waiting)

    def data_received(self, data: bytes) -> None:
        other = cast(_End, self.other)
        if other.transport:
            other.transport.write(data)
        else:
            other.waiting += data


def _bare(port: int, pipe: Connection) -> None:
    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(lambda: _End(port), "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(run())


@contextmanager
def bare_relay(port: int) -> Iterator[int]:
    """Run the relay as a process of its own; yields its port."""
    context = multiprocessing.get_context("spawn")
    ours, other = context.Pipe()
    process = context.Process(target=_bare, args=(port, other), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.kill()


@contextmanager
def watch(port: int) -> Iterator[int]:
    """Run the command; yields the port of its proxy."""
    with tempfile.TemporaryDirectory() as folder:
        options = [f"--upstream=http://127.0.0.1:{port}", f"--run-folder={folder}/run"]
        command = [sys.executable, "-u", "-m", "contract_tests", "watch", *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                yield int(process.stdout.readline().split()[1].rpartition(":")[2])
            finally:
                process.terminate()
                output, _ = process.communicate(timeout=120)
                print(next(line for line in output.splitlines() if "exchanges seen" in line))


def turn(connection: socket.socket, requests: int) -> list[float]:
    """Send requests one after the other, and return the time of each in milliseconds."""
    times_ms = []
    for _ in range(requests):
        begun_s = time.perf_counter()
        connection.sendall(REQUEST)
        received = connection.recv(65536)
        while not received.endswith(b"}"):
            received += connection.recv(65536)
        times_ms.append(1000 * (time.perf_counter() - begun_s))
        assert received.startswith(b"HTTP/1.1 201"), received
    return times_ms


def measure(rounds: int) -> dict[str, float]:
    """The median time of a request in milliseconds, for each of the three ways."""
    with mock_process() as url:
        port = int(url.rpartition(":")[2])
        with bare_relay(port) as bare, watch(port) as watched:
            ways = {"direct": port, "bare relay": bare, "watch": watched}
            connections = {name: socket.create_connection(("127.0.0.1", port)) for name, port in ways.items()}
            times_ms: dict[str, list[float]] = {name: [] for name in ways}
            for number in range(rounds + 1):
                for name, connection in connections.items():
                    times = turn(connection, REQUESTS)
                    times_ms[name] += times if number else []  # the first round warms up
            for connection in connections.values():
                connection.close()
    return {name: statistics.median(times) for name, times in times_ms.items()}


def main() -> None:
    """Print a table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    found = measure(rounds)
    for name, median_ms in found.items():
        added_ms, ratio = median_ms - found["direct"], median_ms / found["direct"]
        print(f"{name:<12}{median_ms:8.3f} ms{added_ms:+8.3f} ms   {ratio:5.2f} x direct")
    print(f"watch / bare relay: {found['watch'] / found['bare relay']:.2f}")


if __name__ == "__main__":
    main()
