"""Test that the suite reports the broken clause of a faulty server and no other: one server per part of the contract.

every_faulty_server.py, which `make selfcheck` runs, judges the others.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from contract_tests.settings.values import Depth
from contract_tests.tests.conftest import EXPIRED, USERS, settings_for
from contract_tests.tests.conftest import judged as judged_by
from contract_tests.tests.servers.breach import FaultyServer
from contract_tests.tests.servers.faulty_servers import FAULTY_SERVERS
from contract_tests.tests.servers.serving import serve

# Defects that break several clauses, with all of them.
ALSO: dict[str, set[str]] = {
    "no-login-needed": {"access.login.first"},
    "user-of-latest-call": {"response.userIds.includes-creator"},
    "crash-with-other-code": {"http.answer.no-server-error"},
    "first-company-id-checked": {"request.companyIds.items.type"},
    "created-at-taken-over": {"response.createdAt.clock"},
    "clock-hour-behind": {"response.updatedAt.clock"},
    "comma-refused": {"success.created"},  # the plain request is refused, so the cause is unknown
    "dates-swapped": {"response.endDate.echo"},
    "company-ids-null-by-default": {"response.companyIds.type"},
}

# Clauses that a defect breaks or not, as requests happen to overlap: the latest caller can be the user whose ID the
# request has in its `userIds`.
AT_TIMES: dict[str, set[str]] = {"user-of-latest-call": {"request.body.server-made"}}


def judge(server: FaultyServer) -> set[str]:
    """Return the clauses that the planned requests show as broken; for an advisory one a warning is enough."""
    with serve(server.app(USERS, EXPIRED)) as url:
        result = judged_by(settings_for(url, depth=Depth.QUICK), shrinks=False)
    advised = {found.clause.id for found in result.warned if found.clause.advisory}
    return {found.clause.id for found in result.broken} | advised


def first_of_each_part(servers: Iterable[FaultyServer]) -> list[FaultyServer]:
    """Return one server for each part of the contract, which the first word of a clause names."""
    found: dict[str, FaultyServer] = {}
    for server in servers:
        found.setdefault(server.clause.partition(".")[0], server)
    return list(found.values())


FEW = first_of_each_part(FAULTY_SERVERS)


@pytest.mark.once
@pytest.mark.parametrize("server", FEW, ids=lambda server: server.name)
def test_the_broken_clause_of_a_faulty_server_is_detected(server: FaultyServer) -> None:
    assert judge(server) - AT_TIMES.get(server.name, set()) == {server.clause} | ALSO.get(server.name, set())
