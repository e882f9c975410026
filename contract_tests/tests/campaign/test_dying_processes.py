"""Kill processes of campaigns with SIGKILL, and get what a campaign without an interruption gives."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from contract_tests.campaign.corpus import CampaignLog
from contract_tests.campaign.ledger import created_by_workers, created_in
from contract_tests.composition import cluster
from contract_tests.composition.cluster import STOP, SignalledBudget
from contract_tests.requests.plan import BURST
from contract_tests.results.events import ExchangeSeen, Stage, StageStarted
from contract_tests.results.files import lock
from contract_tests.results.numbers import NUMBERS_OF_A_CELL
from contract_tests.results.record import FILE_NAME
from contract_tests.results.record_reading import read_events, read_result
from contract_tests.results.result import RunResult
from contract_tests.tests.servers.right_core import Answer, Request, RightCore
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.starting import loaded
from contract_tests.tests.test_cli import environment

BUDGET = "--budget=750 requests"  # the planned requests, then three cells
NUMBERS = re.compile(rb'"id":"[0-9a-f-]+"|\d')
GZIP = b"\x1f\x8b"  # begins a compressed body (RFC 1952 §2.3.1)
KILLED_AFTER = (200, 580)  # exchanges: among the planned requests, in the second cell


class Cutting(RightCore):
    """Cuts names, counts the requests, and can stop answering."""

    kept = 64  # characters of a name
    received = 0
    is_asked = False  # while it does not answer
    pause_s = 0.0  # before each response

    def __init__(self, users: Mapping[str, str]) -> None:
        super().__init__(users)
        self.created: list[str] = []
        self.answers = threading.Event()
        self.answers.set()

    async def answer(self, request: Request) -> Answer:
        self.received += 1
        await asyncio.sleep(self.pause_s)
        while not self.answers.is_set():
            self.is_asked = True
            await asyncio.sleep(0.01)
        return await super().answer(request)

    def build(self, *given: Any) -> dict[str, Any]:
        built = super().build(*given)
        self.created.append(built["id"])
        return built | {"name": built["name"][: self.kept]}


class Rounding(Cutting):
    """Cuts names, and the seconds of starts that many drawn requests have and no planned one: a worker finds it."""

    def build(self, *given: Any) -> dict[str, Any]:
        built = super().build(*given)
        start = built["startDate"]
        return built | {"startDate": f"{start[:17]}00.000Z" if "10" <= start[17:19] <= "55" else start}


@dataclass(frozen=True)
class Whole:
    """A campaign without an interruption."""

    folder: Path
    result: RunResult
    received: int


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*loaded("contract_tests"), *arguments],
        env=environment(LEADLISTS_BEARER="xyz789-session"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def output_of(*arguments: str) -> str:
    with start(*arguments) as process:
        output, _ = process.communicate(timeout=120)
    assert (process.returncode, "Traceback" in output) == (1, False), output
    return output


def killed_after(exchanges: int, folder: Path, *arguments: str) -> None:
    """Start a command, and kill it when the record has so many exchanges."""
    record = folder / FILE_NAME
    with start(*arguments) as process:
        wait_for(record, b'{"event":"exchange"', exchanges, process)
        if arguments[0] == "fuzz":
            check_that_it_is_not_resumed(folder)
        process.kill()
    with record.open("r+b") as file:
        while True:
            with suppress(BlockingIOError):
                return lock(file)  # it has ended
            time.sleep(0.002)


def wait_for(record: Path, text: bytes, times: int, process: subprocess.Popen[str]) -> None:
    """Wait until the record contains a text so many times; reads each part of a long record once."""
    counted = read = 0
    end = b""
    while counted < times:
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.002)
        if record.exists():
            with record.open("rb") as file:
                file.seek(read)
                part = end + file.read()
                read = file.tell()
            counted += part.count(text)
            end = part[len(part) - len(text) + 1 :] if len(part) >= len(text) else part


def check_that_it_is_not_resumed(folder: Path) -> None:
    with start("resume", str(folder)) as second:
        output, _ = second.communicate(timeout=60)
    assert (second.returncode, "is still being written" in output) == (2, True), output


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("whole") / "run"
    app: Any = Rounding({"xyz789-session": "user_1"})
    with serve(app) as url:
        output_of("fuzz", url, BUDGET, f"--run-folder={folder}")
    return Whole(folder, read_result(folder), app.received)


@pytest.mark.long  # test_past.py shows the same on short records
def test_a_campaign_that_is_killed_several_times_gives_the_same(whole: Whole, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    app: Any = Rounding({"xyz789-session": "user_1"})
    with serve(app) as url:
        killed_after(KILLED_AFTER[0], folder, "fuzz", url, BUDGET, f"--run-folder={folder}")
        for exchanges in KILLED_AFTER[1:]:
            killed_after(exchanges, folder, "resume", str(folder))
        output_of("resume", str(folder))
    assert app.received <= whole.received + len(KILLED_AFTER)  # each kill loses at most one exchange
    result = read_result(folder)
    assert (result.ending, result.requests) == (whole.result.ending, whole.result.requests)
    assert result.discovered is not None
    assert whole.result.discovered is not None
    assert result.discovered.digest == whole.result.discovered.digest
    assert [found.count for found in result.discovered.findings] == [
        found.count for found in whole.result.discovered.findings
    ]
    sent = Counter(event.exchange.number for event in read_events(folder) if isinstance(event, ExchangeSeen))
    assert set(sent.values()) == {1}
    assert (folder / "findings.json").exists()


def test_a_complete_campaign_sends_nothing_more(whole: Whole) -> None:
    before = (whole.folder / FILE_NAME).read_bytes()
    assert "The campaign is complete; nothing is sent." in output_of("resume", str(whole.folder))
    assert (whole.folder / FILE_NAME).read_bytes() == before


@contextmanager
def dask(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a scheduler or a worker of Dask."""
    module = f"distributed.cli.dask_{arguments[0]}"
    start_it = loaded(module) if arguments[0] == "worker" else [sys.executable, "-m", module]
    command = [*start_it, "--host=127.0.0.1", "--no-dashboard", *arguments[1:]]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.long
def test_the_cells_of_a_worker_that_is_killed_are_done_again(whole: Whole, tmp_path: Path) -> None:
    folder, contact = tmp_path / "run", tmp_path / "scheduler.json"
    worker = ("worker", f"--scheduler-file={contact}", "--nthreads=1", "--no-nanny", f"--local-directory={tmp_path}")
    app: Any = Rounding({"xyz789-session": "user_1"})
    with ExitStack() as stack:
        url = stack.enter_context(serve(app))
        stack.enter_context(dask("scheduler", "--port=0", f"--scheduler-file={contact}"))
        first = stack.enter_context(dask(*worker))
        while not contact.exists():
            time.sleep(0.05)
        address = json.loads(contact.read_text())["address"]
        process = stack.enter_context(start("fuzz", url, BUDGET, f"--run-folder={folder}", f"--dask={address}"))
        wait_for(folder / FILE_NAME, b"a worker has found", 1, process)
        while True:
            app.is_asked = False
            app.answers.clear()
            while not app.is_asked:
                assert process.poll() is None
                time.sleep(0.002)
            if list(created_by_workers(folder)):
                break
            app.answers.set()  # the cell under way had created nothing yet
            time.sleep(0.05)
        under_way = {each.id for each in created_in(folder)}  # what the death of the command would leave
        assert len(set(app.created) - under_way) < BURST  # none but those of a burst under way
        first.kill()
        app.answers.set()
        for _ in range(2):
            stack.enter_context(dask(*worker))
        output, _ = process.communicate(timeout=300)
    assert process.returncode == 1, output
    news = [line for line in output.splitlines() if line.startswith("A worker has found")]
    assert any(line.startswith("A worker has found response.startDate.echo") for line in news)
    assert len(news) == len(set(news))
    assert sent_in(folder) == sent_in(whole.folder)
    assert app.received > whole.received
    created = list(created_in(folder))
    planned = [each for each in created if each.number < NUMBERS_OF_A_CELL]
    assert app.created[len(planned)] in {each.id for each in created} & under_way  # by the worker that was killed
    assert len({each.id for each in created}) == len(created)
    assert set(app.created) - {each.id for each in created} <= set(app.created) - under_way
    assert not list(folder.glob("created-*"))  # the record has them
    result = read_result(folder)
    assert result.discovered is not None
    assert whole.result.discovered is not None
    assert result.discovered.digest == whole.result.discovered.digest


@pytest.mark.long
def test_a_worker_ends_its_cell_soon_after_the_command_is_killed(tmp_path: Path) -> None:
    folder, contact, impatient = tmp_path / "run", tmp_path / "scheduler.json", tmp_path / "impatient.py"
    module = "contract_tests.composition.cluster"
    impatient.write_text(f"import {module} as cluster\ncluster.GONE_AFTER_S, cluster.SIGNAL_EVERY_S = 1.0, 0.1\n")
    app: Any = Rounding({"xyz789-session": "user_1"})
    with ExitStack() as stack:
        url = stack.enter_context(serve(app))
        stack.enter_context(dask("scheduler", "--port=0", f"--scheduler-file={contact}"))
        worker = (
            "worker",
            f"--scheduler-file={contact}",
            "--nthreads=1",
            "--no-nanny",
            f"--local-directory={tmp_path}",
        )
        stack.enter_context(dask(*worker, f"--preload={impatient}"))
        while not contact.exists():
            time.sleep(0.05)
        address = json.loads(contact.read_text())["address"]
        budget = "--budget=5000 requests"
        process = stack.enter_context(start("fuzz", url, budget, f"--run-folder={folder}", f"--dask={address}"))
        wait_for(folder / FILE_NAME, b"a worker has found", 1, process)
        app.pause_s = 1.0  # the rest of the cell would take minutes
        while not list(created_by_workers(folder)):
            assert process.poll() is None
            time.sleep(0.05)
        process.kill()
        killed_s, last = time.monotonic(), -1
        while last != app.received:
            assert time.monotonic() - killed_s < 60, "it goes on"
            last = app.received
            time.sleep(3)


def sent_in(folder: Path) -> dict[int, bytes]:
    """The bodies of a recorded campaign by number, without those that confirm findings.

    Without digits, since the names end with the time at which the campaign has begun, and without IDs of lists.
    """
    numbered = {}
    confirms = False
    for event in read_events(folder):
        if isinstance(event, StageStarted):
            confirms = event.kind is Stage.CONFIRMING
        if isinstance(event, ExchangeSeen) and not confirms:
            data = event.exchange.request.body.data
            numbered[event.exchange.number] = bytes(len(data)) if data.startswith(GZIP) else NUMBERS.sub(b"0", data)
    return numbered


class Pulse:
    """What a command tells its workers from time to time, until it dies."""

    def __init__(self, *turns: int) -> None:
        self._turns = list(turns)

    def get(self) -> int:
        return self._turns.pop(0) if len(self._turns) > 1 else self._turns[0]


def test_a_worker_ends_its_cell_if_the_command_tells_it_to_or_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "SIGNAL_EVERY_S", 0.0)
    for gone_after_s, pulse, asked in ((60.0, Pulse(1, 1), 3), (60.0, Pulse(1, 2, STOP), 2), (0.0, Pulse(1, 2, 2), 2)):
        monkeypatch.setattr(cluster, "GONE_AFTER_S", gone_after_s)
        budget = SignalledBudget(CampaignLog(), pulse, max_time_s=None, max_created=None)
        assert [budget.allows_more for _ in range(3)] == [number < asked for number in range(3)]


def test_an_address_without_a_scheduler_is_wrong_usage(tmp_path: Path) -> None:
    with start("fuzz", "http://127.0.0.1:9", f"--run-folder={tmp_path}/run", "--dask=nonsense") as process:
        output, _ = process.communicate(timeout=60)
    assert (process.returncode, "--dask: no scheduler with a worker answers at nonsense" in output) == (2, True), output


def test_reports_are_written_from_the_record(whole: Whole, tmp_path: Path) -> None:
    assert whole.result.discovered is not None
    formats = ("html", "markdown", "json")
    printed = output_of("report", str(whole.folder))
    output_of("report", str(whole.folder), *(f"--report={name}={tmp_path}/{name}" for name in formats))
    for text in (printed, *((tmp_path / name).read_text() for name in formats)):
        assert whole.result.discovered.digest in text


def test_what_differs_from_the_campaign_is_named(whole: Whole, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(whole.folder, folder)
    lines = (folder / FILE_NAME).read_bytes().splitlines(keepends=True)
    (folder / FILE_NAME).write_bytes(b"".join(lines[:-1]) + b'{"event":"exch')  # as a crash of the machine leaves it
    parameters = json.loads((folder / "campaign.json").read_text())
    (folder / "campaign.json").write_text(json.dumps(parameters | {"budget": "900 requests"}))
    with start("resume", str(folder)) as process:
        output, _ = process.communicate(timeout=60)
    assert (process.returncode, "was recorded with another depth" in output) == (2, True), output


def test_a_folder_without_a_campaign_is_wrong_usage(tmp_path: Path) -> None:
    with start("resume", str(tmp_path)) as process:
        output, _ = process.communicate(timeout=60)
    assert (process.returncode, "only a campaign can be resumed" in output) == (2, True), output


def test_no_secret_is_in_the_parameters(whole: Whole) -> None:
    assert "xyz789" not in "".join(path.read_text() for path in whole.folder.glob("*.json"))
