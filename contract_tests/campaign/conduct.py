"""Conduct a campaign, a run with more steps: the planned requests, then cell after cell, within one budget."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from contract_tests.campaign.bounds import CampaignBudget
from contract_tests.campaign.cells import Cell
from contract_tests.campaign.confirming import Confirming
from contract_tests.campaign.corpus import CampaignLog, Corpus
from contract_tests.campaign.crew import Crew, Opening
from contract_tests.campaign.examples import LABEL, Examples
from contract_tests.campaign.sequences import Sent
from contract_tests.campaign.strain import SHARE, WINDOW, Strain
from contract_tests.campaign.strategies import Ground, requests_of
from contract_tests.campaign.variation import marked
from contract_tests.engine import memory
from contract_tests.engine.budget import Budget
from contract_tests.engine.conduct import Conductor, Job
from contract_tests.engine.traffic import Traffic
from contract_tests.engine.unread_bodies import UnreadBodies
from contract_tests.engine.watching import RunOver
from contract_tests.judging.judge import Judge
from contract_tests.requests.plan import Plan, Step
from contract_tests.results.events import CreatedByWorker, Ending, ExchangesCounted, Stage
from contract_tests.results.grouping import Key
from contract_tests.results.novelty import behaviour_of
from contract_tests.results.views import ExchangeView, Secrets
from contract_tests.target.client import Target

FIRST_CONFIRMING = 100  # requests that confirm what the planned ones have found
FIRST_CONFIRMING_SHARE = 0.25  # of the time, where only time bounds the campaign
RELIEF_S = 5.0  # before a server that suffers is asked again
RELIEFS = 3


@dataclass(frozen=True, slots=True)
class Campaign:
    """What a campaign does beyond a run.

    cells: made from how many requests are left for them; None where only time bounds the campaign. grounds: what the
    cells of each operation start from. run_id: marks every request. most_examples: that can come before the
    cells. spent_s: the time that earlier processes have used. known: breaches that other processes have sent again.
    """

    cells: Callable[[int | None], Iterable[Cell]]
    grounds: Callable[[Sequence[Plan]], Sequence[Ground]]
    run_id: str
    max_requests: int | None = None
    most_examples: int = 0
    spent_s: float = 0.0
    known: frozenset[Key] = frozenset()

    def requests_left(self, plans: Sequence[Plan]) -> int | None:
        """Return how many requests are left for the cells, which depends only on the plans."""
        return requests_for_cells(self.max_requests, plans, self.most_examples)


def requests_for_cells(most: int | None, plans: Sequence[Plan], most_examples: int) -> int | None:
    """Return how many of the requests of a campaign are left for its cells; None without a limit."""
    if most is None:
        return None
    return most - sum(len(plan.steps) for plan in plans) - FIRST_CONFIRMING - most_examples


class CampaignConductor(Conductor):
    """One campaign, or one shard of it, against a target."""

    _budget: CampaignBudget
    log: CampaignLog

    def __init__(
        self,
        target: Target,
        judge: Judge,
        job: Job,
        campaign: Campaign,
        *,
        budget: CampaignBudget,
        secrets: Secrets,
        log: CampaignLog,
        crew: Crew | None = None,
        examples: Examples | None = None,
    ) -> None:
        """crew: processes that carry out the cells; without it this one does, one cell after the other.

        examples: of other campaigns, which this one sends first; it saves its own.
        """
        super().__init__(target, judge, job, budget=budget, secrets=secrets, log=log)
        self._campaign = campaign
        self._crew = crew
        self._examples = examples
        self._started_s -= campaign.spent_s

    @property
    def is_asked_to_end(self) -> bool:
        """Whether a signal ends the campaign, or the cell, before its budget does."""
        return self._budget.is_asked_to_end

    def record_rest(self) -> None:
        """Record the exchanges that arrived in a cell before it ended early."""
        self._traffic.record_rest()

    @property
    def examples_problem(self) -> str:
        """Why the examples could not be read or saved; empty if they could."""
        return self._examples.problem if self._examples else ""

    def _steps(self) -> Generator[None, None, None]:
        yield from self._sent()
        if self._asked is not None:
            raise RunOver(self._asked, "")

    def _sent(self) -> Iterator[None]:
        plans = self._job.plans
        left = self._campaign.requests_left(plans)
        yield from self._discover(plans)
        if addresses := self._traffic.target.addresses:
            self._stage(f"connected to {', '.join(sorted(addresses))}", Stage.NOTICE)
        plans = tuple(each.plan for each in self._on_accepted_bases(plans))
        yield from self._while_well(self._cover(plans))
        yield from self._send_examples()
        opening = self._opening(plans)
        yield from self._while_well(self._confirm_first())
        self._save_examples()
        if self._budget.has_reached_max_created and self._asked is None:
            raise RunOver(Ending.OUT_OF_TIME, f"The campaign ends before its cells: {self._created_up}")
        if self._refused or not self._budget.allows_more:
            return
        recorded = set()
        for index, requests in self.log.emit_recorded():
            self._budget.count(requests)
            recorded.add(index)
            yield
        cells = (cell for cell in self._campaign.cells(left) if cell.index not in recorded)
        yield from self._spread(cells, opening) if self._crew else self._one_by_one(cells, opening)
        if self._asked is not None:
            return
        if self._budget.has_reached_max_created:
            raise RunOver(Ending.COMPLETE, f"The campaign ends: {self._created_up}")
        raise RunOver(Ending.COMPLETE, "The budget of the campaign is used up.")

    @property
    def _created_up(self) -> str:
        return f"--max-created {self._budget.max_created} is reached."

    def _out_of_time(self) -> tuple[Ending, str]:
        if self._is_covered:
            return Ending.OUT_OF_TIME, "The budget is used up before the cells of the campaign: allow a larger one."
        return super()._out_of_time()

    def _one_by_one(self, cells: Iterable[Cell], opening: Opening) -> Iterator[None]:
        for cell in cells:
            yield from self.carry_out(cell, opening)
            self._save_examples()
            if not self._budget.allows_more:
                return

    def _spread(self, cells: Iterator[Cell], opening: Opening) -> Iterator[None]:
        """Let other processes carry out the cells, and take into account what each has found when it is complete."""
        assert self._crew is not None
        over: tuple[Ending, str] | None = None
        for done in self._crew.carry_out(cells, opening, self.log, self._budget):
            if isinstance(done, str):
                self._stage(f"a worker has found {done}", Stage.NOTICE)
            elif isinstance(done, CreatedByWorker):
                self.log.emit(done)
            elif done is not None:
                self.log.take_over(done.events, done.files)
                if done.lost:
                    self.log.emit(ExchangesCounted(created=done.lost))
                self._budget.count(done.requests)
                if done.is_cut_off:
                    self._stage(f"cut off: cell {done.cell.index}", Stage.CUT_OFF, done.cell.index)
                self._save_examples()
                if done.over is not None and over is None:
                    over = done.over
                    self._budget.end()  # the other cells under way end, and return what they have created
            yield
        if over is not None:
            raise RunOver(*over)

    def _send_examples(self) -> Iterator[None]:
        for request in self._examples.requests() if self._examples and not self._refused else ():
            if self._budget.allows_more:
                self._traffic.probe(Step(LABEL, marked(request, self._campaign.run_id)))
                yield

    def _save_examples(self) -> None:
        if self._examples is not None:
            for found in self.log.findings:
                self._examples.save(found)

    def _opening(self, plans: Sequence[Plan]) -> Opening:
        """What the planned requests have shown, for every cell to start from."""
        corpus = Corpus()
        for seen in self.log.take():
            if exchange := self._traffic.history.exchange(seen.exchange.number):
                corpus.add(behaviour_of(seen), exchange.request)
        plans = tuple(Plan(plan.first, base=plan.base) for plan in plans)
        return Opening(self._job.started, corpus, plans, self._traffic.plain, self._traffic.denied)

    def carry_out(self, cell: Cell, opening: Opening) -> Iterator[None]:
        """Search, then judge all of the cell together, then shrink and repeat what it has found."""
        memory.give_back()  # what the cell before has used
        self._stage(cell.name, Stage.CELL, cell.index)
        yield
        grounds = self._campaign.grounds(opening.plans)
        ground = replace(grounds[cell.turn % len(grounds)], corpus=opening.corpus.copy())
        self._traffic.plain, self._traffic.denied = opening.plain, opening.denied
        self._traffic.plains = tuple(plan.first.request for plan in opening.plans)
        budget = Budget(max_requests=cell.requests, within=self._budget, numbers_after=cell.first_number)
        traffic = self._traffic.apart(budget, UnreadBodies().recheck)
        strain = Strain()
        self._send(traffic, (traffic.plain,), ground.corpus)
        yield
        for sent in requests_of(cell, ground):
            if budget.requests + len(sent) > cell.searching or not budget.allows_more:
                break
            for view in self._send(traffic, sent, ground.corpus):
                if strain.is_suspected(view):
                    yield from self._relieve(traffic, budget)
                    strain = Strain()
            yield
        traffic.judge_put_off()
        traffic.judge_together()
        self.log.take()
        yield from self._confirm(traffic, budget)

    def _send(self, traffic: Traffic, sent: Sent, corpus: Corpus) -> list[ExchangeView]:
        """Send, judge, and keep what was new."""
        steps = [Step(step.label, marked(step.request, self._campaign.run_id)) for step in sent]
        broken: list[str] = []
        if len(steps) > 1:
            traffic.send_burst(steps)
        else:
            broken = [verdict.clause for verdict in traffic.probe(steps[0])]
        seen = self.log.take()
        for each in seen:
            corpus.add(behaviour_of(each, broken), sent[0].request)
        return [each.exchange for each in seen]

    def _confirm(self, traffic: Traffic, budget: Budget) -> Iterator[None]:
        """Send what was found first in this traffic again, and make it smaller, before it is reported."""
        confirming = Confirming(
            traffic,
            self.log,
            budget,
            chosen=self._chosen,
            seed=self._job.started.seed,
            known=self._campaign.known,
        )
        if confirming.new:
            self._stage("making findings smaller, and sending them again", Stage.CONFIRMING)
            for _ in confirming.steps():
                yield
        self.log.take()

    def _confirm_first(self) -> Iterator[None]:
        """Confirm what the planned requests have found, with a part of the budget: the rest is for the cells."""
        most = None if self._campaign.max_requests is None else FIRST_CONFIRMING
        time_s = None if self._budget.left_s == float("inf") else self._budget.left_s * FIRST_CONFIRMING_SHARE
        budget = Budget(max_requests=most, max_time_s=time_s, within=self._budget)
        yield from self._confirm(self._traffic.within(budget), budget)

    def _while_well(self, steps: Iterator[None]) -> Iterator[None]:
        """Take steps before the cells as long as the server does not suffer."""
        strain, count = Strain(), len(self.log.newest)
        for _ in steps:
            new, count = self.log.newest[count:], len(self.log.newest)
            yield
            if any(strain.is_suspected(seen.exchange) for seen in new):
                yield from self._relieve(self._traffic, self._budget)
                strain = Strain()

    def _relieve(self, traffic: Traffic, budget: Budget) -> Iterator[None]:
        """Go on only if the server still accepts a plain request; otherwise wait a little, then end the campaign."""
        plain = replace(traffic.plain, label="the plain request, to see whether the server suffers")
        for _ in range(RELIEFS):
            if not budget.allows_more:
                return
            exchange = traffic.send(plain)
            traffic.record(exchange)
            yield
            if exchange.response is not None and exchange.response.status < 500:
                return
            if not self._budget.pause(RELIEF_S):
                return
        raise RunOver(
            Ending.TARGET_GONE,
            f"The server suffers: {SHARE:.0%} of the last {WINDOW} requests got a 5xx or no response, and so does a "
            "plain request. The campaign ends here.",
        )
