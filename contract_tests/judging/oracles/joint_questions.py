"""Observe which of several open readings is the cause of a refusal, where only other exchanges show it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from contract_tests.contract.specification import Reading
from contract_tests.judging.case import Case, HistoryOracle
from contract_tests.judging.details import may_be_about, refused_fields
from contract_tests.judging.verdict import Judgement, Observation


def joint_questions(cases: Sequence[Case]) -> Iterator[Judgement]:
    """Observe, of several open readings that can be the cause of a refusal, the one that is never accepted."""
    passed = {
        reading.id
        for case in cases
        if case.succeeded and case.signed_in
        for reading in case.readings
        if reading.refusals and reading.id not in case.expectation.doubtful
    }
    granted = {variation for case in cases if case.succeeded for variation in case.expectation.variations}
    refused = [case for case in cases if case.must_accept and case.decides and not case.succeeded]
    denied = {variation for case in refused for variation in case.expectation.variations} - granted
    for case in cases:
        if not denied.isdisjoint(case.expectation.variations):
            continue  # that may be the cause as well
        if not case.is_unspecified or not 400 <= case.status < 500 or case.status in {401, 429}:
            continue
        reading = _only_cause(case, passed)
        if reading and (option := reading.refusing_option(case.status)):
            yield Observation(reading.id, option, case.exchange)


def _only_cause(case: Case, passed: Collection[str]) -> Reading | None:
    """Return the one of several open readings that can be the cause of a refusal; passed: IDs of accepted ones."""
    if case.expectation.half_wrong:
        return None  # the server may have refused the value that it used of the two
    named = refused_fields(case)
    refusing = [r for r in case.readings if r.refusals]
    asked = [r for r in refusing if may_be_about(r, case, named)]
    left = [r for r in asked if r.id not in passed and r.group != "login"]
    # A status that is an option of one reading alone speaks of that one; 400 is the status of most refusals.
    left = left or [r for r in asked if case.status != 400 and (case.status,) in r.refuses.values()]
    if len(left) != 1 or left[0].id in case.expectation.doubtful:
        return None  # a question that is in doubt may not even be raised
    # The refusal of a field that it names may be about a permitted value of it; that of the body as a whole is not.
    return left[0] if len(refusing if left[0].group else asked) > 1 else None


ORACLES = (HistoryOracle((), joint_questions, of_refusing_readings=True),)
