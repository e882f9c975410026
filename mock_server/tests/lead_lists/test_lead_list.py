"""The parts that need no server: the record, its sources, its store, its UUIDs, the words of refusals."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from mock_server.contract import readings
from mock_server.contract.openapi import find_spec_dir
from mock_server.lead_lists.dates import Dates
from mock_server.lead_lists.record import FIELDS, Builder, LeadList
from mock_server.lead_lists.store import Store
from mock_server.lead_lists.uuids import Uuids
from mock_server.pipeline.errors import PROBLEMS_LISTED, Refused, Renderer, problem, refused, shorten
from mock_server.pipeline.words import STATUSES, WORDS
from mock_server.worlds.sources import never_backwards, uuid4_source, uuid7_source

CATALOGUE = readings.load(find_spec_dir())
DEFAULT = readings.resolve(CATALOGUE, "page")
NOW = datetime(2024, 1, 2, 10, 30, tzinfo=UTC)
PLAIN = "660e8400-e29b-41d4-a716-446655440001"
LEAST: dict[str, Any] = {
    "name": "n",
    "icpId": None,
    "startDate": "2024-01-01",
    "endDate": "2024-01-02",
    "personIds": [],
}


def build(payload: dict[str, Any]) -> LeadList:
    builder = Builder(Dates(DEFAULT), DEFAULT, plain_uuid=Uuids(DEFAULT).plain, adjust=lambda payload: None)
    return builder(payload, "user_1", NOW, "id-1")


def test_the_least_that_may_be_sent_becomes_a_whole_lead_list() -> None:
    assert build(LEAST).to_json() == {
        "id": "id-1",
        "icpId": None,
        "name": "n",
        "type": "person",
        "startDate": "2024-01-01T00:00:00.000Z",
        "endDate": "2024-01-02T00:00:00.000Z",
        "personIds": [],
        "companyIds": [],
        "userIds": ["user_1"],
        "createdAt": "2024-01-02T10:30:00.000Z",
        "updatedAt": "2024-01-02T10:30:00.000Z",
    }
    assert build(LEAST).to_json().keys() == FIELDS


def test_the_oldest_lists_leave_a_full_store() -> None:
    store = Store(max_lists=2)
    builder = Builder(Dates(DEFAULT), DEFAULT, plain_uuid=str, adjust=lambda payload: None)
    for number in range(3):
        store.add(builder(LEAST, "user_1", NOW, f"id-{number}"))
    assert (len(store), "id-0" in store, "id-2" in store) == (2, False, True)


# -- sources


def test_ids_are_uuids_of_their_version() -> None:
    for _ in range(200):
        assert UUID(uuid4_source(None)()).version == 4
        made = UUID(uuid7_source(None, lambda: NOW)())
        assert made.version == 7
        assert made.variant == "specified in RFC 4122"
        assert made.int >> 80 == int(NOW.timestamp() * 1000)


def test_the_same_seed_gives_the_same_ids_and_none_gives_others() -> None:
    first, second, other = uuid4_source(1), uuid4_source(1), uuid4_source(2)
    assert [first() for _ in range(3)] == [second() for _ in range(3)]
    assert uuid4_source(1)() != other()
    assert uuid4_source(None)() != uuid4_source(None)()


def test_a_clock_that_is_set_back_stands_still() -> None:
    times = iter([NOW, NOW - timedelta(hours=1), NOW + timedelta(seconds=1)])
    clock = never_backwards(lambda: next(times))
    assert [clock(), clock(), clock()] == [NOW, NOW, NOW + timedelta(seconds=1)]


# -- UUIDs


@pytest.mark.parametrize(
    ("text", "refused_by"),
    [
        (PLAIN, set()),
        (PLAIN.upper(), set()),
        ("00000000-0000-0000-0000-000000000000", {"uuid-versions"}),
        ("ffffffff-ffff-ffff-ffff-ffffffffffff", {"uuid-versions"}),
        ("660e8400-e29b-11d4-a716-446655440001", {"uuid-versions"}),
        ("660e8400-e29b-01d4-a716-446655440001", {"uuid-variants"}),
        ("660e8400-e29b-41d4-c716-446655440001", {"uuid-variants"}),
        ("{" + PLAIN + "}", {"uuid-versions", "uuid-variants"}),
    ],
)
def test_which_uuids_a_reading_refuses(text: str, refused_by: set[str]) -> None:
    for reading in ("uuid-versions", "uuid-variants"):
        takes = Uuids(readings.resolve(CATALOGUE, "page", [(reading, "refused")])).takes(text)
        assert takes == (reading not in refused_by)


def test_by_default_uuids_are_left_to_the_schema() -> None:
    assert Uuids(DEFAULT).formats() == {}


# -- words


def test_every_sentence_can_be_filled_and_ends() -> None:
    for rule, (want, message) in WORDS.items():
        names = {name for text in (want, message) for _, name, _, _ in string.Formatter().parse(text) if name}
        told = problem(rule, ("a", 0), **dict.fromkeys(names - {"field", "got", "example"}, "x"))
        assert told.message.endswith("."), rule
        assert told.message[0] != " "
        assert "{" not in told.message + told.want


def test_a_path_is_a_json_pointer_and_a_readable_field() -> None:
    told = problem("required", ("a/b~c", 3, "d"), want="x")
    assert told.path == "/a~1b~0c/3/d"
    assert told.message.startswith("a/b~c[3].d is missing")


@pytest.mark.parametrize(
    ("value", "short"),
    [("x" * 100, '"' + "x" * 59 + '…"'), ([1, 2], "an array of 2"), ({}, "{}"), ({"a": 1}, "an object"), (1.5, "1.5")],
    ids=["text", "array", "empty", "object", "number"],
)
def test_long_values_are_quoted_in_short(value: Any, short: str) -> None:
    assert shorten(value) == short


def test_nothing_that_is_refused_makes_the_renderer_fail() -> None:
    render = Renderer(DEFAULT)
    for status in (*STATUSES, 418, 599):
        assert render(Refused(status)).status == status
    assert render(Refused(400, [problem("required", ("\ud800",), want="\udfff")])).body
    many = render(Refused(400, [problem("json")] * 1000)).body
    assert many.count(b'"path"') == PROBLEMS_LISTED + 1
    assert render(refused("size", closes=True, limit=1)).headers["connection"] == "close"
