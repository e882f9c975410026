"""Judge the exchanges of a proxy or a file one by one, and sum them up as a run."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from contract_tests.engine.case_log import CaseLog
from contract_tests.live.odd import is_refused_for_its_form
from contract_tests.live.passive import LOGIN_HEADER, OF_A_GATEWAY, PassiveJudge, login_headers
from contract_tests.live.seen import ODD, Counts, Seen, TrafficLostError
from contract_tests.results.bounded_record import BoundedRecord
from contract_tests.results.event_log import EventLog, now_text
from contract_tests.results.events import Ending, Event, RunEnded, RunStarted, StageStarted
from contract_tests.results.result import RunResult
from contract_tests.results.views import Secrets
from contract_tests.target.coding import decoded
from contract_tests.target.exchange import NOT_HTTP, Exchange, Request, Response

LONGEST_DECODED_BYTES = 8 * 1024 * 1024  # of a body whose content coding is undone
BEARER, COOKIE = "LEADLISTS_BEARER", "LEADLISTS_COOKIE#*="  # replace logins in what is shown
_SECRET_IN_QUERY = re.compile(r"(?i)([?&][^=&]*(?:token|secret|session|passw|jwt|key|auth|sig)[^=&]*=)[^&]*")


class Watching:
    """The judging of traffic that other programs cause.

    started: the first event of the run. base_url: of the server. cookie_name: of the session.
    """

    def __init__(
        self,
        started: RunStarted,
        judge: PassiveJudge,
        *,
        base_url: str,
        cookie_name: str,
        secrets: Secrets,
        record: BoundedRecord | None = None,
    ) -> None:
        self.counts = Counts()
        self._judge = judge
        self._origin = "{0.scheme}://{0.netloc}".format(urlsplit(base_url))
        self._cookie_name = cookie_name
        self._secrets = secrets
        self._record = record
        self._log = EventLog(record)
        chosen = frozenset(clause.id for clause in started.clauses)
        self._cases = CaseLog(judge, self._log, chosen=chosen, secrets=secrets, shown=self._without_logins)
        self._judged = self._dropped = 0
        self._left_out: Counter[str] = Counter()
        self._begun_s = time.monotonic()
        self._log.emit(started)

    @property
    def record_problem(self) -> str:
        """The reason why the record is incomplete; empty if it is complete."""
        return self._log.record_problem

    def events(self, traffic: Iterable[Seen | Counts]) -> Iterator[Event]:
        """Judge the traffic until it ends, and yield the events."""
        yield from self._log.waiting()
        ending, lost = Ending.OBSERVED, ""
        try:
            for each in traffic:
                if isinstance(each, Counts):
                    self._count(each)
                else:
                    self._see(each)
                yield from self._log.waiting()
        except TrafficLostError as error:
            ending, lost = Ending.TARGET_GONE, f" {error}"
        self._cases.log_judgements(self._cases.judged_together())
        duration_s = round(time.monotonic() - self._begun_s, 3)
        self._log.emit(RunEnded(now_text(), ending, self._in_words() + lost, self._judged, duration_s))
        yield from self._log.waiting()

    def result(self) -> RunResult:
        """Return the result so far."""
        return self._log.summing.result()

    def _count(self, counts: Counts) -> None:
        self.counts = counts
        if counts.dropped > self._dropped:
            self._dropped = counts.dropped
            self._log.emit(StageStarted(f"watching; {self._dropped} exchanges dropped, as judging cannot keep up"))

    def _see(self, seen: Seen) -> None:
        if seen.status in OF_A_GATEWAY:
            self._left_out[f"answered {seen.status} by a gateway"] += 1
            return
        if is_refused_for_its_form(seen):
            self._left_out[ODD] += 1
            return
        self._judged += 1
        exchange = self._exchange(seen)
        self._secrets.learn(_texts_of_logins(exchange.request))
        case = self._judge.case(exchange, is_login_shown=seen.is_login_shown)
        self._cases.add(case, self._judge.judge(case))
        self._cases.judge_new([case])

    def _exchange(self, seen: Seen) -> Exchange:
        target = seen.target if seen.target.startswith("/") else "/" + seen.target.partition("://")[2].partition("/")[2]
        chunked = any(name.lower() == "transfer-encoding" for name, _ in seen.request_headers)
        request = Request(seen.method, self._origin + target, seen.request_headers, seen.request_body, chunked)
        response, failure = None, seen.failure
        if seen.status is not None:
            try:
                body = seen.response_body
                if seen.is_coded:
                    body = decoded(seen.response_headers, body, longest_bytes=LONGEST_DECODED_BYTES)
                response = Response(seen.status, seen.response_headers, body)
            except ValueError as error:
                failure = f"{NOT_HTTP}: {error}"
        label = f"{seen.method}, seen at {datetime.fromtimestamp(seen.sent_at_s, UTC):%H:%M:%S} UTC"
        return Exchange(request, response, failure, seen.sent_at_s, seen.received_at_s, label, self._judged)

    def _without_logins(self, exchange: Exchange) -> Exchange:
        """Return the exchange with variables instead of logins, so that the user can repeat it with another session."""
        request = exchange.request
        headers = tuple((name, self._shown(name, value)) for name, value in request.headers)
        url = _SECRET_IN_QUERY.sub(r"\1[secret]", request.url)
        return replace(exchange, request=replace(request, url=url, headers=headers))

    def _shown(self, name: str, value: str) -> str:
        if name.lower() == "authorization":
            scheme, _, _ = value.partition(" ")
            return f"{scheme} ${{{BEARER}}}" if scheme.lower() == "bearer" else f"{scheme} [login]"
        if name.lower() == "cookie":
            names = [pair.partition("=")[0].strip() for pair in value.split(";")]
            return "; ".join(f"{n}=${{{COOKIE}}}" if n == self._cookie_name else f"{n}=[cookie]" for n in names)
        return "[secret]" if LOGIN_HEADER.search(name) else value

    def _in_words(self) -> str:
        """Return the number of exchanges, and of those that were not judged by reason."""
        counts = self.counts
        words = f"{counts.forwarded} exchanges seen, {counts.of_operation} of the operation, {self._judged} judged."
        left_out = [f"{number} {why}" for why, number in sorted((counts.left_out + self._left_out).items())]
        if counts.dropped:
            left_out.insert(0, f"{counts.dropped} dropped, as judging could not keep up")
        if left_out:
            words += f" Not judged: {'; '.join(left_out)}."
        if counts.not_http:
            words += f" {counts.not_http} connections of clients were not HTTP/1.1, for example https or HTTP/2."
        if self._record and self._record.dropped:
            words += f" The record is full: it only counts {self._record.dropped} of them."
        return words


def _texts_of_logins(request: Request) -> Iterator[str]:
    """Yield the secrets in the login of a request."""
    for name, value in login_headers(request):
        if name.lower() == "cookie":
            yield from (pair.partition("=")[2].strip() for pair in value.split(";"))
        else:
            yield value.rpartition(" ")[2]
