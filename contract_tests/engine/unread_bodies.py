"""Find a server that refuses a request without reading its body, and then parses the body as the next request.

Each later response on that connection is then one to something else, which breaks clauses at random. The run proves it
once, with the plain request, and goes on with a new connection for each request.
"""

from __future__ import annotations

from collections.abc import Iterable

from contract_tests.engine.traffic import Traffic
from contract_tests.judging.case import Case
from contract_tests.judging.oracles.connections import may_leave_body
from contract_tests.judging.verdict import Judgement
from contract_tests.requests.plan import Step
from contract_tests.target.connections import Way
from contract_tests.target.exchange import Exchange

CHECKS = 6  # of suspect responses in one run; each takes three requests if the server is not at fault
TRIES = 5  # of one check
PROOFS = 2  # a server that refuses every few requests, whatever comes before, does not fail twice like this


class UnreadBodies:
    """Check suspect responses, at most so many in one run."""

    def __init__(self) -> None:
        self._checks_left = CHECKS
        self._found = False

    def recheck(self, case: Case, judgements: Iterable[Judgement], traffic: Traffic) -> Exchange:
        """Return the exchange of a judged case, or one on a new connection if the first proves nothing."""
        exchange = case.exchange
        if not exchange.after or case.status < 400:
            return exchange
        if not self._found and not self._finds(case, judgements, traffic):
            return exchange
        traffic.record(exchange)
        return traffic.send(Step(exchange.label, exchange.request), called_for=True)

    def _finds(self, case: Case, judgements: Iterable[Judgement], traffic: Traffic) -> bool:
        """Return whether a refusal that breaks a clause shows the server at fault."""
        if not self._checks_left or not (case.must_accept or traffic.broken(judgements)):
            return False
        before = traffic.exchange(case.exchange.after)
        if before is None or not may_leave_body(before):
            return False
        self._checks_left -= 1
        self._found = _takes_body_for_request(before, traffic)
        if self._found:
            traffic.target.way = Way.NEW
        return self._found


def _takes_body_for_request(before: Exchange, traffic: Traffic) -> bool:
    """Return whether the server refuses the plain request after this one, and accepts it on another connection."""
    refused = Step(before.label, before.request)
    plain = Step(f"{traffic.plain.label}, on the same connection", traffic.plain.request)
    cases: list[Case] = []
    proofs = 0
    for _ in range(TRIES):
        if not traffic.allows_more:
            return False
        first, second = traffic.send_in_turn(refused, plain)
        if second.exchange.after != first.exchange.number:
            continue  # the server closed the connection, which may have reset it before the response was read
        (alone,) = traffic.send_in_turn(traffic.plain)
        if second.status < 400 or not alone.succeeded:
            return False
        cases += [first, second, alone]
        proofs += 1
        if proofs == PROOFS:
            traffic.remember(cases)
            return True
    return False
