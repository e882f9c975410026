"""Judge cases, alone and together with earlier ones, and log what they show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from contract_tests.engine.history import History
from contract_tests.judging.case import Case
from contract_tests.judging.meaning import Variation
from contract_tests.judging.verdict import Judgement, Observation, Outcome, Verdict
from contract_tests.results.event_log import EventLog
from contract_tests.results.events import ExchangeSeen, ReadingObserved, VerdictGiven
from contract_tests.results.handed_out import handed_out
from contract_tests.results.record import body_file_name, message_file_name
from contract_tests.results.views import (
    KEPT_BODY_BYTES,
    ExchangeView,
    Secrets,
    mask_bytes,
    view_exchange,
    view_verdict,
)
from contract_tests.target.exchange import Exchange

LONG_BODY_BYTES = 1000  # a longer body makes the command unreadable, so it goes into a file


F = TypeVar("F", bound=Judgement)


class Judging(Protocol):
    """Judges cases: the judge itself, or one that drops judgements that observed traffic cannot prove."""

    def judge(self, case: Case) -> list[Judgement]:
        """Return all judgements on one case."""

    def judge_history(self, cases: Sequence[Case]) -> list[Judgement]:
        """Return all judgements on the cases together; `cases` are in the order of their requests."""


class CaseLog:
    """The judged cases of one run.

    chosen: the clauses to judge; verdicts on others are dropped. shown: returns the exchange for reports, if masking is
    not enough.
    """

    def __init__(
        self,
        judge: Judging,
        log: EventLog,
        *,
        chosen: frozenset[str],
        secrets: Secrets,
        shown: Callable[[Exchange], Exchange] = lambda exchange: exchange,
    ) -> None:
        self.history = History()
        self._judge = judge
        self._log = log
        self._chosen = chosen
        self._secrets = secrets
        self._shown = shown
        self.denied: frozenset[Variation] = frozenset()  # one of these is why the server refuses the plain request

    def emptied(self) -> CaseLog:
        """Another log of the same run that keeps no case yet."""
        other = CaseLog(self._judge, self._log, chosen=self._chosen, secrets=self._secrets, shown=self._shown)
        other.denied = self.denied
        return other

    def add(self, case: Case, judged: Iterable[Judgement], *, observes: bool = True, only: str = "") -> list[Judgement]:
        """Keep a case for later ones, log it with the judgements on it alone, and return those that count.

        observes: whether the case can show the readings that the server follows. only: the clause it can break.
        """
        judgements = [judgement for judgement in judged if not (only and _breaks_other(judgement, only))]
        if not observes or not self.shows_readings(case):
            judgements = [judgement for judgement in judgements if not is_of_a_reading(judgement)]
        held: set[str] = set()
        observed: set[tuple[str, str]] = set()
        others: list[Verdict] = []
        for judgement in judgements:
            if isinstance(judgement, Observation):
                observed.add((judgement.reading, judgement.option))
            elif judgement.outcome is Outcome.HELD:
                held.add(judgement.clause)
            else:
                others.append(judgement)
        self.log_case(case, tuple(sorted(held & self._chosen)), tuple(sorted(observed)))
        self.log_judgements(others)
        return judgements

    def log_case(self, case: Case, held: tuple[str, ...] = (), observed: tuple[tuple[str, str], ...] = ()) -> None:
        """Keep a case for later ones, and log it with the clauses that it holds and the readings that it shows."""
        view = self.view(case.exchange)
        self.history.add(case.exchange.number, case, view)
        self._log.emit(ExchangeSeen(view, held, observed))

    def judge_new(self, new: Sequence[Case], *, with_accepted: bool = True, only: str = "") -> list[Verdict]:
        """Judge new cases together, after earlier accepted ones; log and return the verdicts on them.

        The earlier ones are the first of each kind, and those with the same ID as a new one.
        with_accepted: whether those come before. only: the clause to judge; without it all. A verdict that a clause
        holds is not logged.
        """
        numbers = {case.exchange.number for case in new}
        accepted = [*self.history.granting, *self.history.with_ids_of(new)] if with_accepted else []
        before = {case.exchange.number: case for case in accepted if case.exchange.number not in numbers}
        found = self._judge.judge_history([*(before[number] for number in sorted(before)), *new])
        about_new = [
            verdict
            for verdict in found
            if isinstance(verdict, Verdict)
            and only in ("", verdict.clause)
            and any(exchange.number in numbers for exchange in verdict.exchanges)
        ]
        verdicts = self._without_doubt(about_new, new)
        self.log_judgements([verdict for verdict in verdicts if verdict.outcome is not Outcome.HELD])
        return verdicts

    def _without_doubt(self, found: Iterable[F], cases: Sequence[Case]) -> list[F]:
        """Return the judgements without those on readings that depend on a case which cannot show a reading."""
        hidden = {case.exchange.number for case in cases if not self.shows_readings(case)}
        return [one for one in found if not (is_of_a_reading(one) and hidden.intersection(_numbers(one)))]

    def shows_readings(self, case: Case) -> bool:
        """Return whether a response can show a reading: a refusal can have the cause of the plain one's refusal."""
        return case.succeeded or case.expectation.variations.isdisjoint(self.denied)

    def judged_together(self) -> list[Judgement]:
        """Judge all kept cases together, without logging it."""
        cases = list(self.history)
        return self._without_doubt(self._judge.judge_history(cases), cases)

    def record(self, exchange: Exchange) -> None:
        """Log an exchange without judging it."""
        self._log.emit(ExchangeSeen(self.view(exchange)))

    def log_judgements(self, judgements: Iterable[Judgement]) -> None:
        """Log judgements of several exchanges together."""
        for judgement in judgements:
            if isinstance(judgement, Observation):
                self._log.emit(ReadingObserved(judgement.reading, judgement.option))
            else:
                self.log_verdict(judgement)

    def log_verdict(self, verdict: Verdict, *, smallest: bool = False) -> None:
        """Log a verdict; smallest: a search has shrunk the request, so that the verdict replaces earlier ones."""
        if verdict.clause not in self._chosen:
            return
        if verdict.outcome is Outcome.BROKEN and self._log.record is not None:
            for exchange in verdict.exchanges:
                body, wire = exchange.request.body, exchange.request.wire
                if len(body) > LONG_BODY_BYTES:
                    self._log.record.write_long(body_file_name(exchange.number), mask_bytes(body, self._secrets.mask))
                if wire is not None and len(wire.data) > KEPT_BODY_BYTES:
                    self._log.record.write_long(
                        message_file_name(exchange.number), mask_bytes(wire.data, self._secrets.mask)
                    )
        views = tuple(self.view(exchange) for exchange in verdict.exchanges)
        view = view_verdict(verdict, views, self._secrets.mask_excerpt)
        self._log.emit(VerdictGiven(view, smallest))
        if verdict.outcome is Outcome.BROKEN:
            breach, worst = self._log.shown(view)
            self.history.pin(breach, (exchange.number for exchange in (worst or view).exchanges))

    def broken(self, judgements: Iterable[Judgement]) -> list[Verdict]:
        """Return the judgements that break one of the chosen clauses, with exchanges as they are kept: shortened."""
        return [
            verdict._replace(exchanges=tuple(self.history.exchange(e.number) or e for e in verdict.exchanges))
            for verdict in judgements
            if isinstance(verdict, Verdict) and verdict.outcome is Outcome.BROKEN and verdict.clause in self._chosen
        ]

    def view(self, exchange: Exchange) -> ExchangeView:
        """Return the view of an exchange for reports; also mask secrets from its response."""
        if view := self.history.view(exchange.number):
            return view
        self._secrets.learn(handed_out(exchange))
        return view_exchange(self._shown(exchange), exchange.number, self._secrets.mask)


def is_of_a_reading(judgement: Judgement) -> bool:
    """Return whether a judgement says which way the server goes on an open question, and breaks nothing."""
    return isinstance(judgement, Observation) or (judgement.outcome is not Outcome.BROKEN and bool(judgement.reading))


def _breaks_other(judgement: Judgement, only: str) -> bool:
    return isinstance(judgement, Verdict) and judgement.outcome is Outcome.BROKEN and judgement.clause != only


def _numbers(judgement: Judgement) -> set[int]:
    exchanges = (judgement.exchange,) if isinstance(judgement, Observation) else judgement.exchanges
    return {exchange.number for exchange in exchanges}
