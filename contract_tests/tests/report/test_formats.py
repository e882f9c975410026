"""Every report, of a run that fails and of one that passes, read by a parser or a schema that is not ours."""

from __future__ import annotations

import ast
import json
import re
from typing import Any
from xml.dom import minidom
from xml.etree import ElementTree as Xml

import jsonschema  # Draft 4 with a pattern that only Python's engine takes
import jsonschema_rs
import pytest
from junitparser import Error, Failure, JUnitXml, Skipped, TestSuite
from markdown_it import MarkdownIt
from markdown_it.token import Token

from contract_tests.report.formats import FORMATS
from contract_tests.tests.programs import npm_file
from contract_tests.tests.report.conftest import Recorded

BROKEN = {"response.id.format", "response.name.echo", "error.400.status"}
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")
SEVERITIES = {"info", "minor", "major", "critical", "blocker"}  # GitLab: Code Quality report format


@pytest.fixture(params=["failing", "passing"])
def recorded(request: pytest.FixtureRequest) -> Recorded:
    found: Recorded = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["failing", "passing", "unreached"])
def any_run(request: pytest.FixtureRequest) -> Recorded:
    found: Recorded = request.getfixturevalue(request.param)
    return found


def test_the_two_runs_are_what_they_are_meant_to_be(failing: Recorded, passing: Recorded) -> None:
    assert failing.exit_code == 1
    assert passing.exit_code == 0, passing.printed


def test_a_run_that_could_not_judge_looks_like_no_passed_one_and_says_why(unreached: Recorded) -> None:
    """A file with skipped tests alone is green in GitLab, Jenkins and others."""
    why = "Connection refused"
    assert unreached.exit_code == 3
    (suite,) = JUnitXml.fromstring(unreached.report("junit").encode())
    (error,) = [each for case in suite for each in case.result if isinstance(each, Error)]
    assert (suite.errors, why in error.message) == (1, True)
    (failed,) = [
        test for test in json.loads(unreached.report("ctrf"))["results"]["tests"] if test["status"] == "failed"
    ]
    assert why in failed["message"]
    (invocation,) = json.loads(unreached.report("sarif"))["runs"][0]["invocations"]
    assert why in invocation["toolExecutionNotifications"][0]["message"]["text"]
    assert re.search(f"^::error .*{why}", unreached.printed, re.MULTILINE)


# `har`, `gitlab` and `pytest` list only failures; the badge says that nothing was judged, but not why.
@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"har", "gitlab", "pytest", "badge"}))
def test_a_report_of_a_run_that_could_not_judge_says_why(unreached: Recorded, name: str) -> None:
    text = unreached.printed if FORMATS[name].file_name == "-" else unreached.report(name)
    assert "Connection refused" in text


def test_every_format_is_written(recorded: Recorded) -> None:
    for each in FORMATS.values():
        if each.file_name != "-":
            assert (recorded.folder / each.file_name).stat().st_size > 0
    assert "Traceback" not in recorded.printed


def test_junit_is_read_by_junitparser(any_run: Recorded) -> None:
    (suite,) = JUnitXml.fromstring(any_run.report("junit").encode())
    assert isinstance(suite, TestSuite)
    cases = list(suite)
    results = {case.name: case.result for case in cases}
    assert len(results) == len(cases) == suite.tests > 100
    failed = {name for name, found in results.items() if any(isinstance(each, Failure) for each in found)}
    skipped = [name for name, found in results.items() if any(isinstance(each, Skipped) for each in found)]
    assert (suite.failures, suite.skipped) == (len(failed), len(skipped))
    assert failed == set() if any_run.exit_code != 1 else failed >= BROKEN
    assert {case.classname.partition(".")[0] for case in cases} == {"leadlists"}


def test_junit_is_read_by_two_more_parsers_of_xml(failing: Recorded) -> None:
    text = failing.report("junit")
    names = [case.get("name") for case in Xml.fromstring(text).iter("testcase")]
    again = [case.getAttribute("name") for case in minidom.parseString(text.encode()).getElementsByTagName("testcase")]
    assert names == again
    # What the schema of Jenkins allows here (junit-10.xsd of its xUnit plugin, which refuses any other file).
    assert Xml.fromstring(text).attrib.keys() <= {"name", "time", "tests", "failures", "errors"}
    assert not STEERING.search(text)


def test_sarif_fits_the_official_schema(any_run: Recorded) -> None:
    schema = json.loads(npm_file("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json").read_text())
    report = json.loads(any_run.report("sarif"))
    jsonschema.Draft4Validator(schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER).validate(report)
    (run,) = report["runs"]
    results = run["results"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(rules[each["ruleIndex"]] == each["ruleId"] for each in results)
    errors = {each["ruleId"] for each in results if each["level"] == "error"}
    assert errors == set() if any_run.exit_code != 1 else errors >= BROKEN
    prints = [each["partialFingerprints"]["clauseAndPlace/v1"] for each in results]
    assert len(set(prints)) == len(prints)


def test_ctrf_fits_its_schema(any_run: Recorded) -> None:
    schema = json.loads(npm_file("ctrf/dist/ctrf-schema-0.0.json").read_text())
    report = json.loads(any_run.report("ctrf"))
    jsonschema_rs.validator_for(schema, validate_formats=True).validate(report)
    summary, tests = report["results"]["summary"], report["results"]["tests"]
    for status in ("passed", "failed", "skipped"):
        assert summary[status] == sum(test["status"] == status for test in tests)
    assert summary["tests"] == len(tests)


def har_schema() -> jsonschema_rs.Draft6Validator:
    """The schemas of the package, joined: each refers to the others by its file."""
    files = {path.name: json.loads(path.read_text()) for path in npm_file("har-schema/lib").glob("*.json")}
    registry = jsonschema_rs.Registry([(schema["$id"], schema) for schema in files.values()])
    return jsonschema_rs.Draft6Validator(files["har.json"], registry=registry)


def test_har_fits_its_schema(recorded: Recorded) -> None:
    report = json.loads(recorded.report("har"))
    har_schema().validate(report)
    entries = report["log"]["entries"]
    assert bool(entries) == (recorded.exit_code == 1)
    assert report["log"]["creator"]["name"] == "leadlists-contract"


def test_gitlab_has_what_gitlab_reads(recorded: Recorded) -> None:
    entries = json.loads(recorded.report("gitlab"))
    assert isinstance(entries, list)
    for entry in entries:
        assert all(isinstance(entry[key], str) for key in ("description", "check_name", "fingerprint"))
        assert entry["severity"] in SEVERITIES
        assert isinstance(entry["location"]["path"], str)
        assert isinstance(entry["location"]["lines"]["begin"], int)
    prints = [entry["fingerprint"] for entry in entries]
    assert len(set(prints)) == len(prints)  # GitLab shows one of those that are the same
    broken = {entry["check_name"] for entry in entries if entry["severity"] == "major"}
    assert broken == set() if recorded.exit_code == 0 else broken >= BROKEN


def test_json_has_every_clause_with_its_verdict(recorded: Recorded) -> None:
    report = json.loads(recorded.report("json"))
    assert report["verdict"]["exitCode"] == recorded.exit_code
    broken = {clause["id"] for clause in report["clauses"] if clause["outcome"] == "broken"}
    assert broken == set() if recorded.exit_code == 0 else broken >= BROKEN
    assert {"url", "users"} <= report["target"].keys()


def test_pytest_is_a_module_with_a_test_for_each_broken_clause(recorded: Recorded) -> None:
    text = recorded.report("pytest")
    names = {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}
    assert text.isascii()
    assert names == set() if recorded.exit_code == 0 else names >= {f"test_{id.replace('.', '_')}" for id in BROKEN}


def commands_of(log: str) -> list[str]:
    """The workflow commands in the log of a job, as the runner of GitHub finds them."""
    return [line for line in log.splitlines() if line.lstrip().startswith("::") or "##[" in line]


def test_github_gets_annotations_and_no_command_of_the_server(recorded: Recorded) -> None:
    found = commands_of(recorded.printed)
    assert all(re.fullmatch(r"::(error|warning|notice) title=[^,:]+::.+", line) for line in found)
    assert not any("owned\n" in line or line.startswith("::set-output") for line in found)
    errors = {line.partition("title=")[2].partition("::")[0] for line in found if line.startswith("::error")}
    assert errors == set() if recorded.exit_code == 0 else errors >= BROKEN
    assert (recorded.folder / "summary.md").read_text().count("# Lead list contract\n") == 1


def inline(tokens: list[Token]) -> list[Token]:
    return [child for token in tokens for child in (token, *inline(token.children or []))]


@pytest.mark.parametrize("name", ["markdown", "passport"])
def test_markdown_of_the_server_is_text(recorded: Recorded, name: str) -> None:
    """GitHub's flavour with HTML allowed, so that a tag which got through would show."""
    parser: Any = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    tokens = inline(parser.parse(recorded.report(name)))
    kinds = {token.type for token in tokens}
    assert not kinds & {"html_inline", "html_block", "link_open", "image", "em_open", "s_open"}
    assert "table_open" in kinds
    rows = [len(re.findall(r"<t[dh]", row)) for row in parser.render(recorded.report(name)).split("<tr>")[1:]]
    assert len(set(rows)) <= 3  # no text made a column


def test_no_report_holds_a_character_that_steers_a_terminal(recorded: Recorded) -> None:
    for path in recorded.files:
        if path.suffix not in {".bin", ".ndjson"}:
            assert not STEERING.search(path.read_text(encoding="utf-8")), path


def test_the_same_breach_has_the_same_fingerprint_in_every_run(failing: Recorded) -> None:
    prints = {entry["check_name"]: entry["fingerprint"] for entry in json.loads(failing.report("gitlab"))}
    # Written down: a code scanning tool in which a breach was accepted must recognise it.
    assert prints["response.id.format"] == "da4cbc044b96ed47f806bb660cfc6f09b634a3d2a0284f12991675828efff746"
