"""Test that each created object is found, whatever its response looks like."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract_tests.campaign.ledger import created_in
from contract_tests.results.created import created_id
from contract_tests.results.events import ExchangeSeen
from contract_tests.results.record import Record
from contract_tests.results.views import KEPT_BODY_BYTES, view_exchange
from contract_tests.tests.corpus.exchanges import exchange
from contract_tests.tests.results.test_record import STARTED

LONG = b'"name":"' + b"n" * KEPT_BODY_BYTES + b'"'


@pytest.mark.parametrize(
    "body",
    [
        b'{"id":"list-1"}',
        b'{"name":"half \\ud800 a pair","id":"list-1"}',
        b'{"id":"list-1",' + LONG + b"}",
        b"{" + LONG + b',"id":"list-1"}',
        b"{" + LONG + b',"id":"list-1","half":"\\ud800"}',
    ],
)
def test_a_created_object_is_found_in_the_response_and_in_the_record(body: bytes, tmp_path: Path) -> None:
    view = view_exchange(exchange(status=201, raw=body), 1, str)
    assert created_id(view) == "list-1"
    record = Record(tmp_path / "run")
    record.write(STARTED)
    record.write(ExchangeSeen(view))
    record.close()
    assert [each.id for each in created_in(tmp_path / "run")] == ["list-1"]


@pytest.mark.parametrize(
    ("status", "body"),
    [(400, b'{"id":"list-1",' + LONG + b"}"), (201, b"{" + LONG + b"}"), (201, b'["id"]'), (201, b"")],
)
def test_no_other_response_has_a_created_object(status: int, body: bytes) -> None:
    assert created_id(view_exchange(exchange(status=status, raw=body), 1, str)) is None


def test_the_id_of_a_long_response_is_masked() -> None:
    view = view_exchange(
        exchange(status=201, raw=b"{" + LONG + b',"id":"secret-1"}'), 1, lambda text: text.replace("secret-1", "***")
    )
    assert created_id(view) == "***"
