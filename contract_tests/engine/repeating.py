"""Send what broke a clause again, to report how often it breaks the clause again."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

from contract_tests.engine.budget import Budget
from contract_tests.engine.traffic import Traffic
from contract_tests.results.event_log import EventLog
from contract_tests.results.events import FailureRepeated
from contract_tests.results.views import VerdictView
from contract_tests.target.exchange import Exchange

REPEATS = 3  # how often a failure is sent again before it is reported


def kept(traffic: Traffic, verdict: VerdictView | None) -> list[Exchange]:
    """Return the exchanges that show a verdict; none if one of them is not of this traffic or no longer kept."""
    found = [traffic.history.exchange(view.number) for view in verdict.exchanges] if verdict else []
    exchanges = [exchange for exchange in found if exchange is not None]
    return exchanges if len(exchanges) == len(found) else []


def repeat_failures(traffic: Traffic, log: EventLog, budget: Budget) -> Iterator[None]:
    """Send the exchanges of each broken clause again, and log how often they break it again."""
    for clause in log.summing.broken:
        exchanges = kept(traffic, log.summing.worst(clause))
        same, times = yield from repeat(traffic, clause, exchanges, budget)
        if times:
            log.emit(FailureRepeated(clause, same, times))
            yield


def repeat(
    traffic: Traffic, clause: str, exchanges: Sequence[Exchange], budget: Budget
) -> Generator[None, None, tuple[int, int]]:
    """Send what broke a clause again, REPEATS times if the budget allows it; yield after each time.

    Return how often it broke the clause again, and how often it was sent.
    """
    same = times = 0
    while exchanges and times < REPEATS and budget.allows_more:
        same += _is_broken_again(traffic, clause, exchanges)
        times += 1
        yield
    return same, times


def _is_broken_again(traffic: Traffic, clause: str, exchanges: Sequence[Exchange]) -> bool:
    """Send the requests that broke a clause again, and judge them on their own and with earlier accepted ones."""
    cases = traffic.send_again(exchanges, at_once=len(exchanges) > 1 and _overlap(exchanges))
    # With earlier ones, an older breach could be reported instead.
    alone = traffic.judge.judge_all(*cases)
    # Together with other refusals, one of those could be reported instead.
    numbers = {exchange.number for exchange in exchanges}
    accepted = [c for c in traffic.history if c.succeeded and c.exchange.number not in numbers]
    together = traffic.judge.judge_history([*accepted, *cases])
    new = {case.exchange.number for case in cases}
    broken = [verdict for verdict in traffic.broken([*alone, *together]) if verdict.clause == clause]
    return any(exchange.number in new for verdict in broken for exchange in verdict.exchanges)


def _overlap(exchanges: Sequence[Exchange]) -> bool:
    """Return whether the exchanges were concurrent."""
    return max(e.sent_at_s for e in exchanges) < min(e.received_at_s for e in exchanges)
