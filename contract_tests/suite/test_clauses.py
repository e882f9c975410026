"""One test for each clause; a run that all tests share has judged it."""

import pytest

from contract_tests.judging.verdict import Outcome
from contract_tests.report.failure import describe
from contract_tests.results.result import RunResult


def test_clause(leadlists_clause: str, leadlists_result: RunResult) -> None:
    found = leadlists_result.clause(leadlists_clause)
    if found is None or found.outcome is None:
        pytest.skip("no exchange showed it")
    if deviation := leadlists_result.deviation(leadlists_clause):
        if found.outcome is not Outcome.BROKEN:
            pytest.fail("the deviation no longer occurs: remove its entry", pytrace=False)
        pytest.xfail(f"accepted until {deviation.expires} by {deviation.owner}: {deviation.reason}")
    if found.outcome is Outcome.BROKEN:
        pytest.fail(describe(leadlists_result, found), pytrace=False)
