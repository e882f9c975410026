"""Notice during a run that the target is out of reach, or that it no longer accepts a login, and end the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from contract_tests.judging.case import Case
from contract_tests.judging.login import Login
from contract_tests.requests.plan import Step
from contract_tests.results.events import Ending
from contract_tests.target.exchange import UNREACHABLE, Exchange, Request, Response
from contract_tests.target.pace import comes_later

REFUSALS_IN_A_ROW = 3  # a restart takes a second; three refused connections in a row are not a coincidence
SILENCES_IN_A_ROW = 20  # no server fails on as many planned requests in a row; searches can repeat one that it fails on
ASKED_FOR_A_NEW_LOGIN = 3  # times; a server that refuses it while it accepts the plain one does not support it
REPEATED_LATER_IN_A_ROW = 3  # the suite repeated each of them for as long as a request may wait

Ask = Callable[[Step], Exchange]  # sends one request more, and records it without judging it


class RunOver(BaseException):
    """Ends the run because the target is out of reach. Not an Exception, so that Hypothesis does not catch it."""

    def __init__(self, ending: Ending, why: str) -> None:
        super().__init__(why)
        self.ending, self.why = ending, why


class Watch:
    """Watches the exchanges of a run in the order in which they end.

    Where an exchange can have another cause, it asks once more with the plain request, which every correct server
    accepts.
    """

    def __init__(self) -> None:
        self._seen = 0
        self._silences = 0
        self._put_off = 0
        self._accepted: set[tuple[str, str]] = set()  # (session, carrier) that signed in
        self._refused: Counter[tuple[str, str]] = Counter()  # those that have not

    def see(self, exchange: Exchange, plain: Request, ask: Ask | None) -> RunOver | None:
        """Return why this exchange ends the run: the server no longer responds; None if the run continues.

        A server that still responds to the plain request fails on other requests only, such as those of a search. ask:
        None if the budget allows no request, so that the run ends anyway.
        """
        over = self._count(exchange)
        if over and exchange.response is None:
            if ask is None:
                return None
            again = ask(Step("the plain request again, to see whether the server responds", plain))
            self._count(again)
            return None if again.response is not None else over
        return over

    def see_login(self, case: Case, plain: Request, ask: Ask) -> RunOver | None:
        """Return that the session has ended if the server no longer accepts a login that it accepted before.

        For a login that it has not accepted yet, that of the plain request tells. It asks even if the budget is
        used up, because the response would otherwise count as a breach.
        """
        caller = case.expectation.caller
        if caller.login is not Login.VALID or caller.session is None:
            return None
        login = caller.session.name, caller.carrier
        if case.succeeded:
            self._accepted.add(login)
        elif is_signed_out(case.status) and self._may_have_ended(login):
            asked = _with(caller.session.login(caller.carrier), plain) if login in self._accepted else plain
            again = ask(Step("the plain request again, to see whether the session has ended", asked))
            if again.response is not None and is_signed_out(again.response.status):
                return _session_ended(self._seen, again.response)
        return None

    def _may_have_ended(self, login: tuple[str, str]) -> bool:
        if login in self._accepted:
            return True
        self._refused[login] += 1
        return bool(self._accepted) and self._refused[login] <= ASKED_FOR_A_NEW_LOGIN

    def _count(self, exchange: Exchange) -> RunOver | None:
        self._seen += 1
        response = exchange.response
        self._silences = self._silences + 1 if response is None else 0
        self._put_off = self._put_off + 1 if response is not None and comes_later(response) else 0
        refused = bool(exchange.failure and exchange.failure.startswith(UNREACHABLE))
        if self._silences >= (REFUSALS_IN_A_ROW if refused else SILENCES_IN_A_ROW):
            what = "accepts connections" if refused else "sends whole responses"
            why = f"The server no longer {what} ({exchange.failure}) after {self._seen} requests, so the run ended."
            return RunOver(Ending.TARGET_GONE, why)
        if response is not None and self._put_off >= REPEATED_LATER_IN_A_ROW:
            return _keeps_putting_off(response.status, response.header("Retry-After"), self._seen)
        return None


def is_signed_out(status: int) -> bool:
    """Return whether a status can mean that the session has ended: a gateway redirects to where users sign in."""
    return status == 401 or 300 <= status < 400


def _with(login: tuple[tuple[str, str], ...], request: Request) -> Request:
    """Return a request with another login."""
    names = {name.lower() for name, _ in login} | {"authorization", "cookie"}
    headers = (*(header for header in request.headers if header[0].lower() not in names), *login)
    return Request(request.method, request.url, headers, request.body)


def _keeps_putting_off(status: int, retry_after: str | None, seen: int) -> RunOver:
    when = f"; its Retry-After is {retry_after}" if retry_after else ""
    if status == 429:
        why = (
            f"The server keeps answering 429{when}: the quota is used up after {seen} requests. Run again when the "
            "quota is renewed, or raise the limit for the test user."
        )
        return RunOver(Ending.QUOTA_USED_UP, why)
    why = f"The server, or a gateway in front of it, keeps answering 503{when}, after {seen} requests."
    return RunOver(Ending.TARGET_GONE, why)


def _session_ended(seen: int, response: Response) -> RunOver:
    to = (response.header("Location") or "").partition("?")[0]  # the rest can have a token
    answer = f"{response.status} (to {to})" if to else str(response.status)
    why = (
        f"The session ended after {seen} requests: the server now answers {answer} to a request that it accepted "
        "before. Run again with a session that lasts longer than the run, or let --login-command sign in again."
    )
    return RunOver(Ending.SESSION_ENDED, why)
