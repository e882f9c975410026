"""Pytest plugin: name the tools whose absence left tests out; in CI, fail those tests.

A test that needs a program which is not installed skips with a reason that names it. Skips are easily overlooked, so
the last line of a run counts them by reason. With the variable CI set nothing may be skipped.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where CI is set."""
    report = yield
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"Nothing may be left out in CI: {_reason(report)}"
    return report


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was left out in one line."""
    reasons = Counter(_reason(report) for report in terminalreporter.getreports("skipped"))
    if reasons:
        counted = ", ".join(f"{number} ({reason})" for reason, number in reasons.most_common())
        terminalreporter.write_line(f"tests left out: {counted}", yellow=True)


def _reason(report: pytest.TestReport) -> str:
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return str(report.longrepr)
