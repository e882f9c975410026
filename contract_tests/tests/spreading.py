"""Pytest plugin: spread the tests over the workers of pytest-xdist (`pytest -n auto`).

One worker each runs the modules that share a browser, a server or a run that starts slowly; any free worker runs any
other test. The longest tests come first, so that the workers end at about the same time.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

# The groups and marks of pytest-xdist 3.8 have no effect under pytest 9.2, so this lists modules, and folders of them.
TOGETHER = (
    "mock_server/tests/control/dashboard/test_snippets.py",
    "mock_server/tests/control/dashboard/",
    "contract_tests/tests/report/",
    "contract_tests/tests/judging/test_approved.py",
    "mock_server/tests/msw/test_msw.py",
    "mock_server/tests/test_browser.py",
    "mock_server/tests/test_recipes.py",
    "contract_tests/tests/campaign/test_dying_processes.py",
    "contract_tests/tests/test_wheel.py",
    "contract_tests/tests/test_endings.py",
    "contract_tests/tests/engine/test_conduct.py",
    "contract_tests/tests/campaign/test_shards.py",
    "contract_tests/tests/test_deviations.py",
    "mock_server/tests/test_sites.py",
    "mock_server/tests/test_foreign_spec.py",
    "mock_server/tests/pipeline/test_drivers.py",
    "contract_tests/tests/test_architecture.py",  # parses every module once
    "contract_tests/tests/test_explanation.py",
)
LONG = (
    "mock_server/tests/test_example_app.py",
    "contract_tests/tests/test_readme.py",
    "contract_tests/tests/campaign/test_fuzz_command.py",
    "contract_tests/tests/selfcheck/test_selfcheck.py",
    "contract_tests/tests/selfcheck/test_right_servers.py",
    "contract_tests/tests/test_schema_checks.py",
    "contract_tests/tests/test_cli.py",
    "contract_tests/tests/comparison/test_compare.py",
    "contract_tests/tests/engine/test_refused_plain_request.py",
    "contract_tests/tests/live/test_watch_command.py",
    "contract_tests/tests/live/test_playwright.py",
    "contract_tests/tests/campaign/",
    "contract_tests/tests/test_plugin.py",
    "contract_tests/tests/test_replay.py",
)
FIRST = (*TOGETHER[:2], LONG[0], *TOGETHER[2:], *LONG[1:])


class Spreading(LoadScopeScheduling):  # type: ignore[misc]
    """Hand out each part of TOGETHER as a whole and every other test on its own."""

    def _split_scope(self, nodeid: str) -> str:
        return part_of(nodeid, TOGETHER) or nodeid

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        """Drop a completed unit: the base class counts the tests of all units of a worker after each test."""
        nodeid = self.registered_collections[node][item_index]
        units = self.assigned_work[node]
        unit = units[self._split_scope(nodeid)]
        unit[nodeid] = True
        if all(unit.values()):
            del units[self._split_scope(nodeid)]
        self._reschedule(node)


def part_of(nodeid: str, parts: tuple[str, ...]) -> str | None:
    """Return the module or folder in `parts` that contains a test, or None."""
    module = nodeid.partition("::")[0]
    return next((part for part in parts if part == module or (part.endswith("/") and module.startswith(part))), None)


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers() -> int:
    """Start two workers for each core with `-n auto`: half of the time, tests wait for browsers and clocks."""
    return max(2, 2 * (os.cpu_count() or 1))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Spreading | None:
    """Replace the scheduler that `-n` alone would choose."""
    return Spreading(config, log) if config.getvalue("dist") == "load" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put long modules first in a worker; the order of their tests stays."""
    if hasattr(config, "workerinput"):
        places = {part: place for place, part in enumerate(FIRST)}
        items.sort(key=lambda item: places.get(part_of(item.nodeid, FIRST) or "", len(FIRST)))
