"""Confirm a breach that does not occur again at once: with the requests before it, or now and then."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import pairwise

from contract_tests.engine.budget import Budget
from contract_tests.engine.repeating import REPEATS
from contract_tests.engine.traffic import Traffic
from contract_tests.judging.case import Case
from contract_tests.judging.verdict import Verdict
from contract_tests.results.findings import key_of
from contract_tests.results.grouping import Key
from contract_tests.target.exchange import Exchange

# Tried in this order: what brings a server into a state is mostly sent shortly before. The last one is left out if
# another of the requests shows the breach instead, which then depends on something else.
STEPS_BEFORE = (4, 8, 16, 40)
OFTEN = 40  # requests in a row: three breaches, if there is one at every thirteenth


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
    verdict, moves = None, False
    for count in STEPS_BEFORE:
        if verdict is not None or len(steps) == len(sent) or (moves and count == STEPS_BEFORE[-1]):
            break
        steps = [exchange for i, exchange in enumerate(sent, 1) if i >= len(sent) - count or exchange.number in numbers]
        verdict, elsewhere = _sent(traffic, key, steps)
        moves = moves or elsewhere
        yield
    size = len(steps) // 2
    while verdict is not None and size:
        start = 0
        while start < len(steps) - 1 and budget.left_requests >= REPEATS * len(steps):
            fewer = [*steps[:start], *steps[min(start + size, len(steps) - 1) :]]
            smaller, _ = _sent(traffic, key, fewer)
            if smaller is None:
                start += size
            else:
                steps, verdict = fewer, smaller
            yield
        size //= 2
    same = times = int(verdict is not None)
    while verdict is not None and times < REPEATS and budget.left_requests >= len(steps):
        same += _sent(traffic, key, steps)[0] is not None
        times += 1
        yield
    return verdict, same, times


def break_now_and_then(
    traffic: Traffic, budget: Budget, key: Key, shown: Exchange
) -> tuple[Verdict | None, int, int, int]:
    """Send one request many times in a row, for a breach that depends on a count or on chance.

    Return the last breach, how often there was one, how often the request was sent, and how many requests apart the
    breaches were; 0 if it was not always as many.
    """
    times = int(min(OFTEN, budget.left_requests))
    cases = traffic.send_again([shown] * times, at_once=False)
    found = {verdict.exchanges[-1].number: verdict for verdict in _breaches(traffic, key, cases)}
    numbers = sorted(found)
    apart = {later - before for before, later in pairwise(numbers)}
    every = apart.pop() if len(numbers) > 2 and len(apart) == 1 else 0
    return found[numbers[-1]] if numbers else None, len(numbers), len(cases), every


def _sent(traffic: Traffic, key: Key, steps: Sequence[Exchange]) -> tuple[Verdict | None, bool]:
    """Send requests in their order; return the breach in the last response, with all exchanges.

    If there is none, return whether another response has it.
    """
    cases = traffic.send_again(steps, at_once=False)
    exchanges = tuple(case.exchange for case in cases)
    if len(exchanges) < len(steps):
        return None, False
    found = _breaches(traffic, key, cases)
    for verdict in found:
        if verdict.exchanges[-1].number == exchanges[-1].number:
            return verdict._replace(exchanges=exchanges), False
    return None, bool(found)


def _breaches(traffic: Traffic, key: Key, cases: Sequence[Case]) -> list[Verdict]:
    return [each for each in traffic.broken(traffic.judge.judge_all(*cases)) if key_of(each) == key]
