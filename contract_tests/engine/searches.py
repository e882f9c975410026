"""The searches after the planned requests, as data: prepared requests, and strategies for more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract_tests.contract.terms import Terms
from contract_tests.operation_suite import OperationSuite
from contract_tests.requests.plan import Plan, Sender, Step
from contract_tests.target.exchange import Request

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


@dataclass(frozen=True, slots=True)
class Search:
    """One search of a run. steps: prepared requests. examples: the number of requests to draw from the strategy."""

    name: str
    label: str
    steps: tuple[Step, ...] = ()
    strategy: SearchStrategy[Request] | None = None
    examples: int = 0
    seed: int = 0


def searches(
    suites: tuple[OperationSuite, ...],
    terms: Terms,
    plans: Sequence[Plan] = (),
    *,
    examples: int,
    seeds: tuple[int, ...],
) -> Iterator[Search]:
    """Yield every search of a run; each is created on demand, because Schemathesis takes a second to load.

    plans: of each operation, with the base that the server accepts. examples: of each strategy, shared among the seeds.
    """
    if not examples:
        return
    from contract_tests.requests.schema_driving import coverage_cases, fuzzed_cases

    operations = terms.specification.operations
    bases = {plan.first.request.url: plan.base for plan in plans}
    own = {suite.operation: suite.groups for suite in suites}
    for seed in seeds:
        for operation in operations:
            for name, group in own.get(operation.id, {}).items():
                strategy = group.strategy(Sender(terms, operation, bases.get(terms.url(operation))))
                yield Search(name, group.label, (), strategy, max(1, examples // len(seeds)), seed)
    for operation in operations:
        yield Search("schema", "from the schema", tuple(coverage_cases(terms, operation)))
        if examples > 1:
            label = "fuzzed from the schema"
            yield Search("schema", label, (), fuzzed_cases(terms, operation), examples // 2, seeds[0])
