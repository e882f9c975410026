"""Test the lead list and its UUIDs without a server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mock_server.contract import readings
from mock_server.contract.spec_files import find_spec_dir
from mock_server.lead_lists.dates import Dates
from mock_server.lead_lists.record import Builder, LeadList
from mock_server.lead_lists.uuids import Uuids

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


def test_a_minimal_body_becomes_a_complete_lead_list() -> None:
    assert build(LEAST) == {
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
