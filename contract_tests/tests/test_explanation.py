"""`clauses --explain ID` leads a reader from a clause to the code that judges it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner

from contract_tests import explanation
from contract_tests.commands.clauses import command
from contract_tests.composition.suites import SUITES
from contract_tests.contract.specification import Specification, SpecificationError
from contract_tests.explanation import explain, oracles_of, probing
from contract_tests.judging.case import Case, HistoryOracle, Oracle
from contract_tests.judging.expectation import Expectation
from contract_tests.judging.judge import Judge
from contract_tests.judging.verdict import Judgement, Verdict
from contract_tests.lead_lists import LEAD_LISTS
from contract_tests.operation_suite import OperationSuite, judge_with, make_plan
from contract_tests.requests.plan import Step
from contract_tests.target.exchange import Exchange
from contract_tests.tests.approved import EVERY_ORACLE, JUDGE, OF_TOPIC, cases_of, every_history
from contract_tests.tests.conftest import ROOT


@pytest.fixture(scope="module", autouse=True)
def _requests_are_judged_once() -> Iterator[None]:
    """Judge the planned requests once for each choice of suites: it takes half a second."""
    found: dict[tuple[int, ...], tuple[Judge, dict[str, tuple[str, ...]]]] = {}  # the judge keeps the IDs in use

    def once(judge: Judge, suites: tuple[OperationSuite, ...]) -> dict[str, tuple[str, ...]]:
        key = (id(judge.terms.specification.document), *map(id, suites))
        if key not in found:
            found[key] = judge, probing(judge, suites)
        return found[key][1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explanation, "probing", once)
        yield


def explained(clause: str, specification: Specification) -> str:
    return explain(clause, specification, SUITES).text + "\n"


def test_a_rule_of_the_request_names_the_requests_that_violate_it_and_its_defects(specification: Specification) -> None:
    text = explained("request.name.required", specification)
    assert text.startswith("request.name.required: name is required.")
    assert "request   name left out" in text
    assert "defect    name-missing-taken: " in text
    ids = explained("request.companyIds.type", specification)
    assert ids.index("request   companyIds is a value of type string\n") < ids.index("request   company ids\n")


def test_a_permitted_variation_names_the_requests_that_use_it(specification: Specification) -> None:
    assert "request   a body in chunks" in explained("http.request.chunked", specification)
    assert "a body in chunks, no login" not in explained("http.request.chunked", specification)
    assert "defect    none of the mock\n" in explained("http.request.accept", specification)


@pytest.mark.parametrize(
    ("clause", "request_"),
    [
        ("access.session.expired", "an expired session"),
        ("access.login.required", "no login"),
        ("access.login.first", "no login, not JSON"),
    ],
)
def test_a_rule_of_the_login_names_the_requests_whose_refusal_it_judges(
    clause: str, request_: str, specification: Specification
) -> None:
    assert f"request   {request_}\n" in explained(clause, specification)


def test_a_rule_of_the_response_names_its_reading(specification: Specification) -> None:
    assert "reading   success-status: " in explained("success.status", specification)
    assert " login: A request without a valid login gets 401.\n" in explained("access.login.required", specification)
    assert "open_question" not in explained("response.updatedAt.order", specification)  # no option refuses anything
    assert "open_question" in explained("request.personIds.items.type", specification)


def test_every_probing_request_is_named_whether_it_violates_the_clause_or_another_response_shows_it(
    specification: Specification,
) -> None:
    sessions = explained("access.session.valid", specification)
    assert sessions.index("request   an Origin\n") < sessions.index("request   an unknown token\n")
    methods = explained("http.method", specification)
    assert "request   a header that overrides the method\n" in methods
    assert all(f"request   method {method}" in methods for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE"))
    assert "request   a slash after the path\n" in methods


@pytest.mark.parametrize(
    ("clause", "requests"),
    [
        ("success.concurrent", ["the same request at the same moment"]),
        ("success.repeatable", ["the same request twice", "an Idempotency-Key"]),
        ("response.endDate.echo", ["a plain lead list"]),
        ("request.companyIds.default", ["companyIds left out"]),
        ("request.personIds.exist", ["known people"]),
    ],
)
def test_a_rule_of_the_response_names_the_requests_whose_responses_show_it(
    clause: str, requests: list[str], specification: Specification
) -> None:
    labels = explain(clause, specification, (LEAD_LISTS,)).requests
    assert set(requests) <= set(labels)
    assert "name left out" not in labels


def test_every_judged_clause_has_a_probing_request_except_that_of_an_error_of_the_server(
    specification: Specification,
) -> None:
    probed = probing(judge_with(JUDGE.terms, SUITES), SUITES)
    missing = [c.id for c in specification.judged_clauses if c.id not in probed]
    assert missing == ["error.500.code"]
    assert "request   none: " in explained(missing[0], specification)


def test_a_reading_on_dates_or_uuids_concerns_each_field_in_which_the_plan_raises_it(
    specification: Specification,
) -> None:
    missing = set()
    for step in make_plan((LEAD_LISTS,), JUDGE.terms, specification.operations[0], "explained").steps:
        for reading, place in expect_of(step).about.items():
            field, kind = place.split("/")[1].split()[0], specification.readings[reading].clause.split(".")[0]
            if not any(clause.startswith(f"{kind}.{field}.") for clause in specification.readings[reading].clauses):
                missing.add((reading, field))
    assert missing == set()
    assert "reading   date-only: " in explained("request.endDate.format", specification)
    assert "reading   uuid-spellings: " in explained("request.companyIds.items.format", specification)


def expect_of(step: Step) -> Expectation:
    return JUDGE.case(Exchange(step.request, None, None, 0, 0)).expectation


def test_a_clause_that_is_never_judged_says_why(specification: Specification) -> None:
    text = explained("request.name.descriptive", specification)
    assert "judged    never: " in text
    assert "request  " not in text


def test_every_oracle_is_at_the_line_that_is_named(specification: Specification) -> None:
    for clause in specification.judged_clauses[::20]:
        places = [line for line in explained(clause.id, specification).splitlines() if line.startswith("  oracle")]
        assert places, clause.id
        for place in places:
            where, function = place.partition(": ")[0].split()[1:]
            file, _, line = where.partition(":")
            assert f"def {function}(" in Path(ROOT / file).read_text().splitlines()[int(line) - 1]


def judging(specification: Specification) -> Iterator[tuple[str, str]]:
    """Yield each clause with the name of an oracle that judges it, of all judgements on the corpus."""

    def pairs(oracle: Oracle | HistoryOracle, found: Iterable[Judgement], case: Case) -> Iterator[tuple[str, str]]:
        for one in found:
            if isinstance(one, Verdict):
                yield one.clause, oracle.judge.__name__
            elif clause := specification.clause_for(case.operation, specification.readings[one.reading].clause):
                yield clause, oracle.judge.__name__

    alone = [case for corpus_of, _ in OF_TOPIC.values() for _, entry in corpus_of() for case in cases_of(entry)]
    for oracle in EVERY_ORACLE:
        for case in alone:
            yield from pairs(oracle, oracle.judge(case), case)
    for cases in (cases_of(entry) for _, entry in every_history()):
        for together in (*JUDGE.history_oracles, *LEAD_LISTS.rules.history_oracles):
            yield from pairs(together, together.judge(cases), cases[0])


def test_every_oracle_that_judges_a_clause_in_the_corpus_is_named(specification: Specification) -> None:
    named = {
        (clause.id, oracle.judge.__name__)
        for clause in specification.clauses.values()
        for oracle in oracles_of(clause, JUDGE)
    }
    found = set(judging(specification))
    assert len(found) > 200
    assert found - named == set()


def test_an_unknown_clause_is_named_with_near_ones(specification: Specification) -> None:
    with pytest.raises(SpecificationError, match=r"did you mean request\.name"):
        explained("request.nane", specification)


def test_the_command_explains_a_clause_of_another_folder(tmp_path: Path) -> None:
    copytree(ROOT / "spec", tmp_path / "spec")
    clauses = tmp_path / "spec" / "clauses.yaml"
    clauses.write_text(clauses.read_text().replace("statement: name is required.", "statement: It needs a name."))
    done = CliRunner().invoke(command, ["--explain", "request.name.required", "--spec", str(tmp_path / "spec")])
    assert done.output.startswith("request.name.required: It needs a name.\n")
