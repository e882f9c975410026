"""The suite bites: every faulty server is caught, its own clause named and no other accused."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from contract_tests.settings.values import Depth
from contract_tests.tests.conftest import EXPIRED, USERS, settings_for
from contract_tests.tests.conftest import judged as judged_by
from contract_tests.tests.servers.breach import FaultyServer
from contract_tests.tests.servers.faulty_servers import FAULTY_SERVERS
from contract_tests.tests.servers.serving import serve

# Where one fault breaks several statements, all of them are named.
ALSO: dict[str, set[str]] = {
    "no-login-needed": {"access.login.first"},
    "user-of-latest-call": {"response.userIds.includes-creator"},
    "crash-with-other-code": {"http.answer.no-server-error"},
    "first-company-id-checked": {"request.companyIds.items.type"},
    "created-at-taken-over": {"response.createdAt.clock"},
    "clock-hour-behind": {"response.updatedAt.clock"},
    "comma-refused": {"success.created"},  # nothing tells on whose account the plain request was refused
    "dates-swapped": {"response.endDate.echo"},
    "company-ids-null-by-default": {"response.companyIds.type"},
}


def judge(server: FaultyServer) -> set[str]:
    """The clauses that the covering set shows to be broken; of an advisory one, that it warns is enough."""
    with serve(server.app(USERS, EXPIRED)) as url:
        result = judged_by(settings_for(url, depth=Depth.QUICK), shrinks=False)
    advised = {found.clause.id for found in result.warned if found.clause.advisory}
    return {found.clause.id for found in result.broken} | advised


Judged = dict[str, Future[set[str]]]


@pytest.fixture(scope="module")
def judged(request: pytest.FixtureRequest) -> Iterator[Judged]:
    """Every server that is asked for, judged a few at a time: most of a run is waiting."""
    calls = [getattr(item, "callspec", None) for item in request.session.items]
    asked = [call.params["server"] for call in calls if call and "server" in call.params]
    with ThreadPoolExecutor(3) as pool:
        yield {server.name: pool.submit(judge, server) for server in asked}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("server", FAULTY_SERVERS, ids=lambda server: server.name)
def test_a_faulty_server_is_caught_by_its_clause(server: FaultyServer, judged: Judged) -> None:
    assert judged[server.name].result() == {server.clause} | ALSO.get(server.name, set())
