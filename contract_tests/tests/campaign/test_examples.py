"""Share examples between campaigns, through a folder and through a real Redis server."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis.database import ExampleDatabase, InMemoryExampleDatabase

from contract_tests.campaign.examples import KEY, LABEL, MOST_EXAMPLES, Examples
from contract_tests.composition.examples import open_examples
from contract_tests.judging.verdict import Outcome
from contract_tests.results.events import ExchangeSeen, Stage, StageStarted
from contract_tests.results.findings import Found
from contract_tests.results.grouping import Key
from contract_tests.results.numbers import NUMBERS_OF_A_CELL
from contract_tests.results.record import FILE_NAME
from contract_tests.results.record_reading import read_events
from contract_tests.results.views import BodyView, ExchangeView, RequestView, VerdictView
from contract_tests.settings.values import Session, Settings, UsageError
from contract_tests.tests.campaign.small import small_campaign
from contract_tests.tests.campaign.test_dying_processes import Cutting
from contract_tests.tests.ports import free_port
from contract_tests.tests.programs import redis_server
from contract_tests.tests.servers.right_core import PATH
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.test_cli import environment

FIRST, SECOND = "first-session-1", "second-session-2"
RUN = "run 20300101000000"


class CuttingEarly(Cutting):
    """Cuts names so early that each campaign finds it, whatever it draws."""

    kept = 20


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    command = [redis_server(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            for _ in range(200):
                with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.05)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.kill()


def campaign_with_an_example(examples: ExampleDatabase, folder: Path) -> None:
    """Carry out a campaign against a server that cuts names; an example shows it before the cells."""
    with serve(CuttingEarly({SECOND: "user_2"})) as url:
        settings = Settings(url, Session("first", bearer=SECOND), seed=9)
        result = small_campaign(settings, folder, requests=320, examples=examples)
    assert result.discovered is not None
    [found] = result.discovered.findings
    stages = [event for event in read_events(folder) if isinstance(event, StageStarted)]
    cells = [stage.name for stage in stages if stage.kind is Stage.CELL]
    assert 100 <= sum(int(cell.split()[-2]) for cell in cells) < 320 - 100 - MOST_EXAMPLES  # for any number of examples
    assert (found.main.key.clause, found.main.same) == ("response.name.echo", 3)
    sent = [event.exchange for event in read_events(folder) if isinstance(event, ExchangeSeen)]
    shown, *_ = [exchange for exchange in sent if exchange.label == LABEL]
    assert shown.number < NUMBERS_OF_A_CELL
    assert shown.response is not None
    assert shown.response.status == 201
    assert found.first_s <= shown.sent_at_s


@pytest.mark.long
def test_campaigns_share_examples_through_redis(redis_url: str, tmp_path: Path) -> None:
    with serve(CuttingEarly({FIRST: "user_1"})) as url:
        settings = Settings(url, Session("first", bearer=FIRST))
        result = small_campaign(settings, tmp_path / "one", requests=320, examples=open_examples(redis_url))
    assert result.exit_code() == 1
    [saved] = open_examples(redis_url).fetch(KEY)
    assert FIRST.encode() not in saved
    assert b"127.0.0.1" not in saved
    campaign_with_an_example(open_examples(redis_url), tmp_path / "other")


@pytest.mark.long
def test_a_resumed_campaign_sends_no_example_again(tmp_path: Path) -> None:
    place, folder = tmp_path / "examples", tmp_path / "run"
    dates = {"startDate": "2024-01-01T00:00:00.000Z", "endDate": "2024-01-02T00:00:00.000Z"}
    body: dict[str, object] = {"name": "x" * 65, "type": "person", "icpId": None, "personIds": [], **dates}
    headers = [["Content-Type", "application/json"], ["Authorization", "Bearer ${LEADLISTS_BEARER}"]]
    example = {"method": "POST", "path": PATH, "headers": headers, "chunked": False}
    example["body"] = base64.b64encode(json.dumps(body).encode()).decode()
    open_examples(str(place)).save(KEY, json.dumps(example).encode())
    campaign_with_an_example(open_examples(str(place)), folder)
    record = folder / FILE_NAME
    lines = record.read_bytes().splitlines(keepends=True)
    record.write_bytes(b"".join(lines[: len(lines) * 2 // 3]))
    shutil.rmtree(place)
    with serve(CuttingEarly({SECOND: "user_2"})) as url:
        record.write_bytes(record.read_bytes().replace(_url_in(lines[0]), url.encode()))
        settings = Settings(url, Session("first", bearer=SECOND), seed=9)
        small_campaign(settings, folder, requests=320, resumes=True)
    assert _numbers(record.read_bytes().splitlines(keepends=True)) == _numbers(lines)


def _numbers(lines: list[bytes]) -> list[int]:
    """The numbers of the exchanges with examples, which a resumed campaign does not send again."""
    return [json.loads(line)["exchange"]["number"] for line in lines if f'"label":"{LABEL}"'.encode() in line]


def _url_in(line: bytes) -> bytes:
    return line.partition(b'"url":"')[2].partition(b'"')[0]


def test_the_newest_examples_are_kept_each_once() -> None:
    database = InMemoryExampleDatabase()
    for at_s in range(MOST_EXAMPLES + 9):
        database.save(KEY, json.dumps(EXAMPLE | {"path": f"/{at_s}", "at_s": at_s}).encode())
    sent = Examples(database, {FIRST: "LEADLISTS_BEARER"}, "http://127.0.0.1", RUN).requests()
    assert [each.url[16:] for each in sent[:2]] == [f"/{MOST_EXAMPLES + 8}", f"/{MOST_EXAMPLES + 7}"]
    assert len(sent) == len(set(database.fetch(KEY))) == MOST_EXAMPLES
    database = InMemoryExampleDatabase()
    for last_s, run_id in ((1.0, RUN), (2.0, "run 20300102000000")):
        body = f'{{"name":"A list, {run_id}"}}'.encode()
        examples = Examples(database, {FIRST: "LEADLISTS_BEARER"}, "http://127.0.0.1", run_id)
        assert all(run_id.encode() in each.body for each in examples.requests())
        request = RequestView("POST", f"http://127.0.0.1{PATH}", (), BodyView(body, len(body)))
        verdict = VerdictView("c", Outcome.BROKEN, (ExchangeView(1, "", last_s, 0.0, request),))
        examples.save(Found(Key("c", "", ""), 1, last_s, last_s, verdict, same=3, times=3))
    assert [json.loads(value)["at_s"] for value in database.fetch(KEY)] == [2.0]


class Failing(InMemoryExampleDatabase):
    def fetch(self, key: bytes) -> Iterator[bytes]:
        raise ConnectionError("gone")


def test_a_database_that_fails_or_holds_something_else_does_no_harm() -> None:
    examples = Examples(Failing(), {}, "http://127.0.0.1", RUN)
    assert examples.requests() == []
    assert examples.problem == "The examples cannot be read: gone."
    strange = InMemoryExampleDatabase()
    for value in (b"", b"[]", b'{"method":1}', b"\xff"):
        strange.save(KEY, value)
    assert Examples(strange, {}, "http://127.0.0.1", RUN).requests() == []


EXAMPLE = {"method": "POST", "path": PATH, "headers": [["X", "${LEADLISTS_BEARER}"]], "body": "e30=", "chunked": False}


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, 1),
        ({"method": "DELETE"}, 1),
        ({"path": "@evil.example/x"}, 0),
        ({"path": ".evil.example/x"}, 0),
        ({"path": ":81/x"}, 0),
        ({"path": "0/x"}, 0),
        ({"path": ""}, 0),
        ({"path": 1}, 0),
        ({"method": "CONNECT"}, 0),
        ({"method": 1}, 0),
        ({"method": ["POST"]}, 0),
        ({"headers": [["X", "\u20ac"]]}, 0),
        ({"headers": [[1, "x"]]}, 0),
        ({"headers": [["X", 1]]}, 0),
        ({"headers": [["X", "${LEADLISTS_COOKIE}"]]}, 0),
        ({"body": base64.b64encode(b"${LEADLISTS_SECOND_BEARER}").decode()}, 0),
        ({"body": 1}, 0),
    ],
)
def test_an_example_is_sent_only_to_the_server_and_only_if_it_is_whole(changes: dict[str, object], count: int) -> None:
    database = InMemoryExampleDatabase()
    database.save(KEY, json.dumps(EXAMPLE | changes).encode())
    sent = Examples(database, {FIRST: "LEADLISTS_BEARER"}, "http://127.0.0.1:8080", RUN).requests()
    assert len(sent) == count
    assert all((each.header("X"), each.url) == (FIRST, f"http://127.0.0.1:8080{PATH}") for each in sent)


def test_an_address_without_a_redis_server_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--examples: no Redis server answers"):
        open_examples("redis://127.0.0.1:9/0")
    command = ["fuzz", "http://127.0.0.1:9", "--examples=redis://127.0.0.1:9/0", f"--run-folder={tmp_path}/run"]
    done = subprocess.run(
        [sys.executable, "-m", "contract_tests", *command],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, "--examples" in done.stderr) == (2, True), done.stderr
