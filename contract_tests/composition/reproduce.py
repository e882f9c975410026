"""Send a few requests again and judge them: for the tests that `--report pytest` writes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from contract_tests.composition.target import open_target
from contract_tests.contract.specification import load_specification
from contract_tests.contract.terms import Terms
from contract_tests.engine.budget import Budget
from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.lead_lists import LEAD_LISTS
from contract_tests.operation_suite import judge_with
from contract_tests.settings.secrets import Masker, printable
from contract_tests.settings.sources import gather
from contract_tests.settings.values import Settings
from contract_tests.target.client import Target
from contract_tests.target.exchange import Exchange, Request


def assert_clause(
    clause: str,
    *requests: Request,
    url: str,
    readings: Mapping[str, Sequence[str]] | None = None,
    at_once: bool = False,
) -> None:
    """Send requests, and fail unless the responses keep a clause.

    url: the base URL of the server, or the URL of the endpoint. readings: the only options to accept, by question.
    at_once: send all requests at the same time. The login and other settings come from the environment and from
    leadlists.toml, as for `leadlists-contract run`.

    Raises AssertionError with the expected and the actual behaviour, or if the responses do not show whether the server
    keeps the clause. Raises UsageError for a wrong setting, and ValueError for an unknown clause.
    """
    __tracebackhide__ = True  # pytest then shows the test instead
    pins = [f"{name}={','.join(options)}" for name, options in (readings or {}).items()]
    settings = gather({"url": url, "reading": pins})
    specification = load_specification(settings.spec_folder)
    if clause not in specification.clauses:
        raise ValueError(f"there is no clause {clause!r}; `leadlists-contract clauses` lists all")
    masker = Masker(settings.secrets)
    with open_target(settings, Budget(max_time_s=settings.max_time_s).pause, masker) as target:
        exchanges = _sent(target, requests, at_once=at_once)
    judge = judge_with(Terms.of(specification, settings), (LEAD_LISTS,))
    cases = [judge.case(exchange) for exchange in exchanges]
    findings = [finding for case in cases for finding in judge.judge(case)] + list(judge.judge_history(cases))
    verdicts = [finding for finding in findings if isinstance(finding, Verdict) and finding.clause == clause]
    if broken := next((verdict for verdict in verdicts if verdict.outcome is Outcome.BROKEN), None):
        statement = specification.clauses[clause].statement
        told = f"{clause}: {statement}\n  expected  {broken.expected}\n  actual    {broken.actual}"
        raise AssertionError(printable(masker.mask_excerpt(told)))
    if not verdicts:
        raise AssertionError(printable(masker.mask_excerpt(_why_not_judged(settings, exchanges, clause))))


def _sent(target: Target, requests: Sequence[Request], *, at_once: bool) -> list[Exchange]:
    outgoing = [(request, f"request {number}", number) for number, request in enumerate(requests, 1)]
    if at_once:
        return sorted(target.send_burst(outgoing), key=lambda exchange: exchange.number)
    return [target.send(*one) for one in outgoing]


def _why_not_judged(settings: Settings, exchanges: Sequence[Exchange], clause: str) -> str:
    seen = ", ".join(str(each.response.status) if each.response else each.failure or "" for each in exchanges)
    missing = [name for name in ("LEADLISTS_USER_ID", "LEADLISTS_SECOND_BEARER") if not os.environ.get(name)]
    advice = f"; set the variables of the run, perhaps {' or '.join(missing)}" if missing else ""
    return f"{clause} was not judged; {settings.url} answered: {seen}{advice}"
