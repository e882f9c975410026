"""Run `leadlists-contract fuzz` as a user does: real processes, real servers, real signals."""

from __future__ import annotations

import ast
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, ClassVar

import pytest

from contract_tests.campaign.conduct import FIRST_CONFIRMING
from contract_tests.requests.plan import BURST
from contract_tests.results.events import Ending, ExchangeSeen, Stage, StageStarted
from contract_tests.results.findings import Findings
from contract_tests.results.numbers import NUMBERS_OF_A_CELL
from contract_tests.results.record_reading import read_events, read_result
from contract_tests.results.views import ExchangeView
from contract_tests.settings.values import Session, Settings
from contract_tests.tests.campaign.small import small_campaign
from contract_tests.tests.conftest import mock_process, settings_for
from contract_tests.tests.servers.right_core import Answer, Request, RightCore, Rule
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.starting import finished, loaded
from contract_tests.tests.test_cli import environment

SIGNED_IN = ("--bearer=xyz789-session",)
DEFECT = "--defect=name-cut-at-64"


def fuzz(
    *arguments: str, folder: Path, new_interpreter: bool = False, one_in: int = 8
) -> subprocess.CompletedProcess[str]:
    """Run a campaign that sends one in so many of the planned requests before its cells."""
    line = ["contract_tests", "fuzz", *arguments, *SIGNED_IN, f"--run-folder={folder}"]
    if new_interpreter:
        command = [sys.executable, "-m", *line]
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=300, check=False)
    else:
        done = finished(*line, env=environment(SENDS_ONE_IN=str(one_in)))
    assert "Traceback" not in done.stdout + done.stderr
    return done


def exchanges_in(folder: Path) -> list[ExchangeView]:
    return [event.exchange for event in read_events(folder) if isinstance(event, ExchangeSeen)]


def digest_in(output: str) -> str:
    found = re.search(r"\d+ findings?, digest ([0-9a-f]{16});", output)
    assert found, output
    return found[1]


def test_a_right_server_has_no_findings(tmp_path: Path) -> None:
    with mock_process() as url:
        done = fuzz(url, "--budget=500 requests", "--seed=1", "--report=json", folder=tmp_path / "run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 findings" in done.stdout
    result = read_result(tmp_path / "run")
    assert (result.broken, result.is_cut_off, 300 < result.requests <= 500) == ((), False, True)
    assert json.loads((tmp_path / "run" / "findings.json").read_text())["findings"] == []
    assert (tmp_path / "run" / "report.json").exists()
    sent = exchanges_in(tmp_path / "run")
    assert len({exchange.number for exchange in sent}) == len(sent)  # cells never share a number
    mutations = [exchange for exchange in sent if exchange.label == "a mutation of what was new"]
    # What the planned requests have shown is mutated too: those with another method or login, for example.
    statuses = {exchange.response.status for exchange in mutations if exchange.response}
    assert statuses >= {201, 400}
    assert statuses & {401, 404, 405}
    named = re.search(r"end with '(run \d{14})'", done.stdout)
    assert named, done.stdout
    agents = [value for each in sent for name, value in each.request.headers if "Agent" in name]
    assert any(agent.endswith(f" ({named[1]})") for agent in agents)
    created = [each.response.body.data for each in sent if each.response and each.response.status == 201]
    assert sum(named[1].encode() in body for body in created) > len(created) / 3  # the others have names of their own


@pytest.mark.long
def test_a_defect_is_one_finding_that_the_same_seed_finds_again_and_another_with_other_requests(tmp_path: Path) -> None:
    outputs = []
    for name in ("one", "two"):
        with mock_process(DEFECT) as url:
            flags = ("--budget=700 requests", "--seed=1")
            is_new = name == "one"  # with another hash seed
            done = fuzz(url, *flags, folder=tmp_path / name, new_interpreter=is_new, one_in=1)
        assert done.returncode == 1, done.stdout + done.stderr
        outputs.append(done.stdout)
    assert digest_in(outputs[0]) == digest_in(outputs[1])
    with mock_process(DEFECT) as url:
        settings = Settings(url, Session("first", bearer="xyz789-session"), seed=2)
        small_campaign(settings, tmp_path / "other", requests=260)
    one, other = (
        {each.request.body.data for each in exchanges_in(tmp_path / name) if each.number > NUMBERS_OF_A_CELL}
        for name in ("one", "other")
    )
    assert len(one) > 60  # its first cells repeat some
    assert len(one & other) < len(one) / 2
    report = json.loads((tmp_path / "one" / "findings.json").read_text())
    [finding] = report["findings"]
    assert (finding["clause"], finding["place"]) == ("response.name.echo", "POST, 201")
    assert finding["repeated"] == {"same": 3, "times": 3}
    assert 65 <= len(ast.literal_eval(finding["expected"])) < 80  # 65 is the smallest name that is cut
    assert "xyz789" not in json.dumps(report)
    findings = Findings()
    for event in read_events(tmp_path / "one"):
        findings.add(event)
    assert findings.digest == digest_in(outputs[0])  # the record alone gives the same groups
    assert [found.times for found in findings] == [3]


@pytest.mark.parametrize(("by", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_with_table_and_record(by: signal.Signals, code: int, tmp_path: Path) -> None:
    command = [*loaded("contract_tests"), "fuzz", "--budget=1h", *SIGNED_IN, f"--run-folder={tmp_path}/run"]
    with (
        mock_process() as url,
        subprocess.Popen(
            [*command, url],
            env=environment(SENDS_ONE_IN="8"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        record = tmp_path / "run" / "run.ndjson"
        for _ in range(600):
            if record.exists() and b'"cell 0' in record.read_bytes():
                break
            time.sleep(0.1)
        process.send_signal(by)
        try:
            output, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == code, output
    assert "Traceback" not in output
    assert "0 findings" in output
    assert not read_result(tmp_path / "run").is_cut_off


def test_a_budget_of_time_is_kept(tmp_path: Path) -> None:
    with mock_process() as url:
        done = fuzz(url, "--budget=3s", folder=tmp_path / "run")
    assert done.returncode in {0, 1, 3}, done.stdout
    assert read_result(tmp_path / "run").duration_s < 3 + 10  # the timeout of one request


def test_a_budget_of_time_that_is_too_short_for_the_planned_requests_is_named_before_and_after(tmp_path: Path) -> None:
    with mock_process() as url:
        done = fuzz(url, "--budget=1s", "--rate=10", folder=tmp_path / "run")
    assert "longer, more than the 1 s allowed" in done.stderr
    assert (done.returncode, "so the run has not judged all" in done.stdout) == (3, True), done.stdout


class Suffering(RightCore):
    """Fails on all that comes after its first two hundred requests."""

    requests = 0

    async def answer(self, request: Request) -> Answer:
        self.requests += 1
        if self.requests > 200:
            raise RuntimeError("too much")
        return await super().answer(request)


def test_a_server_that_suffers_is_left_alone(tmp_path: Path) -> None:
    app: Any = Suffering({"xyz789-session": "user_1"})
    with serve(app) as url:
        done = fuzz(url, "--budget=1100 requests", folder=tmp_path / "run")
    assert "The server suffers" in done.stdout, done.stdout
    assert f"Continue with: leadlists-contract resume {tmp_path / 'run'}" in done.stdout
    assert app.requests < 500


class Careless(RightCore):
    """Accepts any value."""

    rules: ClassVar[dict[str, Rule]] = {name: Rule("anything", lambda value: True) for name in RightCore.rules}
    received = 0


@pytest.mark.parametrize("after", [100, 450])  # among the planned requests, and after them
def test_a_server_that_suffers_before_the_cells_is_left_alone(
    after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tired(Careless):
        async def answer(self, request: Request) -> Answer:
            self.received += 1
            return Answer(500, {}, b"") if self.received > after else await super().answer(request)

    monkeypatch.setattr("contract_tests.campaign.conduct.RELIEF_S", 0.0)
    app: Any = Tired({"token-1": "user_1"})
    with serve(app) as url:
        result = small_campaign(settings_for(url), tmp_path / "run", requests=5000, planned=slice(None))
    assert (result.ending, "The server suffers" in result.why) == (Ending.TARGET_GONE, True), result.why
    assert app.received < after + 110


@pytest.mark.long
def test_confirming_what_the_planned_requests_find_leaves_the_rest_for_the_cells(tmp_path: Path) -> None:
    with serve(Careless({"token-1": "user_1"})) as url:
        result = small_campaign(settings_for(url), tmp_path / "run", requests=900, planned=slice(None))
    assert len(result.broken) > 5
    confirming, numbers = False, list[int]()
    for event in read_events(tmp_path / "run"):
        if isinstance(event, StageStarted):
            confirming = event.kind is Stage.CONFIRMING and not numbers
        elif isinstance(event, ExchangeSeen) and confirming:
            numbers.append(event.exchange.number)
    assert FIRST_CONFIRMING / 2 < len(numbers) <= FIRST_CONFIRMING + BURST


def test_a_dry_run_sends_nothing(tmp_path: Path) -> None:
    done = fuzz("http://127.0.0.1:9", "--budget=2h", "--dry-run", folder=tmp_path / "run", one_in=1)
    assert done.returncode == 0, done.stderr
    assert "cell 0: " in done.stdout
    assert "and so on" in done.stdout
    few = fuzz("http://127.0.0.1:9", "--budget=700 requests", "--dry-run", folder=tmp_path / "run", one_in=1)
    assert ("cell 0: " in few.stdout, "cell 5: " in few.stdout, "and so on" in few.stdout) == (True, False, False)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--budget=soon",), "--budget: 'soon' is neither a duration nor a number of requests"),
        (("--budget=0s",), "--budget: must be at least 1s"),
        (("--budget=100 requests", "--dry-run"), "--budget: 100 requests are too few"),
        (("--max-created=0",), "--max-created"),
    ],
)
def test_wrong_usage_names_the_flag(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = fuzz("http://127.0.0.1:9", *arguments, folder=tmp_path / "run", one_in=1)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_a_server_that_is_gone_is_not_judged(tmp_path: Path) -> None:
    done = fuzz("http://127.0.0.1:9", "--budget=5s", folder=tmp_path / "run")
    assert (done.returncode, "cannot be reached" in done.stderr) == (3, True), done.stderr


@pytest.mark.parametrize(("most", "ends"), [(20, "ends before its cells"), (80, "ends")])
def test_no_more_is_created_than_allowed(most: int, ends: str, tmp_path: Path) -> None:
    with mock_process() as url:
        done = fuzz(url, "--budget=1500 requests", f"--max-created={most}", folder=tmp_path / "run")
    found = re.search(r"(\d+) objects created", done.stdout)
    assert found, done.stdout
    assert most - BURST < int(found[1]) <= most
    assert f"The campaign {ends}: --max-created {most} is reached." in done.stdout
