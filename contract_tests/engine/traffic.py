"""Send the requests of a run and judge each exchange, alone and together with earlier ones."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from copy import copy

from contract_tests.engine.budget import Budget
from contract_tests.engine.case_log import CaseLog, is_of_a_reading
from contract_tests.engine.event_log import EventLog
from contract_tests.engine.events import Ending
from contract_tests.engine.history import remembered
from contract_tests.engine.reachability import Watch, session_ended
from contract_tests.engine.views import Secrets
from contract_tests.judging.case import Case
from contract_tests.judging.judge import Judge
from contract_tests.judging.login import Login
from contract_tests.judging.meaning import Variation
from contract_tests.judging.verdict import Judgement, Outcome, Verdict
from contract_tests.requests.plan import Step
from contract_tests.target.client import Outgoing, Target
from contract_tests.target.exchange import Exchange, Request

SENT_AGAIN = 10  # refused requests; a server that refuses more for different reasons has worse problems


class RunOver(BaseException):
    """Ends the run because the target is out of reach. Not an Exception, so that Hypothesis does not catch it."""

    def __init__(self, ending: Ending, why: str) -> None:
        super().__init__(why)
        self.ending, self.why = ending, why


class Traffic:
    """Sends the requests of one run and judges their responses.

    plain: the request that every correct server accepts. chosen: the clauses to judge. in_step: returns the exchange of
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
        in_step: Callable[[Case, Sequence[Judgement], Traffic], Exchange],
    ) -> None:
        self.target = target
        target.notify = self._keep
        self.judge = judge
        self._log = log
        self._cases = CaseLog(judge, log, chosen=chosen, secrets=secrets)
        self.history = self._cases.history
        self.plain = plain
        self._budget = budget
        self._watch = Watch()
        self._put_off: list[Exchange] = []  # judged only after the server has accepted a request
        self._arrived: dict[int, Exchange] = {}  # by number, until they are recorded
        self._accepted: set[tuple[str, str]] = set()  # (session, carrier) that signed in
        self._in_step = in_step

    @property
    def denied(self) -> frozenset[Variation]:
        """The permitted variations of which one is why the server refuses the plain request."""
        return self._cases.denied

    @denied.setter
    def denied(self, variations: frozenset[Variation]) -> None:
        self._cases.denied = variations

    def apart(self, budget: Budget) -> Traffic:
        """Traffic to the same target under another budget, which is judged without what was seen so far."""
        other = copy(self)
        other._budget = budget
        other._cases = self._cases.emptied()
        other.history = other._cases.history
        other._put_off = []
        other._in_step = _itself  # which numbers its requests get must not depend on connections
        return other

    # -- sending ------------------------------------------------------------------------------------------------------

    def send(self, step: Step) -> Exchange:
        """Send one request without judging it."""
        return self.target.send(*self._outgoing(step))

    def send_concurrently(
        self, chains: Iterable[Sequence[Step]], breaks: dict[Request, list[Verdict]] | None = None
    ) -> Iterator[None]:
        """Send chains of requests at once, those of a chain one after the other, and judge each one.

        breaks: if given, gets the verdicts that each request breaks.
        """
        supply = (self._in_turn(list(map(self._outgoing, chain))) for chain in chains if self._budget.allows_more)
        new: list[Case] = []
        with closing(self.target.send_concurrently(supply)) as exchanges:
            for exchange in exchanges:
                case, judgements = self.add(exchange)
                if breaks is not None and case is not None:
                    new.append(remembered(case))
                    breaks[exchange.request] = self.broken(judgements)
                yield
        if breaks is not None and new:
            numbers = {case.exchange.number for case in new}
            more = self._cases.judge_beside(sorted(new, key=lambda case: case.exchange.number))
            for verdict in self.broken(more):
                last = next(e for e in reversed(verdict.exchanges) if e.number in numbers)
                breaks.setdefault(last.request, []).append(verdict)
            yield

    def _in_turn(self, chain: Sequence[Outgoing]) -> Iterator[Outgoing]:
        """Yield a numbered chain as long as the budget allows, and give the rest back."""
        left = len(chain)
        try:
            for outgoing in chain:
                if left < len(chain) and not self._budget.allows_more:
                    return
                left -= 1
                yield outgoing
        finally:
            self._budget.give_back(left)

    def send_burst(self, steps: Iterable[Step]) -> None:
        """Send all steps at the same time and judge them."""
        burst = self.target.send_burst(map(self._outgoing, steps))
        for exchange in sorted(burst, key=lambda exchange: exchange.number):
            self.add(exchange)

    def probe(self, step: Step, *, again: str = "") -> list[Verdict]:
        """Send one request, judge it together with earlier accepted ones, and return the broken verdicts.

        again: the clause that is being shrunk. What else its requests break has the same cause, since they consist of
        parts of others; and they show nothing about an open question: a refusal can have another reason.
        """
        case, judgements = self.add(self.send(step), observes=not again, only=again)
        if case is None:
            return []
        number = case.exchange.number
        granting = [c for c in self.history.granting if c.exchange.number != number]
        beside = [*granting, case] if not case.succeeded or case.created else [case]
        more = [
            judgement
            for judgement in self.judge.judge_history(beside)
            if isinstance(judgement, Verdict)
            and any(exchange.number == number for exchange in judgement.exchanges)
            and again in ("", judgement.clause)
            and (self._cases.shows_readings(case) or not is_of_a_reading(judgement))
        ]
        self._cases.tell([judgement for judgement in more if judgement.outcome is not Outcome.HELD])
        return self.broken([*judgements, *more])

    @property
    def allows_more(self) -> bool:
        """Return whether the budget allows another request."""
        return self._budget.allows_more

    def exchange(self, number: int) -> Exchange | None:
        """Return the exchange of a number, judged or not yet; None if it is no longer kept."""
        return self._arrived.get(number) or self.history.exchange(number)

    def is_refused(self, request: Request) -> bool:
        """Return whether the server refused the request, or failed on it, the last time."""
        cases = [case for case in self.history if case.exchange.request == request]
        return bool(cases) and cases[-1].signed_in and not cases[-1].succeeded and cases[-1].status > 0

    def build_on(self, plain: Step) -> None:
        """Replace the plain request, which the server refuses for one of its permitted variations."""
        refused, accepted = (
            {v for case in self.history if case.exchange.request == request for v in case.expectation.variations}
            for request in (self.plain.request, plain.request)
        )
        self._cases.denied = frozenset(refused - accepted)
        self.plain = plain

    def without_login(self, steps: Sequence[Step]) -> tuple[Step, ...]:
        """Return the steps without a valid login: their responses do not depend on the body."""
        at_s = time.time()
        nothing = (Exchange(step.request, None, None, at_s, at_s) for step in steps)
        cases = zip(steps, map(self.judge.case, nothing), strict=True)
        return tuple(step for step, case in cases if case.operation is not None and not case.signed_in)

    def send_again(self, exchanges: Sequence[Exchange], *, at_once: bool) -> list[Case]:
        """Send the requests of some exchanges again, at once or in order, and record but not judge them.

        In order, only as many as the budget allows.
        """
        allowed = (exchange for exchange in exchanges if at_once or self._budget.allows_more)
        outgoing = (self._outgoing(Step(exchange.label, exchange.request)) for exchange in allowed)
        again = self.target.send_burst(outgoing) if at_once else self.target.send_in_turn(outgoing)
        for exchange in again:
            self.show(exchange)
        return [self.judge.case(exchange) for exchange in again]

    def _outgoing(self, step: Step) -> tuple[Request, str, int]:
        return step.request, step.label, self._budget.spend_request()

    # -- judging ------------------------------------------------------------------------------------------------------

    def add(self, exchange: Exchange, *, observes: bool = True, only: str = "") -> tuple[Case | None, list[Judgement]]:
        """Judge one exchange on its own; the case is None if the exchange is put off.

        observes: whether the response can show the readings that the server follows. only: the clause it can break.
        """
        over = self._watch.see(exchange)
        response = exchange.response
        if over and response is None and self._responds_to_plain():
            over = None
        if response is not None and response.status in {429, 503} and response.header("Retry-After") is not None:
            self._put_off.append(exchange)
            if over:
                self._give_up(*over)
            return None, []
        if response is not None and response.status < 300:
            self.judge_put_off(exchange.sent_at_s)
        case, judgements = self._take(exchange, observes, only)
        if over:
            self._give_up(*over)
        return case, judgements

    def judge_by(self, clause: str, cases: Sequence[Case]) -> None:
        """Judge cases together, and record the verdicts on one clause."""
        found = self.broken(self.judge.judge_history(cases))
        self._cases.tell([verdict for verdict in found if verdict.clause == clause])

    def judge_put_off(self, until_s: float = math.inf) -> None:
        """Judge the exchanges that were put off until a time, because the target was not out of reach later."""
        judged = [exchange for exchange in self._put_off if exchange.received_at_s <= until_s]
        self._put_off = [exchange for exchange in self._put_off if exchange.received_at_s > until_s]
        for exchange in judged:
            self._take(exchange)

    def judge_together(self) -> None:
        """Judge all exchanges so far together."""
        self._cases.tell(self._cases.judged_together())

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
        """Send requests one after the other on one new connection, and keep them without judging each one."""
        cases = [self.judge.case(e) for e in self.target.send_in_turn([self._outgoing(step) for step in steps])]
        for case in cases:
            self._cases.keep(case)
            self._arrived.pop(case.exchange.number, None)
        return cases

    def show(self, exchange: Exchange) -> None:
        """Record an exchange without judging it."""
        self._cases.show(exchange)
        self._arrived.pop(exchange.number, None)

    def show_rest(self) -> None:
        """Record the exchanges that arrived before the run ended, because they may have created objects."""
        self._arrived.pop(self._log.newest_number, None)  # a signal can come right after it was recorded
        for number in sorted(self._arrived):
            self.show(self._arrived[number])

    def _keep(self, exchange: Exchange) -> None:
        if exchange.response is not None:  # an attempt to reach a server that is starting shows nothing
            self._arrived[exchange.number] = exchange

    def give(self, verdict: Verdict, *, smallest: bool = False) -> None:
        """Record a verdict; smallest: a search has shrunk the request, so that the verdict replaces earlier ones."""
        self._cases.give(verdict, smallest=smallest)

    def broken(self, judgements: Iterable[Judgement]) -> list[Verdict]:
        """Return the judgements that break one of the chosen clauses."""
        return self._cases.broken(judgements)

    def _take(self, exchange: Exchange, observes: bool = True, only: str = "") -> tuple[Case, list[Judgement]]:
        case, judgements = self._judged(exchange)
        told = self._in_step(case, judgements, self)
        if told is not exchange:
            case, judgements = self._judged(told)
        self._check_session(case)
        judgements = self._cases.add(case, judgements, observes=observes, only=only)
        self._arrived.pop(told.number, None)
        return case, judgements

    def _judged(self, exchange: Exchange) -> tuple[Case, list[Judgement]]:
        case = self.judge.case(exchange)
        return case, self.judge.judge(case)

    # -- a target out of reach ----------------------------------------------------------------------------------------

    def _check_session(self, case: Case) -> None:
        """End the run if the server no longer accepts a login that it accepted before."""
        caller = case.expectation.caller
        if caller.login is not Login.VALID or caller.session is None:
            return
        who = caller.session.name, caller.carrier
        if case.succeeded:
            self._accepted.add(who)
        elif case.status == 401 and who in self._accepted and self._has_session_ended(case):
            self.show(case.exchange)
            self._give_up(*session_ended(self._watch.seen))

    def _has_session_ended(self, case: Case) -> bool:
        """Return whether a plain request with the same login, accepted before, gets 401 as well."""
        caller, plain = case.expectation.caller, self.plain.request
        login = caller.session.login(caller.carrier) if caller.session else ()
        names = {name.lower() for name, _ in login} | {"authorization", "cookie"}
        headers = (*(header for header in plain.headers if header[0].lower() not in names), *login)
        label = "the plain request again, to see whether the session has ended"
        exchange = self.send(Step(label, Request(plain.method, plain.url, headers, plain.body)))
        self.show(exchange)
        return exchange.response is not None and exchange.response.status == 401

    def _responds_to_plain(self) -> bool:
        """Return whether the server fails on other requests only, such as those of a search for a smaller one."""
        exchange = self.send(Step("the plain request again, to see whether the server responds", self.plain.request))
        self._watch.see(exchange)
        self.show(exchange)
        return exchange.response is not None

    def _give_up(self, ending: Ending, why: str) -> None:
        for exchange in self._put_off:
            self.show(exchange)
        self._put_off.clear()
        raise RunOver(ending, why)


def _itself(case: Case, _judgements: Sequence[Judgement], _traffic: Traffic) -> Exchange:
    return case.exchange
