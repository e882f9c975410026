"""Test the state of a world: lists, seed files, snapshots, its clock."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mock_server import RunningMock, Settings, running_mock
from mock_server.tests.conftest import GOOD, LOGIN
from mock_server.tests.control.conftest import OURS, create
from mock_server.worlds.snapshots import SNAPSHOTS_KEPT


def test_an_imported_export_gives_the_same_lists(lead_list_mock: RunningMock, page_request: dict[str, Any]) -> None:
    created = httpx2.post(lead_list_mock.endpoint, json=page_request, headers=LOGIN).json()
    create(lead_list_mock, "\u0000 \U0001f600 <b>")
    exported = lead_list_mock.lists()
    assert exported[0] == created
    other = lead_list_mock.in_world("other")
    other.set_lists(*exported)
    assert other.lists() == exported
    other.set_lists()
    assert other.lists() == []


def test_a_list_of_a_request_at_the_depth_limit_can_be_imported() -> None:
    with running_mock(Settings(max_depth=3, reading=(("unknown-properties", "echoed"),))) as mock:
        deepest = httpx2.post(mock.endpoint, json=GOOD | {"deep": [[1]]}, headers=LOGIN)
        deeper = httpx2.post(mock.endpoint, json=GOOD | {"deep": [[[1]]]}, headers=LOGIN)
        assert (deepest.status_code, deeper.status_code) == (201, 400)
        exported = mock.lists()
        mock.set_lists(*exported)
        assert mock.lists() == exported == [deepest.json()]


def test_an_export_may_exceed_the_body_limit_of_the_api(lead_list_mock: RunningMock) -> None:
    for _ in range(3):
        create(lead_list_mock, name="x" * 1_000_000)
    exported = lead_list_mock.lists()
    lead_list_mock.reset()
    lead_list_mock.set_lists(*exported)
    assert lead_list_mock.lists() == exported


def test_a_mock_starts_with_the_seed_file_and_resets_to_it(tmp_path: Path) -> None:
    file = tmp_path / "lists.json"
    file.write_text(json.dumps({"lists": [GOOD, GOOD | {"name": "m", "userIds": ["ana"]}]}))
    with running_mock(Settings(seed_file=str(file))) as mock:
        seeded = mock.lists()
        assert [(each["name"], each["userIds"]) for each in seeded] == [("n", ["user_xyz789"]), ("m", ["ana"])]
        assert mock.in_world("other").lists() == seeded
        create(mock)
        assert len(mock.lists()) == 3
        mock.reset()
        assert mock.lists() == seeded


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read"),
        ("{", "is not JSON"),
        ("[]", "the whole"),
        (json.dumps({"lists": [GOOD | {"name": 5}]}), "/lists/0/name: lists[0].name is the number 5"),
        (json.dumps({"lists": [GOOD | {"id": "550e8400-e29b-41d4-a716-446655440000"}] * 2}), "Two lists have the ID"),
    ],
    ids=["no file", "not JSON", "no object", "wrong list", "same id"],
)
def test_a_wrong_seed_file_is_reported_on_one_line(
    content: str | None, told: str, tmp_path: Path, run_cli: Any
) -> None:
    file = tmp_path / "lists.json"
    if content is not None:
        file.write_text(content)
    ended = run_cli("--seed-file", str(file), "--port", "0")
    assert ended.returncode == 2
    assert told in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_snapshot_can_be_restored_repeatedly(lead_list_mock: RunningMock) -> None:
    create(lead_list_mock)
    kept = lead_list_mock.lists()
    lead_list_mock.control("PUT", "snapshots/one%20list")
    for _ in range(2):
        create(lead_list_mock)
        lead_list_mock.control("POST", "snapshots/one%20list/restore")
        assert lead_list_mock.lists() == kept
    lead_list_mock.reset()
    assert lead_list_mock.control("GET", "snapshots") == {"snapshots": [{"name": "one list", "lists": 1}]}
    for i in range(SNAPSHOTS_KEPT - 1):
        lead_list_mock.control("PUT", f"snapshots/{i}")
    with pytest.raises(ValueError, match="There are already 20 snapshots"):
        lead_list_mock.control("PUT", "snapshots/more")
    lead_list_mock.control("DELETE", "snapshots/0")
    with pytest.raises(ValueError, match="There is no snapshot"):
        lead_list_mock.control("POST", "snapshots/0/restore")


def test_the_clock_of_a_world_is_moved() -> None:
    with running_mock(Settings(now=datetime.fromisoformat("2024-01-02T10:30:00Z"))) as mock:
        for offset_s, created_at in ((86_400, "2024-01-03"), (-86_400, "2024-01-01"), (0, "2024-01-02")):
            mock.control("PUT", "clock", {"offsetS": offset_s})
            assert create(mock).json()["createdAt"] == f"{created_at}T10:30:00.000Z"


def test_a_reset_takes_milliseconds(tmp_path: Path) -> None:
    file = tmp_path / "lists.json"
    file.write_text(json.dumps({"lists": [GOOD] * 1000}))
    with running_mock(Settings(seed_file=str(file))) as mock, httpx2.Client(base_url=mock.url, headers=OURS) as client:
        took_s = []
        for _ in range(20):
            started = time.perf_counter()
            assert client.post("/__mock__/reset").status_code == 204
            took_s.append(time.perf_counter() - started)
        assert min(took_s) < 0.05  # usually two or three


def test_the_state_lists_clock_faults_and_readings(lead_list_mock: RunningMock, document: dict[str, Any]) -> None:
    create(lead_list_mock)
    state = lead_list_mock.control("GET", "state")
    assert state["counts"] == {"lists": 1, "requests": 1, "faults": 0, "snapshots": 0}
    assert state["users"] == ["user_xyz789", "user_abc123"]
    assert [each["id"] for each in state["operations"]] == ["createLeadList"]
    assert state["operations"][0]["statuses"] == [200, 201, 400, 401, 500]
    readings = {each["id"]: each for each in state["readings"]}
    assert readings["success-status"]["option"] == "201"
    assert readings["success-status"]["option"] in readings["success-status"]["options"]
    assert "xyz789-session" not in json.dumps(state)
