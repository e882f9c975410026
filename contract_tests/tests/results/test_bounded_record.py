"""A full record keeps what is news, counts the rest, and read back still gives the result of the run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import orjson
import pytest

from contract_tests.campaign.ledger import created_in
from contract_tests.composition.start import first_event
from contract_tests.contract.loading import load_specification
from contract_tests.contract.terms import Terms
from contract_tests.judging.verdict import Outcome
from contract_tests.results import bounded_record
from contract_tests.results.bounded_record import BoundedRecord
from contract_tests.results.event_log import EventLog
from contract_tests.results.events import (
    Ending,
    ExchangesCounted,
    ExchangeSeen,
    Part,
    ReadingObserved,
    RunEnded,
    RunStarted,
    Stage,
    StageStarted,
    VerdictGiven,
)
from contract_tests.results.record import FILE_NAME
from contract_tests.results.record_reading import read_events, read_result
from contract_tests.results.views import BodyView, ExchangeView, RequestView, ResponseView, VerdictView
from contract_tests.tests.conftest import settings_for

STARTED = first_event(Terms.of(load_specification(), settings_for("http://127.0.0.1:1")))
CAMPAIGN = replace(STARTED, part=Part("campaign of 900 requests"))
CLAUSES = tuple(clause.id for clause in STARTED.clauses[:6])
READING, OPTION = STARTED.readings[0].id, next(iter(STARTED.readings[0].options))
LIMIT_BYTES = 150_000


def view_of(number: int, random: Random) -> ExchangeView:
    status = random.choice((201, 201, 201, 400, 500))
    body = orjson.dumps({"id": f"list-{number}", "name": "x" * random.randrange(40)})
    request = RequestView(
        "POST", "http://127.0.0.1/", (), BodyView(b"x" * random.randrange(300), random.randrange(300))
    )
    response = ResponseView(status, (("Content-Type", "application/json"),), BodyView(body, len(body)))
    elapsed_s = 0.01 if number < 500 else 0.05  # the server slows down when the record is full
    return ExchangeView(number, f"label {number}", 1000.0 + number / 4, elapsed_s, request, response)


def fill(log: EventLog, exchanges: int) -> None:
    """Emit the events of a run with all kinds of verdicts."""
    random = Random(7)
    for number in range(1, exchanges + 1):
        view = view_of(number, random)
        held = tuple(clause for clause in CLAUSES if random.random() < 0.3)
        log.emit(ExchangeSeen(view, held, ((READING, OPTION),) if number % 3 else ()))
        if random.random() < 0.3:
            outcome = random.choice((Outcome.BROKEN, Outcome.BROKEN, Outcome.WARNED))
            verdict = VerdictView(random.choice(CLAUSES), outcome, (view,), "a", random.choice(("b", "c: d", "500")))
            log.emit(VerdictGiven(verdict, smallest=number % 400 == 0))
        if number % 50 == 0:
            log.emit(ReadingObserved(READING, OPTION))
        if number % 700 == 0:
            log.emit(StageStarted(f"cell {number}: swarm, 700 requests", Stage.CELL, number))


@pytest.mark.parametrize("started", [STARTED, CAMPAIGN], ids=["run", "campaign"])
def test_a_full_record_read_back_gives_the_result(started: RunStarted, tmp_path: Path) -> None:
    record = BoundedRecord(tmp_path, LIMIT_BYTES)
    log = EventLog(record)
    log.emit(started)
    fill(log, 3000)
    log.emit(RunEnded("", Ending.OBSERVED, "", 3000, 750.0))
    record.close()
    assert 2000 < record.dropped < 3000
    assert (tmp_path / FILE_NAME).stat().st_size < 3000 * 600 / 2
    assert read_result(tmp_path) == log.summing.result()


def test_each_created_object_of_a_killed_campaign_is_in_the_record(tmp_path: Path) -> None:
    record = BoundedRecord(tmp_path, LIMIT_BYTES)
    log = EventLog(record)
    log.emit(CAMPAIGN)
    fill(log, 2500)
    found = [each.id for each in created_in(tmp_path)]
    assert len(found) == len(set(found)) == log.summing.discoveries.created
    assert any(isinstance(event, ExchangesCounted) and event.requests for event in read_events(tmp_path))
    record.close()


def test_a_verdict_of_a_full_record_has_its_exchanges(tmp_path: Path) -> None:
    record = BoundedRecord(tmp_path, 1000)
    log = EventLog(record)
    log.emit(CAMPAIGN)
    view = view_of(1, Random(1))
    for number in range(1, 50):
        log.emit(ExchangeSeen(replace(view, number=number)))
    last = replace(view, number=49)
    log.emit(VerdictGiven(VerdictView(CLAUSES[0], Outcome.BROKEN, (last,), "a", "b")))
    record.close()
    assert record.dropped > 40
    result = read_result(tmp_path)
    assert [found.smallest.exchanges for group in result.discovered.findings for found in group.all] == [(last,)]  # type: ignore[union-attr]


def test_a_verdict_on_an_exchange_long_ago_is_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_record, "KNOWN_NUMBERS", 2)
    record = BoundedRecord(tmp_path)
    log = EventLog(record)
    log.emit(CAMPAIGN)
    views = [view_of(number, Random(number)) for number in range(1, 6)]
    for view in views:
        log.emit(ExchangeSeen(view))
    for view in views:
        log.emit(VerdictGiven(VerdictView(CLAUSES[0], Outcome.BROKEN, (view,), "a", f"{view.number}00")))
    record.close()
    assert len(record.known) == 2
    assert read_result(tmp_path) == log.summing.result()


def test_the_bodies_of_a_full_record_are_not_written(tmp_path: Path) -> None:
    record = BoundedRecord(tmp_path, most_bytes=1000)
    for number in range(5):
        for _ in range(3):  # for each clause that the request breaks
            record.write_long(f"body-{number}.bin", b"x" * 300)
    record.close()
    assert len(list(tmp_path.glob("body-*.bin"))) == 3
