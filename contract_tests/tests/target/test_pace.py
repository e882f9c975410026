"""Requests keep to a rate, and the address that is connected to is known."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import pytest

from contract_tests.target.addresses import addresses_of
from contract_tests.target.client import Target
from contract_tests.target.exchange import Request
from contract_tests.target.pace import Pace


def test_requests_are_spaced_whichever_thread_sends_them() -> None:
    now_s = [100.0]
    waited_s: list[float] = []
    pace = Pace(4, waited_s.append, lambda: now_s[0])
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: pace.wait(), range(5)))
    assert sorted(waited_s) == [0.25, 0.5, 0.75, 1.0]
    now_s[0] = 200.0
    pace.wait()
    assert len(waited_s) == 4  # the pause before was long enough


def test_without_a_rate_nothing_waits() -> None:
    waited_s: list[float] = []
    pace = Pace(None, waited_s.append)
    for _ in range(3):
        pace.wait()
    assert waited_s == []


def test_a_target_keeps_to_its_rate_and_knows_its_address(right_url: str) -> None:
    with Target(timeout_s=10, connections=2, rate_per_s=20) as target:
        began_s = time.monotonic()  # the time of day, which an exchange holds, can be set back meanwhile
        for place in range(4):
            target.send(Request("GET", right_url))
            # A request can be late, which makes the pause after it shorter, but none is early.
            assert time.monotonic() - began_s > 0.05 * place - 0.01
        assert target.addresses == {right_url.removeprefix("http://")}


def test_an_unknown_name_has_no_address() -> None:
    with pytest.raises(socket.gaierror):
        addresses_of("no-such-host.invalid", 80)
    assert "127.0.0.1" in addresses_of("127.0.0.1", 80)


def test_nothing_is_sent_to_an_address_that_is_not_allowed() -> None:
    received: list[bytes] = []

    def accept(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            received.append(connection.recv(1000))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=accept, args=(listener,))
        thread.start()
        url = f"http://localhost:{listener.getsockname()[1]}"
        with Target(timeout_s=10, connections=1, allows=lambda address: address != "127.0.0.1") as target:
            exchange = target.send(Request("GET", url))
        thread.join(10)
    assert exchange.failure is not None
    assert "now has the address 127.0.0.1" in exchange.failure
    assert (received, target.addresses) == ([b""], set())
