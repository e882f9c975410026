"""Judge exchanges of other programs with the same oracles, and drop judgements that they cannot prove. Pure.

What is not known of seen traffic, and what follows:

- whether a login is accepted: a success shows it; a 401 or 403 shows nothing, since a session may have ended. Only a
  request without any login must get 401. Two tokens may belong to one user, so no verdict compares users, except those
  of which the options give the tokens.
- which ids exist: a refusal of an id, or a missing id in the response, has that explanation.
- what the server goes through: a 500 or a cut connection may be the database's fault. It is a warning.
- whether there is a gateway: 502, 503 and 504 are attributed to one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from contract_tests.judging.case import Case, strings_in
from contract_tests.judging.judge import Judge
from contract_tests.judging.login import Caller, Login, caller_of
from contract_tests.judging.verdict import Judgement, Observation, Outcome, Verdict
from contract_tests.target.exchange import Exchange, Headers, Request

OF_A_GATEWAY = frozenset({502, 503, 504})
KEPT_LOGINS = 1000
SERVER_FAILURES = frozenset({"http.answer.no-server-error", "http.answer.complete"})
LOGIN_HEADER = re.compile(r"token|secret|session|passw|jwt|api[-_]?key|credential|auth|signature|cookie", re.IGNORECASE)
_HINT = "What else happened on the server is not known here; `leadlists-contract run` sends such requests again."


class PassiveJudge:
    """The judge for the traffic of other programs. It remembers the logins that the server has accepted."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._accepted: dict[Headers, None] = {}

    def case(self, exchange: Exchange, *, is_login_shown: bool = True) -> Case:
        """Return the exchange with what the contract expects of it.

        is_login_shown: whether a login of the request would be in its headers.
        """
        return self._judge.case(exchange, self._caller(exchange, is_login_shown))

    def judge(self, case: Case) -> list[Judgement]:
        """Return all judgements that this exchange proves on its own."""
        return list(_proven(self._judge.judge(case), {case.exchange.number: case}))

    def judge_history(self, cases: Sequence[Case]) -> list[Judgement]:
        """Return all judgements that the cases prove together."""
        by_number = {case.exchange.number: case for case in cases}
        return list(_proven(self._judge.judge_history(cases), by_number, together=True))

    def _caller(self, exchange: Exchange, is_login_shown: bool) -> Caller:
        settings, specification = self._judge.terms.settings, self._judge.terms.specification
        status = exchange.response.status if exchange.response else 0
        logins = login_headers(exchange.request)
        if not logins and is_login_shown and not settings.client_cert:
            return Caller(Login.NONE)
        given = caller_of(exchange.request, settings, specification.cookie_name)
        if given.login in {Login.VALID, Login.EXPIRED} and len(logins) == 1:
            return Caller(Login.UNKNOWN) if given.login is Login.VALID and status in {401, 403} else given
        case = self._judge.case(exchange, Caller(Login.UNKNOWN))
        if case.operation is not None and case.succeeded:
            self._accepted.pop(logins, None)
            self._accepted[logins] = None
            if len(self._accepted) > KEPT_LOGINS:
                del self._accepted[next(iter(self._accepted))]
        elif logins not in self._accepted or not logins or status in {401, 403}:
            return Caller(Login.UNKNOWN)
        return Caller(Login.VALID, None, _carrier(logins, specification.cookie_name))


def login_headers(request: Request) -> Headers:
    """Return the headers of a request that can be its login."""
    return tuple((name, value) for name, value in request.headers if LOGIN_HEADER.search(name))


def _carrier(logins: Headers, cookie_name: str) -> str:
    """Return the carrier of a login: `bearer` or `cookie` if it is clear, else `header`."""
    if len(logins) == 1:
        name, value = logins[0][0].lower(), logins[0][1]
        if name == "authorization" and value[:7].lower() == "bearer ":
            return "bearer"
        if name == "cookie" and any(pair.strip().startswith(f"{cookie_name}=") for pair in value.split(";")):
            return "cookie"
    return "header"


def _proven(judgements: Iterable[Judgement], cases: dict[int, Case], *, together: bool = False) -> Iterator[Judgement]:
    for judgement in judgements:
        last = judgement.exchange if isinstance(judgement, Observation) else judgement.exchanges[-1]
        case = cases[last.number]
        if _is_about_unknown_ids(judgement, case):
            continue
        if isinstance(judgement, Verdict) and judgement.outcome is Outcome.BROKEN:
            if (
                together
                and case.is_unspecified
                and 400 <= case.status < 500
                and judgement.clause.startswith("request.")
            ):
                continue  # an open question can be the reason
            if judgement.clause in SERVER_FAILURES:
                judgement = judgement._replace(outcome=Outcome.WARNED, hint=judgement.hint or _HINT)
        yield judgement


def _is_about_unknown_ids(judgement: Judgement, case: Case) -> bool:
    """Return whether a judgement concerns IDs that possibly do not exist on the server."""
    unknown = {reading for ids in case.meaning.id_fields for reading in ids.readings}
    if judgement.reading in unknown:
        return True
    is_refused = 400 <= case.status < 500
    if isinstance(judgement, Observation):
        return is_refused and case.is_open_on(*unknown)
    if judgement.outcome is not Outcome.BROKEN:
        return False
    if any(v.reading in unknown and v.clause == judgement.clause for v in case.expectation.violations):
        return True
    for ids in case.meaning.id_fields:
        sent = case.sent.get(ids.name)
        # A server can drop unknown IDs from a list: then some are missing, and there are no others.
        if (
            judgement.clause == f"response.{ids.name}.echo"
            and isinstance(sent, list)
            and case.is_open_on(*ids.readings)
        ):
            return not Counter(strings_in((case.created or {}).get(ids.name))) - Counter(strings_in(sent))
    return False
