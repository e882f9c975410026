"""Test that each known server starts as a separate process, as the selfcheck needs it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from contract_tests.contract.specification import Treatment
from contract_tests.tests.conftest import ROOT
from contract_tests.tests.selfcheck.test_right_servers import SPECIFICATION
from contract_tests.tests.servers.faulty_servers import FAULTY_SERVERS
from contract_tests.tests.servers.foreign_servers import FOREIGN_SERVERS
from contract_tests.tests.servers.known_servers import USERS, listed
from contract_tests.tests.servers.right_servers import COMBINATIONS, RIGHT_SERVERS, combinations
from contract_tests.tests.servers.trait import TRAITS

pytestmark = pytest.mark.once

COMMAND = (sys.executable, "-m", "contract_tests.tests.servers.known_servers")
SLOW_TO_IMPORT = {"hypothesis", "pytest", "schemathesis"}  # selfcheck starts hundreds of servers


@contextmanager
def known_process(name: str) -> Iterator[dict[str, Any]]:
    """Run a known server as a separate process; yield its ready line."""
    with subprocess.Popen([*COMMAND, name, "--port", "0"], stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, f"{name} did not start"
            yield json.loads(line)
        finally:
            process.terminate()


def test_correct_servers_cover_every_trait_and_never_two_of_one_subject() -> None:
    assert {name for server in RIGHT_SERVERS for name in server.traits} == TRAITS.keys()
    for server in RIGHT_SERVERS:
        assert max(Counter(TRAITS[name].about for name in server.traits).values(), default=1) == 1, server.name


def test_combinations_repeat_for_one_seed_and_differ_by_seed() -> None:
    assert [*combinations(0)] == [*combinations(0)]
    assert len({*combinations(0), *combinations(1)}) == 2 * COMBINATIONS


def test_the_options_that_correct_servers_pin_fail_by_default() -> None:
    named = {(reading, option) for s in RIGHT_SERVERS for reading, of in s.accepted.items() for option in of}
    readings = SPECIFICATION.readings.values()
    fail = {(r.id, option) for r in readings for option in r.options if r.treatment(option) is Treatment.FAIL}
    assert named == fail


def test_the_list_names_each_server_once() -> None:
    done = subprocess.run([*COMMAND, "--json"], capture_output=True, text=True, check=True, cwd=ROOT)
    servers = json.loads(done.stdout)
    assert servers == listed()
    assert len({entry["id"] for entry in servers}) == len(servers)
    assert len(servers) == len(FAULTY_SERVERS) + len(FOREIGN_SERVERS) + len(RIGHT_SERVERS)
    kinds = {(entry["kind"], entry["clause"] is None) for entry in servers}
    assert kinds == {("faulty", False), ("foreign", False), ("correct", True)}


@pytest.mark.parametrize("name", ["validation-422", "the-page", "second", "like-http-1.0"])
def test_a_known_server_responds_once_it_is_ready(name: str) -> None:
    with known_process(name) as ready:
        token = ready["users"][0]["token"]
        answer = httpx2.post(
            f"{ready['url']}/api/v1/entities/leadlists",
            json={"name": 7},
            headers={"Authorization": f"Bearer {token}"},
        )
    assert answer.status_code == (422 if name == "validation-422" else 400)
    assert {user["token"]: user["id"] for user in ready["users"]} == USERS


def test_a_known_server_starts_without_slow_imports() -> None:
    code = f"import sys, {COMMAND[-1]}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not SLOW_TO_IMPORT & set(done.stdout.split())


def test_an_unknown_name_is_refused() -> None:
    done = subprocess.run([*COMMAND, "nothing"], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no server is called nothing" in done.stderr
