"""Send the requests of a run and judge each exchange, alone and together with earlier ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from copy import copy
from itertools import takewhile
from typing import NoReturn

from contract_tests.engine.budget import Budget
from contract_tests.engine.case_log import CaseLog
from contract_tests.engine.gateway import Gateway
from contract_tests.engine.history import remembered
from contract_tests.engine.watching import RunOver, Watch
from contract_tests.judging.case import Case
from contract_tests.judging.judge import Judge
from contract_tests.judging.meaning import Variation
from contract_tests.judging.verdict import Judgement, Verdict
from contract_tests.requests.plan import Step
from contract_tests.results.event_log import EventLog
from contract_tests.results.views import Secrets
from contract_tests.target.client import Outgoing, Target
from contract_tests.target.exchange import SILENT, Exchange, Request

SENT_AGAIN = 10  # refused requests; a server that refuses more for different reasons has worse problems

Recheck = Callable[[Case, Sequence[Judgement], "Traffic"], Exchange]


class Traffic:
    """Sends the requests of one run and judges their responses.

    spends requests: `send`, `repeat`; and records: `send_again`, `send_in_turn`
    spends, records and judges: `send_concurrently`, `send_burst`, `search`, `probe`, `send_refused_again`
    records: `record`, `record_rest`; and judges: `judge_put_off`, `add`, which spends if a response calls for more
    judges what is recorded: `judge_together`

    plain: the request that every correct server accepts. chosen: the clauses to judge. recheck: returns the exchange of
    a judged case, or one to be judged in its place. What sends can raise RunOver.
    """

    def __init__(
        self,
        target: Target,
        judge: Judge,
        log: EventLog,
        *,
        plain: Step,
        chosen: frozenset[str],
        budget: Budget,
        secrets: Secrets,
        recheck: Recheck,
    ) -> None:
        self.target = target
        target.notify = self._note_arrival
        self.judge = judge
        self._log = log
        self._cases = CaseLog(judge, log, chosen=chosen, secrets=secrets)
        self.history = self._cases.history
        self.plain = plain
        self.plains: tuple[Request, ...] = (plain.request,)  # of each operation
        self._budget = budget
        self._watch = Watch()
        self._gateway = Gateway(target.absence)
        self._put_off: list[Exchange] = []  # judged only after the server has accepted a request
        self._arrived: dict[int, Exchange] = {}  # by number, until they are recorded
        self.silences = 0  # requests sent alone that got no whole response in time
        self._recheck = recheck

    @property
    def denied(self) -> frozenset[Variation]:
        """The permitted variations of which one is why the server refuses the plain request."""
        return self._cases.denied

    @denied.setter
    def denied(self, variations: frozenset[Variation]) -> None:
        self._cases.denied = variations

    def within(self, budget: Budget) -> Traffic:
        """The same traffic under another budget."""
        other = copy(self)
        other._budget = budget
        return other

    def apart(self, budget: Budget, recheck: Recheck) -> Traffic:
        """Traffic to the same target under another budget, which is judged without what was seen so far."""
        other = self.within(budget)
        other._cases = self._cases.emptied()
        other.history = other._cases.history
        other._put_off = []
        other._recheck = recheck
        return other

    # -- sending ------------------------------------------------------------------------------------------------------

    def send(self, step: Step, *, called_for: bool = False) -> Exchange:
        """Send one request without judging it. called_for: whether a response calls for it."""
        exchange = self.target.send(*self._outgoing(step, called_for))
        self.silences += (exchange.failure or "").startswith(SILENT)
        return exchange

    def repeat(self, exchange: Exchange) -> Exchange:
        """Send a request once more under its number, because the server did not respond yet."""
        self._budget.spend_request()
        return self.target.send(exchange.request, exchange.label, exchange.number)

    def send_concurrently(
        self, chains: Iterable[Sequence[Step]]
    ) -> Generator[tuple[Case | None, list[Judgement]], None, None]:
        """Send chains of requests at once, those of a chain one after the other; judge each one as `add` does."""
        # Numbered in this order, whatever the order of arrival, and whatever else the responses make the run send.
        numbered = [[self._numbered(step) for step in chain] for chain in chains]
        supply = (takewhile(lambda _: self._budget.spend_if_allowed(), chain) for chain in numbered)
        with closing(self.target.send_concurrently(supply)) as exchanges:
            for exchange in exchanges:
                yield self.add(exchange)

    def search(self, steps: Iterable[Step]) -> Generator[None, None, dict[Request, list[Verdict]]]:
        """Send requests at once, judge each one and then all together; return the verdicts that each breaks."""
        breaks: dict[Request, list[Verdict]] = {}
        new: dict[int, Case] = {}
        with closing(self.send_concurrently(zip(steps))) as judged:
            for case, judgements in judged:
                if case is not None:
                    new[case.exchange.number] = remembered(case)
                    breaks[case.exchange.request] = self.broken(judgements)
                yield
        for verdict in self.broken(self._cases.judge_new([new[number] for number in sorted(new)])):
            last = next(exchange for exchange in reversed(verdict.exchanges) if exchange.number in new)
            breaks.setdefault(last.request, []).append(verdict)
        yield
        return breaks

    def send_burst(self, steps: Iterable[Step], *, called_for: bool = False) -> list[Exchange]:
        """Send the steps that the budget allows at once; judge them. called_for: whether responses call for them."""
        outgoing = [self._numbered(step, called_for) for step in steps if self._budget.spend_if_allowed()]
        burst = sorted(self.target.send_burst(outgoing), key=lambda exchange: exchange.number) if outgoing else []
        for exchange in burst:
            self.add(exchange)
        return burst

    def probe(self, step: Step, *, again: str = "") -> list[Verdict]:
        """Send one request, judge it together with earlier accepted ones, and return the broken verdicts.

        again: the clause that is being shrunk. What else its requests break has the same cause, since they consist of
        parts of others; and they show nothing about an open question: a refusal can have another reason.
        """
        case, judgements = self.add(self.send(step), observes=not again, only=again)
        if case is None:
            return []
        is_wrongly_accepted = case.succeeded and not case.created  # which shows more alone
        more = self._cases.judge_new([case], with_accepted=not is_wrongly_accepted, only=again)
        return self.broken([*judgements, *more])

    @property
    def allows_more(self) -> bool:
        """Return whether the budget allows another request."""
        return self._budget.allows_more

    def exchange(self, number: int) -> Exchange | None:
        """Return the exchange of a number, judged or not yet; None if it is no longer kept."""
        return self._arrived.get(number) or self.history.exchange(number)

    def send_again(self, exchanges: Sequence[Exchange], *, at_once: bool) -> list[Case]:
        """Send the requests of some exchanges again, at once or in order, and record but not judge them.

        In order, only as many as the budget allows; at once all of them, because a part need not break the clause.
        """
        allowed = (exchange for exchange in exchanges if at_once or self._budget.allows_more)
        outgoing = (self._outgoing(Step(exchange.label, exchange.request)) for exchange in allowed)
        again = self.target.send_burst(outgoing) if at_once else self.target.send_in_turn(outgoing)
        for exchange in again:
            self.record(exchange)
        return [self.judge.case(exchange) for exchange in again]

    def _outgoing(self, step: Step, called_for: bool = False) -> Outgoing:
        self._budget.spend_request()
        return self._numbered(step, called_for)

    def _numbered(self, step: Step, called_for: bool = False) -> Outgoing:
        return step.request, step.label, self._budget.new_number(called_for=called_for)

    # -- judging ------------------------------------------------------------------------------------------------------

    def add(self, exchange: Exchange, *, observes: bool = True, only: str = "") -> tuple[Case | None, list[Judgement]]:
        """Judge one exchange on its own; the case is None if the exchange is put off.

        observes: whether the response can show the readings that the server follows. only: the clause it can break.
        """
        if self._gateway.was_alone(exchange, self._ask_plain):
            self.record(exchange)
            if not self._budget.allows_more:
                return None, []
            exchange = self.send(Step(exchange.label, exchange.request), called_for=True)
        over = self._watch.see(exchange, self.plain.request, self._ask if self._budget.allows_more else None)
        response = exchange.response
        if response is not None and response.status in {429, 503} and response.header("Retry-After") is not None:
            self._put_off.append(exchange)
            if over:
                self._give_up(over)
            return None, []
        if response is not None and response.status < 300:
            self.judge_put_off(exchange.sent_at_s)
        case, judgements = self._take(exchange, observes, only)
        if over:
            self._give_up(over)
        return case, judgements

    def remember(self, cases: Iterable[Case]) -> None:
        """Add recorded cases to the history, to be judged together with the others."""
        for case in cases:
            self.history.add(case.exchange.number, case, self._cases.view(case.exchange))

    def judge_put_off(self, until_s: float = math.inf) -> None:
        """Judge the exchanges that were put off until a time, because the target was not out of reach later."""
        judged = [exchange for exchange in self._put_off if exchange.received_at_s <= until_s]
        self._put_off = [exchange for exchange in self._put_off if exchange.received_at_s > until_s]
        for exchange in judged:
            self._take(exchange)

    def judge_together(self) -> None:
        """Judge all exchanges so far together."""
        self._cases.log_judgements(self._cases.judged_together())

    def send_refused_again(self) -> None:
        """Send each valid request again whose refusal breaks a clause.

        A server that accepts it now has refused it for something that is not in it.
        """
        refused = {case.exchange.number: case for case in self.history if case.must_accept and 400 <= case.status < 500}
        if not refused:
            return
        counting = [verdict for verdict in self.broken(self._cases.judged_together()) if len(verdict.exchanges) == 1]
        numbers = dict.fromkeys(exchange.number for verdict in counting for exchange in verdict.exchanges)
        for case in [refused[number] for number in numbers if number in refused][:SENT_AGAIN]:
            if self._budget.allows_more:
                self.add(self.send(Step(f"{case.exchange.label}, sent again", case.exchange.request)), observes=False)

    def send_in_turn(self, *steps: Step) -> list[Case]:
        """Send requests that a response calls for in turn on one new connection, and record but not judge them."""
        exchanges = self.target.send_in_turn([self._outgoing(step, called_for=True) for step in steps])
        for exchange in exchanges:
            self.record(exchange)
        return [self.judge.case(exchange) for exchange in exchanges]

    def record(self, exchange: Exchange) -> None:
        """Record an exchange without judging it."""
        self._cases.record(exchange)
        self._arrived.pop(exchange.number, None)

    def record_rest(self) -> None:
        """Record the exchanges that arrived before the run ended, because they may have created objects."""
        self._arrived.pop(self._log.newest_number, None)  # a signal can come right after it was recorded
        for number in sorted(self._arrived):
            self.record(self._arrived[number])

    def _note_arrival(self, exchange: Exchange) -> None:
        if exchange.response is not None:  # an attempt to reach a server that is starting shows nothing
            self._arrived[exchange.number] = exchange

    def log_verdict(self, verdict: Verdict, *, smallest: bool = False) -> None:
        """Record a verdict; smallest: a search has shrunk the request, so that the verdict replaces earlier ones."""
        self._cases.log_verdict(verdict, smallest=smallest)

    def broken(self, judgements: Iterable[Judgement]) -> list[Verdict]:
        """Return the judgements that break one of the chosen clauses."""
        return self._cases.broken(judgements)

    def _take(self, exchange: Exchange, observes: bool = True, only: str = "") -> tuple[Case, list[Judgement]]:
        case, judgements = self._judged(exchange)
        final = self._recheck(case, judgements, self)
        if final is not exchange:
            case, judgements = self._judged(final)
        if over := self._watch.see_login(case, self.plain.request, self._ask):
            self.record(case.exchange)
            self._give_up(over)
        judgements = self._cases.add(case, judgements, observes=observes, only=only)
        self._arrived.pop(final.number, None)
        return case, judgements

    def _judged(self, exchange: Exchange) -> tuple[Case, list[Judgement]]:
        case = self.judge.case(exchange)
        return case, self.judge.judge(case)

    def _ask(self, step: Step) -> Exchange:
        exchange = self.send(step, called_for=True)
        self.record(exchange)
        return exchange

    def _ask_plain(self) -> Exchange:
        return self._ask(Step("the plain request again, to see whether a server is there", self.plain.request))

    def _give_up(self, over: RunOver) -> NoReturn:
        for exchange in self._put_off:
            self.record(exchange)
        self._put_off.clear()
        raise over
