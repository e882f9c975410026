"""Test the command as a process: its exit code and its output."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from contract_tests.cli import COMMANDS
from contract_tests.composition.suites import RUN_OPTIONS
from contract_tests.engine.reachability import discovery_problem
from contract_tests.tests.conftest import ROOT, USERS, need_curl
from contract_tests.tests.corpus.exchanges import exchange
from contract_tests.tests.servers.faulty_servers import FAULTY_SERVERS
from contract_tests.tests.servers.right_answers import UpdatedLater
from contract_tests.tests.servers.right_core import Answer, Fields, Request, RightCore
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.starting import finished, loaded

Command = Callable[..., subprocess.CompletedProcess[str]]
LOGIN = ("--bearer", "token-1", "--user-id", "user_1")
QUICK = (*LOGIN, "--depth", "quick")
EVERY_LOGIN = (
    *LOGIN, "--cookie", "__session=token-1", "--expired-bearer", "token-3",
    "--second-bearer", "token-2", "--second-user-id", "user_2",
)  # fmt: skip


def environment(**variables: str) -> dict[str, str]:
    foreign = ("LEADLISTS_", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **variables}


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Run `leadlists-contract run …` in an empty folder."""

    def call(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return finished("contract_tests", "run", *arguments, cwd=tmp_path, env=environment(**variables))

    return call


def faulty(name: str) -> Callable[..., RightCore]:
    return next(server.app for server in FAULTY_SERVERS if server.name == name)


def events_in(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "run.ndjson").read_text().rstrip("\n").split("\n")]


@pytest.fixture
def new_interpreter(tmp_path: Path) -> Command:
    """Run the command in an interpreter of its own, which has its own hash seed."""

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "contract_tests", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=300, check=False
        )

    return call


ID = re.compile('"id":"[0-9a-f-]+"')  # one request names a list that the server has created


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_loads_all_that_its_help_needs(new_interpreter: Command, name: str) -> None:
    done = new_interpreter(name, "--help")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_correct_server_gives_0_and_the_same_seed_sends_the_same_requests(
    new_interpreter: Command, command: Command, right_url: str, tmp_path: Path
) -> None:
    done = new_interpreter("run", right_url, *EVERY_LOGIN, "--seed", "5")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "request.endDate" in done.stdout
    assert "This server follows: " in done.stdout
    assert "0 broken" in done.stdout
    (folder,) = (tmp_path / ".leadlists" / "runs").glob("2*")
    events = events_in(folder)
    assert events[0]["event"] == "run"
    assert events[-1]["event"] == "end"
    assert events[-1]["ending"] == "complete"
    assert sum(event["event"] == "exchange" for event in events) == events[-1]["requests"]
    assert "token-1" not in (folder / "run.ndjson").read_text()

    again = command(right_url, *EVERY_LOGIN, "--seed", "5", "--run-folder", "again")  # with another hash seed
    assert again.returncode == 0, again.stdout + again.stderr
    one, other = (
        Counter(
            ID.sub("ID", str(event["exchange"]["request"]["body"])) for event in run if event["event"] == "exchange"
        )
        for run in (events, events_in(tmp_path / "again"))
    )
    assert one == other  # many are in flight at once, so their order varies


def test_a_broken_clause_gives_1_and_a_command_that_reproduces_it(command: Command) -> None:
    with serve(faulty("end-date-optional")(USERS)) as url:
        done = command(url, *QUICK)
        assert done.returncode == 1
        assert "✗ request.endDate.required: endDate is required." in done.stdout
        assert "expected  400" in done.stdout
        assert "actual    201, although /endDate is left out" in done.stdout
        assert "(sent again 3 times: 3/3 the same)" in done.stdout
        assert "token-1" not in done.stdout
        line = next(line for line in done.stdout.splitlines() if line.strip().startswith("repeat"))
        need_curl()
        shown = subprocess.run(
            line.split(maxsplit=1)[1],
            shell=True,
            capture_output=True,
            text=True,
            env=environment(LEADLISTS_BEARER="token-1"),
        )
        assert " 201 " in shown.stdout.splitlines()[0]


def test_a_variation_that_is_always_refused_is_not_reported_as_accepted_when_repeated(command: Command) -> None:
    with serve(faulty("chunked-refused")(USERS)) as url:
        done = command(url, *LOGIN, "--depth", "quick", "--clauses", "http.request.chunked")
    assert "✗ http.request.chunked" in done.stdout
    assert "(sent again 3 times: 3/3 the same)" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "no URL was given"),
        (("ftp://x",), "Error: URL: 'ftp://x' is not an http or https URL"),
        (("http://127.0.0.1:1", "--reading", "success-statu=200"), "did you mean success-status"),
        (("http://127.0.0.1:1", "--reading", "success-status=204"), "has no option '204'"),
        (("http://127.0.0.1:1", "--clauses", "request.nane"), "did you mean request.name"),
        (("http://127.0.0.1:1", "--spec", "nowhere"), "nowhere"),
        (("http://127.0.0.1:1", "--max-time", "soon"), "--max-time"),
        (("http://127.0.0.1:1", "--no-such-flag"), "--no-such-flag"),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, tuple) else "",
)
def test_wrong_usage_gives_2_and_names_what_is_wrong(command: Command, arguments: tuple[str, ...], says: str) -> None:
    done = command(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_warning_fails_the_run_only_on_request_and_names_its_reading(command: Command) -> None:
    with serve(UpdatedLater(USERS)) as url:
        lenient, strict = (command(url, *QUICK, *more) for more in ((), ("--fail-on", "warned")))
    assert (lenient.returncode, strict.returncode) == (0, 1)
    assert "warning: response.updatedAt.order (reading updated-at)" in strict.stdout


def test_readings_are_explained_on_request_and_clauses_not_judged_name_the_option_that_would_judge_them(
    command: Command, right_url: str
) -> None:
    done = command(right_url, *QUICK, "--explain-readings")
    assert "success-status=201: 201 Created (seen" in done.stdout
    assert "defaults of the mock" not in done.stdout
    line = done.stdout.partition("Not judged: ")[2]
    for clause, option in {
        "access.session.expired": "--expired-bearer",
        "access.carrier.cookie": "--cookie",
        "response.userIds.no-stranger": "--second-bearer",
    }.items():
        assert f"{clause} (give {option})" in " ".join(line.split())


def test_list_names_the_clauses_and_sends_nothing(command: Command) -> None:
    done = command("--list", "--clauses", "request.name")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].split()[:2] == ["request.name.required", "stated"]
    assert "advice to people" in done.stdout


def test_settings_of_environment_and_file_choose_login_and_clauses_and_those_of_pytest_change_nothing(
    command: Command, right_url: str, tmp_path: Path
) -> None:
    (tmp_path / "leadlists.toml").write_text(
        f'[contract]\nurl = "{right_url}"\nuser-id = "user_1"\nclauses = ["request.name", "error"]\n'
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError('not ours')")
    variables = {"LEADLISTS_BEARER": "token-1", "PYTEST_ADDOPTS": "--nonsense", "PYTEST_PLUGINS": "nonsense"}
    done = command("--depth", "quick", **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "user_1 (bearer token)" in done.stdout
    assert "request.name" in done.stdout
    assert "request.type" not in done.stdout


def test_max_time_ends_the_run(command: Command, right_url: str) -> None:
    done = command(right_url, *LOGIN, "--max-time", "1", "--rate", "20")
    assert done.returncode == 3  # a run that ends among the planned requests proves little, and must not look passed
    assert "20 in a second take 2" in done.stderr
    assert "longer, more than the 1 s allowed" in done.stderr
    # Ten at once and twenty in the second, or fewer on a busy machine.
    assert re.search(r"The time was over after [1-3]?\d of 4\d\d planned requests", " ".join(done.stdout.split()))


def test_a_run_warns_of_a_slow_server_before_its_time_is_over(command: Command) -> None:
    class Slow(RightCore):
        async def answer(self, request: Request) -> Answer:
            await asyncio.sleep(1)
            return await super().answer(request)

    with serve(Slow(USERS)) as url:
        done = command(url, *LOGIN, "--max-time=4", "--depth=quick")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "s for a response; at this speed" in done.stderr


def test_control_characters_of_a_server_never_reach_the_terminal(command: Command) -> None:
    class Hostile(RightCore):
        def build(self, request: Request, user: str, fields: Fields) -> Fields:
            return {**super().build(request, user, fields), "name": "\x1b]0;owned\x07\x1b[31m\u202e"}

    with serve(Hostile(USERS)) as url:
        done = command(url, *QUICK, "--clauses", "response.name")
    assert done.returncode == 1
    assert not {"\x1b", "\x07", "\u202e"} & set(done.stdout)


def test_every_option_of_the_run_is_a_flag_of_the_command(command: Command) -> None:
    text = command("--help").stdout
    for option in RUN_OPTIONS:
        assert option.flag in text or option.name == "url"


def test_an_unknown_certificate_is_not_reported_as_an_unreachable_server() -> None:
    wrong = "no connection: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate"
    problem = discovery_problem(exchange(failure=wrong))
    assert problem is not None
    assert "SSL_CERT_FILE" in problem
    assert "running" not in problem


def test_a_server_that_stops_is_distinguished_from_a_broken_contract(tmp_path: Path) -> None:
    with serve(RightCore(USERS)) as url:
        arguments = [*loaded("contract_tests"), "run", url, *LOGIN]
        process = subprocess.Popen(arguments, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        process.stdout.readline()  # it has begun
        time.sleep(1.5)
    output, _ = process.communicate(timeout=300)
    assert "no longer accepts connections" in output
    assert process.returncode in {1, 3}  # 1 if the server's last responses were truncated when it stopped
    assert "http.answer.complete" not in output or process.returncode == 1


def test_list_heeds_the_environment(command: Command) -> None:
    done = command("--list", LEADLISTS_CLAUSES="request.name.type")
    assert done.stdout.splitlines()[0].startswith("request.name.type")
    assert len(done.stdout.splitlines()) == 1


def test_the_list_of_commands_has_every_command_and_the_first_sentence_of_its_help() -> None:
    modules = {path.stem for path in (ROOT / "contract_tests" / "commands").glob("*.py")}
    assert COMMANDS.keys() == modules - {"__init__", "inputs", "options", "output", "time_notice"}
    for name, sentence in COMMANDS.items():
        shown = import_module(f"contract_tests.commands.{name}").command.help
        assert shown.partition("\n\n")[0] == sentence


def test_the_help_of_run_names_every_flag_that_is_no_variable() -> None:
    run = import_module("contract_tests.commands.run").command
    flags = {flag for each in run.params if each.param_type_name == "option" for flag in each.opts}
    (sentence,) = re.findall(r"Each option except (.*?) is also", " ".join(run.help.split()))
    assert set(re.findall(r"--[\w-]+", sentence)) == flags - {option.flag for option in RUN_OPTIONS}


def test_a_command_that_fails_itself_breaks_no_clause(tmp_path: Path, right_url: str) -> None:
    code = (
        "from contract_tests.engine.traffic import Traffic; from contract_tests.cli import main; import sys; "
        f"Traffic.judge_together = None; sys.argv = ['c', 'run', {right_url!r}, *{QUICK!r}, '--run-folder=run']; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    assert "Traceback" in done.stderr
    assert "The command itself failed: TypeError: 'NoneType' object is not callable (" in done.stderr
    assert events_in(tmp_path / "run")[-1]["ending"] == "failed"
