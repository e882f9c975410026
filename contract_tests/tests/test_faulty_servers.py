"""The suite bites: every faulty server is caught, its own clause named and no other accused."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract_tests.plans import make_plan
from contract_tests.tests.conftest import USERS, open_run, settings_for
from contract_tests.tests.faulty_servers import FAULTY_SERVERS, FaultyServer
from contract_tests.tests.serving import serve

# Where one fault breaks two statements, both are named: an unchecked id may be of the wrong type as well.
ALSO = {"first-company-id-checked": {"request.companyIds.items.type"}}


@pytest.mark.parametrize("server", FAULTY_SERVERS, ids=lambda server: server.name)
def test_a_faulty_server_is_caught_by_its_clause(server: FaultyServer, tmp_path: Path) -> None:
    with serve(server.app(USERS)) as url, open_run(settings_for(url, expired_bearer=None), tmp_path) as run:
        plan = make_plan(run.judge.terms, run.operations[0], "test")
        run.discover(plan)
        run.carry_out(plan)
    assert {verdict.clause for verdict in run.broken} == {server.clause} | ALSO.get(server.name, set())
