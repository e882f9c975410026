"""Explain one clause: the requests that probe it, the oracles that judge it, its readings and its defects."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from contract_tests.contract.specification import Clause, Reading, Specification
from contract_tests.contract.terms import Terms
from contract_tests.judging.case import Case, HistoryOracle, Oracle
from contract_tests.judging.judge import Judge
from contract_tests.judging.oracles.errors import CODES
from contract_tests.judging.verdict import Verdict
from contract_tests.operation_suite import OperationSuite, judge_with, make_plan
from contract_tests.requests.plan import Plan
from contract_tests.settings.values import Session, Settings
from contract_tests.target.exchange import Exchange, Response

PACKAGE = Path(__file__).parent
_JSON = ("Content-Type", "application/json")
_START_S = 1_900_000_000  # of the made-up exchanges; each takes a second, those of the burst the same one
# Logins of all kinds, so that the plan has every request that it can have.
_SETTINGS = Settings(
    "http://127.0.0.1",
    Session("first", "first-session", ("__session", "first-session"), "user_first"),
    Session("second", "second-session", None, "user_second"),
    expired_bearer="expired-session",
)
_EXISTING_IDS = ("3f2504e0-4f89-41d3-9a0c-0305e82c3301", "3f2504e0-4f89-41d3-9a0c-0305e82c3302")


@dataclass(frozen=True, slots=True)
class Explanation:
    """What there is to know of one clause.

    requests: labels of the planned requests that violate it, then of those that use what it permits, then of all
    others whose right responses show it. oracles: file, line, function and what it judges. defects: of the mock, that
    break it.
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
        for reading in self.readings:
            lines.append(f"  reading   {reading.id}: {reading.question} ({', '.join(reading.options)})")
        lines += [f"  defect    {defect}" for defect in self.defects or ("none of the mock",)]
        lines += [f"  request   {label}" for label in self.requests]
        return "\n".join(lines)


def explain(clause_id: str, specification: Specification, suites: tuple[OperationSuite, ...]) -> Explanation:
    """Explain one clause. Raises SpecificationError for an unknown one."""
    clause = specification.clause(clause_id)
    ids = {option.name: _EXISTING_IDS for suite in suites for option in suite.id_options}
    terms = Terms.of(specification, replace(_SETTINGS, existing_ids=ids))
    judge = judge_with(terms, suites)
    return Explanation(
        clause,
        () if clause.unjudged else probing(judge, suites).get(clause_id, ("none: no right response shows it",)),
        tuple(_place(oracle) for oracle in oracles_of(clause, judge)),
        tuple(reading for reading in specification.readings.values() if clause_id in reading.clauses),
        tuple(_defects(clause_id)),
    )


def probing(judge: Judge, suites: tuple[OperationSuite, ...]) -> dict[str, tuple[str, ...]]:
    """Return by clause the labels of the requests that violate it, that use what it permits, and that show it."""
    violating, using, showing = (defaultdict[str, list[str]](list) for _ in range(3))
    readings = judge.terms.specification.readings
    for operation in judge.terms.specification.operations:
        plan = make_plan(suites, judge.terms, operation, "explained")
        accepted, refused = (list(_answered(plan, judge, accepts=accepts)) for accepts in (True, False))
        for case in accepted:
            for violation in case.expectation.violations:
                violating[violation.clause].append(case.exchange.label)
            if case.signed_in and not case.must_reject:  # else no success can show it
                open_on = (readings[reading].clause for reading in case.expectation.open_readings)
                for rule in {*open_on, *(rule for rule, _ in case.expectation.variations)}:
                    using[rule].append(case.exchange.label)
        for judgement in (*judge.judge_all(*accepted), *judge.judge_all(*refused)):
            if isinstance(judgement, Verdict):
                showing[judgement.clause] += [exchange.label for exchange in judgement.exchanges]
    return {
        clause: tuple(dict.fromkeys((*violating[clause], *using[clause], *showing[clause])))
        for clause in {*violating, *using, *showing}
    }


def _answered(plan: Plan, judge: Judge, *, accepts: bool) -> Iterator[Case]:
    """Yield the planned requests with made-up right responses. accepts: the server accepts unspecified requests."""
    at_s = _START_S
    for number, step in enumerate((*plan.steps, *plan.about({"id": str(UUID(int=1))})), 1):
        at_s += step not in plan.burst[1:]
        case = judge.case(Exchange(step.request, None, None, at_s, at_s + 0.5, step.label, number))
        yield replace(case, exchange=replace(case.exchange, response=_right_response(case, accepts=accepts)))


def _right_response(case: Case, *, accepts: bool) -> Response:
    if case.operation is None:
        near = case.expectation.near
        return _refusal(405, near.method) if near and near.method != case.exchange.request.method else _refusal(404)
    if not case.signed_in:
        return _refusal(401)
    if case.must_reject or (case.is_unspecified and not accepts) or not case.operation.success_schemas:
        return _refusal(400)
    status, schema = max(case.operation.success_schemas.items())
    asked = (case.operation.request_schema or {}).get("properties", {})
    created = {
        name: case.sent.get(name, asked.get(name, {}).get("default", _made(part, case.exchange)))
        for name, part in schema.get("properties", {}).items()
    }
    return Response(status, (_JSON,), json.dumps(created).encode())


def _made(schema: Mapping[str, Any], exchange: Exchange) -> Any:
    """Return a value that a server can generate for a field of the response."""
    if schema.get("type") == "array":
        return [_SETTINGS.first.user_id]
    texts = {"uuid": str(UUID(int=exchange.number)), "date-time": datetime.fromtimestamp(exchange.sent_at_s, UTC)}
    return str(texts.get(schema.get("format", ""), "text"))


def _refusal(status: int, allow: str = "") -> Response:
    error = {"code": CODES.get(status, "REFUSED"), "message": "Refused.", "details": [{"message": "Refused."}]}
    return Response(status, (_JSON, *((("Allow", allow),) if allow else ())), json.dumps({"error": error}).encode())


def oracles_of(clause: Clause, judge: Judge) -> list[Oracle | HistoryOracle]:
    """Return the oracles that can judge a clause: those that name it, and those of its readings and variations."""
    judge = judge.of(clause.operation)
    rule = clause.id.removeprefix(f"{clause.operation}.")
    readings = judge.terms.specification.readings.values()
    has_refusing_reading = any(reading.clause == clause.id and reading.refusals for reading in readings)
    permits = any(fnmatchcase(rule, pattern) for rules in judge.rules for pattern in rules.clauses)
    return [
        oracle
        for oracle in judge.every_oracle
        if (has_refusing_reading and oracle.of_refusing_readings)
        or (permits and oracle.of_variations)
        or any(fnmatchcase(rule, pattern) for pattern in oracle.clauses)
    ]


def _place(oracle: Oracle | HistoryOracle) -> str:
    """Where the oracle is written (file, line and function), and the first line of its docstring."""
    function = oracle.judge
    file = Path(inspect.getsourcefile(function) or "")
    shown = file.relative_to(PACKAGE.parent) if file.is_relative_to(PACKAGE.parent) else file
    says = (inspect.getdoc(function) or "").partition("\n")[0]
    return f"{shown}:{inspect.getsourcelines(function)[1]} {function.__name__}" + (f": {says}" if says else "")


def _defects(clause_id: str) -> Iterator[str]:
    yield from (f"{e['id']}: {e['description']}" for e in _catalogue() if e["clause"] == clause_id)


@cache
def _catalogue() -> list[dict[str, str]]:
    """The defects of the mock; none where it is not installed."""
    command = [sys.executable, "-m", "mock_server", "defects", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    catalogue: list[dict[str, str]] = json.loads(done.stdout) if done.returncode == 0 else []
    return catalogue
