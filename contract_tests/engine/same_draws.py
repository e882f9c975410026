"""Let Hypothesis draw the same examples in every process, and keep nothing of the strategies.

Hypothesis also draws constants that it finds in the source of the modules that are loaded, except for those in
site-packages. So its examples would depend on the command, on how this package is installed, and on the programs of the
user; a campaign could not be resumed or spread. Hypothesis also caches a thousand strategies, of which ours with texts
are so large that the memory of a campaign would grow for hours, and keeps a tag for every strategy that ever drew.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

# Not public: in a version of Hypothesis without these names, examples depend on the loaded modules again.
_PROVIDERS: Any = import_module("hypothesis.internal.conjecture.providers")
_STRATEGIES: Any = import_module("hypothesis.strategies._internal.utils")
_DRAWS: Any = import_module("hypothesis.internal.conjecture.data")
_ALONE = threading.RLock()
_NAMES = ("_get_local_constants", "Constants", "CONSTANTS_CACHE")


@contextmanager
def same_draws() -> Iterator[None]:
    """Draw no constants from modules within this block, and empty the caches about strategies after it.

    Other tests of the process keep their constants. One thread at a time: both belong to the process.
    """
    with _ALONE:
        try:
            with _without_constants():
                yield
        finally:
            if clear := getattr(_STRATEGIES, "clear_strategy_cache", None):
                clear()
            getattr(_DRAWS, "STRUCTURAL_COVERAGE_CACHE", {}).clear()


@contextmanager
def _without_constants() -> Iterator[None]:
    if not all(hasattr(_PROVIDERS, name) for name in _NAMES):
        yield
        return
    usual, none = _PROVIDERS._get_local_constants, _PROVIDERS.Constants()
    _PROVIDERS._get_local_constants = lambda: none
    _PROVIDERS.CONSTANTS_CACHE.cache.clear()
    try:
        yield
    finally:
        _PROVIDERS._get_local_constants = usual
        _PROVIDERS.CONSTANTS_CACHE.cache.clear()
