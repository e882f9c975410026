"""Explain one clause: the requests that probe it, the oracles that judge it, its readings and its defects."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from contract_tests.contract.specification import Clause, Reading, Specification
from contract_tests.contract.terms import Terms
from contract_tests.judging.case import HistoryOracle, Oracle
from contract_tests.judging.judge import Judge
from contract_tests.judging.oracles.answers import acceptance, open_question, refusal
from contract_tests.judging.oracles.blame import refused_though_valid
from contract_tests.judging.oracles.joint_questions import joint_questions
from contract_tests.judging.verdict import Verdict
from contract_tests.operation_suite import OperationSuite, judge_with, make_plan
from contract_tests.settings.values import Session, Settings
from contract_tests.target.exchange import Exchange, Response

LISTED = 20  # how many requests and defects are listed; then only their number
FEW = 100  # requests for a question of their own; an oracle that judges more looks at every exchange
PACKAGE = Path(__file__).parent
# They name no clause of a single operation: those of its readings that can refuse, and of what its suite permits.
OF_READINGS = (refusal, open_question, joint_questions)
OF_VARIATIONS = (acceptance, refused_though_valid)
_REFUSAL = Response(401, (("Content-Type", "application/json"),), b"{}")
# Logins of all kinds, so that the plan has every request that it can have.
_SETTINGS = Settings(
    "http://127.0.0.1",
    Session("first", "first-session", ("__session", "first-session"), "user_first"),
    Session("second", "second-session", None, "user_second"),
    expired_bearer="expired-session",
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What there is to know of one clause.

    requests: labels of the planned requests that violate it, then of those that use what it permits; empty if only
    responses show it. oracles: file, line and function. defects: of the mock, that break it.
    """

    clause: Clause
    requests: tuple[str, ...]
    oracles: tuple[str, ...]
    readings: tuple[Reading, ...]
    defects: tuple[str, ...]

    @property
    def text(self) -> str:
        """The explanation in words."""
        clause = self.clause
        rfc = f", {clause.rfc}" if clause.rfc else ""
        lines = [f"{clause.id}: {clause.statement}", f"  place     {clause.place} ({clause.kind}{rfc})"]
        if clause.unjudged:
            lines.append(f"  judged    never: {clause.unjudged}")
        for oracle in self.oracles:
            lines.append(f"  oracle    {oracle}")
        lines += _listed("request", self.requests or ("every exchange that the oracle looks at",))
        for reading in self.readings:
            lines.append(f"  reading   {reading.id}: {reading.question} ({', '.join(reading.options)})")
        lines += _listed("defect", self.defects or ("none of the mock",))
        return "\n".join(lines)


def explain(clause_id: str, specification: Specification, suites: tuple[OperationSuite, ...]) -> Explanation:
    """Explain one clause. Raises SpecificationError for an unknown one."""
    clause = specification.clause(clause_id)
    terms = Terms.of(specification, _SETTINGS)
    judge = judge_with(terms, suites)
    return Explanation(
        clause,
        tuple(dict.fromkeys(_probing(clause, judge, suites))),
        tuple(_place(oracle) for oracle in oracles_of(clause, judge)),
        tuple(reading for reading in specification.readings.values() if reading.clause == clause_id),
        tuple(_defects(clause_id)),
    )


def _probing(clause: Clause, judge: Judge, suites: tuple[OperationSuite, ...]) -> list[str]:
    """Return the labels of the requests that violate the clause, then of those that use what it permits.

    If there are none, of those whose refusal is judged by the clause, unless these are many.
    """
    violating, using, refused = [], [], []
    readings = judge.terms.specification.readings
    for operation in judge.terms.specification.operations:
        for step in make_plan(suites, judge.terms, operation, "explained").steps:
            case = judge.case(Exchange(step.request, _REFUSAL, None, 0, 0))
            expectation = case.expectation
            if clause.id in {violation.clause for violation in expectation.violations}:
                violating.append(step.label)
            used = {rule for rule, _ in expectation.variations} | {
                readings[r].clause for r in expectation.open_readings
            }
            if clause.id in used and case.signed_in and not case.must_reject:  # else no success can show it
                using.append(step.label)
            if any(isinstance(each, Verdict) and each.clause == clause.id for each in judge.judge(case)):
                refused.append(step.label)
    return [*violating, *using] or (refused if len(refused) <= FEW else [])


def oracles_of(clause: Clause, judge: Judge) -> list[Oracle | HistoryOracle]:
    """Return the oracles that can judge a clause: those that name it, and those of its readings and variations."""
    rule = clause.id.removeprefix(f"{clause.operation}.")
    readings = judge.terms.specification.readings.values()
    also: list[object] = []
    if any(reading.clause == clause.id and reading.refusals for reading in readings):
        also += OF_READINGS
    if any(fnmatchcase(rule, pattern) for rules in judge.rules for pattern in rules.clauses):
        also += OF_VARIATIONS
    return [
        oracle
        for oracle in judge.every_oracle
        if oracle.judge in also or any(fnmatchcase(rule, pattern) for pattern in oracle.clauses)
    ]


def _place(oracle: Oracle | HistoryOracle) -> str:
    """Where the oracle is written: file, line and function."""
    function = oracle.judge
    file = Path(inspect.getsourcefile(function) or "")
    shown = file.relative_to(PACKAGE.parent) if file.is_relative_to(PACKAGE.parent) else file
    return f"{shown}:{inspect.getsourcelines(function)[1]} {function.__name__}"


def _defects(clause_id: str) -> Iterator[str]:
    yield from (f"{e['id']}: {e['description']}" for e in _catalogue() if e["clause"] == clause_id)


@cache
def _catalogue() -> list[dict[str, str]]:
    """The defects of the mock; none where it is not installed."""
    command = [sys.executable, "-m", "mock_server", "defects", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    catalogue: list[dict[str, str]] = json.loads(done.stdout) if done.returncode == 0 else []
    return catalogue


def _listed(title: str, items: tuple[str, ...]) -> list[str]:
    lines = [f"  {title:<9} {item}" for item in items[:LISTED]]
    return [*lines, f"  {'':<9} … {len(items) - LISTED} more"] if len(items) > LISTED else lines
