"""Which covering set an operation has: one of its own, or what its schema alone can ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from contract_tests.contract.specification import Operation
from contract_tests.judging.expectation import Terms
from contract_tests.lead_lists.plan import lead_list_plan
from contract_tests.requests.plan import Plan, generic_plan

PLANS: Mapping[str, Callable[[Terms, Operation, str], Plan]] = {"createLeadList": lead_list_plan}


def make_plan(terms: Terms, operation: Operation, tag: str) -> Plan:
    """The plan for an operation; tag stands in every name, so that a run's lists can be found."""
    own = PLANS.get(operation.id)
    return own(terms, operation, tag) if own else generic_plan(terms, operation)
