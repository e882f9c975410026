"""Pytest plugin: how pytest-xdist spreads the tests over its workers (`pytest -n auto`).

Modules whose tests share a browser or a server that is slow to start go to one worker each, all other tests one by one
to whichever worker is free. Long modules come first, so that no worker is left alone with one at the end.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

# The groups and marks of pytest-xdist 3.8 have no effect under pytest 9.2, so this lists the modules.
TOGETHER = (
    "mock_server/tests/control/dashboard/",
    "mock_server/tests/msw/test_msw.py",
    "mock_server/tests/test_browser.py",
    "mock_server/tests/control/test_reference.py",
    "contract_tests/tests/report/test_html.py",
)
LONG = (
    "contract_tests/tests/test_wheel.py",
    "contract_tests/tests/test_readme.py",
    "contract_tests/tests/selfcheck/test_selfcheck.py",
    "contract_tests/tests/test_schema_checks.py",
    "contract_tests/tests/test_cli.py",
    "mock_server/tests/test_recipes.py",
    "contract_tests/tests/selfcheck/test_right_servers.py",
)
FIRST = {module: place for place, module in enumerate((*TOGETHER, *LONG))}


class Spreading(LoadScopeScheduling):  # type: ignore[misc]
    """Hand out a module of TOGETHER as a whole and every other test on its own."""

    def _split_scope(self, nodeid: str) -> str:
        module = module_of(nodeid)
        return module if module in TOGETHER else nodeid


def module_of(nodeid: str) -> str:
    return nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Spreading | None:
    """Replace the scheduler that `-n` alone would choose."""
    return Spreading(config, log) if config.getvalue("dist") == "load" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put long modules first in a worker; the order of their tests stays."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: FIRST.get(module_of(str(item.nodeid)), len(FIRST)))
