"""Searches beyond the covering set: in the three zones, and from the schema."""

from collections.abc import Callable

import pytest
from hypothesis.strategies import SearchStrategy

from contract_tests import strategies
from contract_tests.exchange import Request
from contract_tests.exploration import Exploration
from contract_tests.plan import Sender
from contract_tests.report.failure import describe
from contract_tests.run import Run
from contract_tests.schema_driving import drive

EXAMPLES = 100  # a search; what a hundred examples do not find, the covering set should have asked

Zone = Callable[[Sender], SearchStrategy[Request]]


@pytest.mark.parametrize(
    ("zone", "label"),
    [
        pytest.param(strategies.requests_to_accept, "a valid lead list", id="valid"),
        pytest.param(strategies.requests_to_refuse, "a lead list with one fault", id="one-fault"),
        pytest.param(strategies.requests_left_open, "a lead list with open questions", id="open-questions"),
    ],
)
def test_lead_lists(zone: Zone, label: str, leadlists_run: Run) -> None:
    operation = next((o for o in leadlists_run.operations if o.id == "createLeadList"), None)
    if operation is None:
        pytest.skip("the contract has no lead lists")
    exploration = Exploration(leadlists_run)
    sender = Sender(leadlists_run.judge.terms, operation)
    exploration.search(zone(sender), label, examples=EXAMPLES, seed=leadlists_run.judge.terms.settings.seed)
    _report(leadlists_run, exploration)


def test_schema(leadlists_run: Run) -> None:
    exploration = Exploration(leadlists_run)
    terms = leadlists_run.judge.terms
    for operation in leadlists_run.operations:
        drive(exploration, terms, operation, examples=EXAMPLES // 2, seed=terms.settings.seed)
    _report(leadlists_run, exploration)


def _report(run: Run, exploration: Exploration) -> None:
    run.show(exploration.found)
    if exploration.found:
        pytest.fail("\n\n".join(describe(run, verdict) for verdict in exploration.found.values()), pytrace=False)
