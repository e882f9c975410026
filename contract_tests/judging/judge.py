"""Applies every oracle to exchanges, and turns what was observed of a reading into a verdict on its clause. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from contract_tests.contract.specification import Treatment
from contract_tests.judging.case import Case, HistoryOracle, Oracle
from contract_tests.judging.expectation import Meaning, Terms, expect
from contract_tests.judging.verdict import Finding, Observation, Outcome, Verdict, held
from contract_tests.lead_lists.meaning import MEANINGS
from contract_tests.lead_lists.oracles import HISTORY_ORACLES, ORACLES
from contract_tests.target.exchange import Exchange


@dataclass(frozen=True)
class Judge:
    """All that it takes to judge; the same for the suite, a campaign, live traffic and Schemathesis.

    A further operation brings its own oracles (and meaning) here, nothing else.
    """

    terms: Terms
    oracles: tuple[Oracle, ...] = ORACLES
    history_oracles: tuple[HistoryOracle, ...] = HISTORY_ORACLES
    meanings: Mapping[str, Meaning] = field(default_factory=lambda: MEANINGS)

    def case(self, exchange: Exchange) -> Case:
        """The exchange beside what the contract demands of it."""
        return Case(exchange, expect(exchange.request, self.terms, self.meanings), self.terms)

    def judge(self, case: Case) -> list[Finding]:
        """Every finding on one case; where a reading bears on a clause, the verdict names it."""
        return self._settled(finding for oracle in self.oracles for finding in oracle.judge(case))

    def judge_history(self, cases: Sequence[Case]) -> list[Finding]:
        """Every finding on the cases together; they come in the order in which they were sent."""
        return self._settled(finding for oracle in self.history_oracles for finding in oracle.judge(cases))

    def judge_alone(self, case: Case) -> list[Finding]:
        """Every finding on one case, what it shows without any history included."""
        return self.judge(case) + self.judge_history([case])

    def _settled(self, findings: Iterable[Finding]) -> list[Finding]:
        settled: list[Finding] = []
        for finding in findings:
            settled.append(self._weighed(finding))
            if isinstance(finding, Observation):
                settled.append(self._verdict(finding))
        return settled

    def _weighed(self, finding: Finding) -> Finding:
        if isinstance(finding, Observation) or finding.outcome is not Outcome.BROKEN:
            return finding
        clause = self.terms.specification.clauses.get(finding.clause)
        return replace(finding, outcome=Outcome.WARNED) if clause and clause.advisory else finding

    def _verdict(self, seen: Observation) -> Verdict:
        reading = self.terms.specification.readings[seen.reading]
        treatment = reading.treatment(seen.option)
        if treatment is Treatment.PASS:
            return replace(held(reading.clause, seen.exchange), reading=reading.id)
        accepted = [o for o in reading.options if reading.treatment(o) is Treatment.PASS]
        return Verdict(
            reading.clause,
            Outcome.WARNED if treatment is Treatment.WARN else Outcome.BROKEN,
            (seen.exchange,),
            expected=" or ".join(f"{option} ({reading.options[option]})" for option in accepted),
            actual=f"{seen.option} ({reading.options[seen.option]})",
            reading=reading.id,
        )
