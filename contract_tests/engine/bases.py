"""Find a body that the server accepts, so that the requests of a plan are built on it.

A request on a refused base proves nothing: the server may refuse it because of the base.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from contract_tests.contract.schema import short
from contract_tests.engine.traffic import Traffic
from contract_tests.requests.plan import Plan, Step
from contract_tests.target.exchange import Exchange, Request


@dataclass(frozen=True, slots=True)
class Based:
    """A plan on a base that the server accepts. note: what differs from the plan as it was, as a sentence.

    has_base: False if the server refuses every known body; the plan then has only requests without a valid login.
    """

    plan: Plan
    note: str = ""
    has_base: bool = True


def on_an_accepted_base(traffic: Traffic, plan: Plan) -> Based:
    """Return the plan, whose first request was sent, or the same plan on another base if the server refuses that."""
    if not _is_refused(traffic, plan.first.request):
        return Based(plan)
    for other in plan.others() if plan.others else ():
        if not traffic.allows_more:
            return Based(plan)
        traffic.probe(replace(other.first, label=f"{other.first.label} on another base"))
        if not _is_refused(traffic, other.first.request):
            _build_on(traffic, plan.first, other.first)
            note = (
                "The server refuses the plain request, so the run used a body that the server accepts: "
                f"{_values(other.base)}."
            )
            return Based(other, note)
    if plan.others is None:
        return Based(plan)
    note = (
        "The server refuses the plain request and the API page's example, so the run did not judge the requests that "
        "are based on them."
    )
    without = _without_login(traffic, plan.concurrent)
    return Based(replace(plan, concurrent=without, chains=(), sequential=(), burst=(), last=None), note, has_base=False)


def _is_refused(traffic: Traffic, request: Request) -> bool:
    """Return whether the server refused the request, or failed on it, the last time."""
    cases = [case for case in traffic.history if case.exchange.request == request]
    return bool(cases) and cases[-1].signed_in and not cases[-1].succeeded and cases[-1].status > 0


def _build_on(traffic: Traffic, before: Step, plain: Step) -> None:
    """Replace the plain request of an operation, which the server refuses for one of its permitted variations."""
    refused, accepted = (
        {v for case in traffic.history if case.exchange.request == request for v in case.expectation.variations}
        for request in (before.request, plain.request)
    )
    traffic.denied |= refused - accepted
    if traffic.plain.request == before.request:
        traffic.plain = plain


def _without_login(traffic: Traffic, steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps without a valid login: their responses do not depend on the body."""
    at_s = time.time()
    nothing = (Exchange(step.request, None, None, at_s, at_s) for step in steps)
    cases = zip(steps, map(traffic.judge.case, nothing), strict=True)
    return tuple(step for step, case in cases if case.operation is not None and not case.signed_in)


def _values(base: Mapping[str, Any] | None) -> str:
    """Format the values of a base, shortened for a sentence."""
    return ", ".join(f"{key} {short(value, 60)}" for key, value in (base or {}).items())
