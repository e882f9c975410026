"""The record of a run: whole lines, no secrets, no loss."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from contract_tests.engine.record import Record, new_folder
from contract_tests.judging.verdict import broken
from contract_tests.settings.secrets import Masker
from contract_tests.tests.corpus.exchanges import exchange, request


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(tmp_path / "run", Masker({"bearer-one": "LEADLISTS_BEARER"}))


def lines(record: Record) -> list[dict[str, Any]]:
    record.close()
    return [json.loads(line) for line in record.path.read_bytes().splitlines()]


def test_an_exchange_and_a_verdict_on_it(record: Record) -> None:
    first, second = exchange(), exchange(raw=b"\xff bearer-one")
    assert (record.exchange(first), record.exchange(second), record.exchange(first)) == (1, 2, 1)
    record.verdict(broken("success.created", second, expected="x", actual="bearer-one \ud800"))
    one, two, _, verdict = lines(record)
    assert one["request"]["headers"] == [
        ["Content-Type", "application/json"],
        ["Authorization", "Bearer ${LEADLISTS_BEARER}"],
    ]
    assert json.loads(one["response"]["body"])["name"] == "Spring"
    assert base64.b64decode(two["response"]["body_base64"]) == b"\xff ${LEADLISTS_BEARER}"
    assert (verdict["outcome"], verdict["exchanges"], verdict["actual"]) == (
        "broken",
        [2],
        "${LEADLISTS_BEARER} \ud800",
    )


def test_no_secret_is_in_the_file(record: Record) -> None:
    record.exchange(exchange(request(raw=b'{"name":"bearer-one"}'), failure="no answer to bearer-one"))
    record.close()
    assert b"bearer-one" not in record.path.read_bytes()


def test_numbers_are_not_used_twice(record: Record) -> None:
    # An exchange that nobody keeps leaves its address to the next one.
    assert [record.exchange(exchange()) for _ in range(50)] == list(range(1, 51))
    record.close()


def test_threads_write_whole_lines(record: Record) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: record.exchange(exchange()), range(200)))
    assert sorted(line["number"] for line in lines(record)) == list(range(1, 201))


def test_a_folder_of_the_users_keeps_its_files(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    Record(tmp_path, Masker({})).close()
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    made = new_folder(tmp_path)
    Record(made, Masker({})).close()
    assert (made / ".gitignore").read_text() == "*\n"


def test_a_body_for_a_command(record: Record) -> None:
    one = exchange(request(raw=b"\0\xff"))
    record.exchange(one)
    assert record.body_file(one).read_bytes() == b"\0\xff"
    record.close()
