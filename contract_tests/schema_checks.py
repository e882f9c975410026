"""Hooks for plain Schemathesis: sign in, check with our oracles, drop failures that the API page leaves open.

    LEADLISTS_BEARER=TOKEN SCHEMATHESIS_HOOKS=contract_tests.schema_checks \
        schemathesis run spec/openapi.yaml --url http://127.0.0.1:8080

The other variables of `leadlists-contract run` apply too. Importing this module registers hooks in Schemathesis, so no
other module of the kit imports it.

Schemathesis' own checks know only the schema: they report a correct server that refuses a name of spaces, answers 415
or sends flat errors, all of which the API page leaves open. Most generated requests raise such a question, because they
contain IDs that the server need not know. The hooks drop only failures that our oracles contradict.
"""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import requests
import schemathesis
from schemathesis import AuthContext, BaseSchema, CheckContext, HookContext
from schemathesis import Response as Answer
from schemathesis.core.failures import Failure, FailureGroup

from contract_tests.composition.suites import gather, load_suites
from contract_tests.contract.loading import load_specification
from contract_tests.contract.terms import Terms
from contract_tests.judging.case import Case
from contract_tests.judging.judge import Judge
from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.operation_suite import judge_with
from contract_tests.settings.secrets import Masker, printable
from contract_tests.settings.values import Session, UsageError
from contract_tests.target.exchange import Exchange, Request, Response

Sent = schemathesis.Case[Any]
# Checks of whether a request is accepted and how it is refused. The readings know more about it than the schema.
OPINIONS = {"positive_data_acceptance", "negative_data_rejection", "unsupported_method", "status_code_conformance"}
OPINIONS |= {"content_type_conformance", "response_schema_conformance"}


@schemathesis.auth()
class SignIn:
    """Sign in with the login of the settings, so that Schemathesis generates none."""

    def get(self, case: Sent, context: AuthContext) -> Session:
        return _judge(case.operation.schema.get_base_url()).terms.settings.first

    def set(self, case: Sent, data: Session, context: AuthContext) -> None:
        if data.cookie and not data.bearer:
            case.cookies[data.cookie[0]] = data.cookie[1]
        else:
            case.headers.update(data.login())


@schemathesis.hook
def after_load_schema(context: HookContext, schema: BaseSchema) -> None:
    """Make Schemathesis break the body: by default, most of its invalid requests break the Authorization header."""
    _judge(schema.get_base_url())  # report wrong settings before sending anything
    schema.config.generation.update(with_security_parameters=False)


@schemathesis.check
def leadlists_contract(ctx: CheckContext, response: Answer, case: Sent) -> None:
    """Report each broken clause as its own failure."""
    judge = _judge(case.operation.schema.get_base_url())
    if broken := _broken(judge, judge.case(_exchange(response))):
        raise FailureGroup([_failure(v, judge.terms, case.operation.label) for v in broken])


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Sent, response: Answer) -> bool:
    """Drop a failure of Schemathesis' own checks if the API page leaves the question open."""
    if OPINIONS.isdisjoint(failure.checks):
        return True
    judge = _judge(case.operation.schema.get_base_url())
    return not _is_permitted(judged := judge.case(_exchange(response))) or bool(_broken(judge, judged))


def _is_permitted(judged: Case) -> bool:
    """Return whether the API page leaves this response open. A pinned reading leaves nothing open."""
    if judged.status < 400:
        return judged.is_unspecified
    may_answer = judged.expectation.refusal_statuses(judged.terms.specification)
    return judged.status in may_answer or judged.must_reject or not judged.signed_in


@cache
def _judge(base_url: str) -> Judge:
    settings = gather({"url": requests.Request("POST", base_url).prepare().url})  # lower-case host, as it is sent
    if not settings.first.carriers:
        raise UsageError("no login was given: set LEADLISTS_BEARER=TOKEN or LEADLISTS_COOKIE=NAME=VALUE")
    return judge_with(Terms.of(load_specification(settings.spec_folder), settings), load_suites(settings.suites))


def _broken(judge: Judge, judged: Case) -> list[Verdict]:
    return [v for v in judge.judge_all(judged) if isinstance(v, Verdict) and v.outcome is Outcome.BROKEN]


def _exchange(response: Answer) -> Exchange:
    sent, now_s = response.request, time.time()
    headers = tuple((name, v if isinstance(v, str) else v.decode("latin-1")) for name, v in sent.headers.items())
    body = sent.body if isinstance(sent.body, bytes) else str(sent.body or "").encode()
    lines = tuple((name, value) for name, values in response.headers.items() for value in values)
    answer = Response(response.status_code, lines, response.content)
    request = Request(str(sent.method), str(sent.url), headers, body)
    return Exchange(request, answer, None, sent_at_s=now_s - response.elapsed, received_at_s=now_s)


@cache
def _kind(clause: str) -> type[Failure]:
    """Return a failure type for a clause: Schemathesis shows one failure of each type."""
    return type(clause, (Failure,), {})


def _failure(verdict: Verdict, terms: Terms, operation: str) -> Failure:
    parts = {"expected": verdict.expected, "actual": verdict.actual, "hint": verdict.hint, "reading": verdict.reading}
    statement = terms.specification.clauses[verdict.clause].statement
    lines = [statement, *(f"{label:8}  {text}" for label, text in parts.items() if text)]
    masked = Masker(terms.settings.secrets).mask("\n".join(lines))
    return _kind(verdict.clause)(operation=operation, title=verdict.clause, message=printable(masked))
