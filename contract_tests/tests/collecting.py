"""Pytest plugin: keep Python's garbage collector off the tests that pytest collects.

All of them, and the modules that they import, stay until the end of the process: a million objects, which the collector
would search again and again, for a second of each worker of `pytest -n`.
"""

from __future__ import annotations

import gc
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Disable the collector while tests are collected, and exempt them from it afterwards."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
