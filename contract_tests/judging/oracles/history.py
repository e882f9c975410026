"""Judge several responses together: what repeats or leaks from one request to another, and what all have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from contract_tests.judging.case import Case, HistoryOracle, envelope
from contract_tests.judging.details import refused_fields
from contract_tests.judging.verdict import Judgement, Observation, broken, warned


def idempotency(cases: Sequence[Case]) -> Iterator[Judgement]:
    """Observe whether the same request with the same Idempotency-Key returns the same list."""
    seen: dict[object, Case] = {}
    for case in cases:
        if not case.is_open_on("idempotency-key") or case.created is None:
            continue
        first = seen.setdefault(case.exchange.request, case)
        if first is not case and first.created is not None and "id" in first.created and "id" in case.created:
            same = first.created["id"] == case.created["id"]
            yield Observation("idempotency-key", "honoured" if same else "ignored", case.exchange)


def replayed_refusals(cases: Sequence[Case]) -> Iterator[Judgement]:
    """The refusal of one body is not the response to another: details of the first say nothing about the second.

    A server that honours Idempotency-Keys may refuse a key that was used for another body, but not with those details.
    """
    refused: dict[tuple[str, object], Case] = {}
    for case in cases:
        key = case.exchange.request.header("Idempotency-Key")
        if key is None or case.status != 400 or not (fields := refused_fields(case)):
            continue
        caller = (key, case.expectation.caller.session)
        if case.must_reject and fields <= case.expectation.violated_fields:
            refused.setdefault(caller, case)
        elif case.must_accept and (first := refused.get(caller)) and fields == refused_fields(first):
            actual = f"400 about {', '.join(sorted(fields))}, as for another body with the same Idempotency-Key"
            clause = case.clause("success.created") or "http.request.unknown-headers"
            yield broken(clause, first.exchange, case.exchange, expected=case.success_text, actual=actual)


def unpolluted(cases: Sequence[Case]) -> Iterator[Judgement]:
    """Values that a client sends under `__proto__` do not appear in later responses."""
    sent = [(case, fields) for case in cases if (fields := _prototype(case.sent))]
    for first, fields in sent:
        before = [c.created for c in cases if c.created and c.exchange.received_at_s <= first.exchange.sent_at_s]
        if not before:
            continue
        for case in cases:
            if case.created is None or case.exchange.sent_at_s < first.exchange.received_at_s:
                continue
            clause = case.clause("request.body.open")
            spread = [k for k, v in fields.items() if k in case.created and k not in case.sent and case.created[k] == v]
            if clause and spread and not any(key in created for key in spread for created in before):
                actual = f"{spread[0]!r}, sent in another request, is in this response"
                yield broken(clause, first.exchange, case.exchange, expected="only its own fields", actual=actual)
                return


def _prototype(body: dict[str, Any]) -> dict[str, Any]:
    direct, constructor = body.get("__proto__"), body.get("constructor")
    inherited = constructor.get("prototype") if isinstance(constructor, dict) else None
    found = [part for part in (direct, inherited) if isinstance(part, dict)]
    return {key: value for part in found for key, value in part.items()}


def left_over_details(cases: Sequence[Case]) -> Iterator[Judgement]:
    """Find details left over from earlier requests: the same invalid body got other details before.

    An additional field in them is evidence only if an earlier request had a violation there.
    """
    first_answers: dict[object, tuple[Case, set[str]]] = {}
    refused: set[str] = set()
    for case in cases:
        violations, violated = case.expectation.violations, case.expectation.violated_fields
        if not violations or not (fields := refused_fields(case)) or case.is_open_on("duplicate-keys"):
            continue  # which of two values of a field counts is open, and so is whether the field is invalid
        key = (violations, case.expectation.open_readings, repr(_less_repeatable(case)))
        first, named = first_answers.setdefault(key, (case, fields))
        stray = (fields - named) & (refused - violated)
        if stray and (clause := case.clause("error.400.details")):
            expected = f"details about {', '.join(sorted(named))}, as for the same violations before"
            actual = f"details about {', '.join(sorted(stray))} as well, which only earlier requests had wrong"
            yield broken(clause, first.exchange, case.exchange, expected=expected, actual=actual)
            return
        refused |= violated


def _less_repeatable(case: Case) -> list[tuple[str, Any]]:
    """Return the sent fields, except those that differ in each request, such as a name."""
    return sorted((key, value) for key, value in case.sent.items() if key not in case.meaning.repeatable)


def error_shapes(cases: Sequence[Case]) -> Iterator[Judgement]:
    """All errors of a server have the same shape."""
    seen: dict[bool, Case] = {}
    for case in cases:
        response = case.exchange.response
        if case.operation is None or response is None or response.status not in {400, 401, 500}:
            continue
        if found := envelope(response):
            seen.setdefault(found[1], case)
    if len(seen) == 2:
        first, second = seen.values()
        expected = "code and message in the same place in all error bodies"
        actual = "inside `error` in one, at the top level in another"
        yield warned("error.envelope", first.exchange, second.exchange, expected=expected, actual=actual)


def carriers(cases: Sequence[Case]) -> Iterator[Judgement]:
    """Observe where the server reads the session token; only if the user gave both logins."""
    first = cases[0].terms.settings.first if cases else None
    taken = {case.expectation.caller.carrier for case in cases if case.succeeded}
    if first and first.bearer and first.cookie and {"bearer", "cookie"} <= taken:
        yield Observation("session-carrier", "either", cases[0].exchange)


ORACLES = (
    HistoryOracle(("request.body.open",), unpolluted),
    HistoryOracle(("error.400.details",), left_over_details),
    HistoryOracle(("success.created", "http.request.unknown-headers"), replayed_refusals),
    HistoryOracle(("success.repeatable",), idempotency),
    HistoryOracle(("error.envelope",), error_shapes, spans_operations=True),
    HistoryOracle(("access.session.valid",), carriers, spans_operations=True),
)
