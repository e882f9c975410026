"""Test that every judged clause can be broken: by a hand-made exchange, a defect of the mock, or a faulty server."""

from __future__ import annotations

import json
import subprocess
import sys
from fnmatch import fnmatchcase
from functools import cache

import pytest

from contract_tests.contract.loading import load_specification
from contract_tests.tests.conftest import ROOT
from contract_tests.tests.corpus.exchanges import broken_clauses, judge
from contract_tests.tests.judging.test_oracles import ONLY_WARNED, PINNED, ROWS
from contract_tests.tests.servers.faulty_servers import FAULTY_SERVERS

READ = {reading.clause for reading in load_specification().readings.values()}
JUDGED = sorted(
    clause
    for clause in load_specification().clauses
    if clause in READ or any(fnmatchcase(clause, pattern) for pattern in judge().patterns)
)


@cache
def catalogue() -> frozenset[str]:
    """The clauses that defects of the mock break."""
    command = [sys.executable, "-m", "mock_server", "defects", "--json"]
    printed = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True, timeout=300).stdout
    return frozenset(defect["clause"] for defect in json.loads(printed))


@cache
def broken_by_hand() -> frozenset[str]:
    """Return the clauses that the rows break, each by its own exchanges."""
    return frozenset(clause for clause, _, wrong in ROWS if clause in broken_clauses(*wrong, **PINNED.get(clause, {})))


def test_the_tables_are_not_empty() -> None:
    assert len(JUDGED) > 100
    assert len(catalogue()) > 50
    assert {server.clause for server in FAULTY_SERVERS} | catalogue() <= set(load_specification().clauses)


@pytest.mark.parametrize("clause", JUDGED)
def test_a_judged_clause_can_be_broken(clause: str) -> None:
    if clause in ONLY_WARNED:
        return  # test_oracles shows that it is never broken
    assert clause in broken_by_hand() | catalogue() | {server.clause for server in FAULTY_SERVERS}


@pytest.mark.parametrize("clause", JUDGED)
def test_clauses_without_a_defect_are_broken_by_hand_made_exchanges(clause: str) -> None:
    assert clause in catalogue() | broken_by_hand() | ONLY_WARNED
