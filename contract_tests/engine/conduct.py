"""Conduct one run: plan, send, judge, search, shrink, repeat. Campaigns and replays order their own steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from contract_tests.contract.schema import short
from contract_tests.engine.budget import Budget
from contract_tests.engine.event_log import EventLog, now_text
from contract_tests.engine.events import Ending, Event, FailureRepeated, RunEnded, RunStarted, StageStarted
from contract_tests.engine.interruption import Terminated
from contract_tests.engine.reachability import discovery_problem, is_starting
from contract_tests.engine.record import Record
from contract_tests.engine.repeating import kept, repeat
from contract_tests.engine.result import RunResult
from contract_tests.engine.searches import Search
from contract_tests.engine.traffic import RunOver, Traffic
from contract_tests.engine.unread_bodies import UnreadBodies
from contract_tests.engine.views import Secrets
from contract_tests.judging.judge import Judge
from contract_tests.judging.verdict import Verdict
from contract_tests.requests.plan import Plan, Step
from contract_tests.target.client import APART_S, Target
from contract_tests.target.exchange import Request

if TYPE_CHECKING:
    from contract_tests.engine.reducing import Reducer

WAIT_STEP_S = 0.25  # between two attempts to reach a target that is starting


@dataclass(frozen=True, slots=True)
class Job:
    """The work of one run.

    started: the first event, with the clauses to judge. plans: one for each operation. searches: called after the
    first requests, with the plans on the bases that the server accepted; None for a run without searches.
    draws_ahead: whether to draw their requests in a thread; only in a process of our own, see `Drawing`. shrinks:
    whether to shrink and repeat failures. wait_s: maximum time to wait for a target that is starting.
    """

    started: RunStarted
    plans: tuple[Plan, ...]
    searches: Callable[[Sequence[Plan]], Iterable[Search]] | None = None
    draws_ahead: bool = False
    shrinks: bool = True
    wait_s: float = 0.0


class Conductor:
    """Conduct one run against a target: `events` takes its steps, `result` is what they have found so far."""

    def __init__(
        self,
        target: Target,
        judge: Judge,
        job: Job,
        *,
        budget: Budget,
        secrets: Secrets,
        record: Record | None = None,
        log: EventLog | None = None,
    ) -> None:
        """log: receives the events; pass one to read them from it. By default, it writes them to `record`."""
        self._job = job
        self._budget = budget
        self._secrets = secrets
        self._log = log or EventLog(record)
        chosen = frozenset(clause.id for clause in job.started.clauses)
        self._traffic = Traffic(
            target,
            judge,
            self._log,
            plain=job.plans[0].first,
            chosen=chosen,
            budget=budget,
            secrets=secrets,
            in_step=UnreadBodies().in_step,
        )
        self._is_over = False
        self._asked: Ending | None = None  # how a signal asked the run to end
        self._refused = False  # whether the server refuses every known body
        self._note = ""  # which body the requests were built on, if not the plain one
        self._started_s = time.monotonic()

    @property
    def result(self) -> RunResult:
        """Return what the run has found so far."""
        return self._log.summing.result()

    @property
    def requests(self) -> int:
        """Return the number of requests sent so far."""
        return self._budget.requests

    @property
    def record_problem(self) -> str:
        """Return why the record stops before the end of the run; empty if it is complete."""
        return self._log.record.problem if self._log.record else ""

    def stop(self, ending: Ending) -> None:
        """End the run in order after the requests under way; safe to call from a signal."""
        self._asked = ending
        self._budget.end()

    def conduct(self, listen: Callable[[Event], None]) -> RunResult:
        """Run, pass each event to `listen`, and return the result, also after Ctrl-C or SIGTERM."""
        events = self.events()
        try:
            for event in events:
                listen(event)
        except KeyboardInterrupt:
            self._asked = Ending.INTERRUPTED
        except Terminated:
            self._asked = Ending.TERMINATED
        finally:
            events.close()
            for event in self._log.waiting():
                listen(event)
        return self.result

    def events(self) -> Generator[Event, None, None]:
        """Run and yield each event. Closing the generator stops the run.

        It catches no signal: a second one while it closes must not make it yield once more.
        """
        ending, why = Ending.STOPPED, ""
        try:
            self._log.emit(self._job.started)
            with closing(self._steps()) as steps:
                for _ in steps:
                    yield from self._log.waiting()
            ending = Ending.COMPLETE
            if not self._budget.allows_more:
                ending, why = Ending.OUT_OF_TIME, "The run reached its maximum time before it had sent all requests."
            why = " ".join(filter(None, (why, self._note)))
        except RunOver as over:
            ending, why = over.ending, over.why
        finally:
            self._budget.stop()
            if self._asked is not None:
                ending, why = self._asked, self._note
            self._end(ending, why)
        yield from self._log.waiting()

    def _end(self, ending: Ending, why: str = "") -> None:
        """Record how the run ended. Later calls do nothing."""
        if not self._is_over:
            self._is_over = True
            self._traffic.show_rest()
            duration_s = round(time.monotonic() - self._started_s, 3)
            self._log.emit(
                RunEnded(now_text(), ending, self._secrets.mask_excerpt(why), self._budget.requests, duration_s)
            )

    # -- the order of a run -------------------------------------------------------------------------------------------

    def _steps(self) -> Generator[None, None, None]:
        """Take every step of the run in order. At each yield, the caller receives the events so far."""
        plans = self._job.plans
        yield from self._discover(plans)
        plans = tuple(self._on_an_accepted_base(plan) for plan in plans)
        if self._job.searches is None or self._refused:
            for plan in plans:
                yield from self._cover(plan)
        else:
            yield from self._cover_and_search(plans, self._job.searches(plans))
        if self._job.shrinks:
            yield from self._shrink(plans[0].first.request)
            yield from self._repeat_failures()

    def _on_an_accepted_base(self, plan: Plan) -> Plan:
        """Return the plan, or the same plan on another base if the server refuses its first request.

        A request on a refused base proves nothing: the server may refuse it because of the base.
        """
        if not self._traffic.is_refused(plan.first.request):
            return plan
        for other in plan.others():
            self._traffic.probe(replace(other.first, label=f"{other.first.label} on another base"))
            if not self._traffic.is_refused(other.first.request):
                self._traffic.build_on(other.first)
                self._note = (
                    "The server refuses the plain request, so the run used a body that the server accepts: "
                    f"{_values(other.base)}."
                )
                return other
        if plan.others is not tuple:
            self._refused = True
            self._note = (
                "The server refuses the plain request and the API page's example, so the run did not judge the "
                "requests that are based on them."
            )
            return replace(
                plan,
                concurrent=self._traffic.without_login(plan.concurrent),
                chains=(),
                sequential=(),
                burst=(),
                last=None,
            )
        return plan

    def _discover(self, plans: Sequence[Plan]) -> Iterator[None]:
        """Send the first request of every plan. Raise RunOver if the very first shows that no judgement is possible."""
        self._stage("checking the target")
        exchange = self._traffic.send(plans[0].first)
        while is_starting(exchange) and time.monotonic() - self._started_s < self._job.wait_s:
            self._budget.pause(WAIT_STEP_S)
            if not self._budget.allows_more:
                break
            exchange = self._traffic.send(plans[0].first)
        target = self._traffic.target
        if problem := discovery_problem(exchange, target.speaks_tls, proxy=target.proxy_name):
            self._traffic.show(exchange)
            raise RunOver(Ending.NOT_JUDGEABLE, problem)
        self._traffic.add(exchange)
        yield
        for plan in plans[1:]:
            self._traffic.probe(plan.first)
            yield

    def _cover(self, plan: Plan) -> Iterator[None]:
        """Send the rest of a plan; judge each exchange alone, then all of them together."""
        self._stage("planned requests")
        first_at_s = time.time()
        yield from self._traffic.send_concurrently((*plan.chains, *zip(plan.concurrent)))
        for number, step in enumerate(plan.sequential):
            if number and step.request == plan.sequential[number - 1].request:
                self._budget.pause(APART_S)
            if self._budget.allows_more:
                self._traffic.add(self._traffic.send(step))
                yield
        if plan.burst and self._budget.allows_more:
            self._traffic.send_burst(plan.burst)
            yield
        if plan.last and self._budget.allows_more:
            self._budget.pause(max(0.0, first_at_s + plan.last_after_s - time.time()))
            self._traffic.add(self._traffic.send(plan.last))
        self._traffic.judge_put_off()
        self._traffic.send_refused_again()
        self._traffic.judge_together()
        yield

    def _cover_and_search(self, plans: Sequence[Plan], searches: Iterable[Search]) -> Iterator[None]:
        """Send the rest of all plans, then the searches, which can be drawn meanwhile."""
        from contract_tests.engine.drawing import Drawing  # needs Hypothesis, which takes long to import

        with Drawing(searches, lambda: self._budget.allows_more, ahead=self._job.draws_ahead) as drawing:
            for plan in plans:
                yield from self._cover(plan)
            for search, steps in drawing.finished():
                yield from self._search(search, steps)

    def _search(self, search: Search, steps: Sequence[Step]) -> Iterator[None]:
        """Send the requests of a search concurrently, then look for smaller ones that break the same clauses."""
        self._stage(f"searching: {search.name}")
        yield
        settled = set(self._log.summing.broken)
        breaks: dict[Request, list[Verdict]] = {}
        yield from self._traffic.send_concurrently(zip(steps), breaks)
        if {verdict.clause for verdicts in breaks.values() for verdict in verdicts} - settled:
            self._reducer.search(search, breaks, settled)
            yield

    def _shrink(self, plain: Request) -> Iterator[None]:
        """Replace each failure of a single request by the smallest request that still breaks the clause."""
        self._stage("shrinking")
        yield
        if self._log.summing.broken:
            yield from self._reducer.shrink(plain)

    @cached_property
    def _reducer(self) -> Reducer:
        from contract_tests.engine.reducing import Reducer  # needs Hypothesis

        return Reducer(self._traffic, self._log, self._budget, seed=self._job.started.seed)

    def _repeat_failures(self) -> Iterator[None]:
        """Repeat the exchanges of each broken clause, and count how often they break it again."""
        self._stage("repeating failures")
        for clause in self._log.summing.broken:
            exchanges = kept(self._traffic, self._log.summing.worst(clause))
            same, times = yield from repeat(self._traffic, clause, exchanges, self._budget)
            if times:
                self._log.emit(FailureRepeated(clause, same, times))
                yield

    def _stage(self, name: str) -> None:
        self._log.emit(StageStarted(name))


def _values(base: Mapping[str, Any] | None) -> str:
    """Format the values of a base, shortened for a sentence."""
    return ", ".join(f"{key} {short(value, 60)}" for key, value in (base or {}).items())
