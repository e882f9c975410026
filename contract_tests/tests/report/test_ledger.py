"""The list of created objects shows an ID of the server as text, in a spreadsheet and on a terminal."""

from __future__ import annotations

import csv
import io

import pytest

from contract_tests.campaign.ledger import Created
from contract_tests.report.ledger import ledger


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("0b7a1c52", "0b7a1c52"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("\t=1+1", "\\t=1+1"),
        ('a","b"\nc', 'a","b"\nc'),
        ("\x1b]0;owned\x07\u202e", "\\x1b]0;owned\\x07\\u202e"),
    ],
)
def test_an_id_is_text(sent: str, shown: str) -> None:
    (_, row) = csv.reader(io.StringIO("".join(ledger([Created(sent, 0.0, 7, "first")]))))
    assert row == [shown, "1970-01-01T00:00:00.000+00:00", "7", "first"]
