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
    plans: Sequence[Plan | None],
    *,
    examples: int,
    seeds: tuple[int, ...],
) -> Iterator[Search]:
    """Yield every search of a run; each is created on demand, because Schemathesis takes a second to load.

    plans: of each operation, on the base that the server accepts; None if it accepts none. examples: of each strategy,
    shared among the seeds.
    """
    if not examples:
        return
    from contract_tests.requests.schema_driving import coverage_cases, fuzzed_cases

    searched = [(o, plan) for o, plan in zip(terms.chosen_operations, plans, strict=True) if plan is not None]
    own = {suite.operation: suite.groups for suite in suites}
    for seed in seeds:
        for operation, plan in searched:
            for name, group in own.get(operation.id, {}).items():
                strategy = group.strategy(Sender(terms, operation, plan.base))
                yield Search(name, group.label, (), strategy, max(1, examples // len(seeds)), seed)
    for operation, _ in searched:
        yield Search("schema", "from the schema", tuple(coverage_cases(terms, operation)))
        if examples > 1:
            label = "fuzzed from the schema"
            yield Search("schema", label, (), fuzzed_cases(terms, operation), examples // 2, seeds[0])
