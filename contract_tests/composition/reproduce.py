"""Send a few requests again and judge them: for the tests that `--report pytest` writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contract_tests.composition.suites import gather, load_suites
from contract_tests.composition.target import open_target
from contract_tests.contract.loading import load_specification
from contract_tests.contract.terms import Terms
from contract_tests.engine.budget import Budget
from contract_tests.engine.replay import judged_again
from contract_tests.judging.case import Case
from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.operation_suite import judge_with, plain_step
from contract_tests.settings.secrets import Masker, printable
from contract_tests.target.exchange import Request


def assert_clause(
    clause: str,
    *requests: Request,
    url: str,
    readings: Mapping[str, Sequence[str]] | None = None,
    at_once: bool = False,
    suites: Sequence[str] = (),
) -> None:
    """Send requests, and fail if the responses break a clause.

    url: the base URL of the server, or the URL of the endpoint. readings: the only options to accept, by question.
    at_once: send all requests at the same time. suites: those of the user, each as module:name. The login and other
    settings come from the environment and from leadlists.toml, as for `leadlists-contract run`.

    Raises AssertionError with the expected and the actual behaviour, or if the server cannot be judged: it does not
    respond, refuses the login, or the clause needs a setting that is missing. Raises UsageError for a wrong setting,
    and ValueError for an unknown clause, and for one without an oracle.
    """
    __tracebackhide__ = True  # pytest then shows the test instead
    pins = [f"{name}={','.join(options)}" for name, options in (readings or {}).items()]
    settings = gather({"url": url, "reading": pins, "suite": tuple(suites)})
    terms = Terms.of(load_specification(settings.spec_folder), settings)
    if clause not in terms.specification.clauses:
        raise ValueError(f"there is no clause {clause!r}; `leadlists-contract clauses` lists all")
    own = load_suites(settings.suites)
    judge = judge_with(terms, own)
    if not judge.can_judge(terms.specification.clauses[clause]):
        raise ValueError(f"no oracle judges {clause!r}; name the suite of its operation in `suites`, as 'MODULE:NAME'")
    masker = Masker(settings.secrets)
    with open_target(settings, Budget(max_time_s=settings.max_time_s).pause, masker) as target:
        plain = plain_step(own, terms, clause)
        outgoing = [(request, f"request {number}", number) for number, request in enumerate(requests, 1)]
        cases, verdicts = judged_again(target, judge, clause, outgoing, plain=plain, at_once=at_once)
    if problem := _breach(verdicts, terms) or ("" if verdicts else _why_not_judged(cases, terms, clause)):
        raise AssertionError(printable(masker.mask_excerpt(problem)))


def _breach(verdicts: Sequence[Verdict], terms: Terms) -> str:
    """Describe the first breach; empty if there is none."""
    for found in verdicts:
        if found.outcome is Outcome.BROKEN:
            statement = terms.specification.clauses[found.clause].statement
            return f"{found.clause}: {statement}\n  expected  {found.expected}\n  actual    {found.actual}"
    return ""


def _why_not_judged(cases: Sequence[Case], terms: Terms, clause: str) -> str:
    """Return why nothing could be judged; empty if the server only no longer does what broke the clause."""
    seen = ", ".join(str(case.status or case.exchange.failure) for case in cases)
    if not all(case.status for case in cases) or cases[-1].status == 401:
        return f"{clause} was not judged; {terms.base_url} answered: {seen}"
    if refused := next((case for case in cases if not case.must_reject and not case.succeeded), None):
        statement = terms.specification.clauses[clause].statement
        return f"{clause}: {statement}\n  expected  success\n  actual    {refused.status}"
    if needs := terms.specification.clauses[clause].needs:
        return f"{clause} was not judged; it needs {needs}, as an environment variable or in leadlists.toml"
    return ""
