"""Run plain Schemathesis with our check: no findings on a correct server, the broken clause on a faulty one."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract_tests.tests.conftest import EXPIRED, MOCK_FIRST, ROOT, USERS, mock_process
from contract_tests.tests.servers import second_server
from contract_tests.tests.servers.faulty_servers import FAULTY_SERVERS
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.starting import finished

HOOKS = "contract_tests.schema_checks"
BEARER = {"LEADLISTS_BEARER": str(MOCK_FIRST.bearer), "LEADLISTS_USER_ID": str(MOCK_FIRST.user_id)}
COOKIE = {"LEADLISTS_COOKIE": "=".join(MOCK_FIRST.cookie or ())}
# Without our hooks: log in as the manual of Schemathesis says. The dates avoid the years 1 and 9999: the format of a
# date cannot say that 0001-01-01T00:23:00+00:56 may be refused, which is in the year 0 in UTC.
ONLY_SIGN_IN = f"""from datetime import UTC, datetime

import schemathesis
from hypothesis import strategies

instants = strategies.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=strategies.just(UTC))
schemathesis.openapi.format("date-time", instants.map(datetime.isoformat))

@schemathesis.auth()
class SignIn:
    def get(self, case, context):
        return "{MOCK_FIRST.bearer}"

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {{data}}"
"""


@dataclass(frozen=True)
class Ran:
    """The output of a Schemathesis run."""

    exit_code: int
    output: str

    @property
    def own(self) -> set[str]:
        """The findings of Schemathesis' own checks."""
        return set(re.findall(r"^- (ST\d+) ", self.output, re.M)) - {"ST901"}

    @property
    def clauses(self) -> set[str]:
        """The findings of our check."""
        return set(re.findall(r"^- ST901 (\S+)$", self.output, re.M))

    @property
    def counts(self) -> tuple[int, int]:
        """The number of generated and of passed cases."""
        generated, passed = re.findall(r"^  (\d+) generated, (\d+) passed", self.output, re.M)[0]
        return int(generated), int(passed)


def schemathesis(
    url: str, folder: Path, variables: Mapping[str, str], *, hooks: str = HOOKS, examples: int = 30, seed: int = 1
) -> Ran:
    """Run the command in its own folder, which keeps its files."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEADLISTS_")}
    environment |= {**variables, "SCHEMATHESIS_HOOKS": hooks, "PYTHONPATH": str(ROOT)}
    command = ["run", str(ROOT / "spec" / "openapi.yaml"), "--url", url, "-n", str(examples), "--seed", str(seed)]
    command += ["--no-color", "--continue-on-failure"]
    done = finished("schemathesis.cli", *command, cwd=folder, env=environment)
    return Ran(done.returncode, done.stdout + done.stderr)


# Each run: flags of the mock, variables, seed, and whether Schemathesis reports something that we drop.
RIGHT = {
    "page": ((), COOKIE, 2, False),
    "strict": (("--profile", "strict"), BEARER, 1, True),
    "other-answers": (
        ("--reading", "error-shape=flat", "--reading", "content-type-missing=415", "--reading", "other-methods=404"),
        BEARER,
        3,
        True,
    ),
}


@pytest.mark.parametrize(("flags", "variables", "seed", "drops"), RIGHT.values(), ids=RIGHT)
def test_a_correct_mock_has_no_findings(
    flags: tuple[str, ...], variables: Mapping[str, str], seed: int, drops: bool, tmp_path: Path
) -> None:
    with mock_process(*flags) as url:
        ran = schemathesis(url, tmp_path, variables, examples=50, seed=seed)
    assert ran.exit_code == 0, ran.output
    assert ran.own | ran.clauses == set()
    generated, passed = ran.counts
    assert generated == passed >= 100
    assert ("(dropped by `filter_failure`)" in ran.output) == drops  # findings on open questions only


def test_a_finding_on_an_open_question_counts_if_the_reading_is_pinned(tmp_path: Path) -> None:
    kept = "company-ids-on-person-list=kept\nunknown-icp=accepted\nunknown-people=accepted\nunknown-companies=accepted"
    pinned = {"LEADLISTS_READING": f"{kept}\nperson-id-form=any\nuuid-versions=any"}
    with mock_process("--profile", "strict") as url:
        ran = schemathesis(url, tmp_path, BEARER | pinned, examples=10)
    assert ran.own == {"ST202"}, ran.output  # "schema-valid request rejected"


def test_the_second_correct_server_has_no_findings(tmp_path: Path) -> None:
    with serve(second_server.app(USERS, expired=tuple(EXPIRED))) as url:
        ran = schemathesis(url, tmp_path, {"LEADLISTS_BEARER": "token-1", "LEADLISTS_USER_ID": "user_1"})
    assert ran.exit_code == 0, ran.output


def test_its_own_checks_find_nothing_on_profile_page_and_permitted_refusals_on_strict(tmp_path: Path) -> None:
    (tmp_path / "sign_in.py").write_text(ONLY_SIGN_IN)
    with ExitStack() as stack:
        page, strict = (stack.enter_context(mock_process("--profile", profile)) for profile in ("page", "strict"))
        on_page = schemathesis(page, tmp_path, {}, hooks="sign_in.py")
        on_strict = schemathesis(strict, tmp_path, {}, hooks="sign_in.py")
    assert on_page.exit_code == 0, on_page.output
    assert on_strict.own == {"ST202"}, on_strict.output


# The faulty servers that requests of Schemathesis can detect, each with the findings of its own checks next to ours.
# The others need inputs that it does not generate, or several requests.
CAUGHT: dict[str, set[str]] = {
    "validation-422": {"ST103"},  # an undocumented status
    "error-as-text": {"ST108"},  # another format than in the schema
    "end-date-optional": {"ST201"},  # an invalid body accepted
    "creator-missing": set(),
}


# A run starts slowly, so each judges a server with two defects that do not affect each other.
@pytest.mark.parametrize("names", [("creator-missing", "validation-422"), ("end-date-optional", "error-as-text")])
def test_the_broken_clauses_of_a_faulty_server_are_detected(names: tuple[str, str], tmp_path: Path) -> None:
    servers = [server for server in FAULTY_SERVERS if server.name in names]
    app = type("TwoDefects", tuple(server.app for server in servers), {})
    with serve(app(USERS)) as url:
        variables = {"LEADLISTS_BEARER": "token-1", "LEADLISTS_USER_ID": "user_1"}
        ran = schemathesis(url, tmp_path, variables, examples=10)
    assert ran.exit_code == 1
    assert ran.clauses == {server.clause for server in servers}, ran.output
    assert ran.own == set().union(*(CAUGHT[name] for name in names))
    assert re.search(r"^    expected  \S.*\n    actual    \S", ran.output, re.M), ran.output
    assert "token-1" not in ran.output


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({}, "no login was given: set LEADLISTS_BEARER=TOKEN or"),
        (BEARER | {"LEADLISTS_READING": "empty-name=perhaps"}, "reading empty-name has no option 'perhaps'"),
    ],
    ids=["no-login", "no-such-option"],
)
def test_wrong_settings_are_reported_before_anything_is_sent(
    variables: dict[str, str], told: str, tmp_path: Path
) -> None:
    ran = schemathesis("http://127.0.0.1:9", tmp_path, variables)
    assert ran.exit_code == 2
    assert told in ran.output
