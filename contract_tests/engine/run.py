"""One run against a target: sends, judges, and keeps what was seen of every clause and reading."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from contract_tests.contract.specification import Operation
from contract_tests.engine.record import Record
from contract_tests.judging.case import Case
from contract_tests.judging.judge import Judge
from contract_tests.judging.oracles.history import FROZEN_CLOCK_S
from contract_tests.judging.verdict import Finding, Observation, Outcome, Verdict
from contract_tests.requests.plan import Plan, Step
from contract_tests.target.client import Target
from contract_tests.target.exchange import UNREACHABLE, Exchange, Request

REFUSALS_IN_A_ROW = 3  # a restart takes a second; three connections refused in a row are no accident
SILENCES_IN_A_ROW = 20  # more than the covering set has requests that could anger any one server


class TargetError(Exception):
    """The target cannot be judged at all: not reachable, or the login given is not taken. Says what to try."""


@dataclass
class Evidence:
    """What a run has seen of one clause."""

    counts: Counter[Outcome] = field(default_factory=Counter)
    worst: Verdict | None = None

    @property
    def outcome(self) -> Outcome | None:
        """The worst outcome; None if the clause was not judged."""
        return next((o for o in (Outcome.BROKEN, Outcome.WARNED, Outcome.HELD) if self.counts[o]), None)

    @property
    def judged(self) -> int:
        return sum(self.counts.values())

    def add(self, verdict: Verdict) -> None:
        """Count a verdict and keep the worst, of equally bad ones that which the smallest request shows."""
        self.counts[verdict.outcome] += 1
        if verdict.outcome is not Outcome.HELD and (self.worst is None or _rank(verdict) < _rank(self.worst)):
            self.worst = verdict


def _rank(verdict: Verdict) -> tuple[bool, int, int]:
    size_bytes = sum(len(exchange.request.body) for exchange in verdict.exchanges)
    # Among small requests the first is the plainest.
    return verdict.outcome is not Outcome.BROKEN, len(verdict.exchanges), size_bytes // 256


@dataclass
class Run:
    """The state of one run; exchanges may be added from several threads."""

    target: Target
    judge: Judge
    record: Record
    clauses: frozenset[str]
    deadline: float | None = None
    evidence: dict[str, Evidence] = field(default_factory=lambda: defaultdict(Evidence))
    observed: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    cases: list[Case] = field(default_factory=list)
    gone: str = ""  # why nothing more can be sent
    progress: Callable[[Exchange], None] | None = None
    repeated: dict[str, str] = field(default_factory=dict)
    _silences: int = 0
    _granting: dict[tuple[str, str], Case] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    # -- sending ------------------------------------------------------------------------------------------------------

    def discover(self, plan: Plan) -> None:
        """Send the first request; raises TargetError if nothing beyond it can be judged."""
        exchange = self.target.send(plan.first.request, plan.first.label)
        if problem := discovery_problem(exchange):
            self.record.exchange(exchange)
            raise TargetError(problem)
        self.add(exchange)

    def carry_out(self, plan: Plan) -> None:
        """Send the rest of a plan and judge it all, alone and together."""
        first_at = self.cases[0].exchange.received_at_s if self.cases else time.time()
        for exchange in self.target.send_all((s.request, s.label) for s in self._in_time(plan.apart)):
            self.add(exchange)
        for step in self._in_time(plan.in_order):
            self.add(self.target.send(step.request, step.label))
        if plan.together and self.in_time:
            for exchange in self.target.send_together((s.request, s.label) for s in plan.together):
                self.add(exchange)
        if plan.last and self.in_time:
            time.sleep(max(0.0, first_at + FROZEN_CLOCK_S + 0.1 - time.time()))
            self.add(self.target.send(plan.last.request, plan.last.label))
        self.add_findings(self.judge.judge_history(sorted(self.cases, key=lambda c: c.exchange.sent_at_s)))

    def probe(self, request: Request, label: str, *, again: str = "") -> list[Verdict]:
        """Send one request, judge it beside what was accepted before, and return what it breaks.

        again: the clause that is being shrunk. Its requests are made of parts of others, so what they say beside those
        says nothing new of another clause.
        """
        case, findings = self.add(self.target.send(request, label))
        beside = [*self._granting.values(), case] if not case.succeeded or case.created else [case]
        more = [
            f
            for f in self.judge.judge_history(beside)
            if isinstance(f, Verdict) and case.exchange in f.exchanges and again in ("", f.clause)
        ]
        self.add_findings(more)
        return [
            finding
            for finding in (*findings, *more)
            if isinstance(finding, Verdict) and finding.outcome is Outcome.BROKEN and finding.clause in self.clauses
        ]

    @property
    def in_time(self) -> bool:
        """Whether more may be sent: the time is not up, and the server is still there."""
        return not self.gone and (self.deadline is None or time.monotonic() < self.deadline)

    def _watch(self, exchange: Exchange) -> None:
        """Tell a server that went away, or that answers nothing any more, from one that breaks a clause."""
        self._silences = self._silences + 1 if exchange.response is None else 0
        refused = bool(exchange.failure and exchange.failure.startswith(UNREACHABLE))
        if self._silences >= (REFUSALS_IN_A_ROW if refused else SILENCES_IN_A_ROW) and not self.gone:
            what = "takes no connection" if refused else "gives no answer"
            self.gone = f"The server {what} any more, after {self.target.requests_sent} requests: the run ends here."

    def _in_time(self, steps: Iterable[Step]) -> Iterable[Step]:
        return (step for step in steps if self.in_time)

    # -- judging ------------------------------------------------------------------------------------------------------

    def add(self, exchange: Exchange) -> tuple[Case, list[Finding]]:
        """Record and judge one exchange, by itself."""
        case = self.judge.case(exchange)
        findings = self.judge.judge(case)
        self.record.exchange(exchange)
        with self._lock:
            self._watch(exchange)
            self.cases.append(case)
            if case.succeeded:
                for feature in case.expectation.features:
                    self._granting.setdefault(feature, case)
        self.add_findings(findings)
        if self.progress:
            self.progress(exchange)
        return case, findings

    def add_findings(self, findings: Sequence[Finding]) -> None:
        """Keep verdicts and observations, and record those that say something new."""
        with self._lock:
            for finding in findings:
                if isinstance(finding, Observation):
                    self.observed[finding.reading][finding.option] += 1
                elif finding.clause in self.clauses:
                    evidence = self.evidence[finding.clause]
                    new = finding.outcome is not Outcome.HELD or not evidence.counts[Outcome.HELD]
                    evidence.add(finding)
                    if new:
                        self.record.verdict(finding)

    @property
    def broken(self) -> list[Verdict]:
        """One verdict for each broken clause, in the order of the clauses."""
        order = self.judge.terms.specification.clauses
        return [e.worst for c in order if (e := self.evidence.get(c)) and e.outcome is Outcome.BROKEN and e.worst]

    @property
    def warned(self) -> list[Verdict]:
        """One warning for each clause that has some and is not broken."""
        order = self.judge.terms.specification.clauses
        return [e.worst for c in order if (e := self.evidence.get(c)) and e.outcome is Outcome.WARNED and e.worst]

    @property
    def operations(self) -> tuple[Operation, ...]:
        """What the target is judged on."""
        return self.judge.terms.specification.operations

    def show(self, smallest: Mapping[str, Verdict]) -> None:
        """Let these verdicts stand for their clauses: a search has shrunk them."""
        with self._lock:
            for clause, verdict in smallest.items():
                self.evidence[clause].worst = verdict

    def repeat_failures(self) -> None:
        """Send each failing request once more and keep whether the answer is as wrong; not where it takes several."""
        for verdict in self.broken:
            if verdict.clause not in self.repeated and len(verdict.exchanges) == 1 and self.in_time:
                self.repeated[verdict.clause] = self._repeat(verdict)

    def _repeat(self, verdict: Verdict) -> str:
        exchange = self.target.send(verdict.exchanges[0].request, verdict.exchanges[0].label)
        self.record.exchange(exchange)
        case = self.judge.case(exchange)
        # That a freedom is denied shows only beside what was accepted.
        beside = [*sorted((c for c in self.cases if c.succeeded), key=lambda c: c.exchange.sent_at_s), case]
        same = any(
            isinstance(f, Verdict)
            and (f.clause, f.outcome) == (verdict.clause, verdict.outcome)
            and exchange in f.exchanges
            for f in (*self.judge.judge_alone(case), *self.judge.judge_history(beside))
        )
        return "sent again: the same" if same else "sent again: this time it was right"


def discovery_problem(exchange: Exchange) -> str | None:
    """Why the answer to the first request says that nothing else can be judged; None if judging can go on."""
    url, response = exchange.request.url, exchange.response
    if response is None:
        if exchange.failure and "CERTIFICATE_VERIFY_FAILED" in exchange.failure:
            return (
                f"{url} has a certificate that is not trusted here ({exchange.failure}). "
                "If it is your own, name the file with it, or with the authority that signed it, in SSL_CERT_FILE."
            )
        if exchange.failure and exchange.failure.startswith(UNREACHABLE):
            return f"{url} cannot be reached ({exchange.failure}). Is the server running, and is this its address?"
        return None
    if response.status == 401:
        given = "the login given is not taken" if _has_login(exchange) else "no login was given"
        return (
            f"{url} answers 401: {given}. Give a valid session with --bearer TOKEN or --cookie NAME=VALUE "
            "(or LEADLISTS_BEARER, LEADLISTS_COOKIE); if it was valid, it may have expired."
        )
    if response.status == 403:
        return f"{url} answers 403 to this login: it lacks a right there. Use a user who may create lead lists."
    if response.status == 404:
        return f"{url} answers 404: there is no such endpoint. Give the base URL or the endpoint itself."
    if 300 <= response.status < 400:
        to = response.header("Location") or "nowhere"
        if to.endswith("/") and urlsplit(to).path == f"{urlsplit(url).path}/":
            return (
                f"{url} redirects ({response.status}) to {to}. The API's path has no slash behind it: serve it there."
            )
        return f"{url} redirects ({response.status}) to {to}. Redirects are not followed: give the address it leads to."
    return None


def _has_login(exchange: Exchange) -> bool:
    return any(name.lower() in {"authorization", "cookie"} for name, _ in exchange.request.headers)
