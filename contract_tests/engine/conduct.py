"""Conduct one run: plan, send, judge, search, shrink, repeat. Campaigns and replays order their own steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from contract_tests.engine.bases import Based, on_an_accepted_base
from contract_tests.engine.budget import Budget
from contract_tests.engine.interruption import Terminated, ending_of
from contract_tests.engine.reachability import discovery_problem, is_starting
from contract_tests.engine.repeating import repeat_failures
from contract_tests.engine.searches import Search
from contract_tests.engine.traffic import Traffic
from contract_tests.engine.unread_bodies import UnreadBodies
from contract_tests.engine.watching import RunOver
from contract_tests.judging.judge import Judge
from contract_tests.requests.plan import Plan, Step
from contract_tests.results.event_log import EventLog, now_text
from contract_tests.results.events import Ending, Event, RunEnded, RunStarted, Stage, StageStarted
from contract_tests.results.result import RunResult
from contract_tests.results.views import Secrets
from contract_tests.target.client import APART_S, Target

if TYPE_CHECKING:
    from contract_tests.engine.reducing import Reducer

WAIT_STEP_S = 0.25  # between two attempts to reach a target that is starting
BURST_TRIES = 3


@dataclass(frozen=True, slots=True)
class Job:
    """The work of one run.

    started: the first event, with the clauses to judge. plans: one for each operation. searches: called after the
    first requests, with the plans on the bases that the server accepted, each None if it accepts none; None for a run
    without searches. draws_ahead: whether to draw their requests in a thread; only in a process of our own, see
    `Drawing`. shrinks: whether to shrink and repeat failures. wait_s: maximum time to wait for a target that is
    starting.
    """

    started: RunStarted
    plans: tuple[Plan, ...]
    searches: Callable[[Sequence[Plan | None]], Iterable[Search]] | None = None
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
        log: EventLog,
    ) -> None:
        """log: receives the events, and writes them to its record."""
        self._job = job
        self._budget = budget
        self._secrets = secrets
        self.log = log
        self._chosen = frozenset(clause.id for clause in job.started.clauses)
        self._traffic = Traffic(
            target,
            judge,
            log,
            plain=job.plans[0].first,
            chosen=self._chosen,
            budget=budget,
            secrets=secrets,
            recheck=UnreadBodies().recheck,
        )
        self._is_covered = True  # whether the budget allowed all planned requests
        self._asked: Ending | None = None  # how a signal asked the run to end
        self._refused = False  # whether the server refuses every known body
        self._note = ""  # which body the requests were built on, if not the plain one
        self._started_s = time.monotonic()

    @property
    def result(self) -> RunResult:
        """Return what the run has found so far."""
        return self.log.summing.result()

    @property
    def planned(self) -> int:
        """Return how many requests the plans have; searches send more."""
        return sum(len(plan.steps) for plan in self._job.plans)

    def stop(self, ending: Ending) -> None:
        """End the run in order after the requests under way; safe to call from a signal."""
        self._asked = ending
        self._budget.end()

    def conduct(self, listen: Callable[[Event], None]) -> RunResult:
        """Run, pass each event to `listen`, and return the result, also after Ctrl-C or SIGTERM."""
        events = self.events()
        try:
            for event in events:
                try:
                    listen(event)
                except Exception as error:
                    events.throw(error)
        except KeyboardInterrupt:
            self._asked = Ending.INTERRUPTED
        except Terminated:
            self._asked = Ending.TERMINATED
        except Exception:
            # After a second signal, which has interrupted code that fails then, as Hypothesis does, the result counts.
            if self._asked is None:
                raise
        finally:
            events.close()
            for event in self.log.waiting():
                listen(event)
        return self.result

    def events(self) -> Generator[Event, None, None]:
        """Run and yield each event. Closing the generator stops the run.

        It catches no signal: a second one while it closes must not make it yield once more.
        """
        ending, why = Ending.COMPLETE, ""
        try:
            self.log.emit(self._job.started)
            with closing(self._steps()) as steps:
                for _ in steps:
                    yield from self.log.waiting()
            if not self._budget.allows_more:
                ending, why = self._out_of_time()
            why = " ".join(filter(None, (why, self._note)))
        except RunOver as over:
            ending, why = over.ending, over.why
        except BaseException as error:
            ending, why = ending_of(error)
            raise
        finally:
            self._budget.stop()
            if self._asked is not None:
                ending, why = self._asked, self._note
            if ending is Ending.STOPPED:
                why = f"The calling program stopped the run after {self._budget.requests} requests. {why}".strip()
            self._end(ending, why)
        yield from self.log.waiting()

    def _out_of_time(self) -> tuple[Ending, str]:
        if self._is_covered:
            return Ending.OUT_OF_TIME, "The run reached its maximum time before it had sent all requests."
        sent, planned = self._budget.requests, self.planned
        why = f"The time was over after {sent} of {planned} planned requests, so the run has not judged all clauses."
        return Ending.TOO_LITTLE_TIME, f"{why} Allow more time, or more requests in a second."

    def _end(self, ending: Ending, why: str) -> None:
        """Record how the run ended."""
        why = self._secrets.mask_excerpt(f"{why} {self._traffic.target.absence.note}".strip())
        self._traffic.record_rest()
        duration_s = round(time.monotonic() - self._started_s, 3)
        self.log.emit(RunEnded(now_text(), ending, why, self._budget.requests, duration_s))

    # -- the order of a run -------------------------------------------------------------------------------------------

    def _steps(self) -> Generator[None, None, None]:
        """Take every step of the run in order. At each yield, the caller receives the events so far."""
        plans = self._job.plans
        yield from self._discover(plans)
        based = self._on_accepted_bases(plans)
        plans = tuple(each.plan for each in based)
        if self._job.searches is None or self._refused:
            yield from self._cover(plans)
        else:
            searched = tuple(each.plan if each.has_base else None for each in based)
            yield from self._cover_and_search(plans, self._job.searches(searched))
        if self._job.shrinks:
            yield from self._shrink()
            self._stage("repeating failures")
            yield from repeat_failures(self._traffic, self.log, self._budget)

    def _on_accepted_bases(self, plans: Sequence[Plan]) -> tuple[Based, ...]:
        based = tuple(on_an_accepted_base(self._traffic, plan) for plan in plans)
        self._note = " ".join(dict.fromkeys(each.note for each in based if each.note))
        self._refused = not any(each.has_base for each in based)
        self._traffic.plains = tuple(each.plan.first.request for each in based)
        return based

    def _discover(self, plans: Sequence[Plan]) -> Iterator[None]:
        """Send the first request of every plan. Raise RunOver if the very first shows that no judgement is possible."""
        self._stage("checking the target")
        exchange = self._traffic.send(plans[0].first)
        while is_starting(exchange) and time.monotonic() - self._started_s < self._job.wait_s:
            self._budget.pause(WAIT_STEP_S)
            if not self._budget.allows_more:
                break
            exchange = self._traffic.repeat(exchange)
        target = self._traffic.target
        if problem := discovery_problem(exchange, target.speaks_tls, proxy=target.proxy_name):
            self._traffic.record(exchange)
            raise RunOver(Ending.NOT_JUDGEABLE, problem)
        self._traffic.add(exchange)
        yield
        for plan in plans[1:]:
            if self._budget.allows_more:
                self._traffic.probe(plan.first)
                yield

    def _cover(self, plans: Sequence[Plan]) -> Iterator[None]:
        """Send the rest of all plans; judge each exchange alone, then all of them together."""
        for plan in plans:
            yield from self._send_rest(plan)
        self._traffic.judge_together()
        yield

    def _send_rest(self, plan: Plan) -> Iterator[None]:
        self._stage("planned requests")
        first_at_s = time.monotonic()
        with closing(self._traffic.send_concurrently((*plan.chains, *zip(plan.concurrent)))) as judged:
            for _ in judged:
                yield
        for number, step in enumerate(plan.sequential):
            if number and step.request == plan.sequential[number - 1].request:
                self._budget.pause(APART_S)  # so that the times of both responses, in milliseconds, can differ
            if self._budget.allows_more:
                self._traffic.add(self._traffic.send(step))
                yield
        made = (case for case in self._traffic.history if case.exchange.request.url == plan.first.request.url)
        created = next((case.created for case in made if case.created), None)
        for step in plan.about(created) if created else ():
            if self._budget.allows_more:
                self._traffic.add(self._traffic.send(step))
                yield
        yield from self._send_burst(plan)
        if plan.last and self._budget.allows_more:
            self._budget.pause(max(0.0, first_at_s + plan.last_after_s - time.monotonic()))
            self._traffic.add(self._traffic.send(plan.last))
        self._is_covered = self._is_covered and self._budget.allows_more
        self._traffic.judge_put_off()
        self._traffic.send_refused_again()

    def _send_burst(self, plan: Plan) -> Iterator[None]:
        """Send the burst of a plan; again if the machine was so busy that no two of its requests were concurrent."""
        for attempt in range(BURST_TRIES):
            if not plan.burst or not self._budget.allows_more:
                return
            burst = self._traffic.send_burst(plan.burst, called_for=attempt > 0)
            burst.sort(key=lambda exchange: exchange.sent_at_s)
            yield
            if any(second.sent_at_s < first.received_at_s for first, second in pairwise(burst)):
                return

    def _cover_and_search(self, plans: Sequence[Plan], searches: Iterable[Search]) -> Iterator[None]:
        """Send the rest of all plans, then the searches, which can be drawn meanwhile."""
        from contract_tests.engine.drawing import Drawing  # needs Hypothesis, which takes long to import

        with Drawing(searches, lambda: self._budget.allows_more, ahead=self._job.draws_ahead) as drawing:
            yield from self._cover(plans)
            for search, steps in drawing.finished():
                yield from self._search(search, steps)

    def _search(self, search: Search, steps: Sequence[Step]) -> Iterator[None]:
        """Send the requests of a search concurrently, then look for smaller ones that break the same clauses."""
        self._stage(f"searching: {search.name}")
        yield
        settled = set(self.log.summing.broken)
        breaks = yield from self._traffic.search(steps)
        if {verdict.clause for verdicts in breaks.values() for verdict in verdicts} - settled:
            yield from self._reducer.search(search, breaks, settled)
            yield

    def _shrink(self) -> Iterator[None]:
        """Replace each failure of a single request by the smallest request that still breaks the clause."""
        self._stage("shrinking")
        yield
        if self.log.summing.broken:
            yield from self._reducer.shrink()

    @cached_property
    def _reducer(self) -> Reducer:
        from contract_tests.engine.reducing import Reducer  # needs Hypothesis

        return Reducer(self._traffic, self.log, self._budget, seed=self._job.started.seed)

    def _stage(self, name: str, kind: Stage = Stage.STEP, cell: int | None = None) -> None:
        self.log.emit(StageStarted(name, kind, cell))
