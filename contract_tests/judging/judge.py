"""Apply all oracles to exchanges, and turn each observed reading into a verdict on its clause. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import chain

from contract_tests.contract.specification import EVERY_OPERATION, Clause, Operation, Treatment
from contract_tests.contract.terms import Terms
from contract_tests.judging.case import Case, HistoryOracle, Oracle
from contract_tests.judging.expectation import expect
from contract_tests.judging.login import Caller
from contract_tests.judging.meaning import NO_MEANING, Meaning
from contract_tests.judging.oracles import answers, attribution, connections, errors, history, joint_questions, success
from contract_tests.judging.oracles.messages import judge_message
from contract_tests.judging.verdict import Judgement, Observation, Outcome, Verdict
from contract_tests.target.exchange import Exchange

# The oracles for any operation; each judges only clauses that the operation has.
ORACLES: tuple[Oracle, ...] = (*answers.ORACLES, *errors.ORACLES, *success.ORACLES)
HISTORY_ORACLES: tuple[HistoryOracle, ...] = (
    *attribution.ORACLES,
    *joint_questions.ORACLES,
    *connections.ORACLES,
    *history.ORACLES,
)


@dataclass(frozen=True, slots=True)
class OperationRules:
    """The rules for judging one operation in addition to its schema.

    operation: its operationId. clauses: IDs, or patterns of IDs, of clauses that permit a
    variation of the request; such a clause holds if the server accepts a request with it.
    """

    operation: str
    meaning: Meaning = NO_MEANING
    oracles: tuple[Oracle, ...] = ()
    history_oracles: tuple[HistoryOracle, ...] = ()
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judge:
    """Judges exchanges; the suite, campaigns, live traffic and Schemathesis use the same judge.

    rules: one entry for each operation with rules in addition to its schema.
    """

    terms: Terms
    rules: tuple[OperationRules, ...] = ()
    oracles: tuple[Oracle, ...] = ORACLES
    history_oracles: tuple[HistoryOracle, ...] = HISTORY_ORACLES

    def case(self, exchange: Exchange, caller: Caller | None = None) -> Case:
        """Return the exchange with what the contract expects of it. caller: who calls, if the settings cannot tell."""
        return Case(exchange, expect(exchange.request, self.terms, self._meanings, caller), self.terms)

    def judge(self, case: Case) -> list[Judgement]:
        """Return all judgements on one case; a verdict names the reading that affects its clause."""
        wire = case.exchange.request.wire
        if wire is not None and (wire.violation or not 200 <= case.status < 300):
            return self._settled(judge_message(case), case.operation)
        own = self._rules_of(case.operation)
        return self._settled(
            (judgement for oracle in (*self.oracles, *own.oracles) for judgement in oracle.judge(case)), case.operation
        )

    def judge_history(self, cases: Sequence[Case]) -> list[Judgement]:
        """Return all judgements on the cases together; `cases` are in the order of their requests."""
        # A server may refuse a message that no usual client writes, so its refusal proves nothing about others. Its
        # success is judged alone: what it could show next to others, such as one ID twice, usual messages show too.
        cases = [case for case in cases if case.exchange.request.wire is None]
        by_operation: dict[str, list[Case]] = defaultdict(list)
        for case in cases:
            by_operation[case.operation.id if case.operation else ""].append(case)
        found: list[Judgement] = []
        for some in by_operation.values():
            operation = some[0].operation
            oracles = (*self.history_oracles, *self._rules_of(operation).history_oracles)
            alone = (oracle for oracle in oracles if not oracle.spans_operations)
            found += self._settled((judgement for oracle in alone for judgement in oracle.judge(some)), operation)
        operations = {operation.id: operation for operation in self.terms.specification.operations}
        for rules in (OperationRules("", history_oracles=self.history_oracles), *self.rules):
            spanning = (oracle for oracle in rules.history_oracles if oracle.spans_operations)
            judgements = (judgement for oracle in spanning for judgement in oracle.judge(cases))
            found += self._settled(judgements, operations.get(rules.operation))
        return found

    def judge_all(self, *cases: Case) -> list[Judgement]:
        """Return all judgements on each of the cases, and on these together."""
        return [judgement for case in cases for judgement in self.judge(case)] + self.judge_history(cases)

    @cached_property
    def every_oracle(self) -> tuple[Oracle | HistoryOracle, ...]:
        """Return the oracles for any operation, then those of each operation."""
        own: list[Oracle | HistoryOracle] = []
        for rules in self.rules:
            own += [*rules.oracles, *rules.history_oracles]
        return (*self.oracles, *self.history_oracles, *own)

    @cached_property
    def patterns(self) -> frozenset[str]:
        """Return the IDs, and patterns of IDs, of all clauses that an oracle can judge."""
        spoken_of = (oracle.clauses for oracle in self.every_oracle)
        varied = (rules.clauses for rules in self.rules)
        return frozenset(chain.from_iterable((*spoken_of, *varied)))

    def can_judge(self, clause: Clause) -> bool:
        """Return whether an oracle for any operation or for that of the clause, or a reading, judges the clause."""
        rule = clause.id.removeprefix(f"{clause.operation}.")
        asked = {reading.clause for reading in self.terms.specification.readings.values()}
        return clause.id in asked or any(fnmatchcase(rule, each) for each in self.of(clause.operation).patterns)

    def of(self, operation: str) -> Judge:
        """Return the judge that has the rules of this operation alone; all rules for a clause of every operation."""
        if operation == EVERY_OPERATION:
            return self
        return replace(self, rules=tuple(rules for rules in self.rules if rules.operation == operation))

    @cached_property
    def _meanings(self) -> dict[str, Meaning]:
        return {rules.operation: rules.meaning for rules in self.rules}

    def _rules_of(self, operation: Operation | None) -> OperationRules:
        name = operation.id if operation else ""
        return next((rules for rules in self.rules if rules.operation == name), OperationRules(name))

    def _settled(self, judgements: Iterable[Judgement], operation: Operation | None) -> list[Judgement]:
        settled: list[Judgement] = []
        for judgement in judgements:
            if isinstance(judgement, Observation):
                settled.append(judgement)
                if verdict := self._verdict(judgement, operation):
                    settled.append(verdict)
            elif judgement.outcome is Outcome.BROKEN:
                settled.append(self._weighed(judgement))
            else:
                settled.append(judgement)
        return settled

    def _weighed(self, broken: Verdict) -> Verdict:
        clause = self.terms.specification.clauses.get(broken.clause)
        return broken._replace(outcome=Outcome.WARNED) if clause and clause.advisory else broken

    def _verdict(self, seen: Observation, operation: Operation | None) -> Verdict | None:
        """Return the verdict of an observed option on the reading's clause; None if the operation lacks the clause."""
        reading = self.terms.specification.readings[seen.reading]
        treatment = reading.treatment(seen.option)
        clause = self.terms.specification.clause_for(operation, reading.clause)
        if clause is None:
            return None
        if treatment is Treatment.PASS:
            return Verdict(clause, Outcome.HELD, (seen.exchange,), reading=reading.id)
        about = expect(seen.exchange.request, self.terms, self._meanings).about.get(reading.id, "")
        accepted = [o for o in reading.options if reading.treatment(o) is Treatment.PASS]
        return Verdict(
            clause,
            Outcome.WARNED if treatment is Treatment.WARN else Outcome.BROKEN,
            (seen.exchange,),
            expected=" or ".join(f"{option} ({reading.options[option]})" for option in accepted),
            actual=f"{seen.option} ({reading.options[seen.option]}){about and ': ' + about}",
            reading=reading.id,
        )
