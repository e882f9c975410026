"""A server that accepts no connections for a while, as during a deployment."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from urllib.parse import urlsplit

from contract_tests.composition.run import open_run
from contract_tests.results.events import Ending, Event, ExchangeSeen
from contract_tests.settings.values import Depth
from contract_tests.target.absence import Absence
from contract_tests.target.client import Target
from contract_tests.target.exchange import OTHER_NETWORK, UNREACHABLE, Exchange, Request
from contract_tests.tests.conftest import USERS, settings_for
from contract_tests.tests.servers.right_core import RightCore
from contract_tests.tests.servers.serving import serve

WHY = f"{UNREACHABLE}: [Errno 111] Connection refused"
REFUSED = Exchange(Request("POST", "http://x"), None, WHY, time.time(), time.time())


def test_a_run_goes_on_when_the_server_is_back_and_says_when_it_was_away() -> None:
    with ExitStack() as first, ExitStack() as second:
        url = first.enter_context(serve(RightCore(USERS)))
        port = urlsplit(url).port or 0
        starting = threading.Timer(1.0, lambda: second.enter_context(serve(RightCore(USERS), port)))

        def listen(event: Event) -> None:
            if isinstance(event, ExchangeSeen) and event.exchange.number == 50:
                first.close()
                starting.start()

        with open_run(settings_for(url, depth=Depth.QUICK, wait_s=60.0)) as run:
            result = run.conduct(listen)
    assert result.ending is Ending.COMPLETE, result.why
    assert result.why.startswith("The server was not available ")
    assert {found.clause.id for found in result.broken} <= {"http.answer.complete"}  # the end may cut a response
    assert {found.clause.id for found in result.unjudged} <= {"error.500.code", "access.carrier.cookie"}


def test_a_server_that_does_not_return_is_waited_for_once() -> None:
    with serve(RightCore({})) as url:
        port = urlsplit(url).port
    request = Request("POST", f"http://127.0.0.1:{port}", (), b"{}")
    with Target(timeout_s=5, connections=1, absence_s=0.7) as target:
        assert target.send(request).failure is not None
        assert target.absence.note == ""  # the first request of a run finds out whether there is a server
        target.addresses.add("as if it had been there")
        begun_s = time.monotonic()
        failures = [target.send(request).failure for _ in range(20)]
        assert time.monotonic() - begun_s < 10
    assert all(failure and failure.startswith(UNREACHABLE) for failure in failures)
    assert "has not been available since" in target.absence.note


def test_only_an_absent_server_is_waited_for() -> None:
    pauses: list[float] = []
    absence = Absence(3600, lambda seconds: not pauses.append(seconds))  # type: ignore[func-returns-value]
    for failure in (f"{UNREACHABLE}: [SSL: CERTIFICATE_VERIFY_FAILED]", f"{UNREACHABLE}: {OTHER_NETWORK}", "cut"):
        other = replace(REFUSED, failure=failure)
        assert absence.wait_out(other, lambda: REFUSED) is other
    back = replace(REFUSED, failure=None)
    answers = iter([REFUSED, back])
    assert absence.wait_out(REFUSED, lambda: next(answers)) is back
    assert len(pauses) == 2


def test_refusals_of_several_threads_are_one_absence() -> None:
    absence = Absence(3600, lambda seconds: True)
    refused, back = replace(REFUSED, sent_at_s=time.time()), replace(REFUSED, failure=None, sent_at_s=time.time() + 1)
    assert absence.wait_out(refused, lambda: back) is back
    assert absence.wait_out(refused, lambda: back) is back
    assert "times" not in absence.note


def test_the_end_of_the_budget_ends_the_waiting() -> None:
    assert Absence(3600, lambda seconds: False).wait_out(REFUSED, lambda: REFUSED) is REFUSED
