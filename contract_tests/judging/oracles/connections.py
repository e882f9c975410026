"""Judge requests on one connection: the response to one does not depend on what the server left of the one before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from contract_tests.judging.case import Case, HistoryOracle
from contract_tests.judging.verdict import Judgement, broken
from contract_tests.target.exchange import Exchange

TWINS = 2  # accepted ones; one alone may have succeeded by chance
HINT = (
    "A server that refuses a request must read its body or close the connection (RFC 9112 §9.3). To send both on one "
    "connection, join the two commands with --next."
)


def responses_out_of_step(cases: Sequence[Case]) -> Iterator[Judgement]:
    """The response to a request does not belong to what is left of the request before it on the connection."""
    for case in cases:
        if is_out_of_step(case, cases):
            before = next(other for other in cases if other.exchange.number == case.exchange.after)
            actual = (
                f"{case.status_text} right after a {before.status} on the same connection; on another connection, the "
                "server accepts the request"
            )
            yield broken(
                "http.answer.complete",
                before.exchange,
                case.exchange,
                expected="one response to each request",
                actual=actual,
                hint=HINT,
            )
            return


def is_out_of_step(case: Case, cases: Sequence[Case]) -> bool:
    """Return whether the server refused, right after a refusal on the same connection, what it otherwise accepts.

    It has left the body of the refused request unread, and takes it for the start of the next one. A server that
    refuses a request now and then, for another reason, also accepts it right after a refusal.
    """
    if not case.must_accept or case.status < 400 or not _follows_refusal(case, cases):
        return False
    twins = [other for other in cases if other.succeeded and other.exchange.request == case.exchange.request]
    return len(twins) >= TWINS and not any(_follows_refusal(twin, cases) for twin in twins)


def _follows_refusal(case: Case, cases: Sequence[Case]) -> bool:
    before = case.exchange.after
    return bool(before) and any(c.exchange.number == before and may_leave_body(c.exchange) for c in cases)


def may_leave_body(exchange: Exchange) -> bool:
    """Return whether the server may have refused a request without reading its body."""
    return exchange.response is not None and exchange.response.status >= 400 and bool(exchange.request.body)


ORACLES = (HistoryOracle(("http.answer.complete",), responses_out_of_step),)
