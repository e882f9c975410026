"""Conducts one run: plan, send, judge, search, shrink, repeat. The only place where these steps have an order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from contract_tests.engine.budget import Budget
from contract_tests.engine.events import (
    Ending,
    Event,
    ExchangeSeen,
    FailureRepeated,
    ReadingObserved,
    RunEnded,
    RunStarted,
    StageStarted,
    VerdictGiven,
)
from contract_tests.engine.exploration import Exploration, draw
from contract_tests.engine.history import History
from contract_tests.engine.reachability import Watch, discovery_problem, session_ended
from contract_tests.engine.record import Record
from contract_tests.engine.result import RunResult, Summing
from contract_tests.engine.searches import Search
from contract_tests.engine.shrinking import CLAUSES, REQUESTS, requests_between
from contract_tests.engine.views import ExchangeView, Mask, mask_bytes, view_exchange, view_verdict
from contract_tests.judging.case import Case
from contract_tests.judging.judge import Judge
from contract_tests.judging.login import Login
from contract_tests.judging.verdict import Finding, Observation, Outcome, Verdict
from contract_tests.requests.plan import Plan, Step
from contract_tests.target.client import Target
from contract_tests.target.exchange import Exchange, Request

REPEATS = 3  # of what shows a broken clause, before it is reported
LONG_BODY_BYTES = 1000  # a longer body makes a command that nobody can read, so it goes into a file


class Terminated(BaseException):
    """SIGTERM came: raise it from a signal handler, and the run ends as it does at Ctrl-C."""


class _Over(BaseException):
    """Ends the run from within. Not an Exception, so Hypothesis lets it through."""

    def __init__(self, ending: Ending, why: str) -> None:
        super().__init__(why)
        self.ending, self.why = ending, why


@dataclass(frozen=True, slots=True)
class Job:
    """What one run is to do.

    started: the first event, which says what is judged. plans: one for each operation. searches: made when their turn
    comes. shrinks: whether failing requests are made smaller and sent again.
    """

    started: RunStarted
    plans: tuple[Plan, ...]
    searches: Callable[[], Iterable[Search]] = tuple
    shrinks: bool = True


class Conductor:
    """One run against a target: `events` carries it out, `result` says what it has found so far."""

    def __init__(
        self, target: Target, judge: Judge, job: Job, *, budget: Budget, mask: Mask, record: Record | None = None
    ) -> None:
        self._target = target
        self._judge = judge
        self._job = job
        self._budget = budget
        self._mask = mask
        self._record = record
        self._chosen = frozenset(clause.id for clause in job.started.clauses)
        self._history = History()
        self._watch = Watch()
        self._summing = Summing()
        self._outbox: deque[Event] = deque()
        self._put_off: list[Exchange] = []  # not to be judged before the server answers something else
        self._accepted: set[tuple[str, str]] = set()  # (session, carrier) that signed in
        self._shrunk: set[str] = set()
        self._ending: tuple[Ending, str] | None = None
        self._started_s = time.monotonic()

    @property
    def result(self) -> RunResult:
        """What the run has found so far."""
        return self._summing.result()

    @property
    def requests(self) -> int:
        """How many requests were sent so far."""
        return self._budget.requests

    def conduct(self, listen: Callable[[Event], None]) -> RunResult:
        """Carry out the run and return its result, also where Ctrl-C or SIGTERM ends it; listen gets each event."""
        events = self.events()
        try:
            for event in events:
                listen(event)
        except KeyboardInterrupt:
            self._end(Ending.INTERRUPTED, "")
        except Terminated:
            self._end(Ending.TERMINATED, "")
        finally:
            events.close()
            self._drain(listen)
        return self.result

    def events(self) -> Generator[Event, None, None]:
        """Carry out the run; whoever stops to iterate stops the run."""
        ending = Ending.STOPPED, ""
        try:
            self._emit(self._job.started)
            for _ in self._steps():
                yield from self._waiting()
            in_time = self._budget.allows_more
            ending = (Ending.COMPLETE, "") if in_time else (Ending.OUT_OF_TIME, "The time was up before all was sent.")
        except _Over as over:
            ending = over.ending, over.why
        except KeyboardInterrupt:
            ending = Ending.INTERRUPTED, ""
        except Terminated:
            ending = Ending.TERMINATED, ""
        finally:
            self._budget.stop()
            self._end(*ending)
        yield from self._waiting()

    # -- the order of a run -------------------------------------------------------------------------------------------

    def _steps(self) -> Iterator[None]:
        """Every step; each yield lets the events so far out."""
        plans = self._job.plans
        yield from self._discover(plans)
        for plan in plans:
            yield from self._cover(plan)
        for search in self._job.searches():
            yield from self._search(search)
        if self._job.shrinks:
            yield from self._shrink(plans[0].first.request)
            yield from self._repeat_failures()

    def _discover(self, plans: Sequence[Plan]) -> Iterator[None]:
        self._emit(StageStarted("meeting the target"))
        exchange = self._send(plans[0].first)
        if problem := discovery_problem(exchange):
            self._emit(ExchangeSeen(self._view(exchange)))
            raise _Over(Ending.NOT_JUDGEABLE, problem)
        self._add(exchange)
        yield
        for plan in plans[1:]:
            self._probe(plan.first.request, plan.first.label)
            yield

    def _cover(self, plan: Plan) -> Iterator[None]:
        """Send the rest of a plan, judge each exchange, then all together."""
        self._emit(StageStarted("covering set"))
        first_at_s = time.time()
        yield from self._send_concurrently(plan.apart)
        for step in plan.in_order:
            if self._budget.allows_more:
                self._add(self._send(step))
                yield
        if plan.together and self._budget.allows_more:
            for exchange in sorted(self._target.send_burst(map(self._outgoing, plan.together)), key=_number):
                self._add(exchange)
            yield
        if plan.last and self._budget.allows_more:
            self._budget.pause(max(0.0, first_at_s + plan.last_after_s - time.time()))
            self._add(self._send(plan.last))
        self._take_put_off()
        self._add_findings(self._judge.judge_history(list(self._history)))
        yield

    def _search(self, search: Search) -> Iterator[None]:
        """Send what a search asks for, many at once; only what breaks a clause is searched for something smaller."""
        self._emit(StageStarted(f"searching: {search.name}"))
        yield
        settled = set(self._summing.broken)
        known: dict[Request, list[Verdict]] = {}
        steps = search.steps
        if search.strategy is not None and self._budget.allows_more:
            drawn = draw(search.strategy, examples=search.examples, seed=search.seed)
            steps = (*steps, *(Step(search.label, request) for request in drawn))
        yield from self._send_concurrently(steps, known)
        new = {v.clause for verdicts in known.values() for v in verdicts} - settled
        if search.strategy is None or not new:
            return
        exploration = self._exploration(search.label, known=known, settled=settled)
        exploration.search(search.strategy, examples=search.examples, seed=search.seed)
        self._replace(exploration)
        yield

    def _shrink(self, plain: Request) -> Iterator[None]:
        """Replace each failure that one request shows by the smallest request that still breaks the clause."""
        self._emit(StageStarted("shrinking"))
        for clause in [c for c in self._summing.broken if c not in self._shrunk][:CLAUSES]:
            exchange = self._only_exchange(clause)
            between = requests_between(plain, exchange.request) if exchange else None
            if exchange is None or between is None:
                continue
            exploration = self._exploration(f"{exchange.label}, made smaller", again=clause, requests=REQUESTS)
            exploration.search(between, examples=REQUESTS, seed=self._job.started.seed, shrinks_several=False)
            self._replace(exploration)
            yield

    def _repeat_failures(self) -> Iterator[None]:
        """Send what shows each broken clause again, and count how often the clause is broken again."""
        self._emit(StageStarted("repeating failures"))
        for clause in self._summing.broken:
            worst = self._summing.worst(clause)
            numbers = [view.number for view in worst.exchanges] if worst else []
            exchanges = [found for n in numbers if (found := self._history.request(n))]
            if not exchanges or len(exchanges) < len(numbers):
                continue
            same = times = 0
            while times < REPEATS and self._budget.allows_more:
                same += self._is_broken_again(clause, exchanges)
                times += 1
                yield
            if times:
                self._emit(FailureRepeated(clause, same, times))
                yield

    # -- sending and judging ------------------------------------------------------------------------------------------

    def _outgoing(self, step: Step) -> tuple[Request, str, int]:
        return step.request, step.label, self._budget.spend_request()

    def _send(self, step: Step) -> Exchange:
        return self._target.send(*self._outgoing(step))

    def _send_concurrently(
        self, steps: Iterable[Step], known: dict[Request, list[Verdict]] | None = None
    ) -> Iterator[None]:
        """Send and judge; known, if given, gets what each request breaks, alone and beside those sent with it."""
        supply = (self._outgoing(step) for step in steps if self._budget.allows_more)
        new: list[Case] = []
        for exchange in self._target.send_concurrently(supply):
            case, findings = self._add(exchange)
            if known is not None and case is not None:
                new.append(case)
                known[exchange.request] = self._broken(findings)
            yield
        if known is not None and new:
            self._judge_beside(sorted(new, key=lambda case: case.exchange.number), known)
            yield

    def _judge_beside(self, new: list[Case], known: dict[Request, list[Verdict]]) -> None:
        """Judge new cases beside the first of each kind that was taken before."""
        numbers = {case.exchange.number for case in new}
        found = self._judge.judge_history(
            [*(c for c in self._history.granting if c.exchange.number not in numbers), *new]
        )
        more = [f for f in found if isinstance(f, Verdict) and any(e.number in numbers for e in f.exchanges)]
        self._add_findings([finding for finding in more if finding.outcome is not Outcome.HELD])
        for verdict in self._broken(more):
            last = next(e for e in reversed(verdict.exchanges) if e.number in numbers)
            known.setdefault(last.request, []).append(verdict)

    def _probe(self, request: Request, label: str, *, again: str = "") -> list[Verdict]:
        """Send one request, judge it beside what was accepted before, and return what it breaks.

        again: the clause that is being shrunk. Its requests are made of parts of others, so what they say beside those
        says nothing new of another clause.
        """
        case, findings = self._add(self._send(Step(label, request)))
        if case is None:
            return []
        number = case.exchange.number
        granting = [c for c in self._history.granting if c.exchange.number != number]
        beside = [*granting, case] if not case.succeeded or case.created else [case]
        more = [
            finding
            for finding in self._judge.judge_history(beside)
            if isinstance(finding, Verdict)
            and any(exchange.number == number for exchange in finding.exchanges)
            and again in ("", finding.clause)
        ]
        self._add_findings([finding for finding in more if finding.outcome is not Outcome.HELD])
        return self._broken([*findings, *more])

    def _is_broken_again(self, clause: str, exchanges: Sequence[Exchange]) -> bool:
        """Send what broke a clause once more, in its order, and judge it beside everything else that was seen."""
        if len(exchanges) > 1 and _at_once(exchanges):
            steps = [Step(exchange.label, exchange.request) for exchange in exchanges]
            again = self._target.send_burst(map(self._outgoing, steps))
        else:
            again = [self._send(Step(exchange.label, exchange.request)) for exchange in exchanges]
        cases = [self._judge.case(exchange) for exchange in again]
        for exchange in again:
            self._emit(ExchangeSeen(self._view(exchange)))
        alone = [finding for case in cases for finding in self._judge.judge(case)]
        # Beside other refusals, one of those could be named instead.
        numbers = {exchange.number for exchange in exchanges}
        beside = [c for c in self._history if c.succeeded and c.exchange.number not in numbers]
        together = self._judge.judge_history([*beside, *cases])
        numbers = {exchange.number for exchange in again}
        return any(
            v.clause == clause and any(e.number in numbers for e in v.exchanges)
            for v in self._broken([*alone, *together])
        )

    def _add(self, exchange: Exchange) -> tuple[Case | None, list[Finding]]:
        """Judge one exchange on its own; None for its case where it says nothing yet. May end the run."""
        over = self._watch.see(exchange)
        response = exchange.response
        if response is not None and response.status in {429, 503} and response.header("Retry-After") is not None:
            self._put_off.append(exchange)
            if over:
                self._over(*over)
            return None, []
        if response is not None and response.status < 300:
            self._take_put_off()
        case, findings = self._take(exchange)
        if over:
            self._over(*over)
        return case, findings

    def _take_put_off(self) -> None:
        """Judge what was put off: the server does serve, so it was not out of reach."""
        for exchange in self._put_off:
            self._take(exchange)
        self._put_off.clear()

    def _take(self, exchange: Exchange) -> tuple[Case, list[Finding]]:
        case = self._judge.case(exchange)
        caller = case.expectation.caller
        if caller.login is Login.VALID and caller.session is not None:
            who = caller.session.name, caller.carrier
            if case.succeeded:
                self._accepted.add(who)
            elif case.status == 401 and who in self._accepted and self._has_session_ended(case):
                self._emit(ExchangeSeen(self._view(exchange)))
                self._over(*session_ended(exchange.number))
        findings = self._judge.judge(case)
        view = self._view(exchange)
        self._history.add(exchange.number, case, view)
        held = {f.clause for f in findings if isinstance(f, Verdict) and f.outcome is Outcome.HELD} & self._chosen
        observed = {(f.reading, f.option) for f in findings if isinstance(f, Observation)}
        self._emit(ExchangeSeen(view, tuple(sorted(held)), tuple(sorted(observed))))
        self._add_findings([f for f in findings if isinstance(f, Verdict) and f.outcome is not Outcome.HELD])
        return case, findings

    def _has_session_ended(self, case: Case) -> bool:
        """Whether a plain request with the same login, which was accepted before, is answered 401 as well."""
        session, carrier = case.expectation.caller.session, case.expectation.caller.carrier
        plain = self._job.plans[0].first
        names = {name.lower() for name, _ in session.login(carrier)} if session else set()
        others = tuple(h for h in plain.request.headers if h[0].lower() not in names | {"authorization", "cookie"})
        login = session.login(carrier) if session else ()
        request = Request(plain.request.method, plain.request.url, (*others, *login), plain.request.body)
        exchange = self._send(Step("the plain request again, to see whether the session has ended", request))
        self._emit(ExchangeSeen(self._view(exchange)))
        return exchange.response is not None and exchange.response.status == 401

    def _add_findings(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            if isinstance(finding, Observation):
                self._emit(ReadingObserved(finding.reading, finding.option))
            else:
                self._give(finding)

    def _give(self, verdict: Verdict, *, smallest: bool = False) -> None:
        if verdict.clause not in self._chosen:
            return
        if verdict.outcome is Outcome.BROKEN and self._record is not None:
            for exchange in verdict.exchanges:
                if len(exchange.request.body) > LONG_BODY_BYTES:
                    self._record.write_body(exchange.number, mask_bytes(exchange.request.body, self._mask))
        views = tuple(self._view(exchange) for exchange in verdict.exchanges)
        self._emit(VerdictGiven(view_verdict(verdict, views, self._mask), smallest))

    def _broken(self, findings: Iterable[Finding]) -> list[Verdict]:
        return [
            finding
            for finding in findings
            if isinstance(finding, Verdict) and finding.outcome is Outcome.BROKEN and finding.clause in self._chosen
        ]

    # -- shrinking ----------------------------------------------------------------------------------------------------

    def _exploration(
        self,
        label: str,
        *,
        again: str = "",
        known: dict[Request, list[Verdict]] | None = None,
        settled: Iterable[str] | None = None,
        requests: float = float("inf"),
    ) -> Exploration:
        broken = set(self._summing.broken) - {again} if settled is None else settled
        return Exploration(
            lambda request: self._probe(request, label, again=again),
            lambda: self._budget.allows_more,
            settled=broken,
            known=known,
            requests=requests,
        )

    def _replace(self, exploration: Exploration) -> None:
        for clause, verdict in exploration.found.items():
            if clause in self._chosen:
                self._shrunk.add(clause)
                self._give(verdict, smallest=True)

    def _only_exchange(self, clause: str) -> Exchange | None:
        worst = self._summing.worst(clause)
        return self._history.request(worst.exchanges[0].number) if worst and len(worst.exchanges) == 1 else None

    # -- events -------------------------------------------------------------------------------------------------------

    def _view(self, exchange: Exchange) -> ExchangeView:
        return self._history.view(exchange.number) or view_exchange(exchange, exchange.number, self._mask)

    def _emit(self, event: Event) -> None:
        self._summing.add(event)
        if self._record is not None:
            self._record.write(event)
        self._outbox.append(event)

    def _waiting(self) -> Iterator[Event]:
        while self._outbox:
            yield self._outbox.popleft()

    def _drain(self, listen: Callable[[Event], None]) -> None:
        for event in self._waiting():
            listen(event)

    def _over(self, ending: Ending, why: str) -> None:
        for exchange in self._put_off:
            self._emit(ExchangeSeen(self._view(exchange)))
        self._put_off.clear()
        raise _Over(ending, why)

    def _end(self, ending: Ending, why: str) -> None:
        """Say once how the run ended."""
        if self._ending is None:
            self._ending = ending, self._mask(why)
            duration_s = round(time.monotonic() - self._started_s, 3)
            self._emit(RunEnded(now_text(), *self._ending, self._budget.requests, duration_s))


def now_text() -> str:
    """This moment in ISO 8601, in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _number(exchange: Exchange) -> int:
    return exchange.number


def _at_once(exchanges: Sequence[Exchange]) -> bool:
    """Whether the exchanges were under way at the same moment."""
    return max(e.sent_at_s for e in exchanges) < min(e.received_at_s for e in exchanges)
