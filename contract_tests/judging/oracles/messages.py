"""Judge the response to a message that usual HTTP clients do not write (RFC 9112)."""

from __future__ import annotations

from collections.abc import Iterator

from contract_tests.judging.case import Case
from contract_tests.judging.verdict import Judgement, broken, held
from contract_tests.target.exchange import SILENT

NOT_IMPLEMENTED = frozenset({501, 505})  # of a transfer coding or a version (RFC 9112 §6.1, RFC 9110 §15.6.6)
OF_GATEWAYS = frozenset({502, 504})  # for a server that closed the connection or waits (RFC 9110 §15.6.3, §15.6.5)


def judge_message(case: Case) -> Iterator[Judgement]:
    """The server creates nothing from half a message, never fails, and answers each whole one.

    It may refuse any of these messages with a status and a body of its HTTP server, or close the connection.
    """
    wire, exchange = case.exchange.request.wire, case.exchange
    if wire is None:
        return
    allowed = NOT_IMPLEMENTED if wire.is_complete else NOT_IMPLEMENTED | OF_GATEWAYS
    if case.status >= 500 and case.status not in allowed:
        expected = "a documented response, or a closed connection"
        yield broken("http.answer.no-server-error", exchange, expected=expected, actual=f"{case.status}")
    elif case.status:
        yield held("http.answer.no-server-error", exchange)
    if wire.is_complete and (exchange.failure or "").startswith(SILENT):
        expected = "a response, or a closed connection"
        yield broken("http.answer.complete", exchange, expected=expected, actual=exchange.failure or "")
    if wire.violation and case.succeeded and (clause := case.clause("request.body.json")):
        expected = "a refusal, or a closed connection"
        yield broken(clause, exchange, expected=expected, actual=f"{case.status}, although {wire.violation}")
