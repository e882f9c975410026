"""Searches beyond the covering set: in the three zones, and from the schema."""

import pytest

from contract_tests.engine.exploration import Exploration
from contract_tests.engine.run import Run
from contract_tests.engine.searches import ZONES, search_schema, search_zone
from contract_tests.report.failure import describe


@pytest.mark.parametrize("zone", ZONES)
def test_lead_lists(zone: str, leadlists_run: Run, leadlists_examples: int) -> None:
    _report(leadlists_run, search_zone(leadlists_run, zone, leadlists_examples))


def test_schema(leadlists_run: Run, leadlists_examples: int) -> None:
    _report(leadlists_run, search_schema(leadlists_run, leadlists_examples))


def _report(run: Run, exploration: Exploration) -> None:
    run.show(exploration.found)
    if exploration.found:
        pytest.fail("\n\n".join(describe(run, verdict) for verdict in exploration.found.values()), pytrace=False)
