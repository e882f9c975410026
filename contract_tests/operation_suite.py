"""The knowledge about one operation: what to send, what it means, and how to judge it.

    NOTES = OperationSuite(OperationRules("createNote", oracles=(Oracle(("response.text.echo",), text_echo),)))
    judge = judge_with(terms, (LEAD_LISTS, NOTES))

An operation of the spec without a suite gets the generic plan and is judged by the generic oracles.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contract_tests.contract.specification import Operation
from contract_tests.contract.terms import Terms
from contract_tests.judging.judge import Judge, OperationRules
from contract_tests.requests.generic_plan import generic_plan
from contract_tests.requests.plan import Plan, Sender, Step
from contract_tests.settings.options import Option
from contract_tests.settings.values import UsageError
from contract_tests.target.exchange import Request

if TYPE_CHECKING:  # runs without searches do not load Hypothesis
    from hypothesis.strategies import SearchStrategy


@dataclass(frozen=True, slots=True)
class RequestGroup:
    """A group of requests, such as those that a server must accept: their strategy, and their label in reports."""

    strategy: Callable[[Sender], SearchStrategy[Request]]
    label: str


@dataclass(frozen=True, slots=True)
class OperationSuite:
    """The knowledge about one operation.

    rules: how to judge it. plan: from the terms, the operation and a tag for the name of every created object, the
    planned requests; the generic plan if there is none. groups: what searches draw, by name (must-accept, ...).
    id_options: the options of a run with which a user names IDs that exist on the server.
    """

    rules: OperationRules
    plan: Callable[[Terms, Operation, str], Plan] | None = None
    groups: Mapping[str, RequestGroup] = field(default_factory=dict)
    id_options: tuple[Option, ...] = ()

    @property
    def operation(self) -> str:
        """The operationId of the operation."""
        return self.rules.operation


def judge_with(terms: Terms, suites: Collection[OperationSuite]) -> Judge:
    """Return the judge that knows the operations of these suites. Raises UsageError for one that cannot be used."""
    counts = Counter(suite.operation for suite in suites)
    existing = [operation.id for operation in terms.specification.operations]
    for name, count in counts.items():
        if count > 1:
            raise UsageError(f"{name} has several suites; give one suite for each operation")
        if name not in existing:
            raise UsageError(
                f"no operation of the spec is called {name}, which a suite is for; there is {', '.join(existing)}; "
                "name the spec that has it with --spec"
            )
    return Judge(terms, tuple(suite.rules for suite in suites))


def make_plan(suites: Iterable[OperationSuite], terms: Terms, operation: Operation, tag: str) -> Plan:
    """Return the plan of the operation's suite, or what the schema alone can ask."""
    plan = next((suite.plan for suite in suites if suite.operation == operation.id), None)
    return plan(terms, operation, tag) if plan else generic_plan(terms, operation)


def plain_step(suites: Iterable[OperationSuite], terms: Terms, clause: str) -> Step:
    """Return a request that a correct server accepts, of the clause's operation, or of the first one."""
    operations, about = terms.specification.operations, terms.specification.clause(clause).operation
    operation = next((each for each in operations if each.id == about), operations[0])
    return make_plan(suites, terms, operation, "again").first
