"""No right server is accused, however it differs; each known server is a process of its own that can be asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import httpx2
import pytest

from contract_tests.settings import Session, Settings
from contract_tests.specification import Treatment
from contract_tests.tests.conftest import ROOT
from contract_tests.tests.faulty_servers import FAULTY_SERVERS
from contract_tests.tests.known_servers import EXPIRED, USERS, listed
from contract_tests.tests.right_servers import COMBINATIONS, RIGHT_SERVERS, RightServer, combinations
from contract_tests.tests.test_right_servers import SPECIFICATION, judge
from contract_tests.tests.trait import TRAITS

COMMAND = (sys.executable, "-m", "contract_tests.tests.known_servers")
START_CPU_S = 0.4  # selfcheck starts hundreds
AT_ONCE = 6  # a part of a run is waiting


@contextmanager
def known_process(name: str) -> Iterator[dict[str, Any]]:
    """A known server as a process of its own; what it says when it is ready."""
    with subprocess.Popen([*COMMAND, name, "--port", "0"], stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, f"{name} did not start"
            yield json.loads(line)
        finally:
            process.terminate()


def accusations(server: RightServer, folder: Path, seed: int = 0) -> list[str]:
    """What the suite finds to be broken."""
    with known_process(server.name) as ready:
        first, second = (
            Session(
                name,
                bearer=user["token"] if "bearer" in server.carriers else None,
                cookie=("__session", user["token"]) if "cookie" in server.carriers else None,
                user_id=user["id"],
            )
            for name, user in zip(("first", "second"), ready["users"], strict=True)
        )
        settings = Settings(
            ready["url"], first, second, expired_bearer=next(iter(EXPIRED)), readings=server.accepted, seed=seed
        )
        return judge(settings, folder, examples=6)[0]


@pytest.fixture(scope="module")
def judged(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[list[str]]]]:
    """Every right server that is asked for, judged several at a time.

    In processes, not threads: Hypothesis sets the recursion limit and the state of chance for all threads.
    """
    calls = [getattr(item, "callspec", None) for item in request.session.items]
    asked = [call.params["server"] for call in calls if call and "server" in call.params]
    with ProcessPoolExecutor(AT_ONCE, mp_context=get_context("spawn")) as pool:
        yield {s.name: pool.submit(accusations, s, tmp_path_factory.mktemp("right")) for s in asked}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("server", RIGHT_SERVERS, ids=lambda server: server.name)
def test_a_right_server_is_not_accused(server: RightServer, judged: dict[str, Future[list[str]]]) -> None:
    assert judged[server.name].result() == []


def test_right_servers_hold_every_trait_and_no_two_about_one_thing() -> None:
    assert {name for server in RIGHT_SERVERS for name in server.traits} == TRAITS.keys()
    for server in RIGHT_SERVERS:
        assert max(Counter(TRAITS[name].about for name in server.traits).values(), default=1) == 1, server.name


def test_combinations_are_drawn_the_same_again_and_differ_by_seed() -> None:
    assert [*combinations(0)] == [*combinations(0)]
    assert len({*combinations(0), *combinations(1)}) == 2 * COMBINATIONS


def test_what_a_right_server_needs_by_name_is_what_fails_by_default() -> None:
    named = {(reading, option) for s in RIGHT_SERVERS for reading, of in s.accepted.items() for option in of}
    readings = SPECIFICATION.readings.values()
    fail = {(r.id, option) for r in readings for option in r.options if r.treatment(option) is Treatment.FAIL}
    assert named == fail


def test_the_list_names_each_server_once() -> None:
    done = subprocess.run([*COMMAND, "--json"], capture_output=True, text=True, check=True, cwd=ROOT)
    servers = json.loads(done.stdout)
    assert servers == listed()
    assert len({entry["id"] for entry in servers}) == len(servers) == len(FAULTY_SERVERS) + len(RIGHT_SERVERS)
    assert {(entry["kind"], entry["clause"] is None) for entry in servers} == {("faulty", False), ("right", True)}


@pytest.mark.parametrize("name", ["validation-422", "the-page", "second", "like-http-1.0"])
def test_a_known_server_answers_once_it_says_so_after_a_light_start(name: str) -> None:
    before = os.times()
    with known_process(name) as ready:
        token = ready["users"][0]["token"]
        answer = httpx2.post(
            f"{ready['url']}/api/v1/entities/leadlists",
            json={"name": 7},
            headers={"Authorization": f"Bearer {token}"},
        )
    after = os.times()
    assert answer.status_code == (422 if name == "validation-422" else 400)
    assert {user["token"]: user["id"] for user in ready["users"]} == USERS
    assert after.children_user + after.children_system - before.children_user - before.children_system < START_CPU_S


def test_a_name_that_nobody_has_is_refused() -> None:
    done = subprocess.run([*COMMAND, "nobody"], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no server is called nobody" in done.stderr
