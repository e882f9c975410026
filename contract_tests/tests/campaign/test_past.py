"""What stays of the record of a campaign that is resumed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from contract_tests.campaign.ledger import created_in
from contract_tests.campaign.resuming import SENT_ANEW, Past
from contract_tests.results.events import (
    CreatedView,
    Ending,
    Event,
    ExchangesCounted,
    ExchangeSeen,
    RunEnded,
    Stage,
    StageStarted,
)
from contract_tests.results.numbers import NUMBERS_OF_A_CELL
from contract_tests.results.record import FILE_NAME, Record
from contract_tests.results.record_reading import read_events, read_result
from contract_tests.results.views import BodyView, ExchangeView, RequestView, ResponseView
from contract_tests.target.exchange import Request
from contract_tests.tests.report.test_discovered import STARTED

URL = "http://127.0.0.1/"
CELL_0, CELL_1 = (StageStarted(f"cell {index}: swarm, 100 requests", Stage.CELL, index) for index in (0, 1))
IN_0, IN_1 = NUMBERS_OF_A_CELL, 2 * NUMBERS_OF_A_CELL  # before the numbers of their requests


def seen(number: int, status: int | None, *, body: bytes = b"", sha256: str = "") -> ExchangeSeen:
    response = None if status is None else ResponseView(status, (), BodyView(body, len(body), sha256))
    request = RequestView("POST", URL, (("Authorization", "Bearer ${TOKEN}"),), BodyView(b"{}", 2))
    return ExchangeSeen(ExchangeView(number, "", 1000.0 + number, 0.0, request, response))


def past_of(folder: Path, *events: Event) -> Past:
    record = Record(folder)
    for event in (STARTED, *events):
        record.write(event)
    record.close()
    return Past(folder, {"secret-1": "TOKEN"}, lambda text: text.replace("secret-1", "${TOKEN}"))


def ended(ending: Ending) -> RunEnded:
    return RunEnded("", ending, "", 0, 0.0)


@pytest.mark.parametrize(
    ("ending", "kept"),
    [(Ending.INTERRUPTED, [1, 2, 3, 4]), (Ending.TARGET_GONE, [1, 2]), (Ending.SESSION_ENDED, [1, 2])],
)
@pytest.mark.parametrize("status", [None, 401, 302, 429])
def test_what_shows_that_the_server_was_out_of_reach_is_sent_again(
    ending: Ending, kept: list[int], status: int | None, tmp_path: Path
) -> None:
    past_of(
        tmp_path, seen(1, 201), seen(2, 400), seen(3, 503), seen(4, status), StageStarted("wound up"), ended(ending)
    )
    events = list(read_events(tmp_path))
    assert [event.exchange.number for event in events[1:] if isinstance(event, ExchangeSeen)] == kept
    assert len(events) == 1 + len(kept)
    assert read_result(tmp_path).is_cut_off


def test_what_a_full_record_has_counted_is_kept(tmp_path: Path) -> None:
    created = CreatedView("list-7", 1007.0, IN_0 + 7, "Bearer ${LEADLISTS_BEARER}")
    counted = (ExchangesCounted(200, 1006.0), ExchangesCounted(0, 1007.0, created=(created,)))
    past = past_of(tmp_path, seen(1, 201), CELL_0, seen(IN_0 + 1, 201), *counted, ended(Ending.INTERRUPTED))
    assert past.requests[0] == 201
    assert [each.id for each in created_in(tmp_path)] == ["list-7"]


def test_an_exchange_that_is_counted_already_adds_no_request_and_no_time(tmp_path: Path) -> None:
    counted = ExchangesCounted(200, 1050.0 + IN_0), replace(seen(IN_0 + 1, 201), is_counted=True), ExchangesCounted()
    past = past_of(tmp_path, CELL_0, *counted, seen(IN_0 + 60, 201))
    assert (past.requests[0], past.elapsed_s) == (201, 10.0)
    assert past.has(seen(IN_0 + 1, 201))


def test_half_a_line_is_cut_off(tmp_path: Path) -> None:
    past_of(tmp_path, seen(1, 201))
    whole = (tmp_path / FILE_NAME).read_bytes()
    (tmp_path / FILE_NAME).write_bytes(whole + b'{"event":"exchange","exch')
    Past(tmp_path, {}, str)
    assert (tmp_path / FILE_NAME).read_bytes() == whole


def test_a_recorded_request_gets_its_recorded_response_with_the_secrets(tmp_path: Path) -> None:
    past = past_of(tmp_path, seen(1, 201, body=b'{"echo":"${TOKEN}"}'), CELL_0, seen(IN_0 + 1, 400))
    request = Request("POST", URL, (("Authorization", "Bearer secret-1"),), b"{}")
    recalled = past.recall(request, "", 1)
    assert recalled is not None
    assert recalled.response is not None
    assert (recalled.response.status, recalled.response.body) == (201, b'{"echo":"secret-1"}')
    assert past.recall(Request("POST", URL, request.headers, b"[]"), "", 1) is None
    assert past.recall(request, "", 2) is None
    assert [past.free_number(number) for number in (1, 2, IN_0 + 1)] == [1 + SENT_ANEW, 2, IN_0 + 1 + SENT_ANEW]


def test_a_response_that_was_shortened_is_not_recalled(tmp_path: Path) -> None:
    past = past_of(tmp_path, seen(1, 201, body=b"{", sha256="ab" * 32))
    assert past.recall(Request("POST", URL, (("Authorization", "Bearer secret-1"),), b"{}"), "", 1) is None


def test_complete_cells_are_read_and_only_the_last_one_is_carried_out_again(tmp_path: Path) -> None:
    cells = CELL_0, seen(IN_0 + 1, 201), seen(IN_0 + 2, 201), CELL_1, seen(IN_1 + 1, 201)
    past = past_of(tmp_path, seen(1, 201), *cells)
    assert [(cell, len(events)) for cell, events in past.complete_cells()] == [(0, 3)]
    assert past.requests[0] == 2
    assert [past.has(seen(number, 201)) for number in (1, IN_0 + 1, IN_1 + 1)] == [True, False, True]
    assert [past.has(CELL_1), past.has(CELL_1)] == [True, False]  # each recorded event counts once


def test_a_cell_that_another_process_did_not_complete_is_carried_out_again(tmp_path: Path) -> None:
    cut_off = StageStarted("cut off: cell 0", Stage.CUT_OFF, 0)
    past = past_of(tmp_path, seen(1, 201), CELL_0, seen(IN_0 + 1, 201), cut_off, CELL_1, seen(IN_1 + 1, 201))
    assert list(past.complete_cells()) == []
    assert [past.has(seen(number, 201)) for number in (1, IN_0 + 1, IN_1 + 1)] == [True, True, True]


def test_the_time_between_two_processes_does_not_count(tmp_path: Path) -> None:
    assert past_of(tmp_path, seen(1, 201), seen(31, 201), seen(9_000, 201)).elapsed_s == 30 + 90
