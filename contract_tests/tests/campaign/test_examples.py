"""Share examples between campaigns, through a folder and through a real Redis server."""

from __future__ import annotations

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

from contract_tests.campaign.examples import LABEL, Examples
from contract_tests.composition.examples import open_examples
from contract_tests.engine.events import ExchangeSeen
from contract_tests.engine.findings import NUMBERS_OF_A_CELL
from contract_tests.engine.record import FILE_NAME, read_events
from contract_tests.settings.values import Session, Settings, UsageError
from contract_tests.tests.campaign.small import small_campaign
from contract_tests.tests.campaign.test_dying_processes import Cutting
from contract_tests.tests.programs import redis_server
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.test_cli import environment

FIRST, SECOND = "first-session-1", "second-session-2"


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
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


def check_that_the_second_campaign_finds_it_at_once(one: ExampleDatabase, other: ExampleDatabase, folder: Path) -> None:
    with serve(Cutting({FIRST: "user_1"})) as url:
        settings = Settings(url, Session("first", bearer=FIRST))
        assert small_campaign(settings, folder / "one", requests=230, examples=one).exit_code() == 1
    with serve(Cutting({SECOND: "user_2"})) as url:
        settings = Settings(url, Session("first", bearer=SECOND), seed=9)
        result = small_campaign(settings, folder / "other", requests=230, examples=other)
    assert result.discovered is not None
    [found] = result.discovered.findings
    assert (found.main.key.clause, found.main.same) == ("response.name.echo", 3)
    sent = [event.exchange for event in read_events(folder / "other") if isinstance(event, ExchangeSeen)]
    shown, *_ = [exchange for exchange in sent if exchange.label == LABEL]
    assert shown.number < NUMBERS_OF_A_CELL
    assert shown.response is not None
    assert shown.response.status == 201
    assert found.first_s <= shown.sent_at_s


def test_campaigns_share_examples_through_redis(redis_url: str, tmp_path: Path) -> None:
    check_that_the_second_campaign_finds_it_at_once(open_examples(redis_url), open_examples(redis_url), tmp_path)


def test_campaigns_share_examples_through_a_folder_and_resume_sends_the_same(tmp_path: Path) -> None:
    place = tmp_path / "examples"
    check_that_the_second_campaign_finds_it_at_once(open_examples(str(place)), open_examples(str(place)), tmp_path)
    saved = b"".join(path.read_bytes() for path in place.rglob("*") if path.is_file())
    assert FIRST.encode() not in saved
    assert b"127.0.0.1" not in saved
    record = tmp_path / "other" / FILE_NAME
    lines = record.read_bytes().splitlines(keepends=True)
    before = _numbers(lines)
    record.write_bytes(b"".join(lines[: len(lines) * 2 // 3]))
    shutil.rmtree(place)
    with serve(Cutting({SECOND: "user_2"})) as url:
        moved = record.read_bytes().replace(_url_in(lines[0]), url.encode())
        record.write_bytes(moved)
        settings = Settings(url, Session("first", bearer=SECOND), seed=9)
        small_campaign(settings, tmp_path / "other", requests=230, resumes=True)
    assert _numbers(record.read_bytes().splitlines(keepends=True)) == before


def _numbers(lines: list[bytes]) -> list[int]:
    """The numbers of the exchanges with examples, which a resumed campaign does not send again."""
    return [json.loads(line)["exchange"]["number"] for line in lines if f'"label":"{LABEL}"'.encode() in line]


def _url_in(line: bytes) -> bytes:
    return line.partition(b'"url":"')[2].partition(b'"')[0]


class Failing(InMemoryExampleDatabase):
    def fetch(self, key: bytes) -> Iterator[bytes]:
        raise ConnectionError("gone")


def test_a_database_that_fails_or_holds_something_else_does_no_harm() -> None:
    examples = Examples(Failing(), {}, "http://127.0.0.1")
    assert examples.requests() == []
    assert examples.problem == "The examples cannot be read: gone."
    strange = InMemoryExampleDatabase()
    for value in (b"", b"[]", b'{"method":1}', b"\xff"):
        strange.save(b"leadlists-contract examples, 1", value)
    assert Examples(strange, {}, "http://127.0.0.1").requests() == []


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
