"""The ledger: every object that a run created, as CSV, from its record."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from contract_tests.campaign.ledger import Created
from contract_tests.settings.secrets import printable

FILE_NAME = "created.csv"
LEFT_FILE_NAME = "not-deleted.csv"  # the same, after a deletion that was not complete


def ledger(created: Iterable[Created]) -> Iterator[str]:
    """Yield one line for each object: ID, when it was created (UTC), number of the request, whose login it used."""
    yield _line("id", "created_at", "request", "user")
    for each in created:
        moment = datetime.fromtimestamp(each.at_s, UTC).isoformat(timespec="milliseconds")
        yield _line(_cell(each.id), moment, each.number, each.user)


def _line(*cells: object) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _cell(text: str) -> str:
    """The text as spreadsheets and terminals show it: they take one that begins with such a character for a formula."""
    text = printable(text)
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
