"""Accepted breaches: what one costs, when it expires, when it no longer occurs, and what is wrong in the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from contract_tests.contract.deviations import Deviation, load_deviations, write_deviations
from contract_tests.contract.specification import Specification, SpecificationError
from contract_tests.report.formats import FORMATS
from contract_tests.results.result import RunResult
from contract_tests.tests.conftest import USERS, judged, settings_for, with_fewer_requests
from contract_tests.tests.servers.faulty_servers import FAULTY_SERVERS
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.test_cli import LOGIN
from contract_tests.tests.test_exit_codes import run

QUICK = (*LOGIN, "--depth=quick")


@pytest.fixture(scope="module")
def broken_url() -> object:
    app = next(server.app for server in FAULTY_SERVERS if server.name == "name-cut-at-64")
    with serve(app(USERS)) as url:
        yield url


def test_written_deviations_accept_every_breach_at_once(broken_url: str, right_url: str, tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    done = run(broken_url, *QUICK, f"--write-deviations={file}", f"--run-folder={tmp_path / 'one'}", SENDS_ONE_IN="1")
    assert done.returncode == 1
    text = file.read_text()
    assert 'clause = "response.name.echo"' in text
    done = run(broken_url, *QUICK, f"--deviations={file}", f"--run-folder={tmp_path / 'two'}", SENDS_ONE_IN="1")
    assert (done.returncode, "accepted until" in done.stdout) == (0, True), done.stdout
    done = run(right_url, *QUICK, f"--deviations={file}", f"--run-folder={tmp_path / 'three'}", SENDS_ONE_IN="1")
    assert (done.returncode, "no longer occurs: remove its entry" in done.stdout) == (1, True), done.stdout


def test_an_expired_deviation_fails_the_run(broken_url: str, tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    file.write_text(write_deviations([Deviation("response.name.echo", "old", "us", "2020-01-31")]))
    done = run(broken_url, *QUICK, f"--deviations={file}", f"--run-folder={tmp_path / 'run'}", SENDS_ONE_IN="1")
    assert (done.returncode, "expired on 2020-01-31" in done.stdout) == (1, True), done.stdout


@pytest.fixture(scope="module")
def accepted(broken_url: str, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    from contract_tests.settings.values import Depth

    file = tmp_path_factory.mktemp("known") / "known.toml"
    file.write_text(write_deviations([Deviation("response.name.echo", "a | <b>", "us", "9999-12-31")]))
    suites = with_fewer_requests(lambda sent: len(sent.body) > 300)
    return judged(replace(settings_for(broken_url), depth=Depth.QUICK, deviations=file), suites=suites)


@pytest.mark.parametrize("name", FORMATS)
def test_an_accepted_breach_fails_no_report(accepted: RunResult, name: str) -> None:
    assert accepted.exit_code() == 0
    text = FORMATS[name].write(accepted, None)
    says: dict[str, Callable[[], bool]] = {
        "junit": lambda: 'failures="0"' in text and "accepted until 9999-12-31 by us" in text,
        "sarif": lambda: json.loads(text)["runs"][0]["results"][0]["suppressions"][0]["kind"] == "external",
        "ctrf": lambda: json.loads(text)["results"]["summary"]["failed"] == 0,
        "gitlab": lambda: json.loads(text)[0]["severity"] == "minor",
        "github": lambda: "::error" not in text,
        "pytest": lambda: "def test_" not in text,
        "json": lambda: json.loads(text)["verdict"]["exitCode"] == 0,
        "passport": lambda: "| 9999-12-31 | us | a \\| \\<b\\> |" in text,
    }
    assert says.get(name, lambda: "9999" in text or name in {"har", "badge"})()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = [", "not valid TOML"),
        ("deviation = 7", "below [[deviation]]"),
        ("[[deviation]]\nclause = 'a'", "has exactly the keys clause, reason, owner, expires"),
        ("[[deviation]]\nclause='a'\nreason='b'\nowner='c'\nexpires='2030-01-01'", "without quotes"),
        ("[[deviation]]\nclause='a'\nreason='b'\nowner=''\nexpires=2030-01-01", "owner must be a string"),
        ("[[deviation]]\nclause='nowhere'\nreason='b'\nowner='c'\nexpires=2030-01-01", "no clause 'nowhere'"),
        (
            "[[deviation]]\nclause='success.bare'\nreason='b'\nowner='c'\nexpires=2030-01-01\n" * 2,
            "already has an entry",
        ),
    ],
)
def test_a_wrong_file_is_named_with_its_entry(
    text: str, says: str, tmp_path: Path, specification: Specification
) -> None:
    file = tmp_path / "known.toml"
    file.write_text(text)
    with pytest.raises(SpecificationError) as error:
        load_deviations(file, specification)
    assert says in str(error.value)
    assert str(file) in str(error.value)


def test_a_warning_fails_the_run_only_where_it_is_asked_to(accepted: RunResult) -> None:
    from contract_tests.judging.verdict import Outcome

    clauses = tuple(
        replace(found, held=0, broken=0, warned=1) if found.clause.id == "success.bare" else found
        for found in accepted.clauses
    )
    warned = replace(accepted, clauses=clauses)
    assert warned.exit_code() == 0
    assert replace(warned, started=replace(warned.started, fail_on=Outcome.WARNED)).exit_code() == 1
