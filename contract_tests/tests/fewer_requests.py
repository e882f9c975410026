"""Send only a part of the planned requests in tests whose subject is the course of a run, which most do not change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from contract_tests.contract.specification import Operation
from contract_tests.contract.terms import Terms
from contract_tests.lead_lists import LEAD_LISTS
from contract_tests.operation_suite import OperationSuite, make_plan
from contract_tests.requests.plan import Plan
from contract_tests.target.exchange import Request

WHOLE = replace(LEAD_LISTS)


def with_fewer_requests(keeps: Callable[[Request], bool], *, every: int = 8) -> tuple[OperationSuite, ...]:
    """Return the suite of the lead list with only a part of the planned requests, for `judged` and `open_run`.

    keeps: which of the concurrent requests it must have; besides those, it has one of `every` requests and chains.
    """

    def plan(terms: Terms, operation: Operation, tag: str) -> Plan:
        return _fewer(make_plan((WHOLE,), terms, operation, tag))

    def _fewer(plan: Plan) -> Plan:
        others = plan.others
        concurrent = tuple(
            step for number, step in enumerate(plan.concurrent) if number % every == 0 or keeps(step.request)
        )
        return replace(
            plan,
            concurrent=concurrent,
            chains=plan.chains[::every],
            others=None if others is None else lambda: map(_fewer, others()),
        )

    return (replace(WHOLE, plan=plan),)


def send_fewer_requests(every: int) -> None:
    """Let all commands of this process send one of `every` planned requests, and those with no name or a null one."""

    def is_about_name(request: Request) -> bool:
        return b'"name":null' in request.body or (b'"name"' not in request.body and b'"endDate"' in request.body)

    (suite,) = with_fewer_requests(is_about_name, every=every)
    object.__setattr__(LEAD_LISTS, "plan", suite.plan)
