"""One test for each clause, judged on the covering set of requests."""

import pytest

from contract_tests.contract.specification import Clause
from contract_tests.engine.run import Run
from contract_tests.judging.verdict import Outcome
from contract_tests.report.failure import describe


def test_clause(leadlists_clause: Clause, leadlists_run: Run) -> None:
    evidence = leadlists_run.evidence.get(leadlists_clause.id)
    if evidence is None or evidence.outcome is None:
        pytest.skip("no exchange showed it")
    if evidence.outcome is Outcome.BROKEN and evidence.worst:
        pytest.fail(describe(leadlists_run, evidence.worst), pytrace=False)
