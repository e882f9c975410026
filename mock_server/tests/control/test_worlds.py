"""Test worlds: how a request names one, that they are isolated, and their bounds."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from mock_server import NotHeld, RunningMock, Settings, create_app, running_mock
from mock_server.tests.control.conftest import create
from mock_server.worlds import worlds
from mock_server.worlds.worlds import WORLDS_KEPT


@pytest.mark.parametrize(
    "headers",
    [{"x-mock-world": "t7"}, {"cookie": "a=b; mock_world=t7"}, {"host": "t7.localhost:8080"}, {"host": "T7.LocalHost"}],
    ids=["header", "cookie", "host", "host in capitals"],
)
def test_a_world_is_named_by_header_cookie_or_host(headers: dict[str, str], lead_list_mock: RunningMock) -> None:
    t7 = lead_list_mock.in_world("t7")
    with contextlib.suppress(ValueError):
        t7.control("DELETE", "worlds/t7")
    create(lead_list_mock, "here")
    create(lead_list_mock, "there", **headers)
    t7.set_faults({"status": 500})
    t7.control("PUT", "clock", {"offsetS": 86400})
    assert [each["name"] for each in t7.lists()] == ["there"]
    assert [each["name"] for each in lead_list_mock.lists()] == ["here"]
    assert (len(t7.requests()), len(lead_list_mock.requests())) == (1, 1)
    assert create(lead_list_mock).status_code == 201
    assert create(lead_list_mock, **headers).status_code == 500
    assert lead_list_mock.control("GET", "clock")["offsetS"] == 0
    got = httpx2.get(f"{lead_list_mock.url}/__mock__/clock", headers=headers).json()
    assert got["offsetS"] == 86400


def test_eight_concurrent_worlds_are_isolated(lead_list_mock: RunningMock) -> None:
    def run(name: str) -> list[int]:
        world, header = lead_list_mock.in_world(name), {"x-mock-world": name}
        statuses = []
        for i in range(5):
            world.set_faults({"times": 1, "status": 500 + int(name[-1])})
            statuses += [create(world, f"{name}-{i}", **header).status_code for _ in range(2)]
        world.verify(times=10)
        world.verify(times=5, status=201)
        assert [each["name"] for each in world.lists()] == [f"{name}-{i}" for i in range(5)]
        return statuses

    names = [f"side{i}" for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(run, names)) == [[500 + i, 201] * 5 for i in range(8)]
    assert lead_list_mock.requests() == []


def test_the_world_header_precedes_the_host_and_the_host_the_cookie(lead_list_mock: RunningMock) -> None:
    def world(**headers: str) -> str:
        name: str = httpx2.get(f"{lead_list_mock.url}/__mock__/state", headers=headers).json()["world"]
        return name

    headers = {"x-mock-world": "h", "host": "n.localhost", "cookie": "mock_world=c"}
    assert [world(**dict(list(headers.items())[i:])) for i in range(4)] == ["h", "n", "c", "default"]
    assert world(host="localhost") == "default"


def test_worlds_are_bounded_and_the_most_recently_used_stay(lead_list_mock: RunningMock) -> None:
    with running_mock() as mock:
        create(mock)
        for i in range(WORLDS_KEPT + 5):
            create(mock.in_world("first"), **{"x-mock-world": "first"})
            create(mock, **{"x-mock-world": f"w{i}"})
        names = [each["name"] for each in mock.control("GET", "worlds")["worlds"]]
        assert len(names) == WORLDS_KEPT
        assert {"default", "first", f"w{WORLDS_KEPT + 4}"} <= set(names)
        assert "w0" not in names
        assert len(mock.lists()) == 1
        gone = mock.in_world("w0")
        with pytest.raises(
            NotHeld, match="the journal has dropped 1 request;"
        ):  # the request of w0 is unknown, not absent
            gone.verify(times=0)
        gone.reset()
        gone.verify(times=0)
        with pytest.raises(ValueError, match='no world "w1"'):  # what the fixture for Playwright does before each test
            mock.control("DELETE", "worlds/w1")
        mock.in_world("w1").verify(times=0)


def test_an_idle_world_is_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    made = create_app().worlds
    made["old"].snapshots.take("s", ())
    monkeypatch.setattr(worlds, "WORLD_IDLE_S", -1.0)
    assert len(made["old"].snapshots) == 0
    assert made["new"].name == "new"
    assert [world.name for world in made] == ["default", "new"]


def test_the_same_seed_gives_each_world_the_same_ids(lead_list_mock: RunningMock) -> None:
    with running_mock(Settings(seed=1)) as mock:
        ids = [create(mock, **{"x-mock-world": world}).json()["id"] for world in ("a", "b", "default")]
        assert len(set(ids)) == 1
        mock.reset()
        assert create(mock).json()["id"] == ids[0]
