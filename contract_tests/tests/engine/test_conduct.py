"""Test a run from its plan to its result: broken clauses, order, end, and memory."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from contract_tests import LEAD_LISTS, Oracle
from contract_tests.campaign.ledger import created_in
from contract_tests.composition.run import open_run
from contract_tests.engine import history
from contract_tests.engine.budget import Budget
from contract_tests.engine.case_log import CaseLog
from contract_tests.engine.interruption import Terminated
from contract_tests.engine.reducing import SHRUNK, SILENCES
from contract_tests.engine.watching import SILENCES_IN_A_ROW, Watch
from contract_tests.judging.case import Case
from contract_tests.judging.verdict import Outcome
from contract_tests.report.json import write as write_json
from contract_tests.report.reported import sentence
from contract_tests.requests.plan import BURST
from contract_tests.results.event_log import EventLog
from contract_tests.results.events import Ending, Event, ExchangeSeen, StageStarted, VerdictGiven
from contract_tests.results.numbers import CALLED_FOR
from contract_tests.results.record import FILE_NAME
from contract_tests.results.record_reading import read_events, read_result
from contract_tests.results.result import RunResult
from contract_tests.results.summing import sum_up
from contract_tests.settings.secrets import Masker
from contract_tests.settings.values import Depth, Settings
from contract_tests.target.client import Outgoing, Target
from contract_tests.target.exchange import Exchange
from contract_tests.target.exchange import Request as Sent
from contract_tests.tests.conftest import USERS, judged, settings_for, with_fewer_requests
from contract_tests.tests.corpus.exchanges import created, exchange, judge
from contract_tests.tests.servers.attackers import WRONG, attackers
from contract_tests.tests.servers.right_core import (
    Answer,
    BadRequest,
    Fields,
    Receive,
    Refusal,
    Request,
    RightCore,
    Scope,
    Send,
)
from contract_tests.tests.servers.serving import serve


def quick(url: str, **changes: object) -> Settings:
    return settings_for(url, depth=Depth.QUICK, **changes)


class Mangling(RightCore):
    """Doubles apostrophes, and keeps ten people."""

    built = 0

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        self.built += 1
        created = super().build(request, user, fields)
        return {**created, "name": created["name"].replace("'", "''"), "personIds": created["personIds"][:10]}


def is_long_or_quotes(request: Sent) -> bool:
    """Whether Mangling may change what this request creates."""
    return b"'" in request.body or len(request.body) > 300


def broken(result: RunResult) -> list[str]:
    return [found.clause.id for found in result.broken]


def test_a_burst_whose_requests_did_not_overlap_is_sent_again(right_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine that is so busy that each thread waits until the response to the one before has arrived."""
    bursts: list[int] = []
    send_burst = Target.send_burst

    def late(target: Target, requests: Iterable[Outgoing]) -> list[Exchange]:
        batch = list(requests)
        bursts.append(len(batch))
        return send_burst(target, batch) if len(bursts) > 1 else [target.send(*outgoing) for outgoing in batch]

    monkeypatch.setattr(Target, "send_burst", late)
    result = judged(quick(right_url, clauses=("success.concurrent",)))
    clause = result.clause("success.concurrent")
    assert clause is not None
    assert clause.outcome is Outcome.HELD
    assert bursts == [BURST, BURST]


@pytest.fixture(scope="module")
def mangled() -> tuple[list[Event], RunResult]:
    """The events and the result of a run against Mangling that sends one request at a time."""
    events: list[Event] = []
    suites = with_fewer_requests(is_long_or_quotes)
    with serve(Mangling(USERS)) as url, open_run(quick(url, connections=1), suites=suites) as run:
        result = run.conduct(events.append)
    return events, result


def test_the_stages_come_in_the_order_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Depth, "examples", 2)  # of each search; the stages are the same for a hundred
    stages: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, StageStarted):
            stages.append(event.name)

    suites = with_fewer_requests(is_long_or_quotes)
    with serve(Mangling(USERS)) as url, open_run(settings_for(url), suites=suites) as run:
        run.conduct(listen)
    assert [name.partition(":")[0] for name in dict.fromkeys(stages)] == [
        "checking the target",
        "planned requests",
        *["searching"] * 4,
        "shrinking",
        "repeating failures",
    ]


def normal(result: RunResult) -> object:
    """Return the text of a report without generated IDs and timestamps."""
    return [
        (found.clause.id, found.outcome, found.worst and (found.worst.expected, found.worst.exchanges[0].request.body))
        for found in result.clauses
    ]


def test_two_runs_against_a_faulty_server_report_the_same_in_any_order_of_arrival(
    mangled: tuple[list[Event], RunResult],
) -> None:
    class Unsteady(Mangling):
        """Answers after a random delay."""

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            import asyncio

            await asyncio.sleep(random.random() / 200)
            await super().__call__(scope, receive, send)

    with serve(Unsteady(USERS)) as url:
        result = judged(quick(url, connections=8), suites=with_fewer_requests(is_long_or_quotes))
    _, in_order = mangled
    assert broken(result) == ["response.name.echo", "response.personIds.echo"]
    assert normal(result) == normal(in_order)
    assert result.requests == in_order.requests


def test_a_check_that_a_response_calls_for_changes_nothing_else_in_the_report() -> None:
    class Unsteady(RightCore):
        """Refuses the rocket after a random delay, so that the run checks whether the server reads all bodies."""

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await asyncio.sleep(random.random() / 200)
            await super().__call__(scope, receive, send)

        def create(self, request: Request) -> Answer:
            if "🚀".encode() in request.body:
                return self.refuse(request, BadRequest(("name", "no rocket")))
            return super().create(request)

    def report(connections: int) -> tuple[dict[int, str], list[str], object]:
        """Return the labels of the planned requests, those of the others, and the clauses of the report."""
        events: list[Event] = []
        few = with_fewer_requests(has_a_rocket, every=3)
        with serve(Unsteady(USERS)) as url, open_run(quick(url, connections=connections), suites=few) as run:
            result = run.conduct(events.append)
        seen = {event.exchange.number: event.exchange.label for event in events if isinstance(event, ExchangeSeen)}
        called_for = [seen.pop(number) for number in list(seen) if number > CALLED_FOR]
        clauses = json.loads(write_json(result, None))["clauses"]
        shown = [(clause["id"], clause["outcome"], clause["counts"], clause["requests"]) for clause in clauses]
        return seen, called_for, shown

    (one, _, in_order), (several, called_for, in_any_order) = report(1), report(8)
    assert "a plain lead list, on the same connection" in called_for
    assert one == several
    assert in_order == in_any_order


def test_events_may_be_added_up_in_any_order(mangled: tuple[list[Event], RunResult]) -> None:
    events, result = mangled
    some = [event for event in events[1:] if not (isinstance(event, VerdictGiven) and event.smallest)]
    plain = sum_up([events[0], *some])
    random.Random(0).shuffle(some)
    assert sum_up([events[0], *some]) == plain
    assert sum_up(events) == result


def test_a_failure_is_shrunk_and_sent_again_three_times(mangled: tuple[list[Event], RunResult]) -> None:
    _, result = mangled
    found = result.clause("response.name.echo")
    assert found is not None
    assert found.worst is not None
    assert b'"name":"\'"' in found.worst.exchanges[0].request.body.data
    assert (found.same, found.times) == (3, 3)


def test_a_server_that_stops_answering_is_not_waited_for_in_each_attempt_to_shrink() -> None:
    class Stuck(Mangling):
        is_stuck = False

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await asyncio.sleep(1 * self.is_stuck)
            await super().__call__(scope, receive, send)

    server = Stuck(USERS)
    silent = 0

    def listen(event: Event) -> None:
        nonlocal silent
        server.is_stuck |= isinstance(event, StageStarted) and event.name == "shrinking"
        silent += isinstance(event, ExchangeSeen) and event.exchange.response is None

    suites = with_fewer_requests(is_long_or_quotes)
    with serve(server) as url, open_run(quick(url, timeout_s=0.6, connections=1), suites=suites) as run:
        result = run.conduct(listen)
    assert broken(result) == ["response.name.echo", "response.personIds.echo"]
    assert silent == 2 * (SILENCES + 3)  # for each, to shrink it and to repeat it


def has_a_rocket(request: Sent) -> bool:
    return "🚀".encode() in request.body


def test_a_failure_that_does_not_repeat_is_reported_as_flaky() -> None:
    class Once(RightCore):
        failed = False

        def create(self, request: Request) -> Answer:
            if "🚀".encode() in request.body and not Once.failed:
                Once.failed = True
                raise RuntimeError
            return super().create(request)

    with serve(Once(USERS)) as url:
        result = judged(quick(url), suites=with_fewer_requests(has_a_rocket))
    found = result.clause("http.answer.no-server-error")
    assert found is not None
    assert (found.same, found.times) == (0, 3)


class SessionOfThirty(RightCore):
    """Lets a session end after thirty requests."""

    seen = 0

    def authenticate(self, request: Request) -> str:
        user = super().authenticate(request)
        self.seen += 1
        if self.seen > 30:
            raise Refusal(401, "UNAUTHORIZED", "The session has ended.")
        return user


class SignInPageAfterThirty(SessionOfThirty):
    """Redirects those without a session to where they can sign in, as a gateway with single sign-on does."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = super().refuse(request, refusal)
        if self.seen <= 30:
            return answer
        return answer._replace(status=302, headers={"location": "https://login.example/?next=/"}, body=b"")


class QuotaOfThirty(RightCore):
    """Answers 429 from the thirty-first request on."""

    seen = 0

    def route(self, request: Request) -> None:
        super().route(request)
        self.seen += 1
        if self.seen > 30:
            raise Refusal(429, "TOO_MANY_REQUESTS", "Come back tomorrow.")

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = super().refuse(request, refusal)
        more = {"retry-after": "3600"} if refusal.status == 429 else {}
        return answer._replace(headers={**answer.headers, **more})


class GatewayAfterThirty(QuotaOfThirty):
    """Answers 503 from the thirty-first request on."""

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = super().refuse(request, refusal)
        return answer._replace(status=503) if refusal.status == 429 else answer


@pytest.mark.parametrize(
    ("server", "ending", "says"),
    [
        (SessionOfThirty, Ending.SESSION_ENDED, "the server now answers 401 to a request that it accepted before"),
        (SignInPageAfterThirty, Ending.SESSION_ENDED, "answers 302 (to https://login.example/) to a request"),
        (QuotaOfThirty, Ending.QUOTA_USED_UP, "the quota is used up"),
        (GatewayAfterThirty, Ending.TARGET_GONE, "keeps answering 503"),
    ],
)
def test_an_end_outside_the_contract_breaks_no_clause_and_gives_3(
    server: Callable[..., RightCore], ending: Ending, says: str
) -> None:
    with serve(server(USERS)) as url:
        result = judged(quick(url))
    assert (result.ending, broken(result)) == (ending, [])
    assert says in result.why
    assert result.requests < 60
    assert result.exit_code() == 3


@pytest.mark.parametrize("accepted", [1, 5, 10, 13])  # after ten, the first request by cookie comes
def test_a_session_that_ends_before_another_login_was_accepted_breaks_no_clause(accepted: int) -> None:
    class EndsAfter(SignInPageAfterThirty):
        seen = 30 - accepted

    with serve(EndsAfter(USERS)) as url:
        result = judged(quick(url, connections=1))
    assert (result.ending, broken(result)) == (Ending.SESSION_ENDED, [])
    assert result.requests < accepted + 5


def test_a_run_that_ends_early_has_recorded_what_arrived(tmp_path: Path) -> None:
    server = QuotaOfThirty(USERS)
    with serve(server) as url, open_run(quick(url), folder=tmp_path / "run") as run:
        run.conduct(lambda event: None)
    recorded = [event for event in read_events(tmp_path / "run") if isinstance(event, ExchangeSeen)]
    assert len(recorded) >= server.seen - 2 > 30  # a slow machine may still wait for one or two


@pytest.mark.parametrize(("is_silent", "most_requests"), [(False, 80), (True, 15)])
def test_a_run_continues_while_the_server_fails_only_on_the_request_that_is_made_smaller(
    is_silent: bool, most_requests: int
) -> None:
    class FailsOnLongTokens(RightCore):
        seen = 0

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            if any(len(value) > 1_000 for _, value in scope["headers"]):
                self.seen += 1
                while is_silent and (await receive())["type"] != "http.disconnect":
                    pass
                await send({"type": "http.response.start", "status": 401, "headers": []})
                raise ConnectionError
            await super().__call__(scope, receive, send)

    server = FailsOnLongTokens(USERS)
    with serve(server) as url:
        suites = with_fewer_requests(lambda sent: any(len(value) > 1_000 for _, value in sent.headers))
        result = judged(quick(url, timeout_s=1.0 if is_silent else 10.0, connections=1), suites=suites)
    found = result.clause("http.answer.complete")
    assert found is not None
    assert (result.ending, found.same, found.times) == (Ending.COMPLETE, 3, 3)
    assert server.seen < most_requests  # each silence takes as long as a request may wait


def test_a_server_that_refuses_a_valid_session_now_and_then_breaks_the_contract() -> None:
    class Forgetful(RightCore):
        def authenticate(self, request: Request) -> str:
            user = super().authenticate(request)
            if "🚀".encode() in request.body:
                raise Refusal(401, "UNAUTHORIZED", "Who are you?")
            return user

    with serve(Forgetful(USERS)) as url:
        result = judged(quick(url), suites=with_fewer_requests(has_a_rocket))
    assert result.ending is Ending.COMPLETE
    assert broken(result) == ["access.carrier.bearer"]


def test_a_success_that_was_sent_before_proves_no_gateway_to_be_available() -> None:
    class LastSuccessComesLate(GatewayAfterThirty):
        accepted = refused = 0

        def route(self, request: Request) -> None:
            self.seen = 30 if self.accepted == 20 else 0
            super().route(request)

        async def deliver(self, request: Request, answer: Answer, send: Send) -> None:
            if answer.status == 503:
                self.refused += 1
                await asyncio.sleep(0 if self.refused <= 2 else 1)
            if answer.status < 300:
                self.accepted += 1
                await asyncio.sleep(0.3 if self.accepted == 20 else 0)  # two refusals arrive meanwhile
            await super().deliver(request, answer, send)

    with serve(LastSuccessComesLate(USERS)) as url:
        result = judged(quick(url))
    assert (result.ending, broken(result)) == (Ending.TARGET_GONE, [])


def test_a_run_ends_after_responses_that_are_all_too_long_and_says_so() -> None:
    name = "sends a gzip bomb"
    with attackers({name: WRONG[name][0]}) as urls:
        result = judged(quick(urls[name]))
    assert result.ending is Ending.TARGET_GONE
    assert "no longer sends whole responses" in result.why
    assert "more than 4 MiB without its content coding gzip" in result.why
    assert broken(result) == ["http.answer.complete"]


@pytest.mark.parametrize(
    ("error", "ending", "code"),
    [(KeyboardInterrupt, Ending.INTERRUPTED, 130), (Terminated, Ending.TERMINATED, 143)],
)
def test_a_signal_ends_the_run_with_its_findings(
    error: type[BaseException], ending: Ending, code: int, tmp_path: Path
) -> None:
    def listen(event: Event) -> None:
        if isinstance(event, VerdictGiven) and event.verdict.outcome is Outcome.BROKEN:
            raise error

    with serve(server := Mangling(USERS)) as url, open_run(quick(url), folder=tmp_path / "run") as run:
        result = run.conduct(listen)
    assert (result.ending, result.exit_code()) == (ending, code)
    assert len(list(created_in(tmp_path / "run"))) == server.built
    assert result.broken
    assert f'"ending":"{ending}"' in (tmp_path / "run" / FILE_NAME).read_text().splitlines()[-1]


def test_a_second_signal_while_the_run_closes_its_connections_ends_it_at_once(tmp_path: Path) -> None:
    class Slow(Mangling):
        waits = False

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            if self.built > 20:
                self.waits = True
                await asyncio.sleep(1)
            await super().__call__(scope, receive, send)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    def listen(event: Event) -> None:
        if server.waits and not signals:  # a request is in progress, for which the end of the run waits
            signals.append(event)
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            raise KeyboardInterrupt

    signals: list[Event] = []

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with serve(server := Slow(USERS)) as url, open_run(quick(url), folder=tmp_path / "run") as run:
            with pytest.raises(KeyboardInterrupt):
                run.conduct(listen)
            assert run.result.exit_code() == 130
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert read_result(tmp_path / "run").ending is Ending.INTERRUPTED


def test_a_run_that_is_asked_to_end_sends_no_more_planned_requests() -> None:
    """Python can drop the exception of a signal."""
    with serve(Mangling(USERS)) as url, open_run(settings_for(url)) as run:
        result = run.conduct(lambda event: run.stop(Ending.INTERRUPTED) if run._budget.requests >= 50 else None)
    assert (result.ending, result.exit_code()) == (Ending.INTERRUPTED, 130)
    assert result.requests < 80


def test_a_run_that_is_asked_to_end_sends_no_more_of_a_chain() -> None:
    with serve(Mangling(USERS)) as url, open_run(quick(url, connections=1)) as run:
        result = run.conduct(lambda event: run.stop(Ending.INTERRUPTED) if run._budget.requests >= 2 else None)
        assert max(map(len, run._job.plans[0].chains)) > 2
    assert result.requests == 2  # the discovery, and the first step of the first chain; the other steps do not count


@pytest.mark.parametrize("error", [None, BadRequest(("name", "none")), RuntimeError()])
def test_a_run_whose_time_is_over_after_the_first_request_sends_no_other(error: Exception | None) -> None:
    """Neither that of another operation nor one on another base."""

    class LastOne(RightCore):
        seen = 0

        def create(self, request: Request) -> Answer:
            self.seen += 1
            run._budget.stop()  # as its deadline does
            if error is not None:
                raise error
            return super().create(request)

    with serve(server := LastOne(USERS)) as url, open_run(quick(url)) as run:
        run._job = replace(run._job, plans=run._job.plans * 2)
        run.conduct(lambda event: None)
    assert server.seen == 1


def test_without_a_budget_nothing_asks_whether_a_silent_server_is_there() -> None:
    watch, silent = Watch(), exchange(failure="timed out")
    assert [watch.see(silent, silent.request, None) for _ in range(2 * SILENCES_IN_A_ROW)] == [None] * 40


def test_a_burst_has_no_more_requests_than_the_budget_allows(right_url: str) -> None:
    with open_run(quick(right_url)) as run:
        traffic = run._traffic.within(Budget(max_requests=3))
        assert [len(traffic.send_burst([traffic.plain] * BURST)) for _ in range(2)] == [3, 0]


def test_pauses_end_with_the_time_of_the_run() -> None:
    class AlwaysLater(QuotaOfThirty):
        def refuse(self, request: Request, refusal: Refusal) -> Answer:
            answer = super().refuse(request, refusal)
            return answer._replace(headers={**answer.headers, "retry-after": "30"})

    with serve(AlwaysLater(USERS)) as url:
        begun_s = time.monotonic()
        result = judged(quick(url, max_time_s=2))
        assert time.monotonic() - begun_s < 20
    assert result.exit_code() in {0, 3}


def test_a_budget_is_a_bound_on_time_and_requests() -> None:
    now_s = 0.0
    budget = Budget(max_time_s=5, max_requests=2, clock=lambda: now_s)
    assert (budget.allows_more, budget.left_s) == (True, 5)
    assert [budget.spend_if_allowed() for _ in range(3)] == [True, True, False]
    assert (budget.requests, budget.allows_more) == (2, False)
    assert not Budget(max_time_s=0, clock=lambda: now_s).pause(60)
    budget.stop()
    assert not budget.pause(60)


@pytest.mark.parametrize("end", [Budget.end, Budget.stop])
@pytest.mark.parametrize("is_part", [False, True])
def test_the_end_of_a_budget_ends_its_pauses_and_those_of_its_parts(
    end: Callable[[Budget], None], is_part: bool
) -> None:
    budget = Budget()
    begun_s = time.monotonic()
    timer = threading.Timer(0.1, end, [budget])
    timer.start()
    assert not (Budget(within=budget) if is_part else budget).pause(30)
    assert time.monotonic() - begun_s < 15
    timer.join()


def test_a_part_allows_no_more_than_the_whole_budget_with_its_further_limits() -> None:
    class CreatedUp(Budget):
        @property
        def allows_more(self) -> bool:
            return False

    assert not Budget(within=CreatedUp()).allows_more


def test_a_part_pauses_no_longer_than_the_whole_budget_lasts() -> None:
    assert not Budget(within=Budget(max_time_s=0)).pause(60)


def test_responses_of_a_megabyte_are_judged_but_not_kept(tmp_path: Path) -> None:
    class Talkative(RightCore):
        def build(self, request: Request, user: str, fields: Fields) -> Fields:
            return {**super().build(request, user, fields), "more": "x" * 1_000_000}

    created = 0

    def listen(event: Event) -> None:
        nonlocal created
        if isinstance(event, ExchangeSeen) and event.exchange.response and event.exchange.response.status == 201:
            created += 1
        if created == 30:  # tracing the memory of a whole run takes ten seconds
            run.stop(Ending.STOPPED)

    with serve(Talkative(USERS)) as url, open_run(quick(url), folder=tmp_path / "run") as run:
        tracemalloc.start()
        try:
            result = run.conduct(listen)
            kept_bytes, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert (broken(result), created >= 30) == ([], True)
    assert kept_bytes < 15_000_000  # 30 of 1 MB each would be 30
    assert (tmp_path / "run" / FILE_NAME).stat().st_size < 10_000_000


def test_a_verdict_that_a_search_keeps_has_a_shortened_response() -> None:
    log = CaseLog(judge(), EventLog(None), chosen=frozenset({"response.name.echo"}), secrets=Masker({}))
    seen = exchange(answer=created(name="x" * 1_000_000))
    case = judge().case(seen)
    [verdict] = log.broken(log.add(case, judge().judge(case)))
    assert verdict.exchanges[0].number == seen.number
    assert len(verdict.exchanges[0].response.body) < 10_000  # type: ignore[union-attr]


def test_a_breach_that_several_responses_show_is_repeated_on_its_own() -> None:
    class OneId(RightCore):
        def build(self, request: Request, user: str, fields: Fields) -> Fields:
            return {**super().build(request, user, fields), "id": "3f2504e0-4f89-41d3-9a0c-0305e82c3301"}

    with serve(OneId(USERS)) as url:
        found = judged(quick(url)).clause("response.id.unique")
    assert found is not None
    assert (found.same, found.times) == (3, 3)


def test_a_breach_is_made_smaller_and_repeated_after_more_requests_than_a_run_keeps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Failing(RightCore):
        def create(self, request: Request) -> Answer:
            if b"2030-02-30T00" in request.body:
                raise RuntimeError
            return super().create(request)

    monkeypatch.setattr(history, "KEPT_CASES", 100)
    with serve(Failing(USERS)) as url:
        result = judged(quick(url))
    found = result.clause("http.answer.no-server-error")
    assert found is not None
    assert found.worst is not None
    assert found.worst.exchanges[0].label.endswith(SHRUNK)
    assert (found.same, found.times) == (3, 3)


def test_closing_the_event_generator_stops_the_run(right_url: str) -> None:
    with open_run(quick(right_url)) as run:
        for event in run.events():
            if isinstance(event, ExchangeSeen) and event.exchange.number >= 10:
                break
        sent = run._budget.requests
        assert sent < 60
        assert (run.result.ending, run.result.exit_code()) == (Ending.STOPPED, 3)
        assert f"the run ended early: The calling program stopped the run after {sent}" in sentence(run.result)


@pytest.mark.parametrize("place", ["in an oracle", "in the listener"])
def test_a_run_that_fails_itself_keeps_no_contract(place: str, tmp_path: Path) -> None:
    seen = 0

    def fail() -> None:
        nonlocal seen
        seen += 1
        if seen > 30:
            raise KeyError("a mistake with token-1")

    def listen(event: Event) -> None:
        if place == "in the listener":
            fail()

    def judge_none(case: Case) -> tuple[()]:
        if place == "in an oracle":
            fail()
        return ()

    oracles = (*LEAD_LISTS.rules.oracles, Oracle(("success.created",), judge_none))
    suites = (replace(LEAD_LISTS, rules=replace(LEAD_LISTS.rules, oracles=oracles)),)
    with (
        serve(RightCore(USERS)) as url,
        open_run(quick(url), suites=suites, folder=tmp_path / "run") as run,
        pytest.raises(KeyError, match="a mistake"),
    ):
        run.conduct(listen)
    result = read_result(tmp_path / "run")
    assert result == run.result
    assert (result.ending, result.exit_code(), result.broken) == (Ending.FAILED, 3, ())
    assert "The run itself failed: KeyError: 'a mistake with ${LEADLISTS_BEARER}'" in result.why
    assert f"({__file__}, line " in result.why
    assert f"the run ended early: {result.why}" in sentence(result)


def test_ctrl_c_without_a_handler_of_the_kit_interrupts_the_run(
    right_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("contract_tests.engine.traffic.Traffic.judge_together", interrupt)
    with open_run(quick(right_url)) as run:
        assert run.conduct(lambda event: None).exit_code() == 130


def test_a_run_that_exceeds_its_time_reports_it(right_url: str) -> None:
    result = judged(replace(settings_for(right_url), max_time_s=0.5, rate_per_s=20))
    assert (result.ending, result.exit_code()) == (Ending.TOO_LITTLE_TIME, 3)
    assert "planned requests, so the run has not judged all clauses" in result.why


def test_a_run_that_exceeds_its_time_in_a_search_has_judged_all(right_url: str) -> None:
    with open_run(settings_for(right_url)) as run:

        def listen(event: Event) -> None:
            if isinstance(event, StageStarted) and event.name.startswith("searching"):
                run._budget.stop()  # as its deadline does

        result = run.conduct(listen)
    assert (result.ending, result.exit_code()) == (Ending.OUT_OF_TIME, 0)
    assert "reached its maximum time" in result.why


@pytest.mark.parametrize("is_asked", [True, False])
def test_code_that_fails_because_of_a_signal_ends_the_run_in_order(is_asked: bool, tmp_path: Path) -> None:
    """Hypothesis asserts what does not hold yet if a second signal arrives while it starts."""
    with serve(RightCore(USERS)) as url, open_run(quick(url), folder=tmp_path / "run") as run:
        failures = iter([AssertionError("a state that Hypothesis expects")])

        def listen(event: Event) -> None:
            if is_asked:
                run.stop(Ending.INTERRUPTED)
            for failure in failures:
                raise failure

        if is_asked:
            assert run.conduct(listen).exit_code() == 130
        else:
            with pytest.raises(AssertionError):
                run.conduct(listen)
