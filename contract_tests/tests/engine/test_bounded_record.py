"""A record with a limit keeps the first breach of each clause, and counts what it drops."""

from __future__ import annotations

from pathlib import Path

from contract_tests.composition.start import describe
from contract_tests.contract.specification import load_specification
from contract_tests.contract.terms import Terms
from contract_tests.engine.bounded_record import BoundedRecord
from contract_tests.engine.events import Ending, ExchangeSeen, RunEnded, VerdictGiven
from contract_tests.engine.record import FILE_NAME, read_result
from contract_tests.engine.views import BodyView, ExchangeView, RequestView, VerdictView
from contract_tests.judging.verdict import Outcome
from contract_tests.tests.conftest import settings_for

STARTED = describe(Terms.of(load_specification(), settings_for("http://127.0.0.1:1")))
FIRST, SECOND = STARTED.clauses[0].id, STARTED.clauses[1].id


def seen(number: int, clause: str, folder: BoundedRecord) -> None:
    view = ExchangeView(number, "", 0.0, 0.0, RequestView("POST", "http://127.0.0.1/", (), BodyView(b"x" * 100, 100)))
    folder.write(ExchangeSeen(view))
    folder.write(VerdictGiven(VerdictView(clause, Outcome.BROKEN, (view,), "a", "b")))


def test_a_full_record_keeps_the_first_breach_of_each_clause(tmp_path: Path) -> None:
    record = BoundedRecord(tmp_path, most_bytes=100_000)
    record.write(STARTED)
    for number in range(1, 1001):
        seen(number, FIRST, record)
    size_bytes = (tmp_path / FILE_NAME).stat().st_size
    assert size_bytes < 101_000
    seen(1001, SECOND, record)
    seen(1002, SECOND, record)
    record.write(RunEnded("", Ending.SEEN, "", 1002, 1.0))
    record.close()
    result = read_result(tmp_path)
    assert [found.clause.id for found in result.broken] == [FIRST, SECOND]
    assert (result.broken[1].broken, result.is_cut_off) == (1, False)
    assert 0 < record.dropped < 1000
    assert result.broken[0].broken + record.dropped == 1002


def test_the_bodies_of_a_full_record_are_not_written(tmp_path: Path) -> None:
    record = BoundedRecord(tmp_path, most_bytes=1000)
    for number in range(5):
        record.write_body(number, b"x" * 600)
    record.close()
    assert len(list(tmp_path.glob("body-*.bin"))) == 3
