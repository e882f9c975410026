"""What clients can do to a server: slow, silent and hostile ones, large bodies, many creates, signals."""

from __future__ import annotations

import json
import random
import re
import signal
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

from mock_server.connections.deadlines import KEPT_S, UNUSED_S
from mock_server.connections.protocol import HEAD_S
from mock_server.connections.response_bytes import ANNOUNCED_S
from mock_server.tests.conftest import GOOD, LOGIN, PATH
from mock_server.tests.corpus import Case, json_texts, naughty_strings
from mock_server.tests.hardening.measuring import BODY, MARGIN_S, Row, Target, all_of, at_most, between, target

CUT_UNREAD_S = 30.0
GOOD_REQUESTS = 800
P99_MARGIN = 3  # without bounds it is 32 times the usual; other work on the machine can double it
POST = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: {LOGIN['authorization']}\r\n".encode()
WHOLE = POST + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY


def seconds_until_cut(connections: list[socket.socket], started_s: float) -> float:
    """How long it takes until the server has closed every connection."""
    for each in connections:
        with suppress(OSError):
            while each.recv(65536):
                pass
        each.close()
    return time.monotonic() - started_s


def slowdown(mock: Target) -> Row:
    """Compare the latency of a client that behaves well with that of the same client on a mock of its own.

    Its requests alternate between the two, so that other work on the machine slows both.
    """
    with target() as undisturbed:
        measured = [(each, each.client(), list[float]()) for each in (mock, undisturbed)]
        for _ in range(GOOD_REQUESTS):
            for each, client, took_s in measured:
                started_s = time.perf_counter()
                each.post(client, BODY)
                took_s.append(time.perf_counter() - started_s)
    p99, usual_p99 = [statistics.quantiles(took_s, n=100)[98] for _, _, took_s in measured]
    return at_most("p99 of a good client meanwhile, against its usual p99", 2, p99 / usual_p99, "x", P99_MARGIN)


# -- slow clients


def slow_clients(mock: Target) -> Iterator[Row]:
    """Heads and request lines that never end, and a good client at the same time."""
    started_s = time.monotonic()
    heads = [mock.connect() for _ in range(300)]
    for each in heads:
        each.sendall(POST)
    lines = [mock.connect() for _ in range(50)]
    for each in lines:
        each.sendall(b"POST / HT")
    with ThreadPoolExecutor(2) as pool:
        heads_s, lines_s = [pool.submit(seconds_until_cut, each, started_s) for each in (heads, lines)]
        yield slowdown(mock)
        yield at_most("300 half-sent heads are cut", HEAD_S, heads_s.result(), "s", MARGIN_S)
        yield at_most("50 half request lines are cut", HEAD_S, lines_s.result(), "s", MARGIN_S)


@contextmanager
def idle_connections() -> Iterator[Callable[[], Iterator[Row]]]:
    """Open connections that rest, on a mock of their own; yield a function that waits until they are cut."""
    with target() as mock, ThreadPoolExecutor(11) as pool:
        started_s = time.monotonic()
        silent = pool.submit(seconds_until_cut, [mock.connect() for _ in range(50)], started_s)
        used = [pool.submit(_seconds_kept, mock) for _ in range(10)]

        def rows() -> Iterator[Row]:
            yield at_most("50 connections without a request are cut", UNUSED_S, silent.result(), "s", MARGIN_S)
            kept_s = [each.result() for each in used]
            promise = "10 connections are kept after a response, and then cut"
            yield between(promise, ANNOUNCED_S, KEPT_S, min(kept_s), max(kept_s), MARGIN_S)

        yield rows


def _seconds_kept(mock: Target) -> float:
    """How long a connection stays open after a response."""
    with mock.connect() as connection:
        connection.sendall(WHOLE)
        connection.recv(65536)
        return seconds_until_cut([connection], time.monotonic())


def unread_responses(mock: Target) -> Iterator[Row]:
    """Twenty clients that ask for large responses and never read."""
    mock.post(mock.client(), json.dumps(GOOD | {"name": "n" * 1_000_000}).encode())
    before_mib = mock.memory_mib()
    request = b"GET /__mock__/lists HTTP/1.1\r\nHost: localhost\r\n\r\n"
    unread = []
    for _ in range(20):
        connection = mock.connect(timeout_s=1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with suppress(OSError):
            connection.sendall(request * 5_000)
        unread.append(connection)
    started_s = time.monotonic()
    most_mib = mock.memory_mib()
    yield slowdown(mock)
    open_ones = set(unread)
    while open_ones and time.monotonic() < started_s + 2 * CUT_UNREAD_S:
        time.sleep(0.2)
        most_mib = max(most_mib, mock.memory_mib())
        open_ones -= {each for each in open_ones if _is_cut(each)}
    took_s = time.monotonic() - started_s
    yield at_most("20 clients that never read are cut", CUT_UNREAD_S, took_s, "s", MARGIN_S)
    yield at_most("memory for them meanwhile", 64, most_mib - before_mib, "MiB")


def _is_cut(connection: socket.socket) -> bool:
    try:
        connection.send(b"x")
    except TimeoutError:
        return False
    except OSError:
        return True
    return False


def pipelining(mock: Target) -> Iterator[Row]:
    """Twenty thousand requests at once on one connection, of which no response is read at first."""
    mock.is_alive()
    before_mib = mock.memory_mib()
    most_mib = 0.0
    last = WHOLE.replace(b"Host: x", b"Host: x\r\nConnection: close")
    with mock.connect() as connection:
        sender = threading.Thread(target=connection.sendall, args=(WHOLE * 19_999 + last,))
        sender.start()
        for _ in range(20):
            time.sleep(0.1)
            most_mib = max(most_mib, mock.memory_mib() - before_mib)
        answered = 0
        rest = b""
        while chunk := connection.recv(1 << 20):
            answered += (rest + chunk).count(b"HTTP/1.1 201")
            rest = chunk[-11:]
        sender.join()
    yield at_most("memory for 20,000 pipelined requests", 24, most_mib, "MiB")
    yield all_of("of them answered once they are read", answered, 20_000)


# -- malformed and hostile requests


def malformed(mock: Target) -> Iterator[Row]:
    """Requests with one byte changed, taken out or put in: each answered in the documented form, or closed."""
    chance = random.Random(1)
    base = WHOLE.replace(b"Host: x", b"Host: x\r\nConnection: close")
    requests = []
    for _ in range(500):
        place, byte = chance.randrange(len(base) - len(BODY)), bytes([chance.randrange(256)])
        end = place + chance.randrange(2)
        requests.append(base[:place] + chance.choice((b"", byte)) + base[end:])

    def fits(request: bytes) -> bool:
        with mock.connect(timeout_s=HEAD_S + 3 * MARGIN_S) as connection:
            connection.sendall(request)
            return _is_documented(_rest(connection))

    with ThreadPoolExecutor(100) as pool:
        yield all_of("malformed requests answered in the documented form", sum(pool.map(fits, requests)), 500)
    yield all_of("the server answers after them", int(mock.is_alive()), 1)


def _rest(connection: socket.socket) -> bytes:
    received = b""
    with suppress(ConnectionError, TimeoutError):  # a connection that is kept ends with the patience
        while chunk := connection.recv(65536):
            received += chunk
    return received


def _is_documented(received: bytes) -> bool:
    """Whether there is a response, and every one of them is JSON: a lead list, or an error object."""
    answers = re.split(rb"HTTP/1\.1 (?=\d{3} )", received)[1:]
    for answer in answers:
        head, _, body = answer.partition(b"\r\n\r\n")
        if head.startswith(b"100"):
            continue
        try:
            value = json.loads(body)
        except ValueError:
            return False
        if head.startswith(b"5") or not ({"error", "id"} & value.keys()):
            return False
    return bool(answers)


def corpora(mock: Target) -> Iterator[Row]:
    """JSONTestSuite and the big list of naughty strings."""
    for name, cases in (("JSONTestSuite, whole and embedded", json_texts()), ("naughty strings", naughty_strings())):
        found = [_answered(mock, case) for case in cases]
        yield all_of(f"{name}: 201 or 400", sum(status in (201, 400) for status, _ in found), len(found))
        yield at_most(f"{name}: the slowest", 1, max(took_s for _, took_s in found), "s", MARGIN_S)


def _answered(mock: Target, case: Case) -> tuple[int, float]:
    client = mock.client()
    started = time.perf_counter()
    client.request(case.method, case.target, case.body, {name.title(): value for name, value in case.headers.items()})
    status = client.getresponse().status
    client.close()
    return status, time.perf_counter() - started


def large_bodies(mock: Target) -> Iterator[Row]:
    """Bodies up to 100 MiB, JSON of depth 100,000, heads of 64 MiB."""
    mock.is_alive()
    before_mib = mock.memory_mib()
    refused = 0
    sizes = (2 * 2**20, 10 * 2**20, 100 * 2**20)
    for size in sizes:
        with mock.connect() as connection:
            with suppress(OSError):
                connection.sendall(POST + b"Content-Length: %d\r\n\r\n" % size)
                for _ in range(size // 2**20):
                    connection.sendall(b"x" * 2**20)
            refused += _rest(connection).startswith(b"HTTP/1.1 400")
    yield all_of("bodies of 2, 10 and 100 MiB refused", refused, len(sizes))
    deep = [b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 50_000 + b"1" + b"}" * 50_000]
    yield all_of("nested 100,000 deep refused", sum(mock.post(mock.client(), each)[0] == 400 for each in deep), 2)
    with mock.connect() as connection:
        with suppress(OSError):
            connection.sendall(POST)
            for i in range(64 * 1024):
                connection.sendall(b"X-%d: %s\r\n" % (i, b"a" * 1000))
        _rest(connection)
    yield at_most("memory for all of them, and a head of 64 MiB", 16, mock.memory_mib() - before_mib, "MiB")


# -- state


def creates(mock: Target) -> Iterator[Row]:
    """Many creates, at once and one after another, small and large."""
    start = threading.Barrier(64)

    def create(_: int) -> list[str]:
        client = mock.client()
        start.wait()
        return [json.loads(mock.post(client, BODY)[1])["id"] for _ in range(20)]

    with ThreadPoolExecutor(64) as pool:
        ids = [each for found in pool.map(create, range(64)) for each in found]
    yield all_of("different ids for 64 clients at once", len(set(ids)), 64 * 20)
    client = mock.client()
    large = json.dumps(GOOD | {"name": "n" * 1_000_000}).encode()
    before_mib = mock.memory_mib()
    for number in range(400):
        mock.post(client, large, world=f"world-{number % 8}")
    yield at_most("memory for 400 lists of 1 MB in 8 worlds", 160, mock.memory_mib() - before_mib, "MiB")
    grown_mib = []
    for _ in range(2):
        for _ in range(12_000):
            mock.post(client, BODY)
        grown_mib.append(mock.memory_mib())
    yield at_most("growth from create 12,000 to 24,000", 5, grown_mib[1] - grown_mib[0], "MiB")


def signals(mock: Target) -> Iterator[Row]:
    """SIGTERM and SIGINT under load."""
    ended = 0
    longest_s = 0.0
    for number in (signal.SIGTERM, signal.SIGINT):
        with target() as other, ThreadPoolExecutor(8) as pool:
            loads = [pool.submit(_load, other) for _ in range(8)]
            time.sleep(0.5)
            started = time.monotonic()
            other.process.send_signal(number)
            ended += other.process.wait(timeout=60) == 0
            longest_s = max(longest_s, time.monotonic() - started)
            for each in loads:
                each.result()
    yield all_of("SIGTERM and SIGINT under load end with exit code 0", ended, 2)
    yield at_most("the longer of the two", 2, longest_s, "s", MARGIN_S)


def _load(mock: Target) -> None:
    client = mock.client()
    with suppress(OSError, ValueError):
        while True:
            mock.post(client, BODY)


MEASURES: tuple[Callable[[Target], Iterator[Row]], ...] = (
    malformed, corpora, pipelining, large_bodies, creates, signals, unread_responses, slow_clients,
)  # fmt: skip
