"""Send the requests that showed a breach in a recorded run again, and judge the responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract_tests.engine.reachability import discovery_problem
from contract_tests.judging.case import Case
from contract_tests.judging.judge import Judge
from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.requests.plan import Step
from contract_tests.results.record import RecordError, body_file_name, message_file_name
from contract_tests.results.views import BodyView, ExchangeView, VerdictView, unmasked, were_at_once
from contract_tests.target.client import Outgoing, Target
from contract_tests.target.exchange import Exchange, Request, Wire


@dataclass(frozen=True, slots=True)
class Replayed:
    """One replayed breach. before, after: the statuses in the record and now, in the order of sending.

    is_broken: None if the responses show nothing about the clause. problem: why there was no response; empty if
    there was one.
    """

    clause: str
    is_broken: bool | None
    before: tuple[str, ...]
    after: tuple[str, ...]
    actual: str = ""  # the actual behaviour now, if the clause is broken
    problem: str = ""


def replay(
    verdict: VerdictView,
    target: Target,
    judge: Judge,
    *,
    plain: Step,
    secrets: Mapping[str, str],
    folder: Path,
    moved: tuple[str, str] = ("", ""),
) -> Replayed:
    """Send the requests of a verdict again, at the same time if they were concurrent.

    plain: a request that every correct server accepts. secrets: secret -> expression that replaces it in the record.
    moved: the base URL in the record, and the one now.
    Raise RecordError if the record does not have the complete body of a request.
    """
    requests = [_request(view, secrets, folder, moved) for view in verdict.exchanges]
    outgoing = [
        (request, view.label, number)
        for number, (request, view) in enumerate(zip(requests, verdict.exchanges, strict=True), 1)
    ]
    cases, found = judged_again(
        target, judge, verdict.clause, outgoing, plain=plain, at_once=were_at_once(verdict.exchanges)
    )
    broken = [each for each in found if each.outcome is Outcome.BROKEN]
    before = tuple(str(view.response.status) if view.response else view.failure or "" for view in verdict.exchanges)
    after = tuple(str(case.status or case.exchange.failure or "") for case in cases[: len(outgoing)])
    is_broken = bool(broken) if found else None
    problem = "" if found else _why_silent(cases[-1].exchange, target)
    return Replayed(verdict.clause, is_broken, before, after, broken[0].actual if broken else "", problem)


def _why_silent(plain: Exchange, target: Target) -> str:
    """Return why there was no response to the plain request; empty if there was one."""
    if plain.response is not None:
        return ""
    return discovery_problem(plain, target.speaks_tls, proxy=target.proxy_name) or ""


def judged_again(
    target: Target, judge: Judge, clause: str, outgoing: Sequence[Outgoing], *, plain: Step, at_once: bool
) -> tuple[list[Case], list[Verdict]]:
    """Send requests, which are numbered from 1; return their cases and the verdicts on a clause.

    Without a verdict, send the plain request as well, and judge them together: that a request is refused shows
    something only if the server accepts the plain one. Its case is then the last.
    """
    if at_once:
        exchanges = sorted(target.send_burst(outgoing), key=lambda exchange: exchange.number)
    else:
        exchanges = target.send_in_turn(outgoing)
    cases = [judge.case(exchange) for exchange in exchanges]
    if verdicts := _verdicts(judge, cases, clause):
        return cases, verdicts
    cases.append(judge.case(target.send(plain.request, plain.label, len(outgoing) + 1)))
    found = _verdicts(judge, cases, clause)
    return cases, [each for each in found if any(exchange.number <= len(outgoing) for exchange in each.exchanges)]


def _verdicts(judge: Judge, cases: Sequence[Case], clause: str) -> list[Verdict]:
    judgements = judge.judge_all(*cases)
    return [each for each in judgements if isinstance(each, Verdict) and each.clause == clause]


def _request(view: ExchangeView, secrets: Mapping[str, str], folder: Path, moved: tuple[str, str]) -> Request:
    """Return the recorded request, byte for byte, with the current secrets and base URL."""

    def whole(sent: BodyView, name: str) -> bytes:
        data = sent.data
        if sent.is_cut:
            try:
                data = (folder / name).read_bytes()
            except OSError as error:
                what = f"{folder / name}, which completes request {view.number},"
                raise RecordError(f"{what} cannot be read: {error.strerror}") from None
        return unmasked(data.decode("latin-1"), secrets).encode("latin-1")

    seen = view.request
    headers = tuple((name, unmasked(value, secrets)) for name, value in seen.headers)
    url = unmasked(seen.url, secrets)
    if url.startswith(moved[0]):
        url = moved[1] + url.removeprefix(moved[0])
    wire = None
    if seen.wire is not None:
        data = whole(seen.wire.sent, message_file_name(view.number))
        wire = Wire(data, seen.wire.violation, seen.wire.is_complete, seen.wire.is_last)
    body = whole(seen.body, body_file_name(view.number))
    return Request(seen.method, url, headers, body, seen.chunked, seen.in_parts, wire)
