"""The searches beyond the covering set, as data: requests that stand ready, and strategies to draw more from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hypothesis.strategies import SearchStrategy

from contract_tests.contract.specification import Operation
from contract_tests.judging.expectation import Terms
from contract_tests.lead_lists import strategies
from contract_tests.requests.plan import Sender, Step
from contract_tests.requests.schema_driving import coverage_cases, fuzzed_cases
from contract_tests.target.exchange import Request

# A zone by its name: its strategy, and what its requests are called.
ZONES = {
    "valid": (strategies.requests_to_accept, "a valid lead list"),
    "one-fault": (strategies.requests_to_refuse, "a lead list with one fault"),
    "open-questions": (strategies.requests_left_open, "a lead list with open questions"),
}


@dataclass(frozen=True, slots=True)
class Search:
    """One search of a run. steps: requests to send as they are. examples: how many to draw from the strategy."""

    name: str
    label: str
    steps: tuple[Step, ...] = ()
    strategy: SearchStrategy[Request] | None = None
    examples: int = 0
    seed: int = 0


def searches(
    terms: Terms, operations: tuple[Operation, ...], *, examples: int, seeds: tuple[int, ...]
) -> Iterator[Search]:
    """Every search of a run, made one by one since Schemathesis takes a second to load.

    examples: of each strategy, shared among the seeds.
    """
    if not examples:
        return
    for seed in seeds:
        for name, (zone, label) in ZONES.items():
            for operation in operations:
                if operation.id == "createLeadList":
                    strategy = zone(Sender(terms, operation))
                    yield Search(name, label, (), strategy, max(1, examples // len(seeds)), seed)
    for operation in operations:
        yield Search("schema", "from the schema", tuple(coverage_cases(terms, operation)))
        if examples > 1:
            label = "fuzzed from the schema"
            yield Search("schema", label, (), fuzzed_cases(terms, operation), examples // 2, seeds[0])
