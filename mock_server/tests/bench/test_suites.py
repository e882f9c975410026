"""Test that a suite is measured on mocks with and without a defect."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mock_server.bench import suite
from mock_server.bench.suite import Suite, judge

ONE_REQUEST = """
import http.client, sys
connection = http.client.HTTPConnection(sys.argv[1].removeprefix("http://"))
connection.request("POST", "/api/v1/entities/leadlists")
print(connection.getresponse().status)
sys.exit(1)
"""


def one_request(url: str, folder: Path) -> list[str]:
    return [sys.executable, "-c", ONE_REQUEST, url]


def endless(url: str, folder: Path) -> list[str]:
    return [sys.executable, "-c", "import time; time.sleep(60)"]


def test_requests_are_counted_by_the_mock() -> None:
    judged = judge(Suite("one request", one_request))
    assert (judged.exit_code, judged.requests) == (1, 1)
    assert 0 < judged.cpu_s < judged.wall_s * 4


def test_a_defect_that_cuts_every_body_can_be_measured() -> None:
    assert judge(Suite("one request", one_request), defect="body-cut").exit_code == 1


def test_a_suite_that_does_not_end_is_stopped_and_detects_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite, "ENDS_S", 0.1)
    assert judge(Suite("endless", endless)).exit_code not in (suite.HELD, suite.BROKEN)
