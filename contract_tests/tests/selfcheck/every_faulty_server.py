"""Judge the faulty servers that test_faulty_servers.py leaves to `make selfcheck`."""

from __future__ import annotations

import pytest

from contract_tests.tests.selfcheck.test_faulty_servers import ALSO, FEW, judge
from contract_tests.tests.servers.breach import FaultyServer
from contract_tests.tests.servers.faulty_servers import FAULTY_SERVERS


@pytest.mark.parametrize("server", [s for s in FAULTY_SERVERS if s not in FEW], ids=lambda server: server.name)
def test_the_broken_clause_of_a_faulty_server_is_detected(server: FaultyServer) -> None:
    assert judge(server) == {server.clause} | ALSO.get(server.name, set())
