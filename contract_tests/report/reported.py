"""The broken clauses and the warnings of a run as plain values for all formats."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contract_tests.contract.specification import Clause
from contract_tests.judging.verdict import Outcome
from contract_tests.report.failure import command, on_one_line, program, repeated
from contract_tests.report.pytest import as_tests
from contract_tests.results.events import Ending
from contract_tests.results.result import ClauseResult, RunResult
from contract_tests.results.views import VerdictView
from contract_tests.settings.secrets import printable


@dataclass(frozen=True, slots=True)
class ReportedClause:
    """One clause that is broken or has a warning, as reports show it. No text has control characters.

    outcome: an accepted breach is a warning. commands, programs: to send each request again. test: a pytest module that
    judges the clause again; empty for a warning. fingerprint: the same in all runs with the same broken clause.
    """

    clause: Clause
    outcome: Outcome
    verdict: VerdictView
    expected: str
    actual: str
    hint: str
    reading: str
    commands: tuple[str, ...]
    programs: tuple[str, ...]
    test: str
    again: str
    accepted: str
    fingerprint: str

    @property
    def title(self) -> str:
        """The clause and its statement on one line."""
        return f"{self.clause.id}: {self.clause.statement}"

    @property
    def text(self) -> str:
        """Everything, for formats with plain text."""
        lines = [f"{self.title} ({self.clause.place})", f"expected: {self.expected}", f"actual: {self.actual}"]
        lines += [f"hint: {self.hint}"] if self.hint else []
        lines += [f"reading: {self.reading}"] if self.reading else []
        lines += [self.accepted] if self.accepted else []
        lines += [f"repeat: {line}" for line in self.commands]
        return "\n".join([*lines, self.again] if self.again else lines)


def reported_clauses(result: RunResult, folder: Path | None) -> Iterator[ReportedClause]:
    """Yield the broken clauses, then those with a warning, in the order of the contract."""
    for found in (*result.broken, *result.warned):
        if found.worst is not None:
            yield _reported(result, found, found.worst, folder)


def _reported(result: RunResult, found: ClauseResult, verdict: VerdictView, folder: Path | None) -> ReportedClause:
    accepted = result.deviation(found.clause.id) if found.outcome is Outcome.BROKEN else None
    reading = result.reading(verdict.reading) if verdict.reading else None
    return ReportedClause(
        clause=found.clause,
        outcome=Outcome.WARNED if accepted else found.outcome or Outcome.HELD,
        verdict=verdict,
        expected=on_one_line(verdict.expected),
        actual=on_one_line(verdict.actual),
        hint=on_one_line(verdict.hint),
        reading=f"{reading.id}: {reading.question}" if reading else "",
        commands=tuple(printable(command(result, exchange, folder)) for exchange in verdict.exchanges),
        programs=tuple(program(result, exchange, folder) for exchange in verdict.exchanges),
        test=as_tests(result, [verdict], folder) if verdict.outcome is Outcome.BROKEN else "",
        again=repeated(found) if found.times else "",
        accepted=f"accepted until {accepted.expires} by {accepted.owner}: {accepted.reason}" if accepted else "",
        fingerprint=hashlib.sha256(f"{found.clause.id}\n{found.clause.place}".encode()).hexdigest(),
    )


def problem(result: RunResult) -> str:
    """Return why a run fails although it reports no broken clause, or has ended early; empty if it does not."""
    code = result.exit_code()
    if code == 0 or (code == 1 and result.failing):
        return ""
    if code == 1 and result.warned and not (result.expired or result.stale):
        return f"{sentence(result)} --fail-on warned lets warnings fail the run."
    return sentence(result)


def sentence(result: RunResult) -> str:
    """Return the outcome of a run in one sentence."""
    if result.failing:
        count = len(result.failing)
        verb = "clause is" if count == 1 else "clauses are"
        return f"{count} {verb} broken: the server does not keep the contract."
    if outdated := [*result.expired, *result.stale]:
        return f"No further clause is broken, but deviations are out of date: {', '.join(d.clause for d in outdated)}."
    if not result.is_judged:
        why = f": {printable(result.why)}" if result.why else "."
        return f"No clause was judged, so the run says nothing about this server{why}"
    held = sum(found.outcome is not None for found in result.clauses)
    if result.why and result.ending not in {Ending.OBSERVED, Ending.COMPLETE}:
        return f"No broken clause was found, but the run ended early: {printable(result.why)}"
    if result.broken:
        return f"{len(result.broken)} clauses are broken, and every breach is accepted; the other clauses hold."
    warned = f"; {len(result.warned)} of them with a warning" if result.warned else ""
    return f"The server keeps the contract: {held} clauses hold{warned}."
