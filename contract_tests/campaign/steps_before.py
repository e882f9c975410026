"""Find the earlier requests that a breach needs, if it does not occur again without them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace

from contract_tests.engine.budget import Budget
from contract_tests.engine.findings import key_of
from contract_tests.engine.grouping import Key
from contract_tests.engine.repeating import REPEATS
from contract_tests.engine.traffic import Traffic
from contract_tests.judging.verdict import Verdict
from contract_tests.target.exchange import Exchange

STEPS_BEFORE = (4, 8, 16, 40)  # tried in this order: what brings a server into a state is mostly sent shortly before


def break_with_steps_before(
    traffic: Traffic, budget: Budget, key: Key, shown: Sequence[Exchange]
) -> Generator[None, None, tuple[Verdict | None, int, int]]:
    """Send a breach again after the requests before it; leave out those that it does not need. Yield after each try.

    shown: the exchanges of the breach, in the order of sending. Return the verdict with all exchanges that it needs, or
    None if the breach does not occur again; how often they broke the clause again, and how often they were sent.
    """
    sent = [case.exchange for case in traffic.history if case.exchange.number <= shown[-1].number]
    numbers = {exchange.number for exchange in shown}
    steps: list[Exchange] = []
    verdict = None
    for count in STEPS_BEFORE:
        if verdict is not None or len(steps) == len(sent):
            break
        steps = [exchange for i, exchange in enumerate(sent, 1) if i >= len(sent) - count or exchange.number in numbers]
        verdict = _sent(traffic, key, steps)
        yield
    size = len(steps) // 2
    while verdict is not None and size:
        start = 0
        while start < len(steps) - 1 and budget.left_requests >= REPEATS * len(steps):
            fewer = [*steps[:start], *steps[min(start + size, len(steps) - 1) :]]
            smaller = _sent(traffic, key, fewer)
            if smaller is None:
                start += size
            else:
                steps, verdict = fewer, smaller
            yield
        size //= 2
    same = times = int(verdict is not None)
    while verdict is not None and times < REPEATS and budget.left_requests >= len(steps):
        same += _sent(traffic, key, steps) is not None
        times += 1
        yield
    return verdict, same, times


def _sent(traffic: Traffic, key: Key, steps: Sequence[Exchange]) -> Verdict | None:
    """Send requests in their order; return the breach in the last response, with all exchanges."""
    cases = traffic.send_again(steps, at_once=False)
    exchanges = tuple(case.exchange for case in cases)
    if len(exchanges) < len(steps):
        return None
    for verdict in traffic.broken(traffic.judge.judge_all(*cases)):
        if verdict.exchanges[-1].number == exchanges[-1].number and key_of(verdict) == key:
            return replace(verdict, exchanges=exchanges)
    return None
