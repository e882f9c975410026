"""Test the threads that share one supply: order within a chain, bounds, ends and errors."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Iterator

import pytest

from contract_tests.target.concurrency import concurrently

PATIENCE_S = 10.0
THREADS = 4


def test_each_item_of_a_chain_is_sent_after_the_response_to_the_one_before() -> None:
    received: set[tuple[int, int]] = set()
    under_way = most = 0
    lock = threading.Lock()

    def send(item: tuple[int, int]) -> tuple[int, int]:
        nonlocal under_way, most
        chain, place = item
        with lock:
            under_way += 1
            most = max(most, under_way)
            assert place == 0 or (chain, place - 1) in received
        time.sleep(0.002)
        with lock:
            under_way -= 1
            received.add(item)
        return item

    chains = [[(chain, place) for place in range(1 + chain % 3)] for chain in range(40)]
    results = list(concurrently(send, chains, threads=THREADS))
    assert sorted(results) == sorted(itertools.chain.from_iterable(chains))
    assert most == THREADS


def test_the_threads_send_on_while_a_result_is_judged_but_not_without_bound() -> None:
    sent: list[int] = []

    def send(number: int) -> int:
        sent.append(number)
        return number

    results = concurrently(send, ((number,) for number in itertools.count()), threads=THREADS)
    next(results)
    deadline = time.monotonic() + PATIENCE_S
    while len(sent) < 2 * THREADS and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    assert len(sent) == 2 * THREADS
    results.close()
    time.sleep(0.05)
    assert len(sent) == 2 * THREADS


def test_a_single_thread_sends_nothing_before_the_result_is_consumed() -> None:
    sent: list[int] = []

    def send(number: int) -> int:
        sent.append(number)
        return number

    with contextlib.closing(concurrently(send, zip(range(10)), threads=1)) as results:
        for number in results:
            time.sleep(0.01)
            assert sent == list(range(number + 1))


@pytest.mark.parametrize("at", ["supply", "send"])
def test_an_error_of_a_thread_is_raised_where_the_results_are_consumed(at: str) -> None:
    def supply() -> Iterator[tuple[int]]:
        yield from zip(range(5))
        if at == "supply":
            raise KeyError(at)
        yield (5,)

    def send(number: int) -> int:
        if number == 5:
            raise KeyError(at)
        return number

    with pytest.raises(KeyError, match=at):
        list(concurrently(send, supply(), threads=THREADS))


def test_closing_the_results_ends_the_threads() -> None:
    before = set(threading.enumerate())
    with contextlib.closing(concurrently(str, zip(itertools.count()), threads=THREADS)) as results:
        assert next(results) == "0"
        started = set(threading.enumerate()) - before
    assert len(started) == THREADS
    for thread in started:
        thread.join(10)
    assert not any(thread.is_alive() for thread in started)
